"""When does an office send a case back, and what does that undo? (退回)

A return, like an upheld objection, undoes the steps from one step on, and with them the votes and the notices
that stood on those steps. A township does not undo what the county did, and a decision is not undone at all.
"""

from datetime import date
from typing import ClassVar

from hudang.domain.appraisal import abandon_votes
from hudang.domain.case import Case, CaseCommand, Step, back_to, find_case, policy_of, steps_from
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.household import Household, with_case
from hudang.domain.notice import abandon_notices
from hudang.domain.personal import Open, Personal
from hudang.domain.roles import Role
from hudang.domain.values import CaseId


class ReturnedToStage(Event, frozen=True, kw_only=True):
    """An office sent the case back to a step; `undone` are the steps that must be taken again."""

    TOPIC = "case.returned"

    case: CaseId
    back_to: Step
    undone: tuple[Step, ...]
    reason: Personal


class ReturnToStage(CaseCommand, frozen=True, kw_only=True):
    """Send a case back to a step that it has taken (退回)."""

    BY: ClassVar[frozenset[Role]] = frozenset(
        {Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER, Role.COUNTY_APPROVER}
    )

    back_to: Step
    reason: Open


@decides(ReturnToStage)
def return_to_stage(household: Household, command: ReturnToStage, given: Given) -> Events | Refusal:
    """Back to a step already taken, with a reason, and by an office that may undo what follows it."""
    case = find_case(household, command.case)
    if isinstance(case, Refusal):
        return case
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    undone = steps_from(case, command.back_to, policy)
    refusal = _refuse_step(case, command, undone, given) or _refuse_word(case, command, given)
    if refusal:
        return refusal
    reason = command.reason.about(household.subject_of(case))
    return (ReturnedToStage(case=case.id, back_to=command.back_to, undone=undone, reason=reason),)


def sent_back(case: Case, step: Step, undone: tuple[Step, ...], on: date) -> Case:
    """The case once it went back: steps, votes and notices from `step` on are to be made again."""
    return back_to(abandon_notices(abandon_votes(case, undone), undone), step, undone, on)


def _refuse_step(
    case: Case, command: ReturnToStage, undone: tuple[Step, ...], given: Given
) -> Refusal | None:
    if command.back_to not in undone:
        return Refusal(
            code="step_not_taken",
            rule="a case goes back to a step it has taken",
            message=f"The case has not taken {command.back_to}.",
        )
    if command.back_to is Step.ACCEPTANCE:
        return Refusal(
            code="acceptance_stands",
            rule="art 13: a complete application is accepted, once",
            message="An accepted application stays accepted; return the case to a later step.",
        )
    if Step.DECISION in case.done:
        return Refusal(
            code="already_decided",
            rule="a decision is corrected, never undone",
            message="The case has been decided; correct the record or open a recheck.",
        )
    if given.actor.role is Role.TOWNSHIP_CLERK and Step.PROPOSAL in undone:
        return Refusal(
            code="role_not_allowed",
            rule="each step belongs to an office",
            message="The county has made its proposal; only the county can send the case back behind it.",
        )
    return None


def _refuse_word(case: Case, command: ReturnToStage, given: Given) -> Refusal | None:
    if not command.reason.value.strip():
        return Refusal(
            code="reason_missing", rule="every return has a reason", message="Say why the case goes back."
        )
    if given.happened_on < case.last_step_on:
        return Refusal(
            code="fact_before_previous_step",
            rule="a case does not go back before its last step",
            message=f"Its last step happened on {case.last_step_on}; give that day or a later one.",
        )
    return None


@evolves(ReturnedToStage)
def returned_to_stage(household: Household, event: ReturnedToStage, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    return with_case(household, sent_back(case, event.back_to, event.undone, recorded.happened_on))
