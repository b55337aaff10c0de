from datetime import date, timedelta
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from hudang.domain.case import Step
from hudang.domain.decision import Event
from hudang.domain.determination import ConfirmDecision
from hudang.domain.entitlement import (
    EntitlementChanged,
    EntitlementEnded,
    EntitlementKept,
    EntitlementStarted,
    HouseholdClass,
)
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.notification import DeliverNotification
from hudang.domain.opinion import GiveOpinion
from hudang.domain.personal import Open
from hudang.domain.recheck import OpenRecheck, RecheckOpened
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, PersonId
from tests.domain.cases import (
    CASE,
    HEAD,
    HOUSEHOLD,
    PROGRAMME,
    SPOUSE,
    At,
    decide,
    given,
    paper,
    recorded,
    then,
    visited,
)
from tests.domain.entitled import LINE_FEN, entitled

MONTHS = Month(2012, 1).through(Month(2016, 12))
BRIDE = PersonId("L0001-person-bride")


def changed(
    amount_fen: int, from_month: Month, members: tuple[PersonId, ...] = (HEAD, SPOUSE)
) -> EntitlementChanged:
    return EntitlementChanged(
        case=CASE,
        programme=PROGRAMME,
        household_class=HouseholdClass.C,
        persons=len(members),
        before_fen=Fen(40_000),
        amount_fen=Fen(amount_fen),
        from_month=from_month,
        next_recheck_on=date(2013, 6, 1),
        ground=DecisionGround.INCOME_CHANGED,
        household=HOUSEHOLD,
        members=members,
    )


def ended(last_month: Month) -> EntitlementEnded:
    return EntitlementEnded(
        case=CASE,
        programme=PROGRAMME,
        amount_fen=Fen(40_000),
        persons=2,
        last_month=last_month,
        household=HOUSEHOLD,
        ground=DecisionGround.INCOME_ABOVE_LINE,
    )


def started(from_month: Month, amount_fen: int = 70_000) -> EntitlementStarted:
    return EntitlementStarted(
        case=CASE,
        programme=PROGRAMME,
        household_class=HouseholdClass.B,
        persons=(HEAD, SPOUSE),
        amount_fen=Fen(amount_fen),
        from_month=from_month,
        next_recheck_on=date(2014, 1, 1),
    )


def amount(household: Household, month: Month) -> int:
    """What the household is entitled to in a month; nothing is 0."""
    entitlement = household.entitlements.get(PROGRAMME)
    span = entitlement.in_month(month) if entitlement else None
    return span.amount_fen if span else 0


def amounts(household: Household) -> dict[Month, int]:
    return {month: amount(household, month) for month in MONTHS}


class TestAnEntitlement:
    def test_holds_from_its_first_month_on(self) -> None:
        household = entitled(from_month=Month(2012, 6))

        assert [amount(household, Month(2012, month)) for month in (5, 6, 7)] == [0, 40_000, 40_000]

    def test_changes_from_a_month_on(self) -> None:
        household = given(changed(50_000, Month(2013, 4)), state=entitled())

        assert [amount(household, Month(2013, month)) for month in (3, 4, 12)] == [40_000, 50_000, 50_000]

    def test_follows_the_later_of_two_decisions_for_one_month(self) -> None:
        household = given(changed(50_000, Month(2013, 4)), changed(60_000, Month(2013, 4)), state=entitled())

        assert [amount(household, Month(2013, month)) for month in (3, 4)] == [40_000, 60_000]

    def test_ends_after_a_month(self) -> None:
        household = given(ended(Month(2013, 3)), state=entitled())

        assert [amount(household, Month(2013, month)) for month in (3, 4)] == [40_000, 0]

    def test_that_begins_anew_leaves_the_months_of_the_ended_one(self) -> None:
        household = given(ended(Month(2013, 3)), started(Month(2013, 7)), state=entitled())

        of_months = [amount(household, Month(2013, month)) for month in (3, 4, 6, 7)]
        assert of_months == [40_000, 0, 0, 70_000]
        assert household.entitlements[PROGRAMME].next_recheck_on == date(2014, 1, 1)

    def test_that_is_kept_changes_class_and_recheck_only(self) -> None:
        kept = EntitlementKept(
            case=CASE,
            programme=PROGRAMME,
            household_class=HouseholdClass.A,
            amount_fen=Fen(40_000),
            next_recheck_on=date(2014, 3, 1),
        )

        household = given(kept, state=entitled())

        assert amounts(household) == amounts(entitled())
        entitlement = household.entitlements[PROGRAMME]
        assert (entitlement.household_class, entitlement.next_recheck_on) == (
            HouseholdClass.A,
            date(2014, 3, 1),
        )

    def test_says_whether_it_was_decided_before_this_ledger(self) -> None:
        again = given(ended(Month(2013, 3)), started(Month(2013, 7)), state=entitled())

        assert entitled().entitlements[PROGRAMME].decided_before_ledger
        assert not again.entitlements[PROGRAMME].decided_before_ledger


class TestWhoIsAssisted:
    """Nobody is assisted twice by one programme (重复救助): the claim goes with who is paid for."""

    @pytest.mark.parametrize("event", [started(Month(2013, 5)), changed(50_000, Month(2013, 5))])
    def test_is_claimed_by_name(self, event: Event) -> None:
        claims = event.takes(HOUSEHOLD)

        assert [claim.key for claim in claims] == [f"entitled/{PROGRAMME}/{p}" for p in (HEAD, SPOUSE)]
        assert {claim.holder for claim in claims} == {f"entitlement/{HOUSEHOLD}/{PROGRAMME}"}

    def test_changes_with_the_household(self) -> None:
        """Who left may be assisted elsewhere from then on; who joined, nowhere else."""
        event = changed(50_000, Month(2013, 5), members=(HEAD, BRIDE))

        assert event.frees() == (f"entitlement/{HOUSEHOLD}/{PROGRAMME}",)
        assert [claim.key for claim in event.takes(HOUSEHOLD)] == [
            f"entitled/{PROGRAMME}/{HEAD}",
            f"entitled/{PROGRAMME}/{BRIDE}",
        ]
        assert given(event, state=entitled()).entitlements[PROGRAMME].members == (HEAD, BRIDE)

    def test_is_nobody_once_it_ended(self) -> None:
        assert ended(Month(2013, 3)).frees() == (f"entitlement/{HOUSEHOLD}/{PROGRAMME}",)


class Recheck(NamedTuple):
    """A recheck as hypothesis draws it."""

    waits_days: int
    income_fen: int
    notice_takes_days: int


RECHECKS = st.lists(
    st.builds(
        Recheck,
        waits_days=st.integers(0, 70),
        income_fen=st.integers(0, 3 * LINE_FEN),
        notice_takes_days=st.integers(0, 70),
    ),
    max_size=6,
)


class TestAnyHistoryOfRechecks:
    @drawn(RECHECKS)
    def test_never_changes_a_month_before_its_effect_nor_goes_below_zero(
        self, rechecks: list[Recheck]
    ) -> None:
        household = entitled()
        for recheck in rechecks:
            entitlement = household.entitlements[PROGRAMME]
            if entitlement.ended_after is not None:
                break
            before, day = amounts(household), entitlement.next_recheck_on + timedelta(recheck.waits_days)
            household, told_on = _recheck(household, recheck, day)
            effect = Month.of(told_on) + 1
            after = amounts(household)
            assert {m: after[m] for m in MONTHS if m < effect} == {m: before[m] for m in MONTHS if m < effect}
            assert min(after.values()) >= 0

    @drawn(st.integers(0, 3 * LINE_FEN))
    def test_pays_what_is_missing_to_the_line_and_no_more(self, income_fen: int) -> None:
        household, _ = _recheck(entitled(), Recheck(0, income_fen, 0), date(2013, 3, 1))

        due = max(0, 2 * LINE_FEN - income_fen)
        assert abs(amount(household, Month(2013, 4)) - due) <= 50


def _recheck(household: Household, drawn_recheck: Recheck, day: date) -> tuple[Household, date]:
    """The household after a recheck opened on `day`, and the day on which its result took force."""
    due_on = household.entitlements[PROGRAMME].next_recheck_on
    opened = decide(
        household,
        OpenRecheck(household=HOUSEHOLD, programme=PROGRAMME, due_on=due_on),
        by=Role.SYSTEM,
        on=day,
    )
    (event,) = recorded(opened)
    assert isinstance(event, RecheckOpened)
    case = CaseId(f"recheck-{day}")  # every command of these tests has one id, so each recheck is named here
    household = given(
        At(msgspec.structs.replace(event, case=case), on=day, by=Role.SYSTEM),
        At(visited(case=case, income_fen=drawn_recheck.income_fen), on=day),
        state=household,
    )
    due = drawn_recheck.income_fen < 2 * LINE_FEN - 50
    ground = DecisionGround.INCOME_CHANGED if due else DecisionGround.INCOME_ABOVE_LINE
    opinion = GiveOpinion(
        household=HOUSEHOLD,
        case=case,
        recommends=due,
        household_class=HouseholdClass.C,
        ground=ground,
        reasons=Open("复核"),
    )
    household = then(
        household,
        decide(household, opinion, by=Role.TOWNSHIP_CLERK, on=day),
        on=day,
        by=Role.TOWNSHIP_CLERK,
    )
    confirm = ConfirmDecision(household=HOUSEHOLD, case=case, ground=ground, reasons=Open("复核"))
    household = then(
        household,
        decide(household, confirm, by=Role.COUNTY_APPROVER, on=day),
        on=day,
        by=Role.COUNTY_APPROVER,
    )
    assert household.cases[case].done[-1] is Step.DECISION
    if household.cases[case].end is not None:
        return household, day
    told_on = day + timedelta(drawn_recheck.notice_takes_days)
    deliver = DeliverNotification(household=HOUSEHOLD, case=case, form="送达回证", receipt=paper("送达回证"))
    outcome = decide(household, deliver, by=Role.TOWNSHIP_CLERK, on=told_on)
    return then(household, outcome, on=told_on, by=Role.TOWNSHIP_CLERK), told_on
