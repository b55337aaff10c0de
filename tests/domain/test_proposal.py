from datetime import date

import msgspec

from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import MemberCause
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.proposal import CountyProposalMade, ProposeAmount
from hudang.domain.registration import MemberJoined
from hudang.domain.roles import Role
from hudang.domain.survey import VisitLevel
from hudang.domain.values import PersonId
from tests.domain.cases import (
    CASE,
    DAYS,
    HEAD,
    HOUSEHOLD,
    At,
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
from tests.domain.entitled import RECHECK, under_recheck

OFFICER = Role.COUNTY_OFFICER
ON = DAYS[Step.PROPOSAL]
COMMAND = ProposeAmount(household=HOUSEHOLD, case=CASE, household_class=HouseholdClass.B)


def propose(household: Household, *, by: Role = OFFICER, on: date = ON) -> Changes | Refusal:
    return decide(household, COMMAND, by=by, on=on)


def county_visited(household: Household, income_fen: int = 90_000) -> Household:
    visit = msgspec.structs.replace(visited(income_fen=income_fen), level=VisitLevel.COUNTY)
    after: Household = given(At(visit, on=ON, by=OFFICER), state=household)
    return after


class TestTheCountysProposal:
    def test_takes_the_step_with_the_amount_that_will_be_posted(self) -> None:
        household = due(Step.PROPOSAL)

        outcome = propose(household)

        assert recorded(outcome) == (
            CountyProposalMade(case=CASE, household_class=HouseholdClass.B, assessment=assessed(household)),
        )
        case = then(household, outcome, on=ON, by=OFFICER).cases[CASE]
        assert case.done[-1] is Step.PROPOSAL
        assert (case.proposal.made_by, case.proposal.assessment.amount_fen) == (
            "staff-county_officer",
            40_000,
        )

    def test_rests_on_the_countys_own_visit_where_there_was_one(self) -> None:
        (event,) = recorded(propose(county_visited(due(Step.PROPOSAL), 100_000)))

        assert isinstance(event, CountyProposalMade)
        assert event.assessment.amount_fen == 30_000

    def test_is_refused_for_a_relative_of_an_official_whom_the_county_has_not_visited(self) -> None:
        assert refused(propose(due(Step.PROPOSAL, relatives=("staff-9",)))) == "county_visit_missing"

    def test_is_made_for_a_relative_of_an_official_after_the_countys_visit(self) -> None:
        household = county_visited(due(Step.PROPOSAL, relatives=("staff-9",)))

        assert len(recorded(propose(household))) == 1

    def test_is_refused_where_nothing_is_due(self) -> None:
        assert refused(propose(county_visited(due(Step.PROPOSAL), 130_000))) == "not_entitled"

    def test_is_refused_once_the_household_is_another_than_was_surveyed(self) -> None:
        child = PersonId("L0001-person-child")
        joined = MemberJoined(
            person=child,
            relation=Relation.CHILD,
            name=sealed(child),
            cause=MemberCause.BIRTH,
            reason=sealed(HEAD),
        )

        outcome = propose(given(joined, state=due(Step.PROPOSAL)))

        assert refused(outcome) == "household_changed_since_survey"

    def test_is_refused_while_the_first_notice_runs(self) -> None:
        assert refused(propose(due(Step.NOTICE_1))) == "step_out_of_order"

    def test_is_refused_a_second_time(self) -> None:
        assert refused(propose(due(Step.NOTICE_2), on=date(2013, 3, 26))) == "step_out_of_order"

    def test_has_no_place_in_a_recheck(self) -> None:
        command = msgspec.structs.replace(COMMAND, case=RECHECK)

        outcome = decide(under_recheck(Step.DECISION), command, by=OFFICER, on=ON)

        assert refused(outcome) == "step_out_of_order"

    def test_is_refused_to_the_township(self) -> None:
        assert refused(propose(due(Step.PROPOSAL), by=Role.TOWNSHIP_CLERK)) == "role_not_allowed"

    def test_is_made_on_the_case_as_it_was_seen(self) -> None:
        assert ProposeAmount.SEES
