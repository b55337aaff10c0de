"""Which commands would a case take now from who asks, and why not the others?

A command that says nothing but its case is decided in full, without being recorded; of the others, role and
turn are decided, which is all that can be told before they are filled in.
"""

from collections.abc import Callable, Mapping
from typing import Final

from hudang.domain.application import (
    AcceptApplication,
    LapseApplication,
    ReceivePapers,
    RequestSupplement,
    WithdrawApplication,
)
from hudang.domain.appraisal import CloseAppraisal
from hudang.domain.case import Case, CaseCommand, Step, begin_step, find_case
from hudang.domain.decision import Command, Given, Refusal, decide
from hudang.domain.determination import ConfirmDecision, RefuseApplication
from hudang.domain.household import Household
from hudang.domain.notice import CloseNotice
from hudang.domain.notification import DeliverNotification
from hudang.domain.objection import RaiseObjection, ResolveObjection
from hudang.domain.opinion import GiveOpinion
from hudang.domain.posting import PutUpPosting
from hudang.domain.proposal import ProposeAmount
from hudang.domain.returning import ReturnToStage
from hudang.domain.survey import RecordCountyVisit, RecordHomeVisit
from hudang.domain.verification import RecordConsent, RecordCrossCheck
from hudang.domain.voting import CountBallots, RecordBallots, RecordVotes
from hudang.graphql.command_results import Refusal as RefusalAnswer
from hudang.graphql.commands import mutation_name
from hudang.graphql.described import output

Judge = Callable[[Household, Case, Given], Refusal | None]


@output("A command, and why it would be refused now, if it would (可办事项).")
class AvailableCommand:
    """A command of a case."""

    name: str
    refusal: RefusalAnswer | None


def available_commands(household: Household, case: Case, given: Given) -> list[AvailableCommand]:
    """Every command of a case in the order of the procedure, with what stands in its way."""
    return [
        AvailableCommand(name=mutation_name(command), refusal=RefusalAnswer.of(refusal) if refusal else None)
        for command, judge in _JUDGES.items()
        for refusal in (_refuse_role(command, given) or judge(household, case, given),)
    ]


def _refuse_role(command: type[Command], given: Given) -> Refusal | None:
    if given.actor.role in command.BY:
        return None
    return Refusal(
        code="role_not_allowed",
        rule="each step belongs to an office",
        message=f"The role {given.actor.role} may not send {command.__name__}.",
    )


def _at(*steps: Step) -> Judge:
    """Available when it is the turn of one of these steps."""

    def judge(household: Household, case: Case, given: Given) -> Refusal | None:
        refusals = [begin_step(household, case.id, step, given) for step in steps]
        if not all(isinstance(refusal, Refusal) for refusal in refusals):
            return None
        return next(refusal for refusal in refusals if isinstance(refusal, Refusal))

    return judge


def _in_full(command: type[CaseCommand]) -> Judge:
    """Available when deciding it would not refuse."""

    def judge(household: Household, case: Case, given: Given) -> Refusal | None:
        outcome = decide({household.id: household}, command(household=household.id, case=case.id), given)
        return outcome if isinstance(outcome, Refusal) else None

    return judge


def _while_open(household: Household, case: Case, given: Given) -> Refusal | None:
    found = find_case(household, case.id)
    return found if isinstance(found, Refusal) else None


def _application_open(household: Household, case: Case, given: Given) -> Refusal | None:
    if case.kind == "application":
        return _while_open(household, case, given)
    return Refusal(
        code="not_an_application",
        rule="the applicant withdraws an application",
        message="A recheck is not withdrawn; conclude it.",
    )


def _notice_up(household: Household, case: Case, given: Given) -> Refusal | None:
    refusal = _while_open(household, case, given)
    if refusal or any(notice.up for notice in case.notices):
        return refusal
    return Refusal(
        code="notice_not_found", rule="a notice belongs to a posting", message="No notice of this case is up."
    )


def _notice_run(household: Household, case: Case, given: Given) -> Refusal | None:
    """Closing a notice is decided in full on the one that is up."""
    running = next((notice for notice in case.notices if notice.up), None)
    if running is None:
        return _notice_up(household, case, given)
    close = CloseNotice(household=household.id, case=case.id, posting=running.posting)
    outcome = decide({household.id: household}, close, given)
    return outcome if isinstance(outcome, Refusal) else None


def _objection_open(household: Household, case: Case, given: Given) -> Refusal | None:
    refusal = _while_open(household, case, given)
    if refusal or any(objection.resolved_on is None for objection in case.objections):
        return refusal
    return Refusal(
        code="objection_not_found",
        rule="an answer names its objection",
        message="No objection waits for an answer.",
    )


def _to_notify(household: Household, case: Case, given: Given) -> Refusal | None:
    if case.determination is None:
        return Refusal(
            code="nothing_to_notify",
            rule="a notice follows a decision",
            message="The case has not been decided.",
        )
    if case.determination.notified_on is not None:
        return Refusal(
            code="already_notified",
            rule="a decision is notified once",
            message="The notice was delivered before.",
        )
    return None


_JUDGES: Final[Mapping[type[Command], Judge]] = {
    RequestSupplement: _in_full(RequestSupplement),
    ReceivePapers: _at(Step.ACCEPTANCE),
    AcceptApplication: _in_full(AcceptApplication),
    LapseApplication: _in_full(LapseApplication),
    WithdrawApplication: _application_open,
    RecordConsent: _at(Step.CONSENT),
    RecordCrossCheck: _at(Step.CROSS_CHECK),
    RecordHomeVisit: _at(Step.SURVEY),
    RecordCountyVisit: _while_open,
    RecordVotes: _at(Step.APPRAISAL),
    RecordBallots: _at(Step.APPRAISAL),
    CountBallots: _at(Step.APPRAISAL),
    CloseAppraisal: _at(Step.APPRAISAL),
    GiveOpinion: _at(Step.OPINION),
    PutUpPosting: _at(Step.NOTICE_1, Step.NOTICE_2),
    CloseNotice: _notice_run,
    RaiseObjection: _notice_up,
    ResolveObjection: _objection_open,
    ReturnToStage: _while_open,
    ProposeAmount: _at(Step.PROPOSAL),
    ConfirmDecision: _at(Step.DECISION),
    RefuseApplication: _at(Step.PROPOSAL, Step.DECISION),
    DeliverNotification: _to_notify,
}
"""How each command of a case is judged. A test finds a command of a case that is missing here."""

JUDGED: Final = frozenset(_JUDGES)
