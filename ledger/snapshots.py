"""How is a long history loaded as fast as a short one? From its newest snapshot, and what followed.

A snapshot is a folded state with its stream's version, the hash of schema and folds (see states.py) and a
seal keyed by the master key. It is believed only if both fit; else the events are folded from the first.
The ledger's own stream has none: the casebook keeps that state in memory.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import reduce
from hmac import compare_digest
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from hudang.domain.decision import Recorded, evolve
from hudang.domain.values import StreamId
from hudang.ledger import arrays, states, upcasting
from hudang.ledger.chain import field, integer_field, text_field
from hudang.ledger.keys import KeyRing
from hudang.ledger.records import CommandRow, StoredEvent
from hudang.ledger.store import Store

EVERY: Final = 100
"""A snapshot is due when a stream's version passes a multiple of this."""

Row = tuple[Any, ...]

_LOG: Final = logging.getLogger(__name__)

# One statement, so one snapshot of the database: the events that no believable snapshot covers, the versions
# with the snapshots, and the command. The rows of three tables in one shape; the last column says which.
# LATERAL with an order is read stream by stream, along the index; a join may read the whole ledger instead.
_LOAD: Final = f"""
    WITH wanted AS (
        SELECT w.stream, COALESCE(n.version, w.after) AS after, n.version AS taken_at,
               n.schema_hash, n.state, n.seal
        FROM unnest(%(streams)b, %(after)b) AS w (stream, after)
        LEFT JOIN ledger.snapshots n
          ON w.after = 0 AND n.ledger = %(ledger)b AND n.stream = w.stream
            AND n.schema_hash = ANY (%(schemas)b)
    )
    SELECT {", ".join(f"e.{column}" for column in StoredEvent._fields)}, 'event'
    FROM wanted CROSS JOIN LATERAL (
        SELECT * FROM ledger.events f
        WHERE f.ledger = %(ledger)b AND f.stream = wanted.stream AND f.version > wanted.after
        ORDER BY f.version
    ) e
    UNION ALL
    SELECT NULL, wanted.taken_at, s.stream, s.version, wanted.schema_hash, wanted.state, NULL, NULL, NULL,
           NULL, NULL, NULL, wanted.seal, 'stream'
    FROM wanted JOIN ledger.streams s ON s.ledger = %(ledger)b AND s.stream = wanted.stream
    UNION ALL
    SELECT NULL, c.first, NULL, c.last, NULL, c.fingerprint, c.command_id, NULL, NULL, NULL, NULL, NULL, NULL,
           'command'
    FROM ledger.commands c WHERE c.ledger = %(ledger)b AND c.command_id = %(command)b::uuid
"""
# Where a stream's row and a command's row have their columns.
_TAKEN_AT, _STREAM, _VERSION = 1, 2, 3
_COMMAND: Final = (6, 5, 1, 3)
_BY_POSITION: Final = itemgetter(1)

_OVERDUE: Final = """
    SELECT s.stream FROM ledger.streams s
    LEFT JOIN ledger.snapshots n
      ON n.ledger = s.ledger AND n.stream = s.stream AND n.schema_hash = ANY (%(schemas)b)
    WHERE s.ledger = %(ledger)b AND s.stream <> s.ledger AND s.version - COALESCE(n.version, 0) >= %(every)b
    ORDER BY s.stream LIMIT %(limit)b
"""


class Folded(NamedTuple):
    """A stream's state after its first `version` events."""

    state: Any
    version: int


class LoadedFiles(NamedTuple):
    """Streams, and perhaps a command, as they were at one moment.

    `events` are those that follow what is in `folded`; a stream that is not in `folded` begins in `events`.
    With a `command` that was recorded before there are none: nothing is left to decide.
    """

    versions: dict[StreamId, int]
    folded: dict[StreamId, Folded]
    events: list[Recorded]
    command: CommandRow | None


class _Read(NamedTuple):
    """The rows of one reading, by table."""

    events: list[Row]
    streams: list[Row]
    commands: list[Row]


class Snapshots:
    """Loads through snapshots and takes them. Safe for threads."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    def load(
        self, ledger: str, streams: Sequence[tuple[StreamId, int]], command_id: UUID | None = None
    ) -> LoadedFiles:
        """Each (stream, after version), and the command, in one round trip.

        A stream asked for from its beginning (after 0) may come from a snapshot. Raises LedgerError.
        """
        read = self._read(ledger, streams, command_id, list(states.by_hash()))
        folded = {row[_STREAM]: self._open(ledger, row) for row in read.streams if row[_TAKEN_AT]}
        believed = {StreamId(stream): state for stream, state in folded.items() if state is not None}
        if len(believed) < len(folded):
            read, believed = self._read(ledger, streams, command_id, []), {}
        versions = {stream: 0 for stream, _ in streams} | {
            row[_STREAM]: row[_VERSION] for row in read.streams
        }
        if read.commands:
            command_id, fingerprint, first, last = (read.commands[0][column] for column in _COMMAND)
            return LoadedFiles(versions, believed, [], CommandRow(command_id, fingerprint, first, last))
        rows = [StoredEvent._make(row[:-1]) for row in sorted(read.events, key=_BY_POSITION)]
        events = upcasting.recorded(rows)
        return LoadedFiles(versions, believed, events, None)

    def after_command(
        self,
        ledger: str,
        before: Mapping[StreamId, Any],
        read: Mapping[StreamId, int],
        events: Sequence[Recorded],
    ) -> None:
        """Take the snapshots that a command made due; call it once the command is recorded. Never raises.

        `before` are the states that the command was decided on, `read` how many events each was folded from.
        """
        for stream in dict.fromkeys(recorded.stream for recorded in events if recorded.stream != ledger):
            newer = [recorded for recorded in events if recorded.stream == stream]
            begins = newer[0].version == 1
            if (begins or stream in before) and _due(newer, read.get(stream, 0)):
                begun = Folded(None if begins else before[stream], newer[-1].version)
                self._try_to_take(ledger, stream, newer, begun)

    def take_overdue(self, ledger: str, limit: int = 1_000) -> int:
        """Take snapshots of streams that went on without (imports, a new version); how many were taken."""
        overdue = self._store._read(
            _OVERDUE,
            {
                "ledger": ledger,
                "schemas": arrays.texts(states.by_hash()),
                "every": EVERY,
                "limit": limit,
            },
        )
        return sum(self._take_anew(ledger, StreamId(stream)) for (stream,) in overdue)

    def take(self, ledger: str, stream: StreamId, folded: Folded) -> None:
        """Store the snapshot of a state, in a transaction of its own. Raises LedgerError."""
        schema_hash, state = states.encode(folded.state)
        seal = self._seal(ledger, stream, folded.version, schema_hash, state)
        with self._store.connection() as connection:
            connection.execute(
                "SELECT ledger.store_snapshot(%b, %b, %b, %b, %b, %b)::text",
                (ledger, stream, folded.version, schema_hash, state, seal),
                prepare=True,
            )

    def _take_anew(self, ledger: str, stream: StreamId) -> bool:
        loaded = self.load(ledger, [(stream, 0)])
        begun = loaded.folded.get(stream)
        upto = Folded(begun.state if begun else None, loaded.versions[stream])
        return self._try_to_take(ledger, stream, loaded.events, upto)

    def _try_to_take(self, ledger: str, stream: StreamId, newer: Sequence[Recorded], upto: Folded) -> bool:
        """`upto` is the state that the newer events go on from, and the stream's version with them.

        The log names the stream and the kind of error, never what a state or a message may hold.
        """
        try:
            self.take(ledger, stream, Folded(reduce(evolve, newer, upto.state), upto.version))
        except Exception as error:
            _LOG.warning("no snapshot of %s was taken: %s", stream, type(error).__name__)
            return False
        return True

    def _open(self, ledger: str, row: Row) -> Folded | None:
        """What a stream's snapshot holds; None if it is not of our making."""
        _, version, stream, reached, schema_hash, state, *_, seal, _ = row
        ours = compare_digest(seal, self._seal(ledger, stream, version, schema_hash, state))
        try:
            if ours and version <= reached:
                return Folded(states.decode(schema_hash, state), version)
        except states.UnreadableStateError:
            pass
        _LOG.warning("the snapshot of %s is not to be believed; its events are folded instead", stream)
        return None

    def _seal(self, ledger: str, stream: str, version: int, schema_hash: str, state: bytes) -> bytes:
        return self._keys.fingerprint(
            text_field("hudang-snapshot-1")
            + text_field(ledger)
            + text_field(stream)
            + integer_field(version)
            + text_field(schema_hash)
            + field(state)
        )

    def _read(
        self,
        ledger: str,
        streams: Sequence[tuple[StreamId, int]],
        command_id: UUID | None,
        schemas: Sequence[str],
    ) -> _Read:
        read = _Read([], [], [])
        table = {"event": read.events, "stream": read.streams, "command": read.commands}
        for row in self._store._read(
            _LOAD,
            {
                "ledger": ledger,
                "streams": arrays.texts(stream for stream, _ in streams),
                "after": arrays.bigints(after for _, after in streams),
                "schemas": arrays.texts(schemas),
                "command": command_id,
            },
        ):
            table[row[-1]].append(row)
        return read


def _due(newer: Sequence[Recorded], read: int) -> bool:
    """A multiple of EVERY was passed, or no snapshot could be used although one was due."""
    return newer[-1].version // EVERY > (newer[0].version - 1) // EVERY or read >= EVERY
