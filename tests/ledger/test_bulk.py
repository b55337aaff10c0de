"""Does a bulk record what so many appends would have, whatever its size and however often it is cut off?"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from time import monotonic, sleep
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, InvalidParameterValue

from hudang.ledger.bulk import BulkOutcome, BulkRequest, Chunk, append_staged, bulk_append, chunk_command_id
from hudang.ledger.errors import (
    ClaimHeld,
    ClockBehind,
    ClockMisuse,
    CommandReused,
    IdentityTaken,
    LedgerError,
    UnknownLedger,
    VersionConflict,
)
from hudang.ledger.records import AppendRequest, Claim, NewEvent
from hudang.ledger.store import Store
from hudang.ledger.verify import verify

LEDGER = "L0001"
BULK = UUID("0190f2c2-7b11-7abc-8def-000000000001")
MAY = date(2013, 5, 1)

AskFor = Callable[..., AppendRequest]


def households(number: int) -> list[str]:
    return [f"{LEDGER}-household-{n:06}" for n in range(number)]


def pay(places: Sequence[str], version: int = 0, month: str = "2013-05") -> Chunk:
    """One payment to each household, which may be paid once a month."""
    return Chunk(
        expected=dict.fromkeys(places, version),
        events=[NewEvent(place, "test.paid", b'{"fen":28500}', MAY) for place in places],
        taken=[Claim(f"payout/{place}/{month}", f"payout/{place}", place) for place in places],
    )


def payroll(number: int, **others: object) -> BulkRequest:
    request: dict[str, object] = {
        "ledger": LEDGER,
        "bulk_id": BULK,
        "fingerprint": b"asked",
        "actor_person": "L0001-测试甲",
        "actor_role": "paymaster",
        "actor_office": "430304000000",
        "places": households(number),
        "prepare": pay,
        **others,
    }
    return BulkRequest(**request)  # type: ignore[arg-type]  # each test names the fields it changes


def refused(store: Store, request: BulkRequest) -> LedgerError:
    """The error that the bulk ends with."""
    with pytest.raises(LedgerError) as refusal:
        bulk_append(store, request)
    return refusal.value


class TestABulk:
    @pytest.mark.parametrize("size", [1, 999, 1_000, 1_001, 10_000])
    def test_of_any_size_is_recorded_whole_in_order_and_chained(self, store: Store, size: int) -> None:
        outcome = bulk_append(store, payroll(size))

        assert outcome == BulkOutcome(recorded=-(-size // 1_000), last=size)
        assert [event.stream for event in store.feed(LEDGER, 0, size + 1)] == households(size)
        assert verify(store, LEDGER, claims=False).sound

    def test_of_nothing_records_nothing(self, store: Store) -> None:
        assert bulk_append(store, payroll(0)) == BulkOutcome()
        assert store.heads()[LEDGER].position == 0

    def test_shows_its_progress(self, store: Store) -> None:
        seen: list[tuple[int, int]] = []

        bulk_append(store, payroll(25, chunk_size=10), lambda done, total: seen.append((done, total)))

        assert seen == [(0, 25), (10, 25), (20, 25), (25, 25)]

    def test_may_find_nothing_to_record_for_a_chunk(self, store: Store) -> None:
        def only_the_first(places: Sequence[str]) -> Chunk:
            return pay(places) if places[0].endswith("000000") else Chunk({}, [])

        outcome = bulk_append(store, payroll(20, chunk_size=10, prepare=only_the_first))

        assert outcome == BulkOutcome(recorded=1, empty=1, last=10)

    def test_goes_on_from_the_versions_that_are_there(self, store: Store) -> None:
        bulk_append(store, payroll(30, chunk_size=10))

        bulk_append(
            store, payroll(30, bulk_id=uuid4(), chunk_size=20, prepare=lambda p: pay(p, 1, "2013-06"))
        )

        assert store.load(LEDGER, [(household, 0) for household in households(30)]).versions == dict.fromkeys(
            households(30), 2
        )
        assert verify(store, LEDGER, claims=False).sound

    def test_lets_other_commands_through_between_its_chunks(
        self, store: Store, ask: AskFor, database: str
    ) -> None:
        store.append(ask({"L0001-other": 0}))

        def while_another_appends(places: Sequence[str]) -> Chunk:
            version = store.load(LEDGER, [("L0001-other", 0)]).versions["L0001-other"]
            store.append(ask({"L0001-other": version}))
            return pay(places)

        bulk_append(store, payroll(40, chunk_size=10, prepare=while_another_appends))

        assert store.load(LEDGER, [("L0001-other", 0)]).versions == {"L0001-other": 5}
        assert verify(store, LEDGER, claims=False).sound

    def test_keeps_others_waiting_for_one_chunk_at_most(self, store: Store, ask: AskFor) -> None:
        stop = Event()
        waits: list[float] = []

        def others() -> None:
            while not stop.is_set():
                began = monotonic()
                store.append(ask())
                waits.append(monotonic() - began)
                stop.wait(0.01)

        clerk = Thread(target=others)
        clerk.start()
        began = monotonic()
        bulk_append(store, payroll(10_000))
        took = monotonic() - began
        stop.set()
        clerk.join()

        assert max(waits) < took / 2
        assert len(waits) > 5
        assert verify(store, LEDGER, claims=False).sound


class TestTheSameAsAnAppend:
    """Each request, through the staging table and through `append`, in two ledgers."""

    def both(self, store: Store, ask: AskFor, **request: object) -> list[list[tuple[object, ...]]]:
        outcomes: list[list[tuple[object, ...]]] = []
        for ledger, record in (("L0002", Store.append), ("L0003", append_staged)):
            store.open_ledger(ledger, "server")
            record(store, ask({"a": 0, "b": 0}, ledger=ledger, events=5, taken=[Claim("held", "h", "a")]))
            try:
                record(store, ask(ledger=ledger, **{"expected": {"a": 3, "b": 2, "c": 0}, **request}))
                outcomes.append([("recorded",)])
            except LedgerError as error:
                outcomes.append([(type(error), *sorted(vars(error).items()))])
            assert verify(store, ledger, claims=False).sound
            outcomes[-1] += [
                (e.position, e.stream, e.version, e.topic, e.payload, e.happened_on)
                for e in store.feed(ledger, 0, 100)
            ]
            outcomes[-1].append((store.claim(ledger, "held"), store.claim(ledger, "new")))
        return outcomes

    @pytest.mark.parametrize(
        "request_of",
        [
            {"events": 7},
            {"events": [NewEvent("c", "test.happened", b"", date(1, 1, 1))]},
            {"events": [NewEvent("b", "", b"x", MAY)]},
            {"expected": {"b": 2, "c": 0, "a": 2}, "events": 6},
            {"expected": {"c": 1}},
            {"expected": {"a": -1}},
            {"events": 3, "taken": [Claim("held", "other", "c")]},
            {"events": 3, "taken": [Claim("held", "other", "c")], "freed_holders": ["h"]},
            {"events": 3, "taken": [Claim("new", "x", "c"), Claim("new", "y", "a")]},
            {"events": 3, "identities": {b"one": "p", b"two": "q"}},
            {"events": 3, "at": datetime(2013, 3, 1, tzinfo=UTC)},
        ],
    )
    def test_comes_out(self, store: Store, ask: AskFor, request_of: dict[str, object]) -> None:
        appended, staged = self.both(store, ask, **request_of)

        assert staged == appended

    def test_has_its_hash_whichever_way_it_came(self, store: Store, ask: AskFor) -> None:
        odd = [NewEvent("a", "test.happened", bytes(range(256)) + "𠮷户档".encode(), date(9999, 12, 31))]

        append_staged(store, ask({"a": 0}, events=odd, actor_office=""))
        store.append(ask({"a": 1}))
        append_staged(store, ask({"a": 2}))

        assert verify(store, LEDGER, claims=False).sound
        assert store.feed(LEDGER, 0, 1)[0].payload == odd[0].payload


class TestWhatStandsInTheWay:
    def test_is_a_stream_that_moved_and_it_is_named(self, store: Store, ask: AskFor) -> None:
        store.append(ask({households(30)[17]: 0}))

        conflict = refused(store, payroll(30, chunk_size=10))

        assert isinstance(conflict, VersionConflict)
        assert conflict.stream == households(30)[17]
        assert store.heads()[LEDGER].position == 11

    def test_is_a_claim_that_another_holds(self, store: Store, ask: AskFor) -> None:
        key = f"payout/{households(30)[27]}/2013-05"
        store.append(ask({"L0001-other": 0}, taken=[Claim(key, "other", "L0001-other")]))

        held = refused(store, payroll(30, chunk_size=10))

        assert isinstance(held, ClaimHeld)
        assert (held.claim, held.stream) == (key, "L0001-other")
        assert store.heads()[LEDGER].position == 21

    def test_can_be_cleared_and_the_rest_recorded(self, store: Store, ask: AskFor) -> None:
        moved = households(30)[17]
        store.append(ask({moved: 0}))
        refused(store, payroll(30, chunk_size=10))

        def with_the_versions_there_are(places: Sequence[str]) -> Chunk:
            versions = store.load(LEDGER, [(place, 0) for place in places]).versions
            return pay(places)._replace(expected=versions)

        outcome = bulk_append(store, payroll(30, chunk_size=10, prepare=with_the_versions_there_are))

        assert outcome == BulkOutcome(recorded=2, repeated=1, last=31)

    def test_is_an_identity_of_another(self, store: Store, ask: AskFor) -> None:
        store.append(ask(identities={b"digest": "L0001-one"}))

        taken = refused(
            store, payroll(1, prepare=lambda p: pay(p)._replace(identities={b"digest": "L0001-two"}))
        )

        assert isinstance(taken, IdentityTaken)

    def test_is_an_unknown_ledger(self, store: Store) -> None:
        assert isinstance(refused(store, payroll(1, ledger="L9999")), UnknownLedger)


class TestTheClock:
    def test_of_a_simulated_ledger_is_asked_for_every_chunk(self, store: Store) -> None:
        store.open_ledger("L0002", "simulated")
        days = iter(datetime(2013, 5, day, tzinfo=UTC) for day in (1, 2))

        bulk_append(store, payroll(20, chunk_size=10, ledger="L0002", now=lambda: next(days)))

        assert [event.recorded_at.day for event in store.feed("L0002", 0, 20)] == [1] * 10 + [2] * 10
        assert verify(store, "L0002", claims=False).sound

    def test_never_runs_back(self, store: Store) -> None:
        store.open_ledger("L0002", "simulated")
        begin = datetime(2013, 5, 1, tzinfo=UTC)
        times = iter([begin, begin - timedelta(seconds=6)])

        behind = refused(store, payroll(20, chunk_size=10, ledger="L0002", now=lambda: next(times)))

        assert isinstance(behind, ClockBehind)
        assert store.heads()["L0002"].position == 10

    def test_is_the_callers_only_in_a_simulated_ledger(self, store: Store) -> None:
        assert isinstance(refused(store, payroll(1, now=lambda: datetime.now(UTC))), ClockMisuse)


class TestTheSameBulkAgain:
    def test_records_nothing_and_decides_nothing(self, store: Store) -> None:
        bulk_append(store, payroll(30, chunk_size=10))

        def never(places: Sequence[str]) -> Chunk:
            raise AssertionError("prepared a chunk that is recorded")

        outcome = bulk_append(store, payroll(30, chunk_size=10, prepare=never))

        assert outcome == BulkOutcome(repeated=3, last=30)

    @pytest.mark.parametrize(
        "changed",
        [
            {"places": households(30)[::-1]},
            {"places": households(31)[1:]},
            {"chunk_size": 11},
            {"fingerprint": b"another"},
        ],
    )
    def test_is_refused_with_another_list_size_or_request(
        self, store: Store, changed: dict[str, object]
    ) -> None:
        bulk_append(store, payroll(30, chunk_size=10))

        assert isinstance(refused(store, payroll(30, **{"chunk_size": 10, **changed})), CommandReused)
        assert store.heads()[LEDGER].position == 30

    def test_at_the_same_moment_records_each_chunk_once(self, store: Store) -> None:
        with two_stores(store) as stores:
            threads = [
                Thread(target=bulk_append, args=(each, payroll(2_000, chunk_size=50))) for each in stores
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert store.heads()[LEDGER].position == 2_000
        assert verify(store, LEDGER, claims=False).sound


@contextmanager
def two_stores(store: Store) -> Iterator[list[Store]]:
    with store.connection() as connection:
        conninfo = connection.info.dsn
        password = connection.info.password
    with Store(f"{conninfo} password={password}") as other:
        yield [store, other]


KILLED_BULK = """
import sys
from datetime import date
from uuid import UUID
from hudang.ledger.bulk import BulkRequest, Chunk, bulk_append
from hudang.ledger.records import Claim, NewEvent
from hudang.ledger.store import Store

def pay(places):
    return Chunk(
        dict.fromkeys(places, 0),
        [NewEvent(p, "test.paid", b'{"fen":28500}', date(2013, 5, 1)) for p in places],
        [Claim(f"payout/{p}/2013-05", f"payout/{p}", p) for p in places])

with Store(sys.stdin.readline()) as store:
    bulk_append(store, BulkRequest(
        ledger="L0001", bulk_id=UUID(int=7), fingerprint=b"asked", actor_person="L0001-p",
        actor_role="paymaster", actor_office="o", places=[f"L0001-household-{n:06}" for n in range(10_000)],
        prepare=pay, chunk_size=500), lambda done, total: print(done, flush=True))
"""


class TestABulkThatIsKilled:
    def test_leaves_whole_chunks_and_goes_on_where_it_stopped(self, store: Store, database: str) -> None:
        writer = subprocess.Popen(
            [sys.executable, "-c", KILLED_BULK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdin is not None
        assert writer.stdout is not None
        with writer, writer.stdin, writer.stdout:
            writer.stdin.write(database + "\n")
            writer.stdin.flush()
            while int(writer.stdout.readline()) < 2_000:
                pass
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        self.when_its_session_has_ended(database)
        cut = store.heads()[LEDGER].position

        outcome = bulk_append(
            store,
            payroll(10_000, bulk_id=UUID(int=7), chunk_size=500, actor_person="L0001-p", actor_office="o"),
        )

        assert 2_000 <= cut < 10_000
        assert cut % 500 == 0
        assert outcome == BulkOutcome(recorded=20 - cut // 500, repeated=cut // 500, last=10_000)
        assert [event.stream for event in store.feed(LEDGER, 0, 10_001)] == households(10_000)
        assert verify(store, LEDGER, claims=False).sound

    @staticmethod
    def when_its_session_has_ended(database: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'hudang' AND state <> 'idle'"
            ).fetchone() != (0,):
                sleep(0.01)


class TestTheRightsOfABulk:
    def test_are_not_the_services(self, store: Store, database: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET SESSION AUTHORIZATION hudang_service")
            for statement in (
                "SELECT ledger.open_staging()",
                "SELECT ledger.append_staged('L0001', gen_random_uuid(), '', '', '', '', NULL,"
                " '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
            ):
                with pytest.raises(InsufficientPrivilege):
                    connection.execute(statement)
            connection.execute("SET ROLE hudang_bulk")
            connection.execute("SELECT ledger.open_staging()")

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT FROM ledger.events",
            "SELECT FROM pg_temp.staged_events",
            "DELETE FROM pg_temp.staged_events",
            "ALTER TABLE pg_temp.staged_events ALTER payload SET DEFAULT ''",
            "CREATE RULE r AS ON SELECT TO pg_temp.staged_events DO INSTEAD SELECT 1",
            "CREATE TRIGGER t BEFORE INSERT ON pg_temp.staged_events EXECUTE FUNCTION ledger.refuse_change()",
            "SELECT ledger.append('L0001', gen_random_uuid(), '', '', '', '', NULL, '{}', '{}', '{}', '{}',"
            " '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
        ],
    )
    def test_are_to_stage_and_to_append_no_more(self, store: Store, database: str, statement: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET SESSION AUTHORIZATION hudang_service")
            connection.execute("SET ROLE hudang_bulk")
            connection.execute("SELECT ledger.open_staging()")

            with pytest.raises((InsufficientPrivilege, psycopg.errors.WrongObjectType)):
                connection.execute(statement)

    @pytest.mark.parametrize("made", ["TEMPORARY VIEW staged_events AS", "TEMPORARY TABLE staged_events AS"])
    def test_do_not_reach_the_owner_through_a_table_of_ones_own(
        self, store: Store, database: str, made: str
    ) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET SESSION AUTHORIZATION hudang_service")
            connection.execute(
                f"CREATE {made} SELECT 1 AS n, 'a'::text AS stream, 't'::text AS topic, ''::bytea AS payload,"
                " DATE '2013-05-01' AS happened_on"
            )
            connection.execute("SET ROLE hudang_bulk")

            with pytest.raises(InvalidParameterValue, match="nothing was staged"):
                connection.execute(
                    "SELECT ledger.append_staged('L0001', gen_random_uuid(), '', '', '', '', NULL,"
                    " '{a}', '{0}', '{}', '{}', '{}', '{}', '{}', '{}')"
                )

    def test_leave_nothing_staged_for_the_next_in_the_session(self, store: Store, ask: AskFor) -> None:
        with pytest.raises(VersionConflict):
            append_staged(store, ask({"a": 3}, events=10))

        append_staged(store, ask({"a": 0}, events=2))
        append_staged(store, ask({"a": 2}, events=1))

        assert store.heads()[LEDGER].position == 3

    def test_refuse_an_event_for_a_stream_that_is_not_named(self, store: Store, ask: AskFor) -> None:
        with pytest.raises(LedgerError):
            append_staged(store, ask({"a": 0}, events=[NewEvent("b", "test.happened", b"", MAY)]))

        assert store.heads()[LEDGER].position == 0

    def test_refuse_a_stream_that_is_named_twice(self, store: Store, database: str) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("SET ROLE hudang_bulk")
            connection.execute("SELECT ledger.open_staging()")
            connection.execute(
                "INSERT INTO pg_temp.staged_events VALUES (0, 'a', 't', '', '2013-05-01'),"
                " (1, 'b', 't', '', '2013-05-01')"
            )

            with pytest.raises(InvalidParameterValue):
                connection.execute(
                    "SELECT ledger.append_staged('L0001', gen_random_uuid(), '', '', '', '', NULL,"
                    " '{a,a}', '{0,0}', '{}', '{}', '{}', '{}', '{}', '{}')"
                )


def test_chunks_have_ids_that_follow_from_the_bulk() -> None:
    assert chunk_command_id(BULK, 0) == chunk_command_id(BULK, 0) != chunk_command_id(BULK, 1)
