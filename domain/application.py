"""From written application to acceptance (申请、受理): what was handed in, what is missing, by when?

民发〔2012〕220号 art 11–13: the papers that are missing are named once, all together; a complete application
is accepted; one that stays incomplete lapses; it is withdrawn only on the applicant's own word.
"""

from datetime import date
from typing import ClassVar

import msgspec

from hudang.domain.case import (
    Case,
    CaseCommand,
    CaseEnd,
    CaseKind,
    Step,
    after_step,
    begin_step,
    find_case,
)
from hudang.domain.decision import (
    Claim,
    Command,
    Event,
    Events,
    Given,
    Recorded,
    Refusal,
    decides,
    evolves,
)
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household, with_case
from hudang.domain.policy import Policy
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, PersonId, StreamId

CLERKS = frozenset({Role.VILLAGE_CLERK, Role.TOWNSHIP_CLERK})


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What an application brought so far."""

    papers: tuple[Evidence, ...]
    missing: tuple[str, ...] | None = None
    """The single complete list of missing papers, once it has been given (art 13)."""
    papers_due_on: date | None = None
    accepted_on: date | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of paper handed in."""
        return frozenset(paper.kind for paper in self.papers)


class ApplicationSubmitted(Event, frozen=True, kw_only=True):
    """The household applied in writing (书面申请) for a programme."""

    TOPIC = "application.submitted"

    case: CaseId
    programme: str
    applicant: PersonId
    persons: tuple[PersonId, ...]
    papers: tuple[Evidence, ...]
    relatives_of_officials: tuple[str, ...] = ()
    """Declared close relatives among officials and committee members (art 14), by staff id."""

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return tuple(
            Claim(key=f"application/{self.programme}/{person}", holder=f"case/{self.case}")
            for person in self.persons
        )


class SupplementRequested(Event, frozen=True, kw_only=True):
    """The applicant was told once, in writing, everything that is missing (一次性告知, art 13)."""

    TOPIC = "application.supplement_requested"

    case: CaseId
    missing: tuple[str, ...]
    due_on: date


class PapersReceived(Event, frozen=True, kw_only=True):
    """The applicant handed in further papers."""

    TOPIC = "application.papers_received"

    case: CaseId
    papers: tuple[Evidence, ...]


class ApplicationAccepted(Event, frozen=True, kw_only=True):
    """The application was complete and was accepted for processing (受理)."""

    TOPIC = "application.accepted"

    case: CaseId


class ApplicationLapsed(Event, frozen=True, kw_only=True):
    """The missing papers did not come by their day (资料未交齐自动放弃)."""

    TOPIC = "application.lapsed"

    case: CaseId
    missing: tuple[str, ...]

    def frees(self) -> tuple[str, ...]:
        return (f"case/{self.case}",)


class ApplicationWithdrawn(Event, frozen=True, kw_only=True):
    """The applicant took the application back, in their own words."""

    TOPIC = "application.withdrawn"

    case: CaseId
    statement: Evidence

    def frees(self) -> tuple[str, ...]:
        return (f"case/{self.case}",)


class SubmitApplication(Command, frozen=True, kw_only=True):
    """Enter a household's written application (提交申请)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    household: StreamId
    programme: str
    applicant: PersonId
    papers: tuple[Evidence, ...]
    relatives_of_officials: tuple[str, ...] = ()

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


class RequestSupplement(CaseCommand, frozen=True, kw_only=True):
    """Tell the applicant, once, every paper that is missing (一次性告知)."""

    BY: ClassVar[frozenset[Role]] = CLERKS


class ReceivePapers(CaseCommand, frozen=True, kw_only=True):
    """Enter papers that the applicant handed in later (补交材料)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    papers: tuple[Evidence, ...]


class AcceptApplication(CaseCommand, frozen=True, kw_only=True):
    """Accept a complete application for processing (受理)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.TOWNSHIP_CLERK})


class LapseApplication(CaseCommand, frozen=True, kw_only=True):
    """Close an application whose missing papers did not come by their day (视为放弃)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.SYSTEM, Role.TOWNSHIP_CLERK})


class WithdrawApplication(CaseCommand, frozen=True, kw_only=True):
    """Close an application on the applicant's own signed word (撤回申请)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    statement: Evidence


@decides(SubmitApplication)
def submit_application(household: Household, command: SubmitApplication, given: Given) -> Events | Refusal:
    """A member applies for the household; not while a case is open, not while it is entitled."""
    policy = given.policy(command.programme, household.area, given.happened_on)
    if isinstance(policy, Refusal):
        return policy
    if all(member.person != command.applicant for member in household.present):
        return Refusal(
            code="applicant_not_a_member",
            rule="a member applies for the household",
            message="Name a member of the household as applicant.",
        )
    if household.open_case(command.programme) is not None:
        return Refusal(
            code="application_already_open",
            rule="one open application per person and programme",
            message="The household has an open case of this programme; finish it first.",
        )
    entitlement = household.entitlements.get(command.programme)
    if entitlement is not None and entitlement.ended_after is None:
        return Refusal(
            code="already_entitled",
            rule="nobody is assisted twice by one programme (重复救助)",
            message="The household receives this assistance already; recheck it instead.",
        )
    malformed = refuse_unreadable(command.papers)
    if malformed:
        return malformed
    return (
        ApplicationSubmitted(
            case=given.new_case(),
            programme=command.programme,
            applicant=command.applicant,
            persons=tuple(member.person for member in household.present),
            papers=command.papers,
            relatives_of_officials=command.relatives_of_officials,
        ),
    )


@decides(RequestSupplement)
def request_supplement(household: Household, command: RequestSupplement, given: Given) -> Events | Refusal:
    """One single complete list, with its due day (art 13): a second list is refused."""
    ready = begin_step(household, command.case, Step.ACCEPTANCE, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    if _intake(case).missing is not None:
        return Refusal(
            code="supplement_already_requested",
            rule="art 13: what is missing is named once, all together",
            message="The applicant has had the complete list; wait for its due day.",
        )
    missing = missing_papers(case, policy)
    if not missing:
        return Refusal(
            code="nothing_missing",
            rule="art 13: only missing papers are asked for",
            message="The application is complete; accept it.",
        )
    due_on = policy.supplement_due_on(given.happened_on)
    if isinstance(due_on, Refusal):
        return due_on
    return (SupplementRequested(case=case.id, missing=missing, due_on=due_on),)


@decides(ReceivePapers)
def receive_papers(household: Household, command: ReceivePapers, given: Given) -> Events | Refusal:
    """Further papers are taken until the application has been accepted or has lapsed."""
    ready = begin_step(household, command.case, Step.ACCEPTANCE, given)
    if isinstance(ready, Refusal):
        return ready
    if not command.papers:
        return Refusal(
            code="papers_missing", rule="papers are named one by one", message="Name the papers received."
        )
    malformed = refuse_unreadable(command.papers)
    return malformed or (PapersReceived(case=command.case, papers=command.papers),)


@decides(AcceptApplication)
def accept_application(household: Household, command: AcceptApplication, given: Given) -> Events | Refusal:
    """Only a complete application is accepted."""
    ready = begin_step(household, command.case, Step.ACCEPTANCE, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    missing = missing_papers(case, policy)
    if missing:
        return Refusal(
            code="papers_missing",
            rule="art 11–13: a complete application is accepted",
            message=f"Still missing: {'、'.join(missing)}.",
        )
    return (ApplicationAccepted(case=case.id),)


@decides(LapseApplication)
def lapse_application(household: Household, command: LapseApplication, given: Given) -> Events | Refusal:
    """Lapses only after the due day of the complete list, and only while something is missing."""
    ready = begin_step(household, command.case, Step.ACCEPTANCE, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    due_on = _intake(case).papers_due_on
    if due_on is None or given.happened_on <= due_on:
        return Refusal(
            code="supplement_not_overdue",
            rule="an application lapses after the due day of its missing papers",
            message=f"The papers may come until {due_on}." if due_on else "Name what is missing first.",
        )
    missing = missing_papers(case, policy)
    if not missing:
        return Refusal(
            code="nothing_missing",
            rule="a complete application does not lapse",
            message="Every paper has come; accept the application.",
        )
    return (ApplicationLapsed(case=case.id, missing=missing),)


@decides(WithdrawApplication)
def withdraw_application(
    household: Household, command: WithdrawApplication, given: Given
) -> Events | Refusal:
    """Only an application is withdrawn, only on the applicant's signed word."""
    case = find_case(household, command.case)
    if isinstance(case, Refusal):
        return case
    if case.kind is not CaseKind.APPLICATION:
        return Refusal(
            code="not_an_application",
            rule="the applicant withdraws an application",
            message="A recheck is not withdrawn; conclude it.",
        )
    malformed = refuse_unreadable((command.statement,))
    return malformed or (ApplicationWithdrawn(case=case.id, statement=command.statement),)


def missing_papers(case: Case, policy: Policy) -> tuple[str, ...]:
    """The papers the policy requires that have not been handed in."""
    return tuple(kind for kind in policy.papers if kind not in _intake(case).kinds)


def _intake(case: Case) -> Intake:
    return case.intake or Intake(papers=())


@evolves(ApplicationSubmitted)
def application_submitted(household: Household, event: ApplicationSubmitted, recorded: Recorded) -> Household:
    return with_case(
        household,
        Case(
            id=event.case,
            kind=CaseKind.APPLICATION,
            programme=event.programme,
            opened_on=recorded.happened_on,
            opened_by=recorded.actor.person,
            persons=event.persons,
            applicant=event.applicant,
            last_step_on=recorded.happened_on,
            relatives_of_officials=event.relatives_of_officials,
            intake=Intake(papers=event.papers),
        ),
    )


@evolves(SupplementRequested)
def supplement_requested(household: Household, event: SupplementRequested, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    intake = msgspec.structs.replace(_intake(case), missing=event.missing, papers_due_on=event.due_on)
    return with_case(household, msgspec.structs.replace(case, intake=intake))


@evolves(PapersReceived)
def papers_received(household: Household, event: PapersReceived, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    intake = msgspec.structs.replace(_intake(case), papers=(*_intake(case).papers, *event.papers))
    return with_case(household, msgspec.structs.replace(case, intake=intake))


@evolves(ApplicationAccepted)
def application_accepted(household: Household, event: ApplicationAccepted, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    intake = msgspec.structs.replace(_intake(case), accepted_on=recorded.happened_on)
    accepted = msgspec.structs.replace(case, intake=intake)
    return with_case(household, after_step(accepted, Step.ACCEPTANCE, recorded.happened_on))


@evolves(ApplicationLapsed)
def application_lapsed(household: Household, event: ApplicationLapsed, recorded: Recorded) -> Household:
    return _closed(household, event.case, CaseEnd.LAPSED)


@evolves(ApplicationWithdrawn)
def application_withdrawn(household: Household, event: ApplicationWithdrawn, recorded: Recorded) -> Household:
    return _closed(household, event.case, CaseEnd.WITHDRAWN)


def _closed(household: Household, case: CaseId, end: CaseEnd) -> Household:
    return with_case(household, msgspec.structs.replace(household.cases[case], end=end))
