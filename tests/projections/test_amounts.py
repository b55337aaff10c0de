"""What do the lists of entitlements, rechecks, reviews and payments add up to?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from hudang.domain.grounds import DecisionGround, PayoutReturnCause
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.projections import campaigns, entitlements, households, payouts, payrolls, rechecks
from hudang.projections.entitlements import Change
from hudang.projections.models import MODELS
from hudang.projections.rows import Page, Scope
from tests.projections.history import History, recheck_of
from tests.projections.recording import DIBAO, LEDGER
from tests.projections.year import APRIL, DECEMBER, MARCH, MAY, NOVEMBER

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine, Year

ALL = Scope(ledger=LEDGER, programme=DIBAO)


class TestTheRegisterOfEntriesAndExits:
    def test_tells_before_and_after_with_the_month_of_effect(self, year: Year) -> None:
        told = [
            (row.number, row.change.value, row.before_fen, row.after_fen)
            for row in entitlements.changes(year.reading, ALL, MAY, DECEMBER)
        ]

        assert told == [
            ("0003", "started", 0, 94_000),
            ("0004", "started", 0, 90_000),
            ("0001", "kept", 62_000, 62_000),
            ("0002", "lowered", 94_000, 80_000),
            ("0003", "raised", 94_000, 99_000),
            ("0004", "ended", 90_000, 0),
        ]

    def test_continues_after_a_position(self, year: Year) -> None:
        every = entitlements.changes(year.reading, ALL, Month(2011, 1), DECEMBER)

        rest = entitlements.changes(
            year.reading, ALL, Month(2011, 1), DECEMBER, Page(after=str(every[2].position), limit=2)
        )

        assert rest == every[3:5]

    def test_tells_on_which_ground_an_amount_was_changed_or_ended(self, year: Year) -> None:
        told = {(row.change, row.ground) for row in entitlements.changes(year.reading, ALL, MAY, DECEMBER)}

        assert told == {
            (Change.STARTED, None),
            (Change.KEPT, None),
            (Change.LOWERED, DecisionGround.INCOME_CHANGED),
            (Change.RAISED, DecisionGround.INCOME_CHANGED),
            (Change.ENDED, DecisionGround.INCOME_ABOVE_LINE),
        }

    def test_tells_a_households_own(self, year: Year) -> None:
        told = entitlements.of_household(year.reading, LEDGER, year.history.household("0004"))

        assert [(row.change.value, row.from_month) for row in told] == [("started", MAY), ("ended", DECEMBER)]


class TestRechecks:
    def test_fall_due_on_their_day_and_not_before(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.existing("0001", 62_000)
        new_engine(*MODELS).catch_up()

        assert rechecks.falling_due(reading, LEDGER, date(2013, 3, 2)) == ()
        (due,) = rechecks.falling_due(reading, LEDGER, date(2013, 3, 3))
        assert (due.household, due.programme, due.due_on) == (household, DIBAO, date(2013, 3, 3))

    def test_are_due_no_more_once_opened_and_overdue_until_decided(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        history.existing("0001", 62_000)
        case = history.open_recheck("0001", date(2013, 3, 3))
        engine = new_engine(*MODELS)
        engine.catch_up()
        assert rechecks.falling_due(reading, LEDGER, date(2013, 4, 1)) == ()
        assert [row.case_id for row in rechecks.overdue(reading, ALL, date(2013, 4, 1))] == [case]

        history.keep("0001", 62_000, APRIL)
        engine.catch_up()

        assert rechecks.overdue(reading, ALL, date(2013, 4, 1)) == ()
        (due,) = rechecks.falling_due(reading, LEDGER, date(2013, 10, 1))
        assert due.due_on == date(2013, 10, 1)

    def test_stay_open_until_a_cut_was_notified(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        history.existing("0001", 62_000)
        history.open_recheck("0001", date(2013, 3, 3))
        history.decide_to_lower("0001", 50_000, APRIL)
        engine = new_engine(*MODELS)
        engine.catch_up()
        (waiting,) = rechecks.open_rechecks(reading, ALL)
        assert (waiting.outcome, waiting.concluded_on) == (DecisionOutcome.LOWER, None)

        history.notify_recheck("0001")
        engine.catch_up()

        assert rechecks.open_rechecks(reading, ALL) == ()

    def test_are_not_due_for_who_has_left(self, year: Year) -> None:
        told = rechecks.falling_due(year.reading, LEDGER, date(2014, 12, 31))

        assert [due.number for due in told] == ["0001", "0002", "0003"]


class TestAnAnnualReview:
    def test_tells_before_and_after(self, year: Year) -> None:
        review = campaigns.campaign(year.reading, LEDGER, year.history.stream("review"))

        assert review is not None
        assert (review.households_before, review.persons_before, review.before_fen) == (4, 7, 340_000)
        assert (review.households_after, review.persons_after, review.after_fen) == (3, 5, 241_000)
        assert (review.undecided, review.closed_on is None) == (0, False)

    def test_tells_what_each_outcome_came_to(self, year: Year) -> None:
        told = {
            result.outcome.value: (result.households, result.persons, result.difference_fen)
            for result in campaigns.results(year.reading, LEDGER, year.history.stream("review"))
        }

        assert told == {
            "keep": (1, 1, 0),
            "lower": (1, 2, -14_000),
            "raise": (1, 2, 5_000),
            "end": (1, 2, -90_000),
        }

    def test_tells_every_household(self, year: Year) -> None:
        told = campaigns.lines(year.reading, LEDGER, year.history.stream("review"))

        assert [(line.case_id, line.before_fen, line.after_fen) for line in told] == [
            (recheck_of("0001"), 62_000, 62_000),
            (recheck_of("0002"), 94_000, 80_000),
            (recheck_of("0003"), 94_000, 99_000),
            (recheck_of("0004"), 90_000, 0),
        ]


class TestPayouts:
    def test_add_up_by_month_and_kind_without_what_came_back(self, year: Year) -> None:
        told = [
            (total.month, total.kind, total.households, total.amount_fen)
            for total in payouts.totals(year.reading, ALL, MARCH, APRIL)
        ]

        assert told == [
            (MARCH, PayoutKind.REGULAR, 2, 156_000),
            (MARCH, PayoutKind.SUPPLEMENT, 1, 30_000),
            (APRIL, PayoutKind.REGULAR, 1, 62_000),
        ]

    def test_tell_where_each_stands(self, year: Year) -> None:
        told = payouts.of_household(year.reading, LEDGER, year.history.household("0002"))

        assert [(part.kind, part.state) for part in told] == [
            (PayoutKind.REGULAR, PayoutState.RETURNED),
            (PayoutKind.REGULAR, PayoutState.INSTRUCTED),
            (PayoutKind.SUPPLEMENT, PayoutState.RETURNED),
        ]

    def test_tell_why_the_bank_returned_one(self, year: Year) -> None:
        told = payouts.of_household(year.reading, LEDGER, year.history.household("0002"))

        assert {(part.state, part.return_cause) for part in told} == {
            (PayoutState.RETURNED, PayoutReturnCause.ACCOUNT_WRONG),
            (PayoutState.INSTRUCTED, None),
        }

    def test_are_listed_page_by_page(self, year: Year) -> None:
        every = payouts.of_month(year.reading, ALL, MARCH)
        last = every[1]

        rest = payouts.of_month(
            year.reading, ALL, MARCH, Page(after=f"{last.number}/{last.payout}/{last.kind}")
        )

        assert len(every) == 5
        assert rest == every[2:]

    def test_tell_whose_payment_the_bank_has_not_confirmed(self, year: Year) -> None:
        assert payouts.unconfirmed(year.reading, LEDGER, year.history.stream("run-march")) == (
            year.history.household("0002"),
        )


class TestPayrolls:
    def test_are_unfinished_while_somebody_is_left(self, year: Year) -> None:
        (run,) = payrolls.unfinished(year.reading, LEDGER)

        assert (run.payroll, run.left) == (
            year.history.stream("run-april"),
            (year.history.household("0002"),),
        )

    def test_tell_who_is_entitled_and_on_no_list(self, year: Year) -> None:
        def missing(*months: Month) -> list[str]:
            found = payrolls.entitled_but_not_listed(year.reading, LEDGER, DIBAO, months)
            return [household.removeprefix(f"{LEDGER}-h") for household in found]

        assert missing(MARCH, APRIL) == []
        assert missing(NOVEMBER) == ["0001", "0002", "0003", "0004"]
        assert missing(DECEMBER) == ["0001", "0002", "0003"]

    def test_keep_the_list_as_it_was_fixed(self, year: Year) -> None:
        run = payrolls.payroll(year.reading, LEDGER, year.history.stream("run-march"))
        assert run is not None

        listed = payrolls.lines(year.reading, LEDGER, run.payroll)
        parts = payrolls.parts(year.reading, LEDGER, run.payroll)

        assert sum(line.amount_fen for line in listed) == run.total_fen == 216_000
        assert sum(part.amount_fen for part in parts) == run.total_fen
        assert [row.payroll for row in payrolls.payrolls(year.reading, ALL)] == [
            run.payroll,
            year.history.stream("run-april"),
        ]


class TestHouseholds:
    def test_are_found_by_number_and_listed_by_it(self, year: Year) -> None:
        found = households.numbered(year.reading, LEDGER, "0003")

        assert found is not None
        assert (found.household, found.members) == (year.history.household("0003"), 2)
        assert households.household(year.reading, LEDGER, found.household) == found
        told = households.households(year.reading, Scope(ledger=LEDGER), Page(after="0004"))
        assert [row.number for row in told] == ["0005", "0006", "0007"]

    def test_keep_who_has_left(self, year: Year) -> None:
        told = households.members(year.reading, LEDGER, year.history.household("0003"))

        assert [row.left_on is None for row in told] == [True, False, True]
        (left,) = households.households_of(year.reading, LEDGER, told[1].person)
        assert left == told[1]
