"""Does the roster of a month say who is entitled to what, and do its totals agree?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from hudang.domain.entitlement import (
    EntitlementChanged,
    EntitlementEnded,
    EntitlementKept,
    EntitlementStarted,
    ExistingEntitlementRegistered,
    HouseholdClass,
)
from hudang.domain.evidence import Evidence
from hudang.domain.grounds import DecisionGround
from hudang.domain.month import Month
from hudang.domain.personal import Sealed
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.projections.roster import entitled_in, households, roster, roster_model, spans, totals
from hudang.projections.rows import Page, Scope
from tests.projections.history import History

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine

DIBAO = Scope(ledger="L0001", programme="dibao")
CASE = CaseId("case-1")
SLIP = Evidence(kind="审批表", sha256="0" * 64)
MAY, NOVEMBER, DECEMBER = Month(2013, 5), Month(2013, 11), Month(2013, 12)


def existing(
    history: History, household: StreamId, *, amount: int = 62000, persons: int = 1
) -> ExistingEntitlementRegistered:
    return ExistingEntitlementRegistered(
        programme="dibao",
        household_class=HouseholdClass.C,
        persons=history.persons(household.removeprefix("L0001-h"), persons),
        amount_fen=Fen(amount),
        from_month=Month(2011, 3),
        last_reviewed_on=date(2012, 12, 3),
        next_recheck_on=date(2013, 1, 3),
        source=SLIP,
        vouched_by="测试经办人",
    )


def change(amount: int, *, before: int = 62000, month: Month = DECEMBER) -> EntitlementChanged:
    return EntitlementChanged(
        case=CASE,
        programme="dibao",
        household_class=HouseholdClass.B,
        persons=2,
        before_fen=Fen(before),
        amount_fen=Fen(amount),
        from_month=month,
        next_recheck_on=date(2014, 5, 20),
        ground=DecisionGround.INCOME_CHANGED,
    )


class TestTheRosterOfAMonth:
    def test_lists_households_from_the_month_they_started(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        first, second = history.register("0001"), history.register("0002", members=2)
        history.record({first: existing(history, first)})
        history.record(
            {
                second: EntitlementStarted(
                    case=CASE,
                    programme="dibao",
                    household_class=HouseholdClass.B,
                    persons=history.persons("0002", 2),
                    amount_fen=Fen(94000),
                    from_month=MAY,
                    next_recheck_on=date(2013, 10, 20),
                )
            }
        )
        new_engine(roster_model).catch_up()

        assert households(reading, DIBAO, Month(2013, 4)) == (first,)
        assert [(row.number, row.amount_fen, row.persons) for row in roster(reading, DIBAO, MAY)] == [
            ("0001", 62000, 1),
            ("0002", 94000, 2),
        ]
        assert [row.number for row in roster(reading, DIBAO, MAY, Page(after="0001"))] == ["0002"]
        added = totals(reading, DIBAO, MAY)
        assert (added.households, added.persons, added.amount_fen) == (2, 3, 156000)

    def test_keeps_names_sealed(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.register("0001")
        history.record({household: existing(history, household)})
        new_engine(roster_model).catch_up()

        (row,) = roster(reading, DIBAO, MAY)

        assert row.head_name == history.names["0001"][0]
        assert isinstance(row.head_name, Sealed)

    def test_is_cut_by_area(self, history: History, new_engine: NewEngine, reading: Connection[Any]) -> None:
        here, there = history.register("0001"), history.register("0002", area="430304002003")
        history.record({here: existing(history, here), there: existing(history, there)})
        new_engine(roster_model).catch_up()

        def of(area: str) -> tuple[StreamId, ...]:
            return households(reading, Scope(ledger="L0001", programme="dibao", area=area), MAY)

        assert of("430304001") == (here,)
        assert of("430304000000") == (here, there)
        assert of("430304002003") == (there,)

    def test_replaces_what_was_to_come_and_never_what_was(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.register("0001")
        history.record({household: existing(history, household)})
        history.record({household: change(70000)})
        history.record({household: change(65000, month=NOVEMBER)})
        new_engine(roster_model).catch_up()

        told = [(s.from_month, s.to_month, s.amount_fen) for s in spans(reading, "L0001", household)]

        assert told == [(Month(2011, 3), Month(2013, 10), 62000), (NOVEMBER, None, 65000)]

    def test_forgets_who_left_from_the_month_after(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.register("0001")
        history.record({household: existing(history, household)})
        history.record(
            {
                household: EntitlementEnded(
                    case=CASE,
                    programme="dibao",
                    amount_fen=Fen(62000),
                    persons=1,
                    last_month=NOVEMBER,
                    household=household,
                    ground=DecisionGround.INCOME_ABOVE_LINE,
                )
            }
        )
        new_engine(roster_model).catch_up()

        assert [span.amount_fen for span in entitled_in(reading, "L0001", household, NOVEMBER)] == [62000]
        assert entitled_in(reading, "L0001", household, DECEMBER) == ()
        assert totals(reading, DIBAO, DECEMBER).households == 0

    def test_gives_a_new_class_from_the_month_of_the_recheck(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.register("0001")
        history.record({household: existing(history, household)})
        history.record(
            {
                household: EntitlementKept(
                    case=CASE,
                    programme="dibao",
                    household_class=HouseholdClass.A,
                    amount_fen=Fen(62000),
                    next_recheck_on=date(2014, 11, 20),
                )
            },
            on=date(2013, 11, 20),
        )
        new_engine(roster_model).catch_up()

        told = {
            month: entitled_in(reading, "L0001", household, month)[0].household_class
            for month in (Month(2013, 10), NOVEMBER)
        }

        assert told == {Month(2013, 10): HouseholdClass.C, NOVEMBER: HouseholdClass.A}
