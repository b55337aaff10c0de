"""Who objects to a notice, and what does the office find? (异议, 民发〔2012〕220号 art 25, 29)

An objection keeps the notice open until it is answered. Upheld, it sends the case back to the survey; not
upheld, the notice is given again. What was said and by whom is sealed under a key of the objection's own,
what the office found under the applicant's.
"""

from datetime import date
from types import MappingProxyType
from typing import ClassVar, Final

import msgspec

from hudang.domain.case import Case, CaseCommand, Step, find_case, next_step, policy_of, steps_from
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household, with_case
from hudang.domain.notice import NOTICE_STEPS, Notice, running_notice, supersede
from hudang.domain.personal import Open, Personal
from hudang.domain.policy import Policy
from hudang.domain.returning import sent_back
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, PersonId, StreamId

RESOLVED_BY: Final = MappingProxyType({1: Role.TOWNSHIP_CLERK, 2: Role.COUNTY_OFFICER})
"""Whose notice it was answers the objection: the township's in round 1, the county's in round 2."""


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """One objection, as the case remembers it."""

    id: str
    posting: StreamId
    round: int
    raised_on: date
    decide_by: date | None = None
    resolved_on: date | None = None
    upheld: bool | None = None


class ObjectionRaised(Event, frozen=True, kw_only=True):
    """Somebody objected to the notice, by name or without; it is to be decided by `decide_by`."""

    TOPIC = "objection.raised"

    case: CaseId
    objection: str
    posting: StreamId
    round: int
    content: Personal
    objector: Personal | None = None
    decide_by: date | None = None


class ObjectionResolved(Event, frozen=True, kw_only=True):
    """The office looked into the objection and answered it.

    `back_to` and `undone` say from which step on the case begins again, `renotice` whether its notice does.
    """

    TOPIC = "objection.resolved"

    case: CaseId
    objection: str
    upheld: bool
    finding: Personal
    papers: tuple[Evidence, ...] = ()
    back_to: Step | None = None
    undone: tuple[Step, ...] = ()
    renotice: bool = True


class RaiseObjection(CaseCommand, frozen=True, kw_only=True):
    """Enter an objection to a notice, by name or without (提出异议)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.VILLAGE_CLERK, Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})

    posting: StreamId
    content: Open
    objector: Open | None = None


class ResolveObjection(CaseCommand, frozen=True, kw_only=True):
    """Enter what the office found and whether the objection is upheld (异议处理)."""

    BY: ClassVar[frozenset[Role]] = frozenset(RESOLVED_BY.values())

    objection: str
    upheld: bool
    finding: Open
    papers: tuple[Evidence, ...] = ()


@decides(RaiseObjection)
def raise_objection(household: Household, command: RaiseObjection, given: Given) -> Events | Refusal:
    """Only while the notice is up, and never without saying what it is about."""
    case = find_case(household, command.case)
    if isinstance(case, Refusal):
        return case
    notice = running_notice(case, command.posting)
    if isinstance(notice, Refusal):
        return notice
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    refusal = _refuse_raising(notice, command, given)
    if refusal:
        return refusal
    objection = given.new_id("objection")
    of = PersonId(f"{command.household}/{objection}")
    decide_by = policy.objection_decide_by(given.happened_on)
    return (
        ObjectionRaised(
            case=case.id,
            objection=objection,
            posting=notice.posting,
            round=notice.round,
            content=command.content.about(of),
            objector=command.objector.about(of) if command.objector else None,
            decide_by=None if isinstance(decide_by, Refusal) else decide_by,
        ),
    )


@decides(ResolveObjection)
def resolve_objection(household: Household, command: ResolveObjection, given: Given) -> Events | Refusal:
    """Answered once, with a finding, by the office whose notice it was."""
    case = find_case(household, command.case)
    if isinstance(case, Refusal):
        return case
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    rule = policy.objection
    if isinstance(rule, Refusal):
        return rule
    objection = _open_objection(case, command.objection)
    if isinstance(objection, Refusal):
        return objection
    refusal = _refuse_answer(objection, command, given)
    if refusal:
        return refusal
    goes_back = command.upheld and _notice_is_due(case, objection, policy)
    return (
        ObjectionResolved(
            case=case.id,
            objection=objection.id,
            upheld=command.upheld,
            finding=command.finding.about(household.subject_of(case)),
            papers=command.papers,
            back_to=Step.SURVEY if goes_back else None,
            undone=steps_from(case, Step.SURVEY, policy) if goes_back else (),
            renotice=command.upheld or rule.renotice,
        ),
    )


def _refuse_raising(notice: Notice, command: RaiseObjection, given: Given) -> Refusal | None:
    if not notice.first_day <= given.happened_on <= notice.last_day:
        return Refusal(
            code="notice_not_up",
            rule="an objection is raised while the notice is up",
            message=f"The notice runs from {notice.first_day} through {notice.last_day}; "
            "what comes outside these days is a report, not an objection.",
        )
    if not command.content.value.strip():
        return Refusal(
            code="content_missing",
            rule="an objection says what it is about",
            message="Enter what the objection says.",
        )
    return None


def _open_objection(case: Case, objection_id: str) -> Objection | Refusal:
    objection = next((objection for objection in case.objections if objection.id == objection_id), None)
    if objection is None:
        return Refusal(
            code="objection_not_found",
            rule="an answer belongs to an objection",
            message="This case has no such objection.",
        )
    if objection.resolved_on is not None:
        return Refusal(
            code="objection_already_resolved",
            rule="an objection is answered once",
            message=f"It was answered on {objection.resolved_on}.",
        )
    return objection


def _refuse_answer(objection: Objection, command: ResolveObjection, given: Given) -> Refusal | None:
    role = RESOLVED_BY[objection.round]
    if given.actor.role is not role:
        return Refusal(
            code="role_not_allowed",
            rule="whose notice it was answers the objection",
            message=f"An objection to notice {objection.round} is answered by the role {role}.",
        )
    if given.happened_on < objection.raised_on:
        return Refusal(
            code="fact_before_objection",
            rule="an answer does not come before its objection",
            message=f"The objection was raised on {objection.raised_on}; give that day or a later one.",
        )
    if not command.finding.value.strip():
        return Refusal(
            code="finding_missing",
            rule="an answer says what was found",
            message="Give the finding, without names.",
        )
    return refuse_unreadable(command.papers)


def _notice_is_due(case: Case, objection: Objection, policy: Policy) -> bool:
    """Whether the case still stands where the objection met it, and has not gone back already."""
    due = next_step(case, policy)
    return due is not None and due.name == NOTICE_STEPS[objection.round]


@evolves(ObjectionRaised)
def objection_raised(household: Household, event: ObjectionRaised, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    objection = Objection(
        id=event.objection,
        posting=event.posting,
        round=event.round,
        raised_on=recorded.happened_on,
        decide_by=event.decide_by,
    )
    return with_case(household, msgspec.structs.replace(case, objections=(*case.objections, objection)))


@evolves(ObjectionResolved)
def objection_resolved(household: Household, event: ObjectionResolved, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    answered = next(objection for objection in case.objections if objection.id == event.objection)
    objections = tuple(
        msgspec.structs.replace(objection, resolved_on=recorded.happened_on, upheld=event.upheld)
        if objection.id == event.objection
        else objection
        for objection in case.objections
    )
    case = msgspec.structs.replace(
        case, objections=objections, last_step_on=max(case.last_step_on, recorded.happened_on)
    )
    if event.renotice:
        case = supersede(case, answered.posting)
    if event.back_to is not None:
        case = sent_back(case, event.back_to, event.undone, recorded.happened_on)
    return with_case(household, case)
