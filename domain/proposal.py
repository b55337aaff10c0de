"""What does the county intend to pay? (县级拟批意见)

民发〔2012〕220号 art 26–27: the amount is proposed, then posted, then decided.
"""

from datetime import date
from typing import ClassVar

import msgspec

from hudang.domain.assessment import Assessment, assess
from hudang.domain.case import Case, CaseCommand, Step, after_step, begin_step
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.household import Household, with_case
from hudang.domain.roles import Role
from hudang.domain.survey import VisitLevel
from hudang.domain.values import CaseId


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """The county's proposal as the case remembers it."""

    household_class: HouseholdClass
    assessment: Assessment
    made_by: str
    made_on: date


class CountyProposalMade(Event, frozen=True, kw_only=True):
    """The county proposed an amount, to be posted before it is decided."""

    TOPIC = "proposal.made"

    case: CaseId
    household_class: HouseholdClass
    assessment: Assessment


class ProposeAmount(CaseCommand, frozen=True, kw_only=True):
    """Propose, for the county, what the household is to receive (提出拟批意见)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.COUNTY_OFFICER})
    SEES: ClassVar[bool] = True

    household_class: HouseholdClass


@decides(ProposeAmount)
def propose_amount(household: Household, command: ProposeAmount, given: Given) -> Events | Refusal:
    """Only what the rules give; a relative of an official has been visited by the county first (art 26)."""
    ready = begin_step(household, command.case, Step.PROPOSAL, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    if county_visit_missing(case):
        return Refusal(
            code="county_visit_missing",
            rule="art 14, 26: the county visits every relative of an official",
            message="Record the county's own visit first.",
        )
    assessment = assess(household, case, policy)
    if isinstance(assessment, Refusal):
        return assessment
    if assessment.amount_fen == 0:
        return Refusal(
            code="not_entitled",
            rule="art 27: the gap between line and income is paid",
            message="Nothing is due; refuse the application with reasons.",
        )
    return (CountyProposalMade(case=case.id, household_class=command.household_class, assessment=assessment),)


def county_visit_missing(case: Case) -> bool:
    """A declared relative of an official whom the county has not visited."""
    return bool(case.relatives_of_officials) and all(
        visit.level is not VisitLevel.COUNTY for visit in case.visits
    )


@evolves(CountyProposalMade)
def proposal_made(household: Household, event: CountyProposalMade, recorded: Recorded) -> Household:
    proposal = Proposal(
        household_class=event.household_class,
        assessment=event.assessment,
        made_by=recorded.actor.person,
        made_on=recorded.happened_on,
    )
    case = msgspec.structs.replace(household.cases[event.case], proposal=proposal)
    return with_case(household, after_step(case, Step.PROPOSAL, recorded.happened_on))
