"""Is a ledger what its chain says it is, and do its other tables agree with its events?

Streams, commands and the head can be recomputed from the events; claims cannot, they need the domain. A chain
rewritten from some position on is consistent in itself: `known` takes hashes that the verifier brought along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from psycopg import Connection

from hudang.ledger import chain
from hudang.ledger.records import Clock, StoredEvent
from hudang.ledger.store import Store

PAGE: Final = 1_000
MOST_FINDINGS: Final = 100
"""After so many findings the rest is not listed; one is enough to say no."""

DERIVED: Final = frozenset({"head", "stream", "command"})
"""The checks of what is recomputed from the events; the others are about the events themselves."""


class Finding(NamedTuple):
    """Something that is not as it should be, at a position where it has one."""

    position: int | None
    check: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What a verification saw: the clock, how far it looked, the hash found there, and what was wrong."""

    ledger: str
    clock: Clock
    events: int
    head_hash: bytes
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether everything agreed."""
        return not self.findings

    @property
    def first_bad_position(self) -> int | None:
        """The lowest position whose event is wrong or missing; failing that, that another table has wrong."""
        placed = [(found.check in DERIVED, found.position) for found in self.findings if found.position]
        return min(placed)[1] if placed else None


def verify(store: Store, ledger: str, known: Mapping[int, bytes] | None = None) -> VerificationReport:
    """Recompute the chain from the events and compare the other tables; writers may go on meanwhile.

    `known` gives hashes by position that came from outside (seals, posted notices).
    """
    clock = store.clock_of(ledger)
    walk = _Walk(ledger, clock, known or {})
    while page := store.feed(ledger, walk.position, PAGE):
        walk.over(page)
    with store.connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        walk.over(_rest(connection, ledger, walk.position))
        findings = [*walk.findings, *walk.missing(), *_compared(connection, ledger, walk)]
    return VerificationReport(
        ledger=ledger,
        clock=clock,
        events=walk.events,
        head_hash=walk.hash,
        findings=tuple(findings[:MOST_FINDINGS]),
    )


class _Walk:
    """One pass over the events in order: chain, positions, versions and times."""

    def __init__(self, ledger: str, clock: Clock, known: Mapping[int, bytes]) -> None:
        self.position = 0
        self.events = 0
        self.hash = chain.genesis_hash(ledger, clock)
        self.newest: StoredEvent | None = None
        self.versions: dict[str, int] = {}
        self.findings: list[Finding] = []
        self._known = dict(known)

    def over(self, events: Sequence[StoredEvent]) -> None:
        for event in events:
            if len(self.findings) < MOST_FINDINGS:
                self.findings.extend(self._about(event))
            self._known.pop(event.position, None)
            self.versions[event.stream] = event.version
            self.position, self.hash, self.newest = event.position, event.hash, event
            self.events += 1

    def missing(self) -> Iterator[Finding]:
        """Hashes that the verifier brought along for events that are no longer there."""
        for position in sorted(self._known):
            yield Finding(position, "known", "an event whose hash is known from outside is missing")

    def _about(self, event: StoredEvent) -> Iterator[Finding]:
        at = event.position
        if at != self.position + 1:
            yield Finding(self.position + 1, "position", f"no events before position {at}")
        if event.hash != chain.event_hash(event, self.hash):
            yield Finding(at, "hash", "the event is not the one that was chained")
        if event.hash != self._known.get(at, event.hash):
            yield Finding(at, "known", "the hash is not the one known from outside")
        if event.version != self.versions.get(event.stream, 0) + 1:
            yield Finding(at, "version", f"version {event.version} is not the next of its stream")
        if self.newest is not None and event.recorded_at < self.newest.recorded_at:
            yield Finding(at, "time", "recorded before the event ahead of it")


def _rest(connection: Connection[Any], ledger: str, after: int) -> list[StoredEvent]:
    """What was recorded since the last page, as this snapshot sees it."""
    rows = connection.execute(
        f"SELECT {', '.join(StoredEvent._fields)} FROM ledger.events"
        " WHERE ledger = %b AND position > %b ORDER BY position",
        (ledger, after),
        binary=True,
    )
    return list(map(StoredEvent._make, rows))


def _compared(connection: Connection[Any], ledger: str, walk: _Walk) -> Iterator[Finding]:
    yield from _head_findings(connection, ledger, walk)
    yield from _stream_findings(connection, ledger, walk)
    yield from _command_findings(connection, ledger)


def _head_findings(connection: Connection[Any], ledger: str, walk: _Walk) -> Iterator[Finding]:
    stored = connection.execute(
        "SELECT h.position, h.hash, h.recorded_at, h.clock = l.clock"
        " FROM ledger.ledgers l LEFT JOIN ledger.heads h USING (ledger) WHERE ledger = %b",
        (ledger,),
        binary=True,
    ).fetchone()
    recorded_at = None if walk.newest is None else walk.newest.recorded_at
    if stored != (walk.position, walk.hash, recorded_at, True):
        position, *_ = stored or (None,)
        cut = position is not None and position > walk.position
        yield Finding(
            walk.position + 1 if cut else walk.position or None,
            "head",
            f"the head is at position {position}, the newest event at {walk.position}"
            if position != walk.position
            else "the head is not the newest event",
        )


def _stream_findings(connection: Connection[Any], ledger: str, walk: _Walk) -> Iterator[Finding]:
    unseen = dict(walk.versions)
    with connection.cursor(name="streams", binary=True) as rows:
        rows.execute("SELECT stream, version FROM ledger.streams WHERE ledger = %b", (ledger,))
        for stream, version in rows:
            if unseen.pop(stream, None) != version:
                yield Finding(None, "stream", f"stream {stream} is said to be at version {version}")
    for stream in unseen:
        yield Finding(None, "stream", f"stream {stream} has events and no row")


def _command_findings(connection: Connection[Any], ledger: str) -> Iterator[Finding]:
    rows = connection.execute(
        """
        SELECT COALESCE(e.first, c.first), command_id
        FROM (SELECT command_id, min(position) AS first, max(position) AS last, count(*) AS events
              FROM ledger.events WHERE ledger = %(ledger)b GROUP BY command_id) e
        FULL JOIN (SELECT command_id, first, last FROM ledger.commands WHERE ledger = %(ledger)b) c
          USING (command_id)
        WHERE (e.first, e.last, e.events) IS DISTINCT FROM (c.first, c.last, c.last - c.first + 1)
        ORDER BY 1 LIMIT %(most)b
        """,
        {"ledger": ledger, "most": MOST_FINDINGS},
    )
    for position, command in rows:
        yield Finding(position, "command", f"the row of command {command} does not fit the events")
