"""What does a command answer? What was recorded, a refusal, or a conflict: values, never errors."""

from datetime import datetime
from typing import Annotated

import strawberry

from hudang.domain import decision
from hudang.domain.allotment import AllotmentGranted
from hudang.domain.application import ApplicationSubmitted
from hudang.domain.arrival import TransferAnnounced
from hudang.domain.campaign import CampaignOpened
from hudang.domain.decision import Command, Event, Recorded
from hudang.domain.jurisdiction import LedgerOpened
from hudang.domain.meeting import MeetingHeld
from hudang.domain.payroll import PayrollPrepared
from hudang.domain.person import PersonRegistered
from hudang.domain.posting import PostingPutUp
from hudang.domain.recheck import RecheckOpened
from hudang.domain.registration import HouseholdRegistered
from hudang.domain.values import StreamId
from hudang.graphql import ids
from hudang.graphql.consistency import write_token
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.scalars import Position
from hudang.ledger import casebook
from hudang.ledger.answers import HeldRefusal

BEGINNINGS: dict[type[Event], Kind] = {
    HouseholdRegistered: Kind.HOUSEHOLD,
    PersonRegistered: Kind.PERSON,
    MeetingHeld: Kind.MEETING,
    PostingPutUp: Kind.POSTING,
    CampaignOpened: Kind.CAMPAIGN,
    PayrollPrepared: Kind.PAYROLL,
    AllotmentGranted: Kind.ALLOTMENT,
    TransferAnnounced: Kind.TRANSFER,
    LedgerOpened: Kind.LEDGER,
}
"""The event that begins each kind of stream."""


@output("What a command recorded; no positions, where there was nothing left to record (已受理).")
class CommandAccepted:
    """A command that was carried out."""

    ledger: str
    subject_id: strawberry.ID
    subject_version: int
    created_id: strawberry.ID | None
    case_id: strawberry.ID | None
    first_position: Position | None
    last_position: Position | None
    recorded_at: datetime | None
    repeated: bool
    consistency: str | None


@output("An expected no: nothing was recorded (不予受理).")
class Refusal:
    """A refusal as the domain gave it."""

    code: str
    rule: str
    message: str
    held_by: strawberry.ID | None = None

    @classmethod
    def of(cls, refusal: decision.Refusal) -> "Refusal":
        return cls(code=refusal.code, rule=refusal.rule, message=refusal.message, held_by=_holder(refusal))


@output("What was asked does not fit what is there by now; look again, then ask again (冲突).")
class Conflict:
    """A conflict as the casebook gave it."""

    code: str
    message: str


CommandResult = Annotated[
    CommandAccepted | Refusal | Conflict,
    strawberry.union("CommandResult", description="What a command answers (办理结果)."),
]


def unknown_ledger() -> decision.Refusal:
    """A ledger that one may not use looks like one that does not exist."""
    return decision.Refusal(
        code="unknown_ledger",
        rule="a command names its ledger",
        message="There is no such ledger, or it is not yours to use.",
    )


def result_of(answer: casebook.Answer, command: type[Command]) -> CommandAccepted | Refusal | Conflict:
    """The casebook's answer as the schema has it."""
    if isinstance(answer, decision.Refusal):
        return Refusal.of(answer)
    if isinstance(answer, casebook.Conflict):
        return Conflict(code=answer.code, message=answer.message)
    begun = next((event for event in answer.events if _begins(event)), None)
    kind = BEGINNINGS[type(begun.event)] if begun else ids.KIND_OF_STATE[command.SUBJECT]
    subject = begun.stream if begun else answer.stream
    return CommandAccepted(
        ledger=answer.ledger,
        subject_id=ids.write(kind, subject),
        subject_version=_version(answer, subject),
        created_id=ids.write(kind, begun.stream) if begun else None,
        case_id=_case_begun(answer.events),
        first_position=_position(answer.first),
        last_position=_position(answer.last),
        recorded_at=answer.recorded_at,
        repeated=answer.repeated,
        consistency=write_token({answer.ledger: answer.last}) if answer.last is not None else None,
    )


def _holder(refusal: decision.Refusal) -> strawberry.ID | None:
    """The file that holds what was asked for, where the casebook named it."""
    if not isinstance(refusal, HeldRefusal):
        return None
    return ids.write(ids.KIND_OF_STATE[refusal.holder], refusal.held_by)


def _position(position: int | None) -> Position | None:
    return None if position is None else Position(position)


def _begins(recorded: Recorded) -> bool:
    """Whether it began a stream that the command was about; persons begin by the way."""
    return type(recorded.event) in BEGINNINGS and not isinstance(recorded.event, PersonRegistered)


def _version(answer: casebook.Accepted, subject: StreamId) -> int:
    return max((event.version for event in answer.events if event.stream == subject), default=answer.version)


def _case_begun(events: tuple[Recorded, ...]) -> strawberry.ID | None:
    """The case that the command began, if it began exactly one."""
    begun = [
        ids.write_case(recorded.stream, recorded.event.case)
        for recorded in events
        if isinstance(recorded.event, ApplicationSubmitted | RecheckOpened)
    ]
    return begun[0] if len(begun) == 1 else None
