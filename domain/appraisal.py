"""Did the neighbours find the survey true? (民主评议, 民发〔2012〕220号 art 21–23)

Once the meeting has voted on a case (`voting`) and signed its minutes (`meeting`), the township's staff draw
the conclusion. A large dispute sends the case back to the survey.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple

import msgspec

from hudang.domain.case import Case, CaseCommand, Step, after_step, back_to, begin_step, steps_from
from hudang.domain.decision import (
    Changes,
    Event,
    Given,
    Recorded,
    Refusal,
    decides_jointly,
    evolves,
)
from hudang.domain.household import Household, with_case
from hudang.domain.meeting import TOWNSHIP, Meeting
from hudang.domain.personal import Open, Personal
from hudang.domain.policy import Policy
from hudang.domain.policy_terms import AppraisalRule, VoteForm
from hudang.domain.quorum import refuse_meeting
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, StreamId

_DISSENT_LENGTH = 200


class Appraisal(msgspec.Struct, frozen=True, kw_only=True):
    """The appraisal of a case at one meeting, as the case remembers it."""

    meeting: StreamId
    form: VoteForm
    voters: tuple[str, ...] = ()
    in_favour: int = 0
    against: int = 0
    abstaining: int = 0
    counted: bool = False
    """Whether the numbers are known: at once for a show of hands, after the count for ballots."""
    recused: tuple[str, ...] = ()
    conclusion: Personal | None = None
    dissent: tuple[Personal, ...] = ()
    passed: bool | None = None
    closed_on: date | None = None
    superseded: bool = False
    """True once the case went back: these votes decide nothing any more."""


class AppraisalClosed(Event, frozen=True, kw_only=True):
    """The appraisal came to its conclusion: `passed` if the survey was found true.

    Where it was not, `back_to` and `undone` say from which step on the case begins again.
    """

    TOPIC = "appraisal.closed"

    case: CaseId
    meeting: StreamId
    form: VoteForm
    present: int
    resident_representatives: int
    recused: tuple[str, ...]
    in_favour: int
    against: int
    abstaining: int
    passed: bool
    conclusion: Personal
    dissent: tuple[Personal, ...]
    back_to: Step | None = None
    undone: tuple[Step, ...] = ()


class AppraisalCommand(CaseCommand, frozen=True, kw_only=True):
    """A command on one case at one meeting."""

    BY: ClassVar[frozenset[Role]] = TOWNSHIP

    meeting: StreamId

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household, self.meeting)


class CloseAppraisal(AppraisalCommand, frozen=True, kw_only=True):
    """Enter the conclusion that the township's staff drew, and what was said against it (作出评议结论).

    `dissent` holds short statements; who made them stays in the minutes.
    """

    conclusion: Open
    dissent: tuple[Open, ...] = ()


class Ready(NamedTuple):
    """Everything an appraisal is decided on."""

    household: Household
    case: Case
    meeting: Meeting
    policy: Policy
    rule: AppraisalRule


@decides_jointly(CloseAppraisal)
def close_appraisal(
    states: Mapping[StreamId, Any], command: CloseAppraisal, given: Given
) -> Changes | Refusal:
    """After the count and the signatures (art 23); not passed means back to the survey."""
    ready = begin(states, command, given)
    if isinstance(ready, Refusal):
        return ready
    appraisal = vote_taken(ready)
    if isinstance(appraisal, Refusal):
        return appraisal
    refusal = _refuse_conclusion(ready, appraisal, command)
    if refusal:
        return refusal
    subject = ready.household.subject_of(ready.case)
    passed = ready.rule.passes(appraisal.in_favour, appraisal.against, len(appraisal.voters))
    closed = AppraisalClosed(
        case=command.case,
        meeting=command.meeting,
        form=appraisal.form,
        present=len(ready.meeting.attendees),
        resident_representatives=ready.meeting.resident_representatives,
        recused=tuple(label for label in ready.meeting.labels if label not in appraisal.voters),
        in_favour=appraisal.in_favour,
        against=appraisal.against,
        abstaining=appraisal.abstaining,
        passed=passed,
        conclusion=command.conclusion.about(subject),
        dissent=tuple(statement.about(subject) for statement in command.dissent),
        back_to=None if passed else Step.SURVEY,
        undone=() if passed else steps_from(ready.case, Step.SURVEY, ready.policy),
    )
    return {command.household: (closed,)}


def begin(states: Mapping[StreamId, Any], command: AppraisalCommand, given: Given) -> Ready | Refusal:
    """The case is due for appraisal, stands on the meeting's agenda, and was surveyed before the meeting."""
    household, meeting = states[command.household], states.get(command.meeting)
    begun = begin_step(household, command.case, Step.APPRAISAL, given)
    if isinstance(begun, Refusal):
        return begun
    case, policy = begun
    rule = policy.appraisal
    if isinstance(rule, Refusal):
        return rule
    if not isinstance(meeting, Meeting):
        return Refusal(
            code="not_found",
            rule="an appraisal belongs to a meeting",
            message="This ledger has no such meeting.",
        )
    refusal = refuse_meeting(case, command.household, meeting, given)
    return refusal or Ready(household, case, meeting, policy, rule)


def vote_taken(ready: Ready) -> Appraisal | Refusal:
    """The meeting's vote on this case, while it still decides something."""
    appraisal = appraisal_at(ready.case, ready.meeting.id)
    if appraisal is None or appraisal.superseded or appraisal.closed_on is not None:
        return Refusal(
            code="no_vote_taken",
            rule="a vote comes before its count and its conclusion",
            message="No vote of this meeting waits for its conclusion; record one first.",
        )
    return appraisal


def _refuse_conclusion(ready: Ready, appraisal: Appraisal, command: CloseAppraisal) -> Refusal | None:
    if not appraisal.counted:
        return Refusal(
            code="ballots_not_counted",
            rule="a secret vote is counted before it is concluded",
            message="Enter the count of the ballots first.",
        )
    if ready.meeting.minutes is None:
        return Refusal(
            code="minutes_not_signed",
            rule="art 23: those who took part sign",
            message="Enter the signed minutes of the meeting first.",
        )
    if not command.conclusion.value.strip():
        return Refusal(
            code="conclusion_missing",
            rule="art 23: the township's staff draw a conclusion",
            message="Give the conclusion of the appraisal.",
        )
    if not all(said.value.strip() and len(said.value) <= _DISSENT_LENGTH for said in command.dissent):
        return Refusal(
            code="dissent_malformed",
            rule="dissent is kept as short statements",
            message=f"Give each statement in 1 to {_DISSENT_LENGTH} characters, without names.",
        )
    return None


def appraisal_at(case: Case, meeting: StreamId) -> Appraisal | None:
    return next((appraisal for appraisal in case.appraisals if appraisal.meeting == meeting), None)


def with_appraisal(case: Case, appraisal: Appraisal) -> Case:
    """The case with its appraisal at that meeting replaced, or added."""
    others = tuple(other for other in case.appraisals if other.meeting != appraisal.meeting)
    return msgspec.structs.replace(case, appraisals=(*others, appraisal))


def vote_at(case: Case, meeting: StreamId) -> Appraisal:
    """The appraisal of a meeting whose votes have been recorded."""
    return next(appraisal for appraisal in case.appraisals if appraisal.meeting == meeting)


def abandon_votes(case: Case, undone: tuple[Step, ...]) -> Case:
    """The case once it goes back: a vote still open, or whose step is undone, decides nothing any more."""
    appraisals = tuple(
        msgspec.structs.replace(appraisal, superseded=True)
        if appraisal.closed_on is None or Step.APPRAISAL in undone
        else appraisal
        for appraisal in case.appraisals
    )
    return msgspec.structs.replace(case, appraisals=appraisals)


@evolves(AppraisalClosed)
def appraisal_closed(household: Household, event: AppraisalClosed, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    closed = msgspec.structs.replace(
        vote_at(case, event.meeting),
        recused=event.recused,
        conclusion=event.conclusion,
        dissent=event.dissent,
        passed=event.passed,
        closed_on=recorded.happened_on,
    )
    appraised = with_appraisal(case, closed)
    if event.back_to is None:
        return with_case(household, after_step(appraised, Step.APPRAISAL, recorded.happened_on))
    abandoned = abandon_votes(appraised, event.undone)
    return with_case(household, back_to(abandoned, event.back_to, event.undone, recorded.happened_on))
