"""What goes into the ledger's storage, and what comes out of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

Clock = Literal["server", "simulated"]


class NewEvent(NamedTuple):
    """An event to be recorded on `stream`; `payload` is stored and hashed as it is."""

    stream: str
    topic: str
    payload: bytes
    happened_on: date


class Claim(NamedTuple):
    """A unique key taken by an event on `stream`, until its holder gives it up."""

    claim: str
    holder: str
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendRequest:
    """One command's events, to be recorded all or none.

    `expected` names every stream that is written, and any that only must not have moved, with the version
    that was read (0: no such stream yet). `at` is given in a simulated ledger, and only there.
    """

    ledger: str
    command_id: UUID
    fingerprint: bytes
    actor_person: str
    actor_role: str
    actor_office: str
    expected: Mapping[str, int]
    events: Sequence[NewEvent]
    taken: Sequence[Claim] = ()
    freed_holders: Sequence[str] = ()
    identities: Mapping[bytes, str] = field(default_factory=dict)
    at: datetime | None = None


class Appended(NamedTuple):
    """Where a command's events are; `repeated` if they were already there before this attempt."""

    first: int
    last: int
    recorded_at: datetime
    repeated: bool


class StoredEvent(NamedTuple):
    """An event as stored, column by column."""

    ledger: str
    position: int
    stream: str
    version: int
    topic: str
    payload: bytes
    command_id: UUID
    actor_person: str
    actor_role: str
    actor_office: str
    happened_on: date
    recorded_at: datetime
    hash: bytes


class CommandRow(NamedTuple):
    """A command that was recorded, with the positions of its events."""

    command_id: UUID
    fingerprint: bytes
    first: int
    last: int


class PersonKey(NamedTuple):
    """A person's key, wrapped by the master key of that id; or, once destroyed, only when that was."""

    wrapped: bytes | None
    key_id: str
    erased_at: datetime | None


class DigestSecret(NamedTuple):
    """The secret of digests, wrapped by the master key of that id: the one that wraps whatever is stored."""

    key_id: str
    wrapped: bytes


class Loaded(NamedTuple):
    """Streams, and perhaps a command, as they were at one moment; a stream not yet begun has version 0."""

    versions: dict[str, int]
    rows: list[StoredEvent]
    command: CommandRow | None


class Head(NamedTuple):
    """The newest event of a ledger; position 0 and no time before the first."""

    position: int
    hash: bytes
    recorded_at: datetime | None
