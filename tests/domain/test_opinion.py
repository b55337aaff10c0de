from datetime import date

import pytest

from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround, MemberCause
from hudang.domain.household import Household
from hudang.domain.opinion import GiveOpinion, PreliminaryOpinionGiven
from hudang.domain.personal import Open
from hudang.domain.registration import MemberLeft
from hudang.domain.roles import Role
from tests.domain.cases import (
    CASE,
    DAYS,
    HEAD,
    HOUSEHOLD,
    SPOUSE,
    appraised,
    assessed,
    decide,
    due,
    given,
    recorded,
    refused,
    sealed,
    then,
    visited,
)
from tests.domain.entitled import OPINION_ON, RECHECK, under_recheck

CLERK = Role.TOWNSHIP_CLERK
ON = DAYS[Step.OPINION]


def give(
    household: Household,
    *,
    recommends: bool = True,
    ground: DecisionGround | None = None,
    reasons: str = "收入低于标准",
    on: date = ON,
) -> Changes | Refusal:
    case = RECHECK if RECHECK in household.cases else CASE
    favourable = DecisionGround.INCOME_CHANGED if case == RECHECK else DecisionGround.ENTITLED
    fitting = favourable if recommends else DecisionGround.NOT_COOPERATING
    command = GiveOpinion(
        household=HOUSEHOLD,
        case=case,
        recommends=recommends,
        household_class=HouseholdClass.B,
        ground=ground or fitting,
        reasons=Open(reasons),
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
                ground=DecisionGround.ENTITLED,
                reasons=Open("收入低于标准", of=HEAD),
            ),
        )
        case = then(household, outcome, on=ON, by=CLERK).cases[CASE]
        assert case.done[-1] is Step.OPINION
        assert case.opinion.given_by == "staff-township_clerk"
        assert case.opinion.ground is DecisionGround.ENTITLED

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

    @pytest.mark.parametrize(
        ("recommends", "ground"),
        [(True, DecisionGround.UNCHANGED), (True, DecisionGround.DIED), (False, DecisionGround.ENTITLED)],
    )
    def test_is_refused_on_a_ground_that_contradicts_it(
        self, recommends: bool, ground: DecisionGround
    ) -> None:
        outcome = give(due(Step.OPINION), recommends=recommends, ground=ground)

        assert refused(outcome) == "ground_does_not_fit"

    @pytest.mark.parametrize("ground", [DecisionGround.UNCHANGED, DecisionGround.STANDARD_CHANGED])
    def test_in_a_recheck_may_rest_on_any_ground_of_a_running_entitlement(
        self, ground: DecisionGround
    ) -> None:
        (event,) = recorded(give(under_recheck(Step.OPINION), ground=ground, on=OPINION_ON))

        assert isinstance(event, PreliminaryOpinionGiven)
        assert event.ground is ground

    def test_is_refused_once_the_household_is_another_than_was_surveyed(self) -> None:
        household = given(
            MemberLeft(person=SPOUSE, cause=MemberCause.MOVED_OUT, reason=sealed(HEAD)),
            state=due(Step.OPINION),
        )

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
            ground=DecisionGround.ENTITLED,
            reasons=Open("收入低于标准"),
        )

        outcome = decide(due(Step.OPINION), command, by=Role.COUNTY_OFFICER, on=ON)

        assert refused(outcome) == "role_not_allowed"
