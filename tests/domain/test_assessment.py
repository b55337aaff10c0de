from datetime import date

import msgspec

from hudang.domain.assessment import Assessment, assess
from hudang.domain.case import Step
from hudang.domain.decision import Refusal
from hudang.domain.grounds import MemberCause
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.registration import MemberJoined, MemberLeft
from hudang.domain.roles import Role
from hudang.domain.survey import VisitLevel
from hudang.domain.values import PersonId
from tests.domain.cases import (
    CASE,
    HEAD,
    PROGRAMME,
    SPOUSE,
    VILLAGE,
    At,
    due,
    find_policy,
    given,
    sealed,
    visited,
)

CHILD = PersonId("L0001-person-child")
JOINED = MemberJoined(
    person=CHILD, relation=Relation.CHILD, name=sealed(CHILD), cause=MemberCause.BIRTH, reason=sealed(HEAD)
)


def assessment(household: Household) -> Assessment | Refusal:
    policy = find_policy(PROGRAMME, VILLAGE, date(2013, 3, 1))
    assert not isinstance(policy, Refusal)
    return assess(household, household.cases[CASE], policy)


def amount(household: Household) -> int:
    assessed = assessment(household)
    assert isinstance(assessed, Assessment)
    return assessed.amount_fen


def code(household: Household) -> str:
    refusal = assessment(household)
    assert isinstance(refusal, Refusal)
    return refusal.code


class TestAnAssessment:
    def test_is_the_line_for_everybody_less_the_income(self) -> None:
        assert amount(due(Step.OPINION)) == 2 * 65_000 - 90_000

    def test_is_nothing_above_the_asset_limits(self) -> None:
        rich = msgspec.structs.replace(visited(), assets_within_limits=False)

        assert amount(given(rich, state=due(Step.SURVEY))) == 0

    def test_rests_on_the_visit_made_last(self) -> None:
        county = msgspec.structs.replace(visited(income_fen=100_000), level=VisitLevel.COUNTY)
        household = given(At(county, on=date(2013, 3, 20), by=Role.COUNTY_OFFICER), state=due(Step.PROPOSAL))

        assert amount(household) == 30_000

    def test_is_not_undone_by_paper_entered_late(self) -> None:
        earlier = msgspec.structs.replace(visited(income_fen=0), level=VisitLevel.COUNTY)
        household = given(At(earlier, on=date(2013, 3, 2), by=Role.COUNTY_OFFICER), state=due(Step.PROPOSAL))

        assert amount(household) == 40_000

    def test_is_refused_without_a_visit(self) -> None:
        assert code(due(Step.SURVEY)) == "survey_missing"

    def test_is_refused_once_somebody_joined_after_the_visit(self) -> None:
        """Nobody is paid for whose income was never looked into."""
        assert code(given(JOINED, state=due(Step.OPINION))) == "household_changed_since_survey"

    def test_is_refused_once_somebody_left_after_the_visit(self) -> None:
        left = given(
            MemberLeft(person=SPOUSE, cause=MemberCause.DEATH, reason=sealed(HEAD)), state=due(Step.OPINION)
        )

        assert code(left) == "household_changed_since_survey"

    def test_covers_who_joined_once_they_were_surveyed(self) -> None:
        household = given(JOINED, visited(), state=due(Step.SURVEY))

        assert amount(household) == 3 * 65_000 - 90_000
