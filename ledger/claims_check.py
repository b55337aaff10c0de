"""Who must hold which claim, by the events alone?

Claims are kept in a table because an append must be refused at once; but every one of them follows from the
events, which say what they take and free. One of a former shape says what it took and freed when recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Event
from hudang.domain.former import FORMER, Former
from hudang.domain.values import StreamId
from hudang.ledger import codec
from hudang.ledger.findings import Finding


class ClaimChange(NamedTuple):
    """What the event at a position does to the claims: the holders it frees, the (claim, holder) it takes."""

    position: int
    command: bytes
    stream: str
    freed: tuple[str, ...]
    taken: tuple[tuple[str, str], ...]


CLAIMING_NOTHING: Final = frozenset(
    topic
    for shapes, base in ((EVENTS, Event), (FORMER, Former))
    for topic, shape in shapes.items()
    if shape.takes is base.takes and shape.frees is base.frees
)
"""The topics whose events neither take nor free anything; these need not be decoded."""


def claim_change(
    position: int, command: bytes, stream: str, topic: str, payload: bytes
) -> ClaimChange | None:
    """What an event does to the claims, if anything. Raises UndecodableEventError."""
    shape = FORMER.get(topic)
    event = codec.decode(topic, payload) if shape is None else codec.decode_former(shape, payload)
    taken = tuple((claim.key, claim.holder) for claim in event.takes(StreamId(stream)))
    freed = event.frees()
    return ClaimChange(position, command, stream, freed, taken) if taken or freed else None


class Holdings:
    """The claims that are held after the events seen so far: by claim, its holder and stream."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, str]] = {}
        self._of_holder: dict[str, set[str]] = {}
        self._waiting: list[ClaimChange] = []

    def over(self, changes: Iterable[ClaimChange]) -> Iterator[Finding]:
        """Apply what comes next. The last command may go on in what comes after, so it waits."""
        for change in changes:
            if self._waiting and change.command != self._waiting[0].command:
                yield from self._settle()
            self._waiting.append(change)

    def _settle(self) -> Iterator[Finding]:
        """Apply a whole command; what it frees is free for its own takers."""
        command, self._waiting = self._waiting, []
        for change in command:
            for holder in change.freed:
                for claim in self._of_holder.pop(holder, ()):
                    del self._held[claim]
        for change in command:
            yield from self._take(change)

    def _take(self, change: ClaimChange) -> Iterator[Finding]:
        for claim, holder in change.taken:
            if claim in self._held:
                yield Finding(change.position, "claim", "the event takes a claim that somebody held")
                continue
            self._held[claim] = (holder, change.stream)
            self._of_holder.setdefault(holder, set()).add(claim)

    def against(self, stored: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
        """How the table of claims differs from what follows from all the events."""
        yield from self._settle()
        for claim in sorted(self._held.keys() | stored.keys()):
            if self._held.get(claim) != stored.get(claim):
                stream = (self._held.get(claim) or stored[claim])[1]
                yield Finding(None, "claim", f"a claim of stream {stream} does not follow from the events")
