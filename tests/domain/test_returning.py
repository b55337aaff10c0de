from datetime import date

from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.determination import DecisionConfirmed
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Open
from hudang.domain.returning import ReturnedToStage, ReturnToStage
from hudang.domain.roles import Role
from hudang.domain.values import Fen
from tests.domain.cases import (
    CASE,
    HEAD,
    HOUSEHOLD,
    At,
    assessed,
    decide,
    due,
    given,
    posted,
    recorded,
    refused,
    sealed,
    then,
)

DAY = date(2013, 4, 4)


def send_back(
    household: Household,
    step: Step,
    by: Role = Role.COUNTY_OFFICER,
    reason: str = "需补查",
    on: date = DAY,
) -> Changes | Refusal:
    command = ReturnToStage(household=HOUSEHOLD, case=CASE, back_to=step, reason=Open(reason))
    return decide(household, command, by=by, on=on)


class TestReturningACase:
    def test_undoes_the_step_and_all_after_it(self) -> None:
        household = due(Step.DECISION)

        outcome = send_back(household, Step.OPINION)

        undone = (Step.OPINION, Step.NOTICE_1, Step.PROPOSAL, Step.NOTICE_2)
        assert recorded(outcome) == (
            ReturnedToStage(case=CASE, back_to=Step.OPINION, undone=undone, reason=Open("需补查", of=HEAD)),
        )
        case = then(household, outcome, on=DAY, by=Role.COUNTY_OFFICER).cases[CASE]
        assert case.done[-1] is Step.APPRAISAL
        assert all(notice.superseded for notice in case.notices)
        assert not case.appraisals[0].superseded

    def test_keeps_the_first_notice_when_only_the_proposal_is_made_again(self) -> None:
        household = given(posted(2), state=due(Step.NOTICE_2))

        outcome = send_back(household, Step.PROPOSAL)

        case = then(household, outcome, on=DAY, by=Role.COUNTY_OFFICER).cases[CASE]
        assert [notice.superseded for notice in case.notices] == [False, True]

    def test_lets_the_township_go_back_before_the_county_has_proposed(self) -> None:
        outcome = send_back(due(Step.NOTICE_1), Step.SURVEY, by=Role.TOWNSHIP_CLERK)

        assert len(recorded(outcome)) == 1

    def test_is_refused_to_the_township_behind_the_county_s_proposal(self) -> None:
        outcome = send_back(due(Step.NOTICE_2), Step.SURVEY, by=Role.TOWNSHIP_CLERK)

        assert refused(outcome) == "role_not_allowed"

    def test_is_refused_to_a_step_not_taken(self) -> None:
        assert refused(send_back(due(Step.SURVEY), Step.OPINION)) == "step_not_taken"

    def test_is_refused_to_the_acceptance(self) -> None:
        assert refused(send_back(due(Step.SURVEY), Step.ACCEPTANCE)) == "acceptance_stands"

    def test_is_refused_once_the_case_is_decided(self) -> None:
        """A cut is decided, and its written notice has not been delivered yet."""
        household = due(Step.DECISION)
        decided = DecisionConfirmed(
            case=CASE,
            outcome=DecisionOutcome.LOWER,
            household_class=HouseholdClass.B,
            amount_fen=Fen(10_000),
            assessment=assessed(household),
            effective_from=Month(2013, 5),
            next_recheck_on=date(2013, 10, 4),
            ground=DecisionGround.INCOME_CHANGED,
            reasons=sealed(HEAD),
        )

        assert (
            refused(send_back(given(At(decided, on=DAY), state=household), Step.SURVEY)) == "already_decided"
        )

    def test_is_refused_without_a_reason(self) -> None:
        assert refused(send_back(due(Step.NOTICE_1), Step.SURVEY, reason=" ")) == "reason_missing"

    def test_is_refused_before_the_last_step(self) -> None:
        outcome = send_back(due(Step.NOTICE_1), Step.SURVEY, on=date(2013, 3, 12))

        assert refused(outcome) == "fact_before_previous_step"
