"""Does the engine fold everything once, in order, whatever stops it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import Connection, Cursor

from hudang.domain.decision import Event, Recorded
from hudang.domain.grounds import MemberCause
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberLeft
from hudang.projections import checkpoints
from hudang.projections.directory import directory, keep_directory
from hudang.projections.engine import Engine, NotCaughtUpError
from hudang.projections.folding import PAGE
from hudang.projections.model import ReadModel
from hudang.projections.notice_board import notice_board
from hudang.projections.rows import Table
from hudang.projections.timeline import history as history_of
from hudang.projections.timeline import timeline
from tests.projections.history import History

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine

RowsOf = Callable[[ReadModel], dict[str, list[Any]]]
LEDGER = "L0001"
LATE_S = 10.0

COUNTED = Table(
    "counting_v1",
    "ledger text NOT NULL, position bigint NOT NULL, seen integer NOT NULL DEFAULT 1",
    key="ledger, position",
)


UNSPEAKABLE = "测试原因"
"""What a handler may have read, and no log may repeat."""


def counting() -> ReadModel:
    """A model that counts how often it saw each position."""
    model = ReadModel("counting", version=1, tables=(COUNTED,))

    @model.on(HouseholdRegistered, MemberLeft)
    def count(cursor: Cursor[Any], event: Event, recorded: Recorded) -> None:
        cursor.execute(
            "INSERT INTO projections.counting_v1 AS c (ledger, position) VALUES (%s, %s)"
            " ON CONFLICT (ledger, position) DO UPDATE SET seen = c.seen + 1",
            (recorded.ledger, recorded.position),
        )

    return model


def poisoned() -> ReadModel:
    """A model that lists households and cannot stand anybody leaving one."""
    table = directory("poisoned", version=1)
    model = ReadModel("poisoned", version=1, tables=(table,))
    keep_directory(model, table)

    @model.on(MemberLeft)
    def fail(cursor: Cursor[Any], event: MemberLeft, recorded: Recorded) -> None:
        raise ValueError(f"cannot stand that {UNSPEAKABLE}")

    return model


def left(history: History, number: str) -> MemberLeft:
    return MemberLeft(
        person=history.persons(number, 2)[1],
        cause=MemberCause.OTHER,
        reason=history.words(number, "reason", UNSPEAKABLE),
    )


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = monotonic() + LATE_S
    while not holds():
        if monotonic() > deadline:
            return False
        sleep(0.02)
    return True


class TestFolding:
    def test_sees_every_event_once_across_pages(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.register("0001", members=2)
        for _ in range(3):
            history.record({household: [left(history, "0001")] * PAGE})

        new_engine(counting()).catch_up()

        seen = reading.execute(
            "SELECT count(*), min(position), max(position), max(seen) FROM projections.counting_v1"
        ).fetchone()
        assert seen == (3 * PAGE + 1, 1, 3 * PAGE + 1, 1)

    def test_passes_over_what_concerns_nobody(self, history: History, new_engine: NewEngine) -> None:
        household = history.register("0001")
        engine = new_engine(counting())
        account = AccountNamed(
            holder=history.persons("0001", 1)[0],
            account=history.sealed("测试账号", history.persons("0001", 1)[0], f"{household}:2:account"),
        )

        position = history.record({household: account})
        engine.catch_up()

        (status,) = engine.status()
        assert (status.position, status.lag_events, status.lag_seconds) == (position, 0, 0.0)

    def test_keeps_ledgers_apart(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        other = type(history)(history.store, history.keys, "L0002")
        history.register("0001")
        other.register("0001")
        other.register("0002")

        new_engine(counting()).catch_up()

        rows = reading.execute(
            "SELECT ledger, count(*) FROM projections.counting_v1 GROUP BY ledger ORDER BY ledger"
        ).fetchall()
        assert rows == [("L0001", 1), ("L0002", 2)]

    def test_lets_a_writer_read_what_he_wrote(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        engine = new_engine(timeline)
        engine.catch_up()

        position = history.record({history.register("0001", members=2): left(history, "0001")})
        arrived = engine.wait_for({LEDGER: position}, LATE_S, models=["timeline"])

        assert arrived
        told = history_of(reading, LEDGER, history.stream("h0001"))
        assert [entry.topic for entry in told] == ["household.registered", "household.member_left"]

    def test_says_so_when_it_is_late(self, history: History, new_engine: NewEngine) -> None:
        engine = new_engine(timeline)

        assert not engine.wait_for({LEDGER: 1}, 0.1)
        with pytest.raises(NotCaughtUpError):
            engine.catch_up({LEDGER: 1}, 0.1)

    def test_needs_a_key_ring_for_a_model_that_opens_values(self, database: str, history: History) -> None:
        with pytest.raises(TypeError):
            Engine(database, history.store, [notice_board])


class TestRebuilding:
    def test_drops_the_rows_and_folds_them_again(
        self, history: History, new_engine: NewEngine, reading: Connection[Any], rows_of: RowsOf
    ) -> None:
        history.register("0001")
        engine = new_engine(timeline)
        engine.catch_up()
        before = rows_of(timeline)
        reading.execute(
            "INSERT INTO projections.timeline_v1 SELECT ledger, 'nonsense', position, version, topic,"
            " happened_on, recorded_at, '', '', '', NULL, '', '' FROM projections.timeline_v1"
        )

        engine.rebuild("timeline")
        engine.catch_up()

        assert rows_of(timeline) == before

    def test_makes_who_folds_read_the_checkpoints_again(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        history.register("0001")
        model = counting()
        new_engine(model).catch_up()

        with reading.cursor() as cursor:
            moved = checkpoints.advance(cursor, model, LEDGER, after=0, to=1)

        assert not moved


class TestParking:
    def test_parks_the_model_that_fails_and_no_other(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        first = history.register("0001", members=2)
        history.register("0002")
        engine = new_engine(poisoned(), counting())

        position = history.record({first: left(history, "0001")})
        history.register("0003")

        assert eventually(lambda: any(status.parked_at for status in engine.status()))
        assert engine.wait_for(history.heads(), LATE_S, models=["counting"])
        stuck, going = engine.status()
        assert (stuck.model, stuck.position, stuck.parked_position) == ("poisoned", position - 1, position)
        assert (stuck.parked_topic, stuck.parked_error) == ("household.member_left", "ValueError")
        assert (going.model, going.lag_events, going.parked_at) == ("counting", 0, None)
        listed = reading.execute(
            "SELECT number FROM projections.poisoned_households_v1 ORDER BY 1"
        ).fetchall()
        assert listed == [("0001",), ("0002",)]

    def test_folds_up_to_the_event_that_fails_where_a_model_takes_pages(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        first = history.register("0001", members=2)
        history.register("0002")
        position = history.record({first: left(history, "0001")})
        model = ReadModel("counting", version=1, tables=(COUNTED,))

        @model.on_every_event
        def count(cursor: Cursor[Any], page: Sequence[Recorded]) -> None:
            rows = [{"ledger": event.ledger, "position": event.position} for event in page]
            COUNTED.put_all(cursor, rows)
            if any(isinstance(event.event, MemberLeft) for event in page):
                raise ValueError

        engine = new_engine(model)

        assert eventually(lambda: any(status.parked_at for status in engine.status()))
        (status,) = engine.status()
        assert (status.position, status.parked_position) == (position - 1, position)
        assert checkpoints.position(reading, model, LEDGER) == position - 1

    def test_answers_at_once_who_waits_for_a_parked_model(
        self, history: History, new_engine: NewEngine
    ) -> None:
        first = history.register("0001", members=2)
        engine = new_engine(poisoned())
        position = history.record({first: left(history, "0001")})
        began = monotonic()

        with pytest.raises(NotCaughtUpError):
            engine.catch_up({LEDGER: position}, 60)

        assert monotonic() - began < LATE_S

    def test_says_nothing_of_what_the_event_held(
        self, history: History, new_engine: NewEngine, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = history.register("0001", members=2)
        engine = new_engine(poisoned())
        history.record({first: left(history, "0001")})

        assert eventually(lambda: any(status.parked_at for status in engine.status()))

        assert UNSPEAKABLE not in caplog.text
        assert UNSPEAKABLE not in str(engine.status())

    def test_parks_who_needs_an_event_that_nobody_can_decode(
        self, history: History, new_engine: NewEngine
    ) -> None:
        first = history.register("0001")
        engine = new_engine(counting(), notice_board)

        history.garble(first, "household.member_left")
        history.register("0002")

        assert engine.wait_for(history.heads(), LATE_S, models=["notice_board"]) is False
        assert {status.parked_error for status in engine.status()} == {"UndecodableEventError"}

    def test_tries_again_when_the_engine_starts_anew(self, history: History, new_engine: NewEngine) -> None:
        first = history.register("0001", members=2)
        engine = new_engine(poisoned())
        history.record({first: left(history, "0001")})
        assert eventually(lambda: any(status.parked_at for status in engine.status()))
        engine.stop()
        cured = directory("poisoned", version=1)
        model = ReadModel("poisoned", version=1, tables=(cured,))
        keep_directory(model, cured)

        new_engine(model).catch_up()


class TestLeading:
    def test_is_done_by_one_engine_until_it_stops(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        model = counting()
        leader = new_engine(model)
        leader.catch_up()
        waiting = new_engine(model)
        history.register("0001")

        waiting.catch_up(timeout_s=LATE_S)

        assert (leader.leads, waiting.leads) == (True, False)

        leader.stop()
        history.register("0002")
        waiting.catch_up(timeout_s=LATE_S)

        assert (leader.leads, waiting.leads) == (False, True)
        seen = reading.execute("SELECT count(*), max(seen) FROM projections.counting_v1").fetchone()
        assert seen == (2, 1)

    def test_survives_the_loss_of_every_connection(
        self, history: History, new_engine: NewEngine, database: str, reading: Connection[Any]
    ) -> None:
        engine = new_engine(counting())
        history.register("0001")
        engine.catch_up()

        with psycopg.connect(database, autocommit=True) as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'hudang projections'"
            )
        history.register("0002")
        engine.catch_up(timeout_s=LATE_S)

        assert engine.leads
        seen = reading.execute("SELECT count(*), max(seen) FROM projections.counting_v1").fetchone()
        assert seen == (2, 1)

    def test_makes_missing_tables_though_many_start_at_once(
        self, history: History, new_engine: NewEngine, database: str
    ) -> None:
        models = [counting(), timeline, notice_board]
        engines = [Engine(database, history.store, models, opener=history.keys) for _ in range(4)]
        failed: list[BaseException] = []

        def begin(engine: Engine) -> None:
            try:
                engine.start()
            except psycopg.Error as error:
                failed.append(error)

        threads = [Thread(target=begin, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for engine in engines:
            engine.stop()

        assert failed == []


def heads(history: History) -> dict[str, int]:
    return {ledger: head.position for ledger, head in history.store.heads().items()}
