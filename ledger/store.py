"""How are events recorded and read back, one round trip each?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

from psycopg import Connection

from hudang.ledger import arrays
from hudang.ledger.connections import Answer, open_pool, persevering, translated
from hudang.ledger.errors import UnknownLedger
from hudang.ledger.interruption import interruptible
from hudang.ledger.records import (
    Appended,
    AppendRequest,
    Claim,
    Clock,
    CommandRow,
    DigestSecret,
    Head,
    Loaded,
    PersonKey,
    StoredEvent,
)

Row = tuple[Any, ...]

_EVENT_COLUMNS = (
    "ledger, position, stream, version, topic, payload, command_id,"
    " actor_person, actor_role, actor_office, happened_on, recorded_at, hash"
)
_APPEND = """
    SELECT first_position, last_position, recorded, repeated
    FROM ledger.append(
        %b, %b, %b, %b, %b, %b, %b::timestamptz, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
"""
_FEED = f"""
    SELECT {_EVENT_COLUMNS} FROM ledger.events WHERE ledger = %b AND position > %b ORDER BY position LIMIT %b
"""
_STREAM = f"""
    SELECT {_EVENT_COLUMNS} FROM ledger.events
    WHERE ledger = %b AND stream = %b AND version >= %b ORDER BY version
"""
_STREAMS = f"""
    SELECT {", ".join(f"e.{column.strip()}" for column in _EVENT_COLUMNS.split(","))}
    FROM unnest(%b, %b) AS wanted (stream, since)
    JOIN ledger.events e ON e.ledger = %b AND e.stream = wanted.stream AND e.version >= wanted.since
"""
# One statement, so one snapshot. The command in the shape of an event that has no ledger.
_STREAMS_AND_COMMAND = f"""
    {_STREAMS}
    UNION ALL
    SELECT NULL, c.first, NULL, c.last, NULL, c.fingerprint, c.command_id, NULL, NULL, NULL, NULL, NULL, NULL
    FROM ledger.commands c WHERE c.ledger = %b AND c.command_id = %b::uuid
    ORDER BY 1, 2
"""


class Store:
    """The ledgers of one database, through a pool of connections that may append and read, nothing else.

    Safe for threads. Every method is one statement and one round trip, except that a broken connection is
    answered with another attempt for ten seconds. Errors are those of `hudang.ledger.errors`.
    """

    def __init__(
        self, conninfo: str, *, role: str | None = "hudang_service", min_size: int = 1, max_size: int = 8
    ) -> None:
        self._pool = open_pool(conninfo, role=role, min_size=min_size, max_size=max_size)

    def close(self) -> None:
        """Give the connections back; the store cannot be used afterwards."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection of the pool, for work that needs several statements; autocommit is on."""
        with translated(), self._pool.connection() as connection, interruptible(connection):
            yield connection

    # Recording

    def open_ledger(self, ledger: str, clock: Clock, opening: AppendRequest | None = None) -> Appended | None:
        """Open a ledger and, in the same transaction, record its first command; again is the same."""

        def attempt() -> Appended | None:
            with self._pool.connection() as connection, connection.transaction():
                connection.execute("SELECT ledger.open(%b, %b)", (ledger, clock), prepare=True)
                return None if opening is None else _append(connection, opening)

        return persevering(attempt, recording=True)

    def append(self, request: AppendRequest) -> Appended:
        """Record one command's events at consecutive positions, or raise and record nothing."""

        def attempt() -> Appended:
            with self._borrowed() as connection:
                return _append(connection, request)

        return persevering(attempt, recording=True)

    def record(self, attempt: Callable[[Connection[Any]], Answer]) -> Answer:
        """Record by a transaction of one's own, which must be safe to repeat: by its command id."""

        def repeatable() -> Answer:
            with self._pool.connection() as connection:
                return attempt(connection)

        return persevering(repeatable, recording=True)

    def store_person_key(self, ledger: str, person: str, wrapped: bytes, key_id: str) -> PersonKey:
        """Keep a person's wrapped key unless there is or was one already; the answer is what is kept.

        Raises MasterKeyChanged if the master key of that id is not the one in use.
        """
        rows = self._read(
            "SELECT wrapped, key_id, erased_at FROM ledger.store_person_key(%b, %b, %b, %b)",
            (ledger, person, wrapped, key_id),
        )
        return PersonKey._make(rows[0])

    def store_digest_secret(self, key_id: str, wrapped: bytes) -> DigestSecret:
        """Keep the secret of digests unless there is one already; the answer is what is kept."""
        rows = self._read("SELECT key_id, wrapped FROM ledger.store_digest_secret(%b, %b)", (key_id, wrapped))
        return DigestSecret._make(rows[0])

    def erase_person(self, ledger: str, person: str) -> datetime:
        """Destroy the key of a person whose erasure is recorded, and forget their number; again is the same.

        The answer is when the ledger learnt of the erasure. Raises ErasureNotRecorded.
        """
        return cast(datetime, self._read("SELECT ledger.erase_person(%b, %b)", (ledger, person))[0][0])

    def store_policy_file(self, policy_hash: str, body: bytes) -> None:
        """Keep a policy file under `sha256:` and the hexadecimal digest of its bytes."""
        self._read("SELECT ledger.store_policy_file(%b, %b)::text", (policy_hash, body))

    # Reading

    def load(self, ledger: str, streams: Sequence[tuple[str, int]], command_id: UUID | None = None) -> Loaded:
        """The events of each (stream, after version) in order of position, the versions, and the command.

        A version that was never reached is answered with version 0 and no event.
        """
        rows = self._rows_since(ledger, streams, command_id)
        command: CommandRow | None = None
        if rows and rows[-1][0] is None:
            _, first, _, last, _, fingerprint, known_id, *_ = rows.pop()
            command = CommandRow(command_id=known_id, fingerprint=fingerprint, first=first, last=last)
        events = list(map(StoredEvent._make, rows))
        versions = dict.fromkeys((stream for stream, _ in streams), 0)
        for event in events:
            versions[event.stream] = event.version
        after = {stream: version for stream, version in streams if version > 0}
        if after:
            events = [event for event in events if event.version > after.get(event.stream, 0)]
        return Loaded(versions, events, command)

    def _rows_since(
        self, ledger: str, streams: Sequence[tuple[str, int]], command_id: UUID | None
    ) -> list[Row]:
        """The events from each version on: that one too, for it shows that the stream has come so far."""
        if command_id is None and len(streams) == 1:
            ((stream, after),) = streams
            return self._read(_STREAM, (ledger, stream, after))
        wanted = (
            arrays.texts(stream for stream, _ in streams),
            arrays.bigints(after for _, after in streams),
            ledger,
        )
        if command_id is None:
            return self._read(f"{_STREAMS} ORDER BY e.position", wanted)
        return self._read(_STREAMS_AND_COMMAND, (*wanted, ledger, command_id))

    def feed(self, ledger: str, after: int, limit: int) -> list[StoredEvent]:
        """The next events of a ledger, in order and without gaps."""
        return list(map(StoredEvent._make, self._read(_FEED, (ledger, after, limit))))

    def heads(self) -> dict[str, Head]:
        """The newest position of every ledger."""
        rows = self._read("SELECT ledger, position, hash, recorded_at FROM ledger.heads")
        return {ledger: Head._make(head) for ledger, *head in rows}

    def clock_of(self, ledger: str) -> Clock:
        """Whether the ledger takes its time from the database or from the caller."""
        rows = self._read("SELECT clock FROM ledger.ledgers WHERE ledger = %b", (ledger,))
        if not rows:
            raise UnknownLedger()
        return cast(Clock, rows[0][0])

    def command(self, ledger: str, command_id: UUID) -> CommandRow | None:
        """What was recorded under a command id."""
        return self._first(
            CommandRow._make,
            "SELECT command_id, fingerprint, first, last FROM ledger.commands"
            " WHERE ledger = %b AND command_id = %b",
            (ledger, command_id),
        )

    def commands(self, ledger: str, command_ids: Iterable[UUID]) -> list[CommandRow]:
        """Those of the commands that were recorded."""
        rows = self._read(
            "SELECT command_id, fingerprint, first, last FROM ledger.commands"
            " WHERE ledger = %b AND command_id = ANY (%b)",
            (ledger, list(command_ids)),
        )
        return list(map(CommandRow._make, rows))

    def claim(self, ledger: str, claim: str) -> Claim | None:
        """Who holds a claim, and since an event of which stream."""
        return self._first(
            Claim._make,
            "SELECT claim, holder, stream FROM ledger.claims WHERE ledger = %b AND claim = %b",
            (ledger, claim),
        )

    def find_identities(self, ledger: str, digests: Iterable[bytes]) -> dict[bytes, str]:
        """The persons that these identity digests belong to; unknown ones are left out."""
        return dict(
            self._read(
                "SELECT digest, person FROM ledger.identities WHERE ledger = %b AND digest = ANY (%b)",
                (ledger, arrays.byte_strings(digests)),
            )
        )

    def person_keys(self, ledger: str, persons: Iterable[str]) -> dict[str, PersonKey]:
        """The wrapped keys of these persons, or that they were destroyed; who never had one is left out."""
        rows = self._read(
            "SELECT person, wrapped, key_id, erased_at FROM ledger.person_keys"
            " WHERE ledger = %b AND person = ANY (%b)",
            (ledger, arrays.texts(persons)),
        )
        return {person: PersonKey._make(key) for person, *key in rows}

    def person_key(self, ledger: str, person: str) -> PersonKey | None:
        """The wrapped key of one person."""
        return self.person_keys(ledger, (person,)).get(person)

    def digest_secret(self) -> DigestSecret | None:
        """The secret of digests, once it was made."""
        return self._first(DigestSecret._make, "SELECT key_id, wrapped FROM ledger.digest_secret", ())

    def erased(self, ledger: str, persons: Iterable[str]) -> dict[str, datetime]:
        """Those of the persons whose key was destroyed, and when the ledger learnt of their erasure."""
        keys = self.person_keys(ledger, persons)
        return {person: key.erased_at for person, key in keys.items() if key.erased_at is not None}

    def erasures_due(self, ledger: str) -> list[str]:
        """The persons whose erasure is recorded while their key is still there."""
        rows = self._read(
            """
            SELECT e.stream FROM ledger.events e
            LEFT JOIN ledger.person_keys k ON k.ledger = e.ledger AND k.person = e.stream
            WHERE e.ledger = %b AND e.topic = 'person.erased' AND k.erased_at IS NULL ORDER BY e.stream
            """,
            (ledger,),
        )
        return [person for (person,) in rows]

    def streams_naming(self, ledger: str, person: str, topics: Iterable[str]) -> list[str]:
        """The streams that have an event of one of these topics in which the person is named.

        Looks at every event of the ledger: for rare questions only.
        """
        rows = self._read(
            """
            SELECT DISTINCT stream FROM ledger.events
            WHERE ledger = %b AND topic = ANY (%b) AND position(%b::bytea IN payload) > 0 ORDER BY stream
            """,
            (ledger, arrays.texts(topics), person.encode()),
        )
        return [stream for (stream,) in rows]

    def policy_file(self, policy_hash: str) -> bytes | None:
        """The policy file kept under this hash."""
        rows = self._read("SELECT body FROM ledger.policy_files WHERE hash = %b", (policy_hash,))
        return cast(bytes, rows[0][0]) if rows else None

    @contextmanager
    def _borrowed(self) -> Iterator[Connection[Any]]:
        """A connection for one statement. It commits by itself, so there is no transaction to end."""
        connection = self._pool.getconn()
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    def _first(self, make: Callable[[Row], Answer], query: str, parameters: Sequence[Any]) -> Answer | None:
        rows = self._read(query, parameters)
        return make(rows[0]) if rows else None

    def _read(self, query: str, parameters: Any = None) -> list[Row]:
        def attempt() -> list[Row]:
            with self._borrowed() as connection, interruptible(connection):
                return connection.execute(query, parameters, prepare=True, binary=True).fetchall()

        return persevering(attempt, recording=False)


def _append(connection: Connection[Any], request: AppendRequest) -> Appended:
    number = {stream: index for index, stream in enumerate(request.expected, start=1)}
    events, taken = request.events, request.taken
    row = connection.execute(
        _APPEND,
        (
            request.ledger,
            request.command_id,
            request.fingerprint,
            request.actor_person,
            request.actor_role,
            request.actor_office,
            request.at,
            arrays.texts(request.expected),
            arrays.bigints(request.expected.values()),
            arrays.integers(number[event.stream] for event in events),
            arrays.texts(event.topic for event in events),
            arrays.byte_strings(event.payload for event in events),
            arrays.dates(event.happened_on for event in events),
            arrays.texts(claim.claim for claim in taken),
            arrays.texts(claim.holder for claim in taken),
            arrays.texts(claim.stream for claim in taken),
            arrays.texts(request.freed_holders),
            arrays.byte_strings(request.identities),
            arrays.texts(request.identities.values()),
        ),
        prepare=True,
        binary=True,
    ).fetchone()
    assert row is not None
    return Appended._make(row)
