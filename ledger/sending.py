"""What is one command on its way, and what does one attempt to carry it out decide on?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hudang.domain.decision import Actor, Command
from hudang.domain.jurisdiction import Jurisdiction, LedgerClock, OpenLedger
from hudang.domain.values import StreamId


class Asked(msgspec.Struct, frozen=True):
    """What is fingerprinted: what the caller asked, never what was computed."""

    name: str
    command: Command
    actor: Actor


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One command on its way: the same at every attempt."""

    ledger: str
    command: Command
    actor: Actor
    command_id: UUID
    expected_version: int | None
    fingerprint: bytes
    begins: StreamId | None = None

    @property
    def subject(self) -> StreamId | None:
        """The stream that the command is about; None if it begins one."""
        return next(iter(self.command.streams()), None)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What one attempt has to decide on."""

    states: dict[StreamId, Any]
    folded: Mapping[StreamId, int]
    """How many events each state was folded from, beside a snapshot."""
    versions: Mapping[str, int]
    jurisdiction: Jurisdiction | None
    now: datetime


def clock_of(sending: Sending, read: Read) -> LedgerClock | None:
    """Where the time of the command's ledger comes from; None if there is no such ledger."""
    if read.jurisdiction is not None:
        return read.jurisdiction.clock
    return sending.command.clock if isinstance(sending.command, OpenLedger) else None
