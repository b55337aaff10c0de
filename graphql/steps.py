"""Which steps has a case taken, when and by whom, and by when is the next one due? (办理环节与时限)"""

from collections.abc import Mapping
from datetime import date

from hudang.domain.case import Case, Step
from hudang.domain.decision import Recorded, Refusal
from hudang.domain.policy import Policy, StepRule
from hudang.domain.policy_terms import When
from hudang.domain.roles import Role
from hudang.graphql.codes import label_zh
from hudang.graphql.described import output
from hudang.graphql.history import Actor

Taken = Mapping[Step, Recorded]


@output("One step of a case's procedure (办理环节).")
class CaseStep:
    """A step: taken or not, when, by whom, and by when it is due."""

    name: Step
    zh: str
    done: bool
    done_on: date | None
    done_by: Actor | None
    must_act: list[Role]
    only_on_cut_or_end: bool
    deadline: date | None


def case_steps(case: Case, policy: Policy | Refusal, taken: Taken) -> list[CaseStep]:
    """The procedure of the case in the policy's order; without a policy, the steps it took."""
    if isinstance(policy, Refusal):
        return [_step(step, None, taken, None) for step in case.done]
    rules = policy.steps(case.kind, campaign=case.campaign is not None, objected=bool(case.objections))
    return [_step(Step(rule.name), rule, taken, _deadline(case, policy, rule, taken)) for rule in rules]


def _step(step: Step, rule: StepRule | None, taken: Taken, deadline: date | None) -> CaseStep:
    by = taken.get(step)
    return CaseStep(
        name=step,
        zh=label_zh(step),
        done=by is not None,
        done_on=by.happened_on if by else None,
        done_by=Actor.of(by) if by else None,
        must_act=list(rule.by) if rule else [],
        only_on_cut_or_end=rule is not None and rule.when is When.ON_CUT_OR_END,
        deadline=deadline,
    )


def _deadline(case: Case, policy: Policy, rule: StepRule, taken: Taken) -> date | None:
    """The last day for a step, once the day from which it counts is known."""
    if rule.deadline is None:
        return None
    started = next((by for step, by in taken.items() if step.value == rule.deadline.start.value), None)
    if started is None:
        return None
    last = policy.deadline(case.kind, Step(rule.name), started.happened_on)
    return last if isinstance(last, date) else None
