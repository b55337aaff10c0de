"""What is one case (一案), and which step comes next?

An application and a recheck are both cases: the policy lists their steps in order, each step is taken by
one event, and a return or an objection undoes steps. State never reads a policy, so `next_step` asks for one.
"""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from hudang.domain.decision import Command, Given, Refusal
from hudang.domain.values import CaseId, PersonId, StreamId

if TYPE_CHECKING:
    from hudang.domain.application import Intake
    from hudang.domain.appraisal import Appraisal
    from hudang.domain.determination import Determination
    from hudang.domain.household import Household
    from hudang.domain.notice import Notice
    from hudang.domain.objection import Objection
    from hudang.domain.opinion import Opinion
    from hudang.domain.policy import Policy, StepRule
    from hudang.domain.proposal import Proposal
    from hudang.domain.survey import HomeVisit


class CaseKind(StrEnum):
    """Why the case exists."""

    APPLICATION = "application"  # 申请
    RECHECK = "recheck"  # 复核


class Step(StrEnum):
    """The steps of a case, by the policy's names for them."""

    ACCEPTANCE = "acceptance"  # 受理
    CONSENT = "consent"  # 授权
    CROSS_CHECK = "cross_check"  # 信息核对
    SURVEY = "survey"  # 入户调查
    APPRAISAL = "appraisal"  # 民主评议
    OPINION = "opinion"  # 审核意见
    NOTICE_1 = "notice_1"  # 第一榜公示
    PROPOSAL = "proposal"  # 县级拟批意见
    NOTICE_2 = "notice_2"  # 第二榜公示
    DECISION = "decision"  # 审批
    NOTIFICATION = "notification"  # 书面通知


class CaseEnd(StrEnum):
    """How a case ended."""

    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    KEPT = "kept"
    RAISED = "raised"
    LOWERED = "lowered"
    ENDED = "ended"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What the household's file knows about one case."""

    id: CaseId
    kind: CaseKind
    programme: str
    opened_on: date
    opened_by: str
    persons: tuple[PersonId, ...]
    applicant: PersonId | None = None
    done: tuple[Step, ...] = ()
    last_step_on: date
    end: CaseEnd | None = None
    campaign: StreamId | None = None
    due_on: date | None = None
    relatives_of_officials: tuple[str, ...] = ()
    intake: "Intake | None" = None
    visits: "tuple[HomeVisit, ...]" = ()
    appraisals: "tuple[Appraisal, ...]" = ()
    opinion: "Opinion | None" = None
    notices: "tuple[Notice, ...]" = ()
    objections: "tuple[Objection, ...]" = ()
    proposal: "Proposal | None" = None
    determination: "Determination | None" = None

    @property
    def in_force_on(self) -> date:
        """The day that picks the rules: when the case was accepted, else when it was opened."""
        return self.intake.accepted_on if self.intake and self.intake.accepted_on else self.opened_on


class CaseCommand(Command, frozen=True, kw_only=True):
    """A command on one case of a household."""

    household: StreamId
    case: CaseId

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


def find_case(household: "Household", case: CaseId) -> Case | Refusal:
    """The open case of that id."""
    found = household.cases.get(case)
    if found is None:
        return Refusal(
            code="case_not_found",
            rule="a step belongs to a case",
            message="This household's file has no such case.",
        )
    if found.end is not None:
        return Refusal(
            code="case_closed",
            rule="a closed case takes no further step",
            message=f"The case ended ({found.end}); open a new one or correct the record.",
        )
    return found


def policy_of(household: "Household", case: Case, given: Given) -> "Policy | Refusal":
    """The rules this case is decided under: those in force when it was accepted."""
    return given.policy(case.programme, household.area, case.in_force_on)


def next_step(case: Case, policy: "Policy") -> "StepRule | None":
    """The first step of the policy's procedure that the case has not taken."""
    steps = policy.steps(case.kind, campaign=case.campaign is not None)
    return next((rule for rule in steps if Step(rule.name) not in case.done), None)


def require_step(case: Case, step: Step, policy: "Policy", given: Given) -> "StepRule | Refusal":
    """The rule of `step`, provided that it is this case's turn and the facts come in order."""
    rule = next_step(case, policy)
    if rule is None or rule.name != step:
        return Refusal(
            code="step_out_of_order",
            rule="the steps of a case follow the order of the policy",
            message=f"The step now due is {rule.name if rule else 'none'}, not {step}.",
        )
    if given.happened_on < case.last_step_on:
        return Refusal(
            code="fact_before_previous_step",
            rule="a step does not happen before the one it follows",
            message=f"The step before it happened on {case.last_step_on}; give that day or a later one.",
        )
    return rule


def begin_step(
    household: "Household", case_id: CaseId, step: Step, given: Given
) -> "tuple[Case, Policy] | Refusal":
    """The case and its rules, provided that `step` may be taken now."""
    case = find_case(household, case_id)
    if isinstance(case, Refusal):
        return case
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    rule = require_step(case, step, policy, given)
    return rule if isinstance(rule, Refusal) else (case, policy)


def after_step(case: Case, step: Step, on: date) -> Case:
    """The case once `step` has been taken on a day."""
    return msgspec.structs.replace(case, done=(*case.done, step), last_step_on=on)


def back_to(case: Case, step: Step, undone: tuple[Step, ...], on: date) -> Case:
    """The case after it went back: `step` and the steps after it are due again."""
    kept = tuple(taken for taken in case.done if taken not in undone and taken != step)
    return msgspec.structs.replace(case, done=kept, last_step_on=on)


def steps_from(case: Case, step: Step, policy: "Policy") -> tuple[Step, ...]:
    """`step` and every later step of the procedure that the case had taken: what a return undoes."""
    names = [Step(rule.name) for rule in policy.steps(case.kind, campaign=case.campaign is not None)]
    later = names[names.index(step) :] if step in names else []
    return tuple(taken for taken in case.done if taken in later)
