"""Does a tailing reader miss nothing? Do ledgers, maintenance and appends keep out of each other's way?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, Final

import psycopg
import pytest
from psycopg import Connection, sql

from hudang.ledger.bulk import append_staged
from hudang.ledger.records import AppendRequest
from hudang.ledger.store import Store
from hudang.ledger.verify import verify

LEDGER = "L0001"
WRITERS = 8
COMMANDS = 125
EVENTS = 50

AskFor = Callable[..., AppendRequest]
Record = Callable[[Store, AppendRequest], object]

NO_CONFLICT_WITH_MAINTENANCE: Final = {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
"""VACUUM, ANALYZE and CREATE INDEX CONCURRENTLY take ShareUpdateExclusiveLock: these go together with it."""


class TestAReaderAtTheTail:
    def test_misses_none_of_fifty_thousand_events_by_eight_writers(
        self, store: Store, ask: AskFor, database: str
    ) -> None:
        stop = Event()

        def write(writer: int) -> None:
            record: Record = append_staged if writer % 4 == 0 else Store.append
            for n in range(COMMANDS):
                record(store, ask({f"L0001-{writer}": n * EVENTS}, events=EVENTS))

        def tail() -> tuple[int, list[int]]:
            """How many events were read, and where a page did not go on from the one before."""
            read, gaps = 0, []
            with Store(database) as reader:
                while True:
                    last_look = stop.is_set()
                    for event in reader.feed(LEDGER, read, 500):
                        if event.position != read + 1:
                            gaps.append(event.position)
                        read = event.position
                    if last_look and read == reader.heads()[LEDGER].position:
                        return read, gaps

        with ThreadPoolExecutor(WRITERS + 1) as threads:
            reading = threads.submit(tail)
            list(threads.map(write, range(WRITERS)))
            stop.set()

            assert reading.result() == (WRITERS * COMMANDS * EVENTS, [])
        assert verify(store, LEDGER, claims=False).sound


@pytest.fixture
def held(store: Store, database: str) -> Iterator[Connection[Any]]:
    """A session that keeps its locks until the test ends; others give up at once rather than wait."""
    with store.connection() as connection:
        connection.execute("SET lock_timeout = '1ms'")
    with psycopg.connect(database, application_name="held") as connection:
        yield connection


def append_and_hold(connection: Connection[Any], ledger: str, stream: str) -> None:
    """An append whose transaction stays open."""
    connection.execute(
        "SELECT ledger.append(%s, gen_random_uuid(), 'asked', 'p', 'system', 'o', NULL, %s, '{0}', '{1}',"
        " '{test.happened}', %s, '{2013-03-01}', %s, '{h}', %s, '{}', '{}', '{}')",
        (ledger, [stream], [b"{}"], [f"claim of {stream}"], [stream]),
    )


def locks_of(connection: Connection[Any]) -> set[str]:
    rows = connection.execute(
        "SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'"
        " AND relation IN (SELECT oid FROM pg_class WHERE relnamespace = 'ledger'::regnamespace)"
    )
    return {mode for (mode,) in rows}


class TestAppendsToDifferentLedgers:
    @pytest.mark.parametrize("record", [Store.append, append_staged])
    def test_do_not_wait_for_each_other(
        self, store: Store, ask: AskFor, held: Connection[Any], record: Record
    ) -> None:
        store.open_ledger("L0002", "server")
        append_and_hold(held, LEDGER, "L0001-a")

        record(store, ask(ledger="L0002", events=3))

        assert store.heads()["L0002"].position == 3
        assert store.heads()[LEDGER].position == 0

    def test_share_nothing_but_tables(self, store: Store, held: Connection[Any], database: str) -> None:
        """The same stream and claim names in both: no index entry of one ledger is waited for in another."""
        store.open_ledger("L0002", "server")
        append_and_hold(held, LEDGER, "same")

        with psycopg.connect(database) as other:
            other.execute("SET lock_timeout = '1ms'")
            append_and_hold(other, "L0002", "same")


class TestMaintenance:
    def test_finds_no_lock_in_its_way(self, held: Connection[Any]) -> None:
        append_and_hold(held, LEDGER, "L0001-a")

        assert locks_of(held) <= NO_CONFLICT_WITH_MAINTENANCE

    def test_finds_none_of_a_bulk_either(self, store: Store, ask: AskFor, held: Connection[Any]) -> None:
        held.execute("SET LOCAL ROLE hudang_bulk")
        held.execute("SELECT ledger.open_staging()")
        held.execute("INSERT INTO pg_temp.staged_events VALUES (0, 'a', 'test.happened', '', '2013-05-01')")
        held.execute(
            "SELECT ledger.append_staged('L0001', gen_random_uuid(), '', '', '', '', NULL,"
            " '{a}', '{0}', '{c}', '{h}', '{a}', '{}', '{}', '{}')"
        )

        assert locks_of(held) <= NO_CONFLICT_WITH_MAINTENANCE

    @pytest.mark.parametrize("statement", ["VACUUM", "ANALYZE", "VACUUM (ANALYZE, FREEZE)"])
    def test_runs_during_an_append(self, held: Connection[Any], database: str, statement: str) -> None:
        append_and_hold(held, LEDGER, "L0001-a")

        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '100ms'")
            for table in ("events", "streams", "commands", "claims", "heads"):
                connection.execute(sql.SQL(statement + " {}").format(sql.Identifier("ledger", table)))

    @pytest.mark.parametrize("record", [Store.append, append_staged])
    def test_lets_appends_pass(
        self, store: Store, ask: AskFor, held: Connection[Any], record: Record
    ) -> None:
        """The lock that VACUUM, ANALYZE and CREATE INDEX CONCURRENTLY hold while they work."""
        held.execute(
            "LOCK TABLE ledger.events, ledger.streams, ledger.commands, ledger.claims, ledger.heads"
            " IN SHARE UPDATE EXCLUSIVE MODE"
        )

        record(store, ask(events=3, taken=[]))

        assert store.heads()[LEDGER].position == 3

    def test_builds_an_index_while_eight_write(self, store: Store, ask: AskFor, database: str) -> None:
        stop = Event()

        def write(_: int) -> int:
            written = 0
            while not stop.is_set():
                store.append(ask(events=5))
                written += 5
            return written

        with (
            psycopg.connect(database, autocommit=True) as connection,
            ThreadPoolExecutor(WRITERS) as threads,
        ):
            writing = [threads.submit(write, n) for n in range(WRITERS)]
            connection.execute(
                "CREATE INDEX CONCURRENTLY by_topic ON ledger.events (ledger, topic, position)"
            )
            connection.execute("VACUUM ANALYZE ledger.events")
            stop.set()

            assert sum(each.result() for each in writing) == store.heads()[LEDGER].position
        assert verify(store, LEDGER, claims=False).sound
