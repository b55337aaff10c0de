"""What has to be done next on each open case, by which role, and by when? (待办事项)

A read model knows no rules: it tells what a case has done, and the policy of that case tells what comes next.
"""

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from hudang.domain.case import Step
from hudang.domain.decision import Refusal
from hudang.domain.notice import NOTICE_STEPS
from hudang.domain.objection import RESOLVED_BY
from hudang.domain.policy import Policy, StepRule
from hudang.domain.roles import Role
from hudang.projections.cases import CaseRow, open_cases
from hudang.projections.objections import ObjectionRow, unanswered
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source

FindPolicy = Callable[[CaseRow], Policy | Refusal]


class Task(StrEnum):
    """What is to be done on a case."""

    TAKE_STEP = "take_step"  # 办理
    AWAIT_PAPERS = "await_papers"  # 等待补交材料
    POST_NOTICE = "post_notice"  # 张榜公示
    CLOSE_NOTICE = "close_notice"  # 公示期满
    ANSWER_OBJECTION = "answer_objection"  # 异议处理


class WorkItem(msgspec.Struct, frozen=True, kw_only=True):
    """The next task on a case; `due_on` is its last day, if a rule sets one.

    A notice may be closed from the day after its last; that day stands in `not_before`.
    """

    case: CaseRow
    task: Task
    step: Step
    by: tuple[Role, ...]
    due_on: date | None = None
    not_before: date | None = None
    objection: str | None = None


def work_queue(
    source: Source, scope: Scope, find_policy: FindPolicy, page: Page = FIRST_PAGE
) -> tuple[WorkItem, ...]:
    """The next task on every open case, in the order of `open_cases`; a case without rules is left out."""
    waiting: dict[str, ObjectionRow] = {}
    for objection in unanswered(source, scope):
        waiting.setdefault(objection.case_id, objection)
    found: list[WorkItem] = []
    for row in open_cases(source, scope, page):
        policy = find_policy(row)
        item = None if isinstance(policy, Refusal) else work_item(row, policy, waiting.get(row.case_id))
        if item is not None:
            found.append(item)
    return tuple(found)


def work_item(row: CaseRow, policy: Policy, objection: ObjectionRow | None = None) -> WorkItem | None:
    """What is to be done next on a case; None if its procedure is at its end."""
    steps = policy.steps(row.kind, campaign=row.campaign is not None)
    rule = next((rule for rule in steps if Step(rule.name) not in row.done), None)
    if rule is None:
        return None
    step = Step(rule.name)
    if objection is not None:
        return WorkItem(
            case=row,
            task=Task.ANSWER_OBJECTION,
            step=step,
            by=(RESOLVED_BY[objection.round],),
            due_on=objection.decide_by,
            objection=objection.objection,
        )
    if row.notice_ends_on is not None:
        return WorkItem(
            case=row,
            task=Task.CLOSE_NOTICE,
            step=step,
            by=(Role.SYSTEM, Role.TOWNSHIP_CLERK),
            not_before=row.notice_ends_on + timedelta(days=1),
        )
    if step is Step.ACCEPTANCE and row.papers_due_on is not None:
        return WorkItem(case=row, task=Task.AWAIT_PAPERS, step=step, by=rule.by, due_on=row.papers_due_on)
    task = Task.POST_NOTICE if step in NOTICE_STEPS.values() else Task.TAKE_STEP
    return WorkItem(case=row, task=task, step=step, by=rule.by, due_on=_due_on(row, rule, policy))


def _due_on(row: CaseRow, rule: StepRule, policy: Policy) -> date | None:
    """The rule's last day, counted from the step it names; None if no rule limits it or nothing starts it."""
    taken = {step.value: day for step, day in zip(row.done, row.done_on, strict=True)}
    since = taken.get(rule.deadline.start.value) if rule.deadline else None
    due_on = policy.deadline(row.kind, Step(rule.name), since) if since else None
    return None if isinstance(due_on, Refusal) else due_on
