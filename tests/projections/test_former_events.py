"""Do read models see of a former event what it amounts to today, once, wherever a page ends?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection, Cursor

from hudang.domain.decision import Event, Recorded
from hudang.domain.former import Former
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberLeft
from hudang.domain.values import StreamId
from hudang.ledger.records import NewEvent
from hudang.projections import checkpoints, folding
from hudang.projections.engine import NotCaughtUpError
from hudang.projections.model import ReadModel
from hudang.projections.rows import Table
from hudang.projections.timeline import history as history_of
from hudang.projections.timeline import timeline
from tests.ledger import former_shapes as old
from tests.ledger.former_shapes import BOTH, HOLDER, NUMBER, OPENED, REMARK
from tests.projections.history import History

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine

LEDGER = "L0001"

SEEN = Table(
    "seeing_v1",
    "ledger text NOT NULL, position bigint NOT NULL, ordinal integer NOT NULL, topic text NOT NULL,"
    " seen integer NOT NULL DEFAULT 1",
    key="ledger, position, ordinal",
)


@pytest.fixture(autouse=True)
def _pretended() -> Iterator[None]:
    with old.pretended():
        yield


def seeing(*, poison: type[Event] | None = None) -> ReadModel:
    """A model that counts what it saw at each place; it cannot stand events of the poisonous type."""
    model = ReadModel("seeing", version=1, tables=(SEEN,))

    @model.on(HouseholdRegistered, AccountNamed, MemberLeft)
    def see(cursor: Cursor[Any], event: Event, recorded: Recorded) -> None:
        cursor.execute(
            "INSERT INTO projections.seeing_v1 AS s (ledger, position, ordinal, topic)"
            " VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (ledger, position, ordinal) DO UPDATE SET seen = s.seen + 1",
            (recorded.ledger, recorded.position, recorded.ordinal, recorded.topic),
        )
        if type(event) is poison:
            raise ValueError

    return model


def record(history: History, stream: StreamId, *formers: Former) -> int:
    return history._append([NewEvent(stream, each.TOPIC, old.payload(each), history.day) for each in formers])


def seen(reading: Connection[Any]) -> list[tuple[Any, ...]]:
    return reading.execute(
        "SELECT position, ordinal, topic, seen FROM projections.seeing_v1 ORDER BY position, ordinal"
    ).fetchall()


AS_TODAY = [
    (1, 0, "household.registered", 1),
    (3, 0, "household.account_named", 1),
    (5, 0, "household.account_named", 1),
    (5, 1, "household.member_left", 1),
]


class TestAModel:
    @pytest.mark.parametrize("page", [1, 2, 3, 500])
    def test_sees_each_once_wherever_pages_end(
        self,
        history: History,
        new_engine: NewEngine,
        reading: Connection[Any],
        monkeypatch: pytest.MonkeyPatch,
        page: int,
    ) -> None:
        monkeypatch.setattr(folding, "PAGE", page)
        record(history, history.household("001"), OPENED, HOLDER, NUMBER, REMARK, BOTH, REMARK)
        engine = new_engine(seeing())

        engine.catch_up()

        assert seen(reading) == AS_TODAY
        assert [status.position for status in engine.status()] == [6]

    def test_is_parked_before_all_that_stands_at_a_position(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        """Of a split event a model has folded all or nothing, also when it folds event by event."""
        record(history, history.household("001"), OPENED, HOLDER, NUMBER, REMARK, BOTH, REMARK)
        engine = new_engine(seeing(poison=MemberLeft))

        with pytest.raises(NotCaughtUpError):
            engine.catch_up()

        assert seen(reading) == AS_TODAY[:2]
        (status,) = engine.status()
        assert status.position == 3

    def test_is_parked_by_a_former_event_that_nobody_can_read(
        self, history: History, new_engine: NewEngine
    ) -> None:
        """Whatever it would be today, the model may be one that must see it."""
        position = history.garble(history.household("001"), "test.file_opened")

        with pytest.raises(NotCaughtUpError):
            new_engine(seeing()).catch_up()

        assert position == 1


class TestTheTimeline:
    def test_tells_one_entry_for_one_stored_event(self, history: History, reading: Connection[Any]) -> None:
        stream = history.household("001")
        record(history, stream, OPENED, BOTH)
        checkpoints.create_tables(reading, [timeline])

        with reading.cursor() as cursor:
            timeline.fold(cursor, folded(history), None)
            entries = history_of(cursor, LEDGER, stream)

        assert [entry.position for entry in entries] == [1, 2]
        assert entries[1].zh.startswith("登记发放账户; 减少家庭成员")
        assert entries[1].en.startswith("The household named its account. A member left the household")


def folded(history: History) -> list[Recorded]:
    page = folding._read(history.store.feed(LEDGER, 0, 100))
    return [event for event in page if isinstance(event, Recorded)]
