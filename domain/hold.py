"""What forbids for a while that a person's data are erased? (审计、复议、诉讼期间不得销毁)"""

from datetime import date
from enum import StrEnum
from typing import ClassVar

import msgspec

from hudang.domain.decision import Command, Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.person import Person
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId


class HoldKind(StrEnum):
    """Who still needs the records."""

    AUDIT = "audit"  # 审计
    RECONSIDERATION = "reconsideration"  # 行政复议
    LITIGATION = "litigation"  # 行政诉讼


class Hold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold that was placed and not lifted."""

    id: str
    kind: HoldKind
    reference: str
    placed_on: date


class HoldPlaced(Event, frozen=True, kw_only=True):
    """The person's records are needed and must stay readable."""

    TOPIC = "person.hold_placed"

    hold: str
    kind: HoldKind
    reference: str


class HoldLifted(Event, frozen=True, kw_only=True):
    """Nobody needs the records for that matter any more."""

    TOPIC = "person.hold_lifted"

    hold: str


class PersonCommand(Command, frozen=True, kw_only=True):
    """A command on what the ledger keeps of a person."""

    SUBJECT: ClassVar[str] = "Person"

    person: PersonId

    def streams(self) -> tuple[StreamId, ...]:
        return (StreamId(self.person),)


class PlaceHold(PersonCommand, frozen=True, kw_only=True):
    """Keep a person's data readable while an audit, a reconsideration or a lawsuit needs them (暂停销毁)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.AUDITOR, Role.COUNTY_OFFICER, Role.COUNTY_APPROVER})

    kind: HoldKind
    reference: str


class LiftHold(PersonCommand, frozen=True, kw_only=True):
    """Enter that a matter is closed for which a person's data were kept (解除暂停)."""

    BY: ClassVar[frozenset[Role]] = PlaceHold.BY

    hold: str


@decides(PlaceHold)
def place_hold(person: Person, command: PlaceHold, given: Given) -> Events | Refusal:
    """The matter has a reference; what was erased cannot be held."""
    if person.erased_on is not None:
        return erased_already(person)
    if not command.reference.strip():
        return Refusal(
            code="reference_missing",
            rule="a hold names its matter",
            message="Give the reference of the audit, reconsideration or lawsuit, without names.",
        )
    hold = given.new_id("hold")
    return (HoldPlaced(hold=hold, kind=command.kind, reference=command.reference.strip()),)


@decides(LiftHold)
def lift_hold(person: Person, command: LiftHold, given: Given) -> Events | Refusal:
    """Only what was placed is lifted."""
    if all(hold.id != command.hold for hold in person.holds):
        return Refusal(
            code="hold_not_found",
            rule="a hold is lifted by its id",
            message="There is no such hold on this person's data.",
        )
    return (HoldLifted(hold=command.hold),)


def erased_already(person: Person) -> Refusal:
    """Nothing more is recorded of somebody whose data were erased."""
    return Refusal(
        code="person_erased",
        rule="PIPL art 47: what was erased is not taken up again",
        message=f"This person's data were erased on {person.erased_on}.",
    )


@evolves(HoldPlaced)
def hold_placed(person: Person, event: HoldPlaced, recorded: Recorded) -> Person:
    hold = Hold(id=event.hold, kind=event.kind, reference=event.reference, placed_on=recorded.happened_on)
    return msgspec.structs.replace(person, holds=(*person.holds, hold))


@evolves(HoldLifted)
def hold_lifted(person: Person, event: HoldLifted, recorded: Recorded) -> Person:
    return msgspec.structs.replace(
        person, holds=tuple(hold for hold in person.holds if hold.id != event.hold)
    )
