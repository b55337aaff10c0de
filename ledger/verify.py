"""Is a ledger what its chain and its seals say it is, and do its other tables agree with its events?

Streams, commands, claims and the head are recomputed from the events. A chain rewritten from some position on
is consistent in itself: only a seal that the verifier brings along shows it. Writers may go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString, NamedTuple

from psycopg import Connection

from hudang.ledger import chain
from hudang.ledger.claims_check import Holdings
from hudang.ledger.errors import UnknownLedger
from hudang.ledger.findings import MOST_FINDINGS, Finding, VerificationReport, severity
from hudang.ledger.records import Clock
from hudang.ledger.sealing import stored_seals
from hudang.ledger.sealing_key import PublicKey
from hudang.ledger.seals import Seal, broken_links, wrongly_signed
from hudang.ledger.span import Edge, Span, SpanJob, check_span
from hudang.ledger.store import Store

FEWEST_APART: Final = 20_000
"""So many events are checked before another process is worth its start."""
SPANS: Final = 32
"""Into so many parts a ledger is cut: enough to share them out evenly and to tell how far it is."""

Spread = Callable[[Sequence[SpanJob]], Iterator[Span]]
"""Runs jobs, perhaps in other processes, and gives what they saw in the order of the jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the verifier knows from outside: seals, bare hashes by position, and keys by their id."""

    seals: Sequence[Seal] = ()
    hashes: Mapping[int, bytes] = field(default_factory=dict)
    keys: Mapping[str, PublicKey] = field(default_factory=dict)

    @property
    def known(self) -> dict[int, bytes]:
        """Every hash known from outside."""
        return {**self.hashes, **{seal.position: seal.head_hash for seal in self.seals}}


NOTHING: Final = Brought()


def verify(
    store: Store,
    ledger: str,
    *,
    brought: Brought = NOTHING,
    claims: bool = True,
    spread: Spread | None = None,
) -> VerificationReport:
    """Recompute everything that follows from the events; the report names the first bad position.

    `claims` needs events of the domain's topics; a conformance ledger has none, and none are recomputed.
    """
    opened = _opened(store, ledger)
    claims = claims and opened.kind == "case"
    joined = _Joined()
    for span in spread(_jobs(store, opened, claims=claims)) if spread else ():
        joined.add(span)
    with store.connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        rest = SpanJob(ledger, opened.clock, joined.last.position if joined.last else None, None, claims)
        joined.add(check_span(connection, rest))
        seals = stored_seals(connection, ledger)
        findings = [
            *joined.findings,
            *_head_findings(connection, opened, joined.last),
            *_stream_findings(connection, ledger, joined.versions),
            *_command_findings(connection, ledger),
            *(_claim_findings(connection, ledger, joined.holdings) if claims else ()),
            *_seal_findings(connection, ledger, seals, brought),
            *_known_findings(connection, ledger, brought),
        ]
    position = joined.last.position if joined.last else 0
    return VerificationReport(
        ledger=ledger,
        clock=opened.clock,
        events=joined.events,
        position=position,
        head_hash=joined.last.hash if joined.last else chain.genesis_hash(ledger, opened.clock),
        proved=max(brought.known, default=0),
        sealed=seals[-1][0].position if seals else 0,
        findings=tuple(sorted(findings, key=severity)[:MOST_FINDINGS]),
    )


class _Opened(NamedTuple):
    """What a ledger was opened as."""

    ledger: str
    clock: Clock
    kind: str


class _Joined:
    """Spans put together again: what holds within each of them must hold between them."""

    def __init__(self) -> None:
        self.events = 0
        self.last: Edge | None = None
        self.versions: dict[str, int] = {}
        self.holdings = Holdings()
        self.findings: list[Finding] = []

    def add(self, span: Span) -> None:
        if span.first is None:
            return
        reached = self.last.position if self.last else span.first.position - 1
        if span.first.position != reached + 1 and not span.joined:
            self.findings.append(
                Finding(reached + 1, "position", f"no events before position {span.first.position}")
            )
        for stream, (version, position) in span.begins.items():
            if version != self.versions.get(stream, 0) + 1:
                self.findings.append(
                    Finding(position, "version", f"version {version} is not the next of its stream")
                )
        self.versions.update(span.ends)
        self.findings.extend(self.holdings.over(span.claims))
        self.findings.extend(span.findings)
        self.last = span.last
        self.events += span.events


def _opened(store: Store, ledger: str) -> _Opened:
    with store.connection() as connection:
        row = connection.execute(
            "SELECT ledger, clock, kind FROM ledger.ledgers WHERE ledger = %b", (ledger,)
        ).fetchone()
    if row is None:
        raise UnknownLedger
    return _Opened._make(row)


def _jobs(store: Store, opened: _Opened, *, claims: bool) -> list[SpanJob]:
    """The events there are now, in even parts; none if they are few."""
    with store.connection() as connection:
        row = connection.execute(
            "SELECT max(position), count(*) FROM ledger.events WHERE ledger = %b", (opened.ledger,)
        ).fetchone()
    newest, events = row or (None, 0)
    if newest is None or events < FEWEST_APART:
        return []
    cuts = [newest * part // SPANS for part in range(1, SPANS)]
    return [
        SpanJob(opened.ledger, opened.clock, after, upto, claims)
        for after, upto in zip([None, *cuts], [*cuts, newest], strict=True)
    ]


def _head_findings(connection: Connection[Any], opened: _Opened, last: Edge | None) -> Iterator[Finding]:
    row = connection.execute(
        "SELECT position, hash, timestamptz_send(recorded_at), clock FROM ledger.heads WHERE ledger = %b",
        (opened.ledger,),
        binary=True,
    ).fetchone()
    newest = last or Edge(0, chain.genesis_hash(opened.ledger, opened.clock), None)
    position, *rest = row or (None,)
    if position == newest.position:
        if rest != [newest.hash, newest.sent_time, opened.clock]:
            yield Finding(newest.position or None, "head", "the head is not the newest event")
    else:
        said = f"the head is at position {position}, the newest event at {newest.position}"
        if position is not None and position > newest.position:
            yield Finding(newest.position + 1, "position", said)
        else:
            yield Finding(newest.position or None, "head", said)


def _stream_findings(
    connection: Connection[Any], ledger: str, versions: Mapping[str, int]
) -> Iterator[Finding]:
    unseen = dict(versions)
    with connection.cursor(name="streams", binary=True) as rows:
        rows.itersize = 10_000
        rows.execute("SELECT stream, version FROM ledger.streams WHERE ledger = %b", (ledger,))
        for stream, version in rows:
            if unseen.pop(stream, None) != version:
                yield Finding(None, "stream", f"stream {stream} is said to be at version {version}")
    for stream in unseen:
        yield Finding(None, "stream", f"stream {stream} has events and no row")


def _command_findings(connection: Connection[Any], ledger: str) -> Iterator[Finding]:
    for position, command in _rows(
        connection,
        """
        SELECT COALESCE(e.first, c.first), command_id
        FROM (SELECT command_id, min(position) AS first, max(position) AS last, count(*) AS events
              FROM ledger.events WHERE ledger = %(ledger)b GROUP BY command_id) e
        FULL JOIN (SELECT command_id, first, last FROM ledger.commands WHERE ledger = %(ledger)b) c
          USING (command_id)
        WHERE (e.first, e.last, e.events) IS DISTINCT FROM (c.first, c.last, c.last - c.first + 1)
        ORDER BY 1 LIMIT %(most)b
        """,
        ledger,
    ):
        yield Finding(position, "command", f"the row of command {command} does not fit the events")


def _claim_findings(connection: Connection[Any], ledger: str, holdings: Holdings) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT claim, holder, stream FROM ledger.claims WHERE ledger = %b", (ledger,), binary=True
    )
    yield from holdings.against({claim: (holder, stream) for claim, holder, stream in rows})


def _seal_findings(
    connection: Connection[Any], ledger: str, stored: Sequence[tuple[Seal, bytes]], brought: Brought
) -> Iterator[Finding]:
    """The ledger's own seals among themselves, with the events, and with those brought along."""
    seals = [seal for seal, _ in stored]
    for seal, stored_hash in stored:
        if seal.hash != stored_hash:
            yield Finding(seal.position, "seal", "the seal is not the one that was stored")
    wrong = [*broken_links(seals), *(wrongly_signed(seals, brought.keys) if brought.keys else ())]
    for bad in [*wrong, *wrongly_signed(brought.seals, brought.keys)]:
        yield Finding(bad.seal.position, "seal", bad.what)
    by_position = {seal.position: seal for seal in seals}
    for seal in brought.seals:
        if by_position.get(seal.position) != seal:
            yield Finding(seal.position, "seal", "the seal brought along is not among the ledger's own")
    for (position,) in _rows(
        connection,
        """
        SELECT s.position
        FROM ledger.seals s LEFT JOIN ledger.events e ON e.ledger = s.ledger AND e.position = s.position
        WHERE s.ledger = %(ledger)b
          AND (s.head_hash, s.recorded_at) IS DISTINCT FROM (e.hash, e.recorded_at)
        ORDER BY 1 LIMIT %(most)b
        """,
        ledger,
    ):
        yield Finding(position, "seal", "the ledger's own seal is of another event than the one there")


def _known_findings(connection: Connection[Any], ledger: str, brought: Brought) -> Iterator[Finding]:
    known = brought.known
    rows = connection.execute(
        "SELECT position, hash FROM ledger.events WHERE ledger = %s AND position = ANY (%s)",
        (ledger, list(known)),
    )
    there = dict(rows.fetchall())
    for position, known_hash in sorted(known.items()):
        if position not in there:
            yield Finding(position, "known", "an event whose hash is known from outside is missing")
        elif there[position] != known_hash:
            yield Finding(position, "known", "the hash is not the one known from outside")


def _rows(connection: Connection[Any], query: LiteralString, ledger: str) -> list[tuple[Any, ...]]:
    return connection.execute(query, {"ledger": ledger, "most": MOST_FINDINGS}).fetchall()
