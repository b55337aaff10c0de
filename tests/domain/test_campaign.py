from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from hudang.domain.campaign import (
    Campaign,
    CampaignClosed,
    CampaignOpened,
    CloseCampaign,
    OpenCampaign,
    RosterLine,
)
from hudang.domain.case import Case, CaseEnd, Step, next_step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.determination import ConfirmDecision
from hudang.domain.entitlement import EntitlementEnded
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Open
from hudang.domain.recheck import RecheckJoined, RecheckOpened
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, StreamId
from tests.domain.cases import (
    CASE,
    HOUSEHOLD,
    NEIGHBOUR,
    NEW_STREAM,
    PROGRAMME,
    VILLAGE,
    accepted,
    decide,
    find_policy,
    given,
    recorded,
    refused,
    registered,
    submitted,
    then,
)
from tests.domain.entitled import DECIDED_ON, RECHECK, confirmed, entitled, under_recheck

CLERK = Role.TOWNSHIP_CLERK
ON = date(2013, 3, 20)
MARCH = Month(2013, 3)
BOTH = (HOUSEHOLD, NEIGHBOUR)
CAMPAIGN = StreamId("L0001-campaign-1")
COMMAND = OpenCampaign(programme=PROGRAMME, area=VILLAGE, roster_month=MARCH, households=BOTH)


def neighbour() -> Household:
    return entitled(household=2, amount_fen=62_000)


def states(first: Household | None = None, second: Household | None = None) -> dict[StreamId, Any]:
    return {HOUSEHOLD: first or entitled(), NEIGHBOUR: second or neighbour()}


def begin(of: Mapping[StreamId, Any], *, by: Role = CLERK, **changes: object) -> Changes | Refusal:
    return decide(of, msgspec.structs.replace(COMMAND, **changes), by=by, on=ON)


class TestOpeningAnAnnualReview:
    @pytest.mark.parametrize("by", [Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER])
    def test_opens_a_recheck_for_every_household_on_the_roster(self, by: Role) -> None:
        changes = accepted(begin(states(), by=by))

        (opened,) = changes[NEW_STREAM]
        rechecks = {stream: changes[stream][0] for stream in BOTH}
        cases = {stream: event.case for stream, event in rechecks.items() if isinstance(event, RecheckOpened)}
        assert opened == CampaignOpened(
            programme=PROGRAMME,
            area=VILLAGE,
            roster_month=MARCH,
            roster=(
                RosterLine(household=HOUSEHOLD, case=cases[HOUSEHOLD], persons=2, amount_fen=Fen(40_000)),
                RosterLine(household=NEIGHBOUR, case=cases[NEIGHBOUR], persons=2, amount_fen=Fen(62_000)),
            ),
        )
        assert rechecks[HOUSEHOLD] == RecheckOpened(
            case=cases[HOUSEHOLD], programme=PROGRAMME, due_on=ON, campaign=NEW_STREAM
        )
        assert len(set(cases.values())) == 2

    def test_takes_in_the_class_recheck_that_is_under_way(self) -> None:
        changes = accepted(begin(states(under_recheck(Step.OPINION))))

        assert changes[HOUSEHOLD] == (RecheckJoined(case=RECHECK, campaign=NEW_STREAM),)
        (opened,) = changes[NEW_STREAM]
        assert isinstance(opened, CampaignOpened)
        assert opened.roster[0].case == RECHECK

    def test_adds_the_appraisal_to_a_recheck_that_joins(self) -> None:
        outcome = begin(states(under_recheck(Step.DECISION)))

        household = then(under_recheck(Step.DECISION), outcome, on=ON, by=CLERK)

        assert _due(household.cases[RECHECK]) is Step.APPRAISAL

    def test_is_refused_over_nobody(self) -> None:
        assert refused(begin({}, households=())) == "roster_empty"

    def test_is_refused_with_a_household_named_twice(self) -> None:
        assert refused(begin(states(), households=(HOUSEHOLD, HOUSEHOLD))) == "household_named_twice"

    def test_is_refused_over_a_month_to_come(self) -> None:
        assert refused(begin(states(), roster_month=Month(2013, 4))) == "roster_not_known_yet"

    def test_is_refused_with_a_household_that_is_not_on_the_roster(self) -> None:
        never = given(registered(household=2), stream=NEIGHBOUR)

        assert refused(begin(states(second=never))) == "not_on_roster"

    def test_is_refused_with_a_household_whose_entitlement_began_later(self) -> None:
        assert refused(begin(states(), roster_month=Month(2012, 5))) == "not_on_roster"

    def test_is_refused_with_a_household_whose_entitlement_ends_already(self) -> None:
        ended = EntitlementEnded(
            case=CASE,
            programme=PROGRAMME,
            amount_fen=Fen(40_000),
            persons=2,
            last_month=MARCH,
            household=HOUSEHOLD,
            ground=DecisionGround.MOVED_AWAY,
        )

        assert refused(begin(states(given(ended, state=entitled())))) == "entitlement_ended"

    def test_is_refused_with_a_household_of_another_area(self) -> None:
        assert refused(begin(states(entitled(area="430304001002")))) == "outside_area"

    def test_is_refused_with_a_household_that_nobody_knows(self) -> None:
        assert refused(begin({HOUSEHOLD: entitled()})) == "outside_area"

    def test_is_refused_while_an_application_is_open(self) -> None:
        assert refused(begin(states(given(submitted(), state=entitled())))) == "case_still_open"

    def test_is_refused_with_a_household_that_another_review_holds(self) -> None:
        elsewhere = given(RecheckJoined(case=RECHECK, campaign=CAMPAIGN), state=under_recheck(Step.SURVEY))

        assert refused(begin(states(elsewhere))) == "case_still_open"

    def test_is_refused_while_a_cut_waits_for_its_notice(self) -> None:
        """A decided recheck takes no appraisal any more; its notice comes first."""
        cut = confirmed(
            under_recheck(Step.DECISION, income_fen=100_000), DecisionOutcome.LOWER, amount_fen=30_000
        )

        assert refused(begin(states(cut))) == "case_still_open"

    def test_is_refused_to_the_village(self) -> None:
        assert refused(begin(states(), by=Role.VILLAGE_CLERK)) == "role_not_allowed"


class TestClosingAnAnnualReview:
    def test_counts_the_results(self) -> None:
        outcome = close(reviewed())

        assert recorded(outcome, CAMPAIGN) == (CampaignClosed(results={"kept": 1, "raised": 1}),)
        assert then(campaign(), outcome, on=ON, by=CLERK, stream=CAMPAIGN).results == {"kept": 1, "raised": 1}

    def test_is_refused_while_a_recheck_is_open(self) -> None:
        of = {**reviewed(), NEIGHBOUR: under_recheck(Step.DECISION, state=neighbour())}

        assert refused(close(of)) == "recheck_still_open"

    @pytest.mark.parametrize("named", [(), (HOUSEHOLD,), (*BOTH, StreamId("L0001-household-9"))])
    def test_is_refused_with_another_roster(self, named: tuple[StreamId, ...]) -> None:
        assert refused(close(reviewed(), named)) == "roster_incomplete"

    def test_is_refused_a_second_time(self) -> None:
        closed = given(CampaignClosed(results={}), stream=CAMPAIGN, state=campaign())

        assert refused(close({**reviewed(), CAMPAIGN: closed})) == "campaign_closed"

    def test_is_refused_for_a_review_that_was_never_opened(self) -> None:
        assert refused(close({HOUSEHOLD: entitled()})) == "not_found"


def campaign() -> Campaign:
    """A review over both households, each with the recheck `RECHECK`."""
    opened = CampaignOpened(
        programme=PROGRAMME,
        area=VILLAGE,
        roster_month=MARCH,
        roster=tuple(
            RosterLine(household=stream, case=RECHECK, persons=2, amount_fen=Fen(40_000)) for stream in BOTH
        ),
    )
    state: Campaign = given(opened, stream=CAMPAIGN)
    return state


def reviewed() -> dict[StreamId, Any]:
    """The first household was kept, the second raised."""
    return {
        CAMPAIGN: campaign(),
        HOUSEHOLD: decided(entitled(), income_fen=90_000),
        NEIGHBOUR: decided(neighbour(), income_fen=50_000),
    }


def decided(state: Household, *, income_fen: int) -> Household:
    household = under_recheck(Step.DECISION, income_fen=income_fen, state=state)
    command = ConfirmDecision(
        household=state.id, case=RECHECK, ground=DecisionGround.INCOME_CHANGED, reasons=Open("年审")
    )
    outcome = decide(household, command, by=Role.COUNTY_APPROVER, on=DECIDED_ON)
    after: Household = then(household, outcome, on=DECIDED_ON, by=Role.COUNTY_APPROVER, stream=state.id)
    assert after.cases[CaseId(RECHECK)].end in {CaseEnd.KEPT, CaseEnd.RAISED}
    return after


def close(of: Mapping[StreamId, Any], households: tuple[StreamId, ...] = BOTH) -> Changes | Refusal:
    return decide(of, CloseCampaign(campaign=CAMPAIGN, households=households), by=CLERK, on=ON)


def _due(case: Case) -> Step:
    policy = find_policy(PROGRAMME, VILLAGE, ON)
    assert not isinstance(policy, Refusal)
    rule = next_step(case, policy)
    assert rule is not None
    return Step(rule.name)
