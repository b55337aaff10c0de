"""Is every read model a function of the ledger alone: repeated, rebuilt, or folded event by event?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Recorded
from hudang.domain.jurisdiction import AreaEstablished, LedgerOpened, PolicyAdopted
from hudang.domain.payroll import PayrollLinesDropped
from hudang.domain.person import PersonRegistered
from hudang.ledger import codec
from hudang.projections import checkpoints
from hudang.projections.model import ReadModel
from hudang.projections.models import MODELS
from hudang.projections.rows import Table
from hudang.projections.sentences import SENTENCES
from tests.projections.history import History
from tests.projections.year import a_year

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine, Year

LATER = {
    PayrollLinesDropped,
    *(event for topic, event in EVENTS.items() if topic.startswith(("transfer.", "person."))),
}
"""Households that move and people who are erased: in `tests.scheduler`, with the jobs that serve them."""

RowsOf = Callable[[ReadModel], dict[str, list[Any]]]


def recorded(history: History) -> list[Recorded]:
    return [codec.recorded(row) for row in history.store.feed(history.ledger, 0, 10_000)]


class TestAYear:
    def test_holds_every_event_that_a_household_can_meet(self, year: Year) -> None:
        told = {type(event.event) for event in recorded(year.history)}

        elsewhere = {LedgerOpened, AreaEstablished, PolicyAdopted, PersonRegistered, *LATER}
        assert {event.__name__ for event in EVENTS.values() if event not in told | elsewhere} == set()

    def test_leaves_rows_in_every_table_but_those_for_open_notices(self, year: Year) -> None:
        empty = {
            table.name for model in MODELS for table in model.tables if not count_rows(year.reading, table)
        }

        moving = {"transfers_v1", "transfers_entitlements_v1"}
        assert empty == {"notice_board_v1", "notice_board_findings_v1", *moving}


class TestEveryModel:
    def test_is_not_changed_by_a_repeated_event(
        self, history: History, reading: Connection[Any], rows_of: RowsOf
    ) -> None:
        a_year(history)
        checkpoints.create_tables(reading, MODELS)

        with reading.cursor() as cursor:
            for event in recorded(history):
                for model in (model for model in MODELS if model.concerns(event.topic)):
                    model.fold(cursor, [event], history.keys)
                    once = rows_of(model)
                    model.fold(cursor, [event], history.keys)

                    assert rows_of(model) == once, (model.name, event.topic)

    def test_is_the_same_rebuilt_as_live(
        self, history: History, new_engine: NewEngine, rows_of: RowsOf
    ) -> None:
        engine = new_engine(*MODELS)
        a_year(history)
        engine.catch_up()
        live = {model.name: rows_of(model) for model in MODELS}

        for model in MODELS:
            engine.rebuild(model.name)
        engine.catch_up()

        assert {model.name: rows_of(model) for model in MODELS} == live

    def test_is_the_same_folded_while_another_ledger_grows(
        self, history: History, new_engine: NewEngine, rows_of: RowsOf
    ) -> None:
        a_year(history)
        engine = new_engine(*MODELS)
        engine.catch_up()
        alone = {model.name: rows_of(model) for model in MODELS}

        other = History(history.store, history.keys, "L0002")
        a_year(other)
        engine.catch_up()

        for model in MODELS:
            for table, rows in rows_of(model).items():
                assert [row for row in rows if '"L0002"' not in row[0]] == alone[model.name][table]

    def test_names_its_tables_after_itself_and_its_version(self) -> None:
        names = [table.name for model in MODELS for table in model.tables]

        assert len(set(names)) == len(names)
        assert all(
            table.name.startswith(model.name) and table.name.endswith(f"_v{model.version}")
            for model in MODELS
            for table in model.tables
        )

    def test_leads_every_key_with_the_ledger(self) -> None:
        assert all(table.key.startswith("ledger,") for model in MODELS for table in model.tables)


class TestSentences:
    def test_tell_every_event(self) -> None:
        assert {event.__name__ for event in EVENTS.values() if event not in SENTENCES} == set()

    def test_tell_nothing_that_a_person_wrote_or_is_called(self, year: Year) -> None:
        told = year.reading.execute("SELECT zh, en FROM projections.timeline_v1").fetchall()

        assert not [pair for pair in told if "测试" in pair[0] + pair[1]]


def count_rows(reading: Connection[Any], table: Table) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("projections", table.name))
    (count,) = reading.execute(query).fetchone() or (0,)
    return int(count)
