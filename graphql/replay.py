"""Does recomputing an assessment from its recorded inputs and rules give what was recorded? (复算)"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from hudang.domain import assessment
from hudang.domain.case import Case
from hudang.domain.decision import CHINA, Recorded, Refusal
from hudang.domain.determination import DecisionConfirmed
from hudang.domain.entitlement import ExistingEntitlementRegistered
from hudang.domain.household import Household
from hudang.domain.opinion import PreliminaryOpinionGiven
from hudang.domain.proposal import CountyProposalMade
from hudang.graphql.codes import ReplayOutcome, label_zh
from hudang.graphql.computations import Assessment
from hudang.graphql.described import output
from hudang.graphql.history import Actor
from hudang.graphql.scalars import Position
from hudang.ledger.adopted import AdoptedPolicies, PolicyFileMissingError

ASSESSED = (PreliminaryOpinionGiven, CountyProposalMade, DecisionConfirmed)
"""The events that record an assessment."""


@output("One recorded assessment, recomputed (复算).")
class ReplayStep:
    """What was recorded, what recomputing gives, and whether they are the same."""

    position: Position
    topic: str
    who: Actor
    happened_on: date
    outcome: ReplayOutcome
    outcome_zh: str
    message: str
    recorded: Assessment | None
    recomputed: Assessment | None
    differences: list[str]


def replayed(
    household: Household,
    case: Case,
    events: Sequence[Recorded],
    policies: AdoptedPolicies,
    erased: Mapping[str, datetime],
) -> list[ReplayStep]:
    """Every assessment of a case, recomputed; and the opening entry that a recheck builds on.

    `erased` are those persons of the case whose data were erased, and when: what was found of them cannot be
    read any more, and what was computed from it stays.
    """
    steps = _steps(household, case, events, policies)
    if not erased:
        return list(steps)
    day = max(erased.values()).astimezone(CHINA).date()
    return [_after_erasure(step, day) for step in steps]


def _after_erasure(step: ReplayStep, day: date) -> ReplayStep:
    """A result that recomputes still does; but what it rests on was erased, and that is what is said."""
    if step.outcome is not ReplayOutcome.REPRODUCED:
        return step
    return replace(
        step,
        outcome=ReplayOutcome.ERASED,
        outcome_zh=label_zh(ReplayOutcome.ERASED),
        message=f"Inputs erased on {day}; the recorded amounts stay, and recomputing gives the same.",
    )


def _steps(
    household: Household, case: Case, events: Sequence[Recorded], policies: AdoptedPolicies
) -> Iterator[ReplayStep]:
    for recorded in events:
        event = recorded.event
        if isinstance(event, ExistingEntitlementRegistered) and event.programme == case.programme:
            yield _answer(
                recorded,
                ReplayOutcome.DECIDED_BEFORE_LEDGER,
                "Decided on paper before this ledger; never recomputed.",
            )
        elif isinstance(event, ASSESSED) and event.case == case.id:
            yield _recomputed(household, case, recorded, event.assessment, policies)


def _recomputed(
    household: Household,
    case: Case,
    recorded: Recorded,
    was: assessment.Assessment,
    policies: AdoptedPolicies,
) -> ReplayStep:
    try:
        policy = policies.by_hashes(was.policies, case.programme, household.area, case.in_force_on)
    except PolicyFileMissingError:
        return _answer(recorded, ReplayOutcome.UNKNOWN_INPUT, "A policy file that was named is missing.", was)
    now = (
        policy
        if isinstance(policy, Refusal)
        else assessment.recompute(
            policy, was.persons, was.income_fen, assets_within_limits=was.assets_within_limits
        )
    )
    if isinstance(now, Refusal):
        return _answer(recorded, ReplayOutcome.UNKNOWN_INPUT, now.message, was)
    if now == was:
        return _answer(recorded, ReplayOutcome.REPRODUCED, "Recomputing gives the recorded result.", was, now)
    return _answer(recorded, ReplayOutcome.DIFFERS, "Recomputing gives another result.", was, now)


def _answer(
    recorded: Recorded,
    outcome: ReplayOutcome,
    message: str,
    was: assessment.Assessment | None = None,
    now: assessment.Assessment | None = None,
) -> ReplayStep:
    return ReplayStep(
        position=Position(recorded.position),
        topic=recorded.topic,
        who=Actor.of(recorded),
        happened_on=recorded.happened_on,
        outcome=outcome,
        outcome_zh=label_zh(outcome),
        message=message,
        recorded=Assessment.of(was) if was else None,
        recomputed=Assessment.of(now) if now else None,
        differences=_differences(was, now) if was and now else [],
    )


def _differences(was: assessment.Assessment, now: assessment.Assessment) -> list[str]:
    """The names of the fields that differ."""
    return [name for name in was.__struct_fields__ if getattr(was, name) != getattr(now, name)]
