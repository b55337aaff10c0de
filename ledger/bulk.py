"""How are very many events recorded: a payroll, an import? In chunks, each one command (design §2).

A bulk has a list. Its n-th chunk is the command whose id follows from the bulk's id and n, recorded all or
none with the guarantees of `Store.append`. So a killed run is run again: chunks that are there are passed
over. And between two chunks every other command finds its way. The rows of a chunk are staged by COPY before
the ledger is locked, under a role that may do nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from psycopg import Connection

from hudang.ledger import arrays
from hudang.ledger.errors import CommandReused
from hudang.ledger.records import Appended, AppendRequest, Claim, CommandRow, NewEvent
from hudang.ledger.store import Store

CHUNK_SIZE: Final = 1_000
"""Places of the list in one chunk: with an event or two each, other commands wait well below 0.1 s for it."""

Progress = Callable[[int, int], None]


class Chunk(NamedTuple):
    """What is to be recorded for some places of the list; the fields are those of `AppendRequest`."""

    expected: Mapping[str, int]
    events: Sequence[NewEvent]
    taken: Sequence[Claim] = ()
    freed_holders: Sequence[str] = ()
    identities: Mapping[bytes, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """A list, and how a part of it becomes events.

    `places` names what the bulk is about, such as a payroll's households, in an order that never changes: a
    resumed run reads the list, it does not derive it again. `prepare` is called in the order of the list, for
    each chunk that is not recorded yet, in another thread while the chunk before is being recorded. So it may
    read the versions of its places, but not of what the chunk before moves. `fingerprint` digests what the
    caller asked. `now` is given in a simulated ledger, and only there.
    """

    ledger: str
    bulk_id: UUID
    fingerprint: bytes
    actor_person: str
    actor_role: str
    actor_office: str
    places: Sequence[str]
    prepare: Callable[[Sequence[str]], Chunk]
    chunk_size: int = CHUNK_SIZE
    now: Callable[[], datetime] | None = None


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What a run did: chunks recorded now, found recorded, and without any event; the last position."""

    recorded: int = 0
    repeated: int = 0
    empty: int = 0
    last: int | None = None


def bulk_append(
    store: Store, request: BulkRequest, progress: Progress = lambda done, total: None
) -> BulkOutcome:
    """Record a bulk of any size, or what is left of it; `progress` hears (places done, places in all).

    Raises what `Store.append` raises. What was recorded before stays, and the same call goes on from there;
    a `VersionConflict` or `ClaimHeld` names the stream that stood in the way. `CommandReused`: the bulk was
    begun with another list, chunk size or request.
    """
    if request.chunk_size < 1:
        raise ValueError("a chunk holds at least one place")
    total = len(request.places)
    known = _recorded_before(store, request)
    chunks = range(-(-total // request.chunk_size))
    recorded = repeated = empty = 0
    last: int | None = None
    progress(0, total)
    with ThreadPoolExecutor(1) as thread:
        ahead = _Ahead(thread, lambda number: _ready(request, known, number), len(chunks))
        for number in chunks:
            ready = ahead.take(number)
            if isinstance(ready, CommandRow):
                repeated, last = repeated + 1, ready.last
            elif ready is None:
                empty += 1
            else:
                done = store.record(partial(ready, partial(ahead.begin, number + 1)))
                recorded, repeated, last = recorded + (not done.repeated), repeated + done.repeated, done.last
            progress(min((number + 1) * request.chunk_size, total), total)
    return BulkOutcome(recorded, repeated, empty, last)


def append_staged(store: Store, request: AppendRequest) -> Appended:
    """Record one command of many events as `Store.append` does, its rows staged by COPY."""
    return store.record(partial(_staged(request), lambda: None))


def chunk_command_id(bulk_id: UUID, number: int) -> UUID:
    """The id of the command that records the n-th chunk of a bulk, from 0."""
    return uuid5(bulk_id, f"chunk {number}")


def _recorded_before(store: Store, request: BulkRequest) -> dict[int, CommandRow]:
    chunks = -(-len(request.places) // request.chunk_size)
    number = {chunk_command_id(request.bulk_id, n): n for n in range(chunks)}
    return {number[row.command_id]: row for row in store.commands(request.ledger, number)}


Attempt = Callable[[Callable[[], None], Connection[Any]], Appended]
"""Records a chunk over a connection; the first argument is called when the server is about to be busy."""

Ready = CommandRow | Attempt | None
"""The row of a chunk that is recorded, or how to record it; None if there is nothing to record."""


class _Ahead:
    """Gets the next chunk ready while the server works on this one.

    Not earlier: a thread that computes keeps another from its turn for 5 ms at every answer of the server.
    """

    def __init__(self, thread: ThreadPoolExecutor, make: Callable[[int], Ready], chunks: int) -> None:
        self._thread, self._make, self._chunks = thread, make, chunks
        self._coming: tuple[int, Future[Ready]] | None = None

    def begin(self, number: int) -> None:
        """Begin to get a chunk ready, unless that was begun or there is no such chunk."""
        if number < self._chunks and (self._coming is None or self._coming[0] != number):
            self._coming = (number, self._thread.submit(self._make, number))

    def take(self, number: int) -> Ready:
        """The chunk, once it is ready."""
        if self._coming is not None and self._coming[0] == number:
            return self._coming[1].result()
        return self._make(number)


def _ready(request: BulkRequest, known: Mapping[int, CommandRow], number: int) -> Ready:
    begin = number * request.chunk_size
    places = request.places[begin : begin + request.chunk_size]
    fingerprint = _chunk_fingerprint(request, number, places)
    row = known.get(number)
    if row is not None:
        if row.fingerprint != fingerprint:
            raise CommandReused
        return row
    chunk = request.prepare(places)
    return _staged(_command(request, number, fingerprint, chunk)) if chunk.events else None


def _chunk_fingerprint(request: BulkRequest, number: int, places: Sequence[str]) -> bytes:
    """What was asked, and of whom: never what was decided."""
    digest = sha256(
        b"%d %d %d " % (number, request.chunk_size, len(request.fingerprint)) + request.fingerprint
    )
    for place in places:
        name = place.encode()
        digest.update(b"%d " % len(name) + name)
    return digest.digest()


def _command(request: BulkRequest, number: int, fingerprint: bytes, chunk: Chunk) -> AppendRequest:
    return AppendRequest(
        ledger=request.ledger,
        command_id=chunk_command_id(request.bulk_id, number),
        fingerprint=fingerprint,
        actor_person=request.actor_person,
        actor_role=request.actor_role,
        actor_office=request.actor_office,
        expected=chunk.expected,
        events=chunk.events,
        taken=chunk.taken,
        freed_holders=chunk.freed_holders,
        identities=chunk.identities,
        at=request.now() if request.now is not None else None,
    )


_APPEND_STAGED = """
    SELECT first_position, last_position, recorded, repeated
    FROM ledger.append_staged(
        %b, %b, %b, %b, %b, %b, %b::timestamptz, %b, %b, %b, %b, %b, %b, %b, %b)
"""


def _staged(request: AppendRequest) -> Attempt:
    """What records the request over a connection; all that can be got ready before, is."""
    rows = _copy_rows(request.events)
    parameters = _parameters(request)

    def attempt(at_work: Callable[[], None], connection: Connection[Any]) -> Appended:
        with connection.transaction():
            connection.execute("SET LOCAL ROLE hudang_bulk")
            connection.execute("SELECT ledger.open_staging()")
            with connection.cursor().copy("COPY pg_temp.staged_events FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(rows)
            at_work()
            row = connection.execute(_APPEND_STAGED, parameters, prepare=True, binary=True).fetchone()
            assert row is not None
            return Appended._make(row)

    return attempt


def _parameters(request: AppendRequest) -> tuple[Any, ...]:
    taken = request.taken
    return (
        request.ledger,
        request.command_id,
        request.fingerprint,
        request.actor_person,
        request.actor_role,
        request.actor_office,
        request.at,
        arrays.texts(request.expected),
        arrays.bigints(request.expected.values()),
        arrays.texts(claim.claim for claim in taken),
        arrays.texts(claim.holder for claim in taken),
        arrays.texts(claim.stream for claim in taken),
        arrays.texts(request.freed_holders),
        arrays.byte_strings(request.identities),
        arrays.texts(request.identities.values()),
    )


_COPY_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_ROW: Final = struct.Struct(">hiii")  # 5 fields; the number of the row, 4 bytes; length of the stream
_LENGTH: Final = struct.Struct(">i")
_DATE: Final = struct.Struct(">ii")
_FIELDS: Final = 5
_EPOCH: Final = date(2000, 1, 1).toordinal()


def _copy_rows(events: Sequence[NewEvent]) -> bytes:
    """The events as PostgreSQL's binary COPY wants them; four times as fast as a call a row."""
    length = _LENGTH.pack
    parts = [_COPY_HEADER]
    for number, (name, topic_name, payload, happened_on) in enumerate(events):
        stream, topic = name.encode(), topic_name.encode()
        parts += (
            _ROW.pack(_FIELDS, 4, number, len(stream)),
            stream,
            length(len(topic)),
            topic,
            length(len(payload)),
            payload,
            _DATE.pack(4, happened_on.toordinal() - _EPOCH),
        )
    parts.append(_COPY_END)
    return b"".join(parts)
