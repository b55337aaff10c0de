"""Are the events of a span of positions what was chained? One pass, which may run in a process of its own.

The hash that a span begins with is the one stored at its start; it is checked in the span before. The columns
come as the bytes that the chain covers, which takes half the time of typed rows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection, sql

from hudang.ledger import chain
from hudang.ledger.claims_check import CLAIMING_NOTHING, ClaimChange, claim_change
from hudang.ledger.codec import UndecodableEventError
from hudang.ledger.connections import CONNECT_TIMEOUT_S, translated
from hudang.ledger.findings import MOST_FINDINGS, Finding
from hudang.ledger.records import Clock

_COLUMNS = (
    "position, stream, version, topic, payload, uuid_send(command_id),"
    " actor_person, actor_role, actor_office, date_send(happened_on), timestamptz_send(recorded_at), hash"
)
_FETCH = 2_000
_INTEGER = struct.Struct(">q")
_TWO_S_COMPLEMENT = struct.Struct(">Q")
_DAYS = struct.Struct(">i")
_EIGHT, _SIXTEEN, _DIGEST = (size.to_bytes(4, "big") for size in (8, 16, 32))
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_EPOCH_MICROSECONDS = 946_684_800_000_000
"""PostgreSQL counts days and microseconds from 2000."""

Row = tuple[Any, ...]


class SpanJob(NamedTuple):
    """The positions after one and up to another; from the lowest or to the highest where that is None."""

    ledger: str
    clock: Clock
    after: int | None
    upto: int | None
    claims: bool


class Edge(NamedTuple):
    """An event at the end of a span: what its neighbour must follow."""

    position: int
    hash: bytes
    sent_time: bytes | None
    """Of the event, as the database sends it; None before the first."""


class Span(NamedTuple):
    """What one pass saw: edges, versions of streams as they begin (with position) and end, claims, findings.

    `joined` says that the event before the span was there, and the first event checked against it.
    """

    events: int
    joined: bool
    first: Edge | None
    last: Edge | None
    begins: dict[str, tuple[int, int]]
    ends: dict[str, int]
    claims: list[ClaimChange]
    findings: list[Finding]


def check_span_apart(conninfo: str, role: str | None, job: SpanJob) -> Span:
    """The same over a connection of its own: what a worker process runs. Raises LedgerError."""
    with (
        translated(),
        psycopg.connect(
            conninfo, connect_timeout=CONNECT_TIMEOUT_S, application_name="hudang verify"
        ) as connection,
    ):
        if role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        return check_span(connection, job)


def check_span(connection: Connection[Any], job: SpanJob) -> Span:
    """Chain, positions, versions and times of the events of a span, inside the caller's transaction."""
    connection.execute("SET LOCAL statement_timeout = 0")
    walk = _Walk(job, _edge_before(connection, job))
    with connection.cursor(name="span", binary=True) as rows:
        rows.itersize = _FETCH
        rows.execute(
            f"SELECT {_COLUMNS} FROM ledger.events WHERE ledger = %(ledger)b"
            " AND (%(after)b::bigint IS NULL OR position > %(after)b)"
            " AND (%(upto)b::bigint IS NULL OR position <= %(upto)b) ORDER BY position",
            {"ledger": job.ledger, "after": job.after, "upto": job.upto},
        )
        walk.over(rows)
    return walk.span()


def _edge_before(connection: Connection[Any], job: SpanJob) -> Edge | None:
    """What the first event of the span must follow; None if it is not there."""
    if job.after is None:
        return Edge(0, chain.genesis_hash(job.ledger, job.clock), None)
    row = connection.execute(
        "SELECT hash, timestamptz_send(recorded_at) FROM ledger.events WHERE ledger = %b AND position = %b",
        (job.ledger, job.after),
        binary=True,
    ).fetchone()
    return None if row is None else Edge(job.after, *row)


class _Walk:
    """One pass over the rows of a span."""

    def __init__(self, job: SpanJob, before: Edge | None) -> None:
        self._job = job
        self._prefix = chain.PREFIX + chain.text_field(job.ledger)
        self._before = before
        self._first: Edge | None = None
        self._last: Edge | None = None
        self._events = 0
        self._begins: dict[str, tuple[int, int]] = {}
        self._ends: dict[str, int] = {}
        self._claims: list[ClaimChange] = []
        self._findings: list[Finding] = []

    def span(self) -> Span:
        return Span(
            self._events,
            self._before is not None,
            self._first,
            self._last,
            self._begins,
            self._ends,
            self._claims,
            self._findings,
        )

    def over(self, rows: Iterable[Row]) -> None:
        """The same few steps for every row: this is where a verification spends its time."""
        edge, prefix, ends = self._before, self._prefix, self._ends
        for row in rows:
            at, stream, version, topic, payload, command, *_, sent_time, stored = row
            if None in row:
                self._find(at, "hash", "a column of the event is missing")
                continue
            if edge is not None:
                if at != edge.position + 1:
                    self._out_of_place(edge.position, at)
                if stored != event_hash(prefix, row, edge.hash):
                    self._find(at, "hash", "the event is not the one that was chained")
                if edge.sent_time is not None and _unsent(sent_time) < _unsent(edge.sent_time):
                    self._find(at, "time", "recorded before the event ahead of it")
            reached = ends.get(stream)
            if reached is None:
                self._begins[stream] = (version, at)
            elif version != reached + 1:
                self._find(at, "version", f"version {version} is not the next of its stream")
            ends[stream] = version
            if self._job.claims and topic not in CLAIMING_NOTHING:
                self._claimed(at, command, stream, topic, payload)
            edge = Edge(at, stored, sent_time)
            self._first = self._first or edge
            self._events += 1
        self._last = edge if self._events else None

    def _claimed(self, at: int, command: bytes, stream: str, topic: str, payload: bytes) -> None:
        try:
            change = claim_change(at, command, stream, topic, payload)
        except UndecodableEventError:
            self._find(at, "event", "this version cannot decode the event, so its claims are unknown")
        else:
            if change is not None:
                self._claims.append(change)

    def _out_of_place(self, position: int, at: int) -> None:
        if at <= position:
            self._find(at, "position", "the event stands where no other event may")
        else:
            self._find(position + 1, "position", f"no events before position {at}")

    def _find(self, position: int, check: str, what: str) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(position, check, what))


def event_hash(prefix: bytes, row: Row, previous: bytes) -> bytes:
    """The hash of a row of these columns (docs/chain.md); every record of a ledger begins with `prefix`."""
    at, stream, version, topic, payload, command, person, role, office, day, sent_time, _ = row
    place = prefix + _EIGHT + _INTEGER.pack(at) + _text(stream)
    record = (
        place
        + _EIGHT
        + _INTEGER.pack(version)
        + _often(topic)
        + _SIXTEEN
        + command
        + _author(person, role, office)
        + _day(day)
        + _instant(sent_time)
        + _DIGEST
        + sha256(payload).digest()
    )
    return chain.link(previous, sha256(place).digest(), sha256(record).digest())


def _text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(4, "big") + encoded


_often = lru_cache(maxsize=1_000)(_text)


@lru_cache(maxsize=10_000)
def _author(person: str, role: str, office: str) -> bytes:
    return _text(person) + _text(role) + _text(office)


@lru_cache(maxsize=10_000)
def _day(sent: bytes) -> bytes:
    try:
        return _text(date.fromordinal(_EPOCH_DAY + _DAYS.unpack(sent)[0]).isoformat())
    except (ValueError, OverflowError):
        return _text("no day of the calendar")


@lru_cache(maxsize=1_000)
def _instant(sent: bytes) -> bytes:
    return _EIGHT + _TWO_S_COMPLEMENT.pack((_unsent(sent) + _EPOCH_MICROSECONDS) % 2**64)


def _unsent(sent: bytes) -> int:
    moment: int = _INTEGER.unpack(sent)[0]
    return moment
