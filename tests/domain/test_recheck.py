from datetime import date

import pytest

from hudang.domain.case import CaseKind, Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.entitlement import EntitlementEnded
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.recheck import OpenRecheck, RecheckJoined, RecheckOpened
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId
from tests.domain.cases import (
    CASE,
    HEAD,
    HOUSEHOLD,
    PROGRAMME,
    SPOUSE,
    decide,
    given,
    recorded,
    refused,
    registered,
    submitted,
    then,
)
from tests.domain.entitled import DUE_ON, RECHECK, entitled, under_recheck

LATER = date(2013, 3, 20)
ENDED = EntitlementEnded(
    case=CASE,
    programme=PROGRAMME,
    amount_fen=Fen(40_000),
    persons=2,
    last_month=Month(2013, 3),
    household=HOUSEHOLD,
    ground=DecisionGround.MOVED_AWAY,
)


def open_recheck(
    household: Household, *, due_on: date = DUE_ON, on: date = DUE_ON, by: Role = Role.SYSTEM
) -> Changes | Refusal:
    command = OpenRecheck(household=HOUSEHOLD, programme=PROGRAMME, due_on=due_on)
    return decide(household, command, by=by, on=on)


class TestOpeningARecheck:
    @pytest.mark.parametrize("on", [DUE_ON, LATER])
    @pytest.mark.parametrize("by", [Role.SYSTEM, Role.TOWNSHIP_CLERK])
    def test_begins_a_case_on_the_day_it_falls_due_or_later(self, on: date, by: Role) -> None:
        outcome = open_recheck(entitled(), on=on, by=by)

        (event,) = recorded(outcome)
        assert isinstance(event, RecheckOpened)
        assert event == RecheckOpened(case=event.case, programme=PROGRAMME, due_on=DUE_ON)
        case = then(entitled(), outcome, on=on, by=by).cases[event.case]
        assert (case.kind, case.opened_on, case.due_on) == (CaseKind.RECHECK, on, DUE_ON)
        assert (case.persons, case.applicant) == ((HEAD, SPOUSE), HEAD)

    def test_asked_for_again_records_nothing(self) -> None:
        assert recorded(open_recheck(under_recheck(Step.SURVEY), on=LATER)) == ()

    def test_is_refused_for_another_day_while_one_is_open(self) -> None:
        outcome = open_recheck(under_recheck(Step.SURVEY), due_on=LATER, on=LATER)

        assert refused(outcome) == "recheck_already_open"

    def test_is_refused_while_an_application_is_open(self) -> None:
        """No recheck runs beside an application of the same programme."""
        household = given(submitted(), state=entitled())

        assert refused(open_recheck(household)) == "recheck_already_open"

    def test_is_refused_before_it_falls_due(self) -> None:
        assert refused(open_recheck(entitled(), on=date(2013, 2, 28))) == "recheck_not_due"

    def test_is_refused_for_another_day_than_the_class_makes_due(self) -> None:
        outcome = open_recheck(entitled(), due_on=date(2013, 2, 28), on=DUE_ON)

        assert refused(outcome) == "recheck_not_due"

    def test_is_refused_for_a_household_that_was_never_entitled(self) -> None:
        assert refused(open_recheck(given(registered()))) == "nothing_to_recheck"

    @pytest.mark.parametrize("on", [date(2013, 3, 31), date(2013, 4, 1)])
    def test_is_refused_once_the_end_was_decided_also_in_the_last_month(self, on: date) -> None:
        """Such a recheck could never be concluded."""
        assert refused(open_recheck(given(ENDED, state=entitled()), on=on)) == "nothing_to_recheck"

    @pytest.mark.parametrize("by", [Role.VILLAGE_CLERK, Role.COUNTY_APPROVER])
    def test_is_refused_to_others(self, by: Role) -> None:
        assert refused(open_recheck(entitled(), by=by)) == "role_not_allowed"


class TestJoiningAReview:
    def test_puts_the_open_recheck_under_the_campaign(self) -> None:
        joined = RecheckJoined(case=RECHECK, campaign=StreamId("L0001-campaign-1"))

        household = given(joined, state=under_recheck(Step.OPINION))

        assert household.cases[RECHECK].campaign == "L0001-campaign-1"
        assert household.cases[RECHECK].done == (Step.SURVEY,)
