"""What does the casebook answer to a command? It was accepted, it was refused, or it no longer fits."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from hudang.domain.claims import may_know_holder
from hudang.domain.decision import Actor, Recorded, Refusal
from hudang.domain.values import StreamId
from hudang.ledger.records import StoredEvent


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What a command recorded. A command that found nothing to record has no positions."""

    ledger: str
    stream: StreamId
    version: int
    first: int | None = None
    last: int | None = None
    recorded_at: datetime | None = None
    repeated: bool = False
    events: tuple[Recorded, ...] = ()


class Conflict(msgspec.Struct, frozen=True):
    """What was asked no longer fits what is there: reload, look, and ask again."""

    code: str
    message: str


class HeldRefusal(Refusal, frozen=True, kw_only=True):
    """A refusal for a claim that another file holds, to somebody who may know which.

    `held_by` is the stream, never a person; `holder` the class of its state, such as `Household`.
    """

    held_by: StreamId
    holder: str


Answer = Accepted | Refusal | Conflict


def naming_holder(refusal: Refusal, actor: Actor, stream: StreamId, holder: Any) -> Refusal:
    """The refusal with the file that holds what was asked for, to whoever has that file.

    `holder` is the state of the stream, None if it has none.
    """
    if holder is None or not may_know_holder(actor, holder):
        return refusal
    return HeldRefusal(
        code=refusal.code,
        rule=refusal.rule,
        message=refusal.message,
        held_by=stream,
        holder=type(holder).__name__,
    )


def recorded_answer(subject: StreamId, events: tuple[Recorded, ...], version: int) -> Accepted:
    """What the events answer; `version` is the subject's, should it have none among them."""
    return Accepted(
        ledger=events[0].ledger,
        stream=subject,
        version=max((event.version for event in events if event.stream == subject), default=version),
        first=events[0].position,
        last=events[-1].position,
        recorded_at=events[-1].recorded_at,
        events=events,
    )


def repeated_answer(
    subject: StreamId, stored: Sequence[StoredEvent], events: tuple[Recorded, ...], version: int
) -> Accepted:
    """What a command answers again whose events are `stored`; `events` is what these are today."""
    return Accepted(
        ledger=stored[0].ledger,
        stream=subject,
        version=version,
        first=stored[0].position,
        last=stored[-1].position,
        recorded_at=stored[-1].recorded_at.astimezone(UTC),
        repeated=True,
        events=events,
    )


def command_reused() -> Conflict:
    """One id stands for one request."""
    return Conflict(
        code="command_reused",
        message="This command id was used for a different request; give every request its own id.",
    )


def request_unreadable() -> Refusal:
    """What cannot be kept is not begun."""
    return Refusal(
        code="request_unreadable",
        rule="what is asked can be written down",
        message="A text holds a NUL or half a character, or a number is too large; put it right.",
    )


def person_erased() -> Refusal:
    """Nothing can be sealed for somebody whose key was destroyed."""
    return Refusal(
        code="person_erased",
        rule="PIPL art 47: what was erased is not taken up again",
        message="The data of a person named were erased; nothing more can be recorded of them.",
    )


def ledger_already_open() -> Refusal:
    """The tag of a ledger means one ledger for ever."""
    return Refusal(
        code="ledger_already_open",
        rule="a ledger is opened once",
        message="It was opened with another name, area or clock; open the new one under its own tag.",
    )
