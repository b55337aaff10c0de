"""Who decides, and with what result? (审批决定)

民发〔2012〕220号 art 28–32: the county decides, never the person who proposed, and states its reasons in
writing; an approval takes effect the month after, a cut or an end once it was notified (`notification`).
"""

from datetime import date
from typing import ClassVar

import msgspec

from hudang.domain.assessment import Assessment, assess
from hudang.domain.case import (
    Case,
    CaseCommand,
    CaseKind,
    Step,
    after_step,
    begin_step,
    next_step,
    policy_of,
)
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.effect import effect_of
from hudang.domain.entitlement import EntitlementStarted, HouseholdClass
from hudang.domain.grounds import DecisionGround, refuse_ground
from hudang.domain.household import Household, with_case
from hudang.domain.month import Month
from hudang.domain.opinion import Opinion
from hudang.domain.outcomes import ADVERSE, CASE_ENDS, DecisionOutcome
from hudang.domain.personal import Open, Personal
from hudang.domain.policy import Policy
from hudang.domain.proposal import Proposal, county_visit_missing
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen

APPROVERS = frozenset({Role.COUNTY_APPROVER})


class DecisionConfirmed(Event, frozen=True, kw_only=True):
    """The county confirmed an amount, with the rules (by hash), the inputs and the computation (审批)."""

    TOPIC = "decision.confirmed"

    case: CaseId
    outcome: DecisionOutcome
    household_class: HouseholdClass
    amount_fen: Fen
    assessment: Assessment
    effective_from: Month
    next_recheck_on: date
    ground: DecisionGround
    reasons: Personal

    def frees(self) -> tuple[str, ...]:
        return (f"case/{self.case}",)


class DecisionRefused(Event, frozen=True, kw_only=True):
    """The county refused the application, with written reasons (不予批准)."""

    TOPIC = "decision.refused"

    case: CaseId
    ground: DecisionGround
    reasons: Personal

    def frees(self) -> tuple[str, ...]:
        return (f"case/{self.case}",)


class Determination(msgspec.Struct, frozen=True, kw_only=True):
    """The decision as the case remembers it."""

    decision: DecisionConfirmed | DecisionRefused
    decided_by: str
    decided_on: date
    notified_on: date | None = None

    @property
    def outcome(self) -> DecisionOutcome:
        """What the county decided."""
        return (
            self.decision.outcome if isinstance(self.decision, DecisionConfirmed) else DecisionOutcome.REFUSE
        )


class ConfirmDecision(CaseCommand, frozen=True, kw_only=True):
    """Decide, for the county, on the case as it stands (审批)."""

    BY: ClassVar[frozenset[Role]] = APPROVERS
    SEES: ClassVar[bool] = True

    ground: DecisionGround
    reasons: Open


class RefuseApplication(CaseCommand, frozen=True, kw_only=True):
    """Refuse an application with written reasons (不予批准)."""

    BY: ClassVar[frozenset[Role]] = APPROVERS
    SEES: ClassVar[bool] = True

    ground: DecisionGround
    reasons: Open


class _Hearing(msgspec.Struct, frozen=True):
    """What lies before the person who decides."""

    household: Household
    case: Case
    policy: Policy
    assessment: Assessment
    ground: DecisionGround
    reasons: Personal
    on: date


@decides(ConfirmDecision)
def confirm_decision(household: Household, command: ConfirmDecision, given: Given) -> Events | Refusal:
    """Proposer ≠ approver, reasons in writing, and the amount is computed again from what was found."""
    ready = begin_step(household, command.case, Step.DECISION, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    refusal = _refuse_decider(case, command.reasons, given)
    if refusal:
        return refusal
    assessment = assess(household, case, policy)
    if isinstance(assessment, Refusal):
        return assessment
    reasons = command.reasons.about(household.subject_of(case))
    hearing = _Hearing(household, case, policy, assessment, command.ground, reasons, given.happened_on)
    return _approve(hearing) if case.kind is CaseKind.APPLICATION else _conclude_recheck(hearing)


def _refuse_decider(case: Case, reasons: Open, given: Given) -> Refusal | None:
    """No one decides alone: who gave the opinion or made the proposal does not decide."""
    proposers = {
        *((case.opinion.given_by,) if case.opinion else ()),
        *((case.proposal.made_by,) if case.proposal else ()),
    }
    if given.actor.person in proposers:
        return Refusal(
            code="proposer_cannot_approve",
            rule="no one decides alone: proposer and approver are two people",
            message="Another person with the right to decide must decide this case.",
        )
    if county_visit_missing(case):
        return Refusal(
            code="county_visit_missing",
            rule="art 14, 26: the county visits every relative of an official",
            message="Record the county's own visit first.",
        )
    if not reasons.value.strip():
        return Refusal(
            code="reasons_missing",
            rule="a decision states its reasons",
            message="Give the reasons of the decision.",
        )
    return None


def _approve(hearing: _Hearing) -> Events | Refusal:
    """What was proposed and posted is what is decided."""
    misfit = refuse_ground(hearing.ground, DecisionOutcome.APPROVE)
    if misfit:
        return misfit
    proposal = _posted(hearing.case, hearing.policy)
    if proposal is None or proposal.assessment.amount_fen != hearing.assessment.amount_fen:
        return Refusal(
            code="amount_changed_since_proposal",
            rule="art 29: the amount that was posted is the amount decided",
            message="What was found has changed since the proposal; return the case and propose again.",
        )
    household_class = proposal.household_class
    from_month = hearing.policy.start_month(hearing.on)
    if isinstance(from_month, Refusal):
        return from_month
    next_recheck_on = hearing.policy.review_due_on(household_class, hearing.household.register, hearing.on)
    if isinstance(next_recheck_on, Refusal):
        return next_recheck_on
    return (
        DecisionConfirmed(
            case=hearing.case.id,
            outcome=DecisionOutcome.APPROVE,
            household_class=household_class,
            amount_fen=hearing.assessment.amount_fen,
            assessment=hearing.assessment,
            effective_from=from_month,
            next_recheck_on=next_recheck_on,
            ground=hearing.ground,
            reasons=hearing.reasons,
        ),
        EntitlementStarted(
            case=hearing.case.id,
            programme=hearing.case.programme,
            household_class=household_class,
            persons=tuple(member.person for member in hearing.household.present),
            amount_fen=hearing.assessment.amount_fen,
            from_month=from_month,
            next_recheck_on=next_recheck_on,
        ),
    )


def _posted(case: Case, policy: Policy) -> Proposal | Opinion | None:
    """What the notice showed: the county's proposal or, where the rules have none (2021), the opinion."""
    if policy.step(case.kind, Step.PROPOSAL) is not None:
        return case.proposal
    return case.opinion if case.opinion is not None and case.opinion.recommends else None


def _conclude_recheck(hearing: _Hearing) -> Events | Refusal:
    """Keep, raise, lower or end, by the newly computed amount (art 32)."""
    opinion = hearing.case.opinion
    entitlement = hearing.household.entitlements[hearing.case.programme]
    effective_from = hearing.policy.month_of_effect(hearing.on)
    if isinstance(effective_from, Refusal):
        return effective_from
    current = entitlement.in_month(effective_from)
    if opinion is None or current is None:
        return Refusal(
            code="nothing_to_recheck",
            rule="a recheck concerns a running entitlement",
            message="The household is no longer entitled from the month in which this would take effect.",
        )
    next_recheck_on = hearing.policy.review_due_on(
        opinion.household_class, hearing.household.register, hearing.on
    )
    if isinstance(next_recheck_on, Refusal):
        return next_recheck_on
    ends = not opinion.recommends or hearing.assessment.amount_fen == 0
    amount = Fen(0) if ends else hearing.assessment.amount_fen
    outcome = _outcome(current.amount_fen, amount)
    misfit = refuse_ground(hearing.ground, outcome)
    if misfit:
        return misfit
    decided = DecisionConfirmed(
        case=hearing.case.id,
        outcome=outcome,
        household_class=opinion.household_class,
        amount_fen=amount,
        assessment=hearing.assessment,
        effective_from=effective_from,
        next_recheck_on=next_recheck_on,
        ground=hearing.ground,
        reasons=hearing.reasons,
    )
    if outcome in ADVERSE:
        return (decided,)
    return (decided, effect_of(hearing.household, decided, effective_from))


def _outcome(before: Fen, after: Fen) -> DecisionOutcome:
    if after == 0:
        return DecisionOutcome.END
    if after == before:
        return DecisionOutcome.KEEP
    return DecisionOutcome.RAISE if after > before else DecisionOutcome.LOWER


@decides(RefuseApplication)
def refuse_application(household: Household, command: RefuseApplication, given: Given) -> Events | Refusal:
    """The county may refuse once the township's opinion is known, at the proposal or at the decision."""
    case = household.cases.get(command.case)
    if case is None or case.kind is not CaseKind.APPLICATION:
        return Refusal(
            code="case_not_found",
            rule="an application is refused",
            message="This file has no such application.",
        )
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    due = next_step(case, policy)
    step = Step.PROPOSAL if due is not None and due.name == Step.PROPOSAL else Step.DECISION
    ready = begin_step(household, command.case, step, given)
    if isinstance(ready, Refusal):
        return ready
    refusal = _refuse_decider(case, command.reasons, given) or refuse_ground(
        command.ground, DecisionOutcome.REFUSE
    )
    reasons = command.reasons.about(household.subject_of(case))
    return refusal or (DecisionRefused(case=case.id, ground=command.ground, reasons=reasons),)


@evolves(DecisionConfirmed, DecisionRefused)
def decided(
    household: Household, event: DecisionConfirmed | DecisionRefused, recorded: Recorded
) -> Household:
    determination = Determination(
        decision=event, decided_by=recorded.actor.person, decided_on=recorded.happened_on
    )
    end = None if determination.outcome in ADVERSE else CASE_ENDS[determination.outcome]
    case = after_step(household.cases[event.case], Step.DECISION, recorded.happened_on)
    return with_case(household, msgspec.structs.replace(case, determination=determination, end=end))
