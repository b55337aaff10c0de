from datetime import date

import pytest

from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.household import Household
from hudang.domain.opinion import GiveOpinion, PreliminaryOpinionGiven
from hudang.domain.registration import MemberLeft
from hudang.domain.roles import Role
from tests.domain.cases import (
    CASE,
    DAYS,
    HOUSEHOLD,
    SPOUSE,
    appraised,
    assessed,
    decide,
    due,
    given,
    recorded,
    refused,
    then,
    visited,
)
from tests.domain.entitled import OPINION_ON, RECHECK, under_recheck

CLERK = Role.TOWNSHIP_CLERK
ON = DAYS[Step.OPINION]


def give(
    household: Household, *, recommends: bool = True, reasons: str = "收入低于标准", on: date = ON
) -> Changes | Refusal:
    case = RECHECK if RECHECK in household.cases else CASE
    command = GiveOpinion(
        household=HOUSEHOLD,
        case=case,
        recommends=recommends,
        household_class=HouseholdClass.B,
        reasons=reasons,
    )
    return decide(household, command, by=CLERK, on=on)


def with_income(fen: int) -> Household:
    household: Household = given(visited(income_fen=fen), *appraised(), state=due(Step.SURVEY))
    return household


class TestTheTownshipsOpinion:
    def test_takes_the_step_with_its_own_computation(self) -> None:
        household = due(Step.OPINION)

        outcome = give(household)

        assert recorded(outcome) == (
            PreliminaryOpinionGiven(
                case=CASE,
                recommends=True,
                household_class=HouseholdClass.B,
                assessment=assessed(household),
                reasons="收入低于标准",
            ),
        )
        case = then(household, outcome, on=ON, by=CLERK).cases[CASE]
        assert case.done[-1] is Step.OPINION
        assert case.opinion.given_by == "staff-township_clerk"

    def test_may_be_against_although_something_is_due(self) -> None:
        (event,) = recorded(give(due(Step.OPINION), recommends=False))

        assert isinstance(event, PreliminaryOpinionGiven)
        assert (event.recommends, event.assessment.amount_fen) == (False, 40_000)

    def test_may_say_that_nothing_is_due(self) -> None:
        (event,) = recorded(give(with_income(130_000), recommends=False))

        assert isinstance(event, PreliminaryOpinionGiven)
        assert event.assessment.amount_fen == 0

    def test_proposes_the_result_of_a_recheck(self) -> None:
        (event,) = recorded(give(under_recheck(Step.OPINION, income_fen=100_000), on=OPINION_ON))

        assert isinstance(event, PreliminaryOpinionGiven)
        assert event.assessment.amount_fen == 30_000

    @pytest.mark.parametrize("income_fen", [130_000, 130_001, 10**12])
    def test_is_refused_in_favour_of_who_is_entitled_to_nothing(self, income_fen: int) -> None:
        assert refused(give(with_income(income_fen))) == "not_entitled"

    @pytest.mark.parametrize("reasons", ["", " \n"])
    def test_is_refused_without_reasons(self, reasons: str) -> None:
        assert refused(give(due(Step.OPINION), reasons=reasons)) == "reasons_missing"

    def test_is_refused_once_the_household_is_another_than_was_surveyed(self) -> None:
        household = given(MemberLeft(person=SPOUSE, reason="迁出"), state=due(Step.OPINION))

        assert refused(give(household)) == "household_changed_since_survey"

    def test_is_refused_before_the_appraisal(self) -> None:
        assert refused(give(due(Step.APPRAISAL))) == "step_out_of_order"

    def test_is_refused_a_second_time(self) -> None:
        assert refused(give(due(Step.NOTICE_1), on=date(2013, 3, 14))) == "step_out_of_order"

    def test_is_given_on_the_case_as_it_was_seen(self) -> None:
        assert GiveOpinion.SEES

    def test_is_refused_to_the_county(self) -> None:
        command = GiveOpinion(
            household=HOUSEHOLD,
            case=CASE,
            recommends=True,
            household_class=HouseholdClass.B,
            reasons="收入低于标准",
        )

        outcome = decide(due(Step.OPINION), command, by=Role.COUNTY_OFFICER, on=ON)

        assert refused(outcome) == "role_not_allowed"
