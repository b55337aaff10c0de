"""What does the township think of the case? (乡镇审核意见)

民发〔2012〕220号 art 24; in a recheck this is its proposal to raise, cut or stop (art 32).
"""

from datetime import date
from types import MappingProxyType
from typing import ClassVar, Final

import msgspec

from hudang.domain.assessment import Assessment, assess
from hudang.domain.case import Case, CaseCommand, CaseKind, Step, after_step, begin_step
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround, refuse_ground
from hudang.domain.household import Household, with_case
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Open, Personal
from hudang.domain.roles import Role
from hudang.domain.values import CaseId

_LEADS_TO: Final = MappingProxyType(
    {
        (CaseKind.APPLICATION, True): (DecisionOutcome.APPROVE,),
        (CaseKind.APPLICATION, False): (DecisionOutcome.REFUSE,),
        (CaseKind.RECHECK, True): (DecisionOutcome.KEEP, DecisionOutcome.RAISE, DecisionOutcome.LOWER),
        (CaseKind.RECHECK, False): (DecisionOutcome.END,),
    }
)
"""What the county can decide in agreement with an opinion, by the kind of case and the recommendation."""


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """The opinion as the case remembers it."""

    recommends: bool
    household_class: HouseholdClass
    assessment: Assessment
    ground: DecisionGround
    reasons: Personal
    given_by: str
    given_on: date


class PreliminaryOpinionGiven(Event, frozen=True, kw_only=True):
    """The township gave its opinion with its reasons and its own computation (初审意见)."""

    TOPIC = "opinion.given"

    case: CaseId
    recommends: bool
    household_class: HouseholdClass
    assessment: Assessment
    ground: DecisionGround
    reasons: Personal


class GiveOpinion(CaseCommand, frozen=True, kw_only=True):
    """Give the township's opinion on the case as it stands (提出审核意见)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.TOWNSHIP_CLERK})
    SEES: ClassVar[bool] = True

    recommends: bool
    household_class: HouseholdClass
    ground: DecisionGround
    reasons: Open


@decides(GiveOpinion)
def give_opinion(household: Household, command: GiveOpinion, given: Given) -> Events | Refusal:
    """Ground and reasons always; no recommendation for who is entitled to nothing."""
    ready = begin_step(household, command.case, Step.OPINION, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    refusal = _refuse_words(case, command)
    if refusal:
        return refusal
    assessment = assess(household, case, policy)
    if isinstance(assessment, Refusal):
        return assessment
    if command.recommends and assessment.amount_fen == 0:
        return Refusal(
            code="not_entitled",
            rule="art 27: the gap between line and income is paid",
            message="On what the survey found nothing is due; the opinion cannot recommend assistance.",
        )
    return (
        PreliminaryOpinionGiven(
            case=case.id,
            recommends=command.recommends,
            household_class=command.household_class,
            assessment=assessment,
            ground=command.ground,
            reasons=command.reasons.about(household.subject_of(case)),
        ),
    )


def _refuse_words(case: Case, command: GiveOpinion) -> Refusal | None:
    """Reasons in writing, and a ground that goes with what the opinion leads to."""
    if not command.reasons.value.strip():
        return Refusal(
            code="reasons_missing",
            rule="an opinion states its reasons",
            message="Give the reasons of the opinion.",
        )
    return refuse_ground(command.ground, *_LEADS_TO[case.kind, command.recommends])


@evolves(PreliminaryOpinionGiven)
def opinion_given(household: Household, event: PreliminaryOpinionGiven, recorded: Recorded) -> Household:
    opinion = Opinion(
        recommends=event.recommends,
        household_class=event.household_class,
        assessment=event.assessment,
        ground=event.ground,
        reasons=event.reasons,
        given_by=recorded.actor.person,
        given_on=recorded.happened_on,
    )
    case = msgspec.structs.replace(household.cases[event.case], opinion=opinion)
    return with_case(household, after_step(case, Step.OPINION, recorded.happened_on))
