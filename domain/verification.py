"""May the office look, and what did it find? Consent to verification and the cross-check (信息核对).

民发〔2012〕220号 art 9, 17: members sign an authorisation; the county has income and assets checked against
other registers.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from hudang.domain.case import CaseCommand, Step, after_step, begin_step
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household, with_case
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, PersonId


class CrossCheckResult(StrEnum):
    """What the registers said about the household's declaration."""

    CONSISTENT = "consistent"  # 相符
    DISCREPANCY = "discrepancy"  # 不符, to be looked into at the home visit


class VerificationConsentGiven(Event, frozen=True, kw_only=True):
    """The household authorised verification of its economic situation (授权委托书)."""

    TOPIC = "verification.consent_given"

    case: CaseId
    signers: tuple[PersonId, ...]
    authorisation: Evidence


class CrossCheckReceived(Event, frozen=True, kw_only=True):
    """The county's data cross-check came back (核对报告); `data_as_of` is how old the data are."""

    TOPIC = "verification.cross_check_received"

    case: CaseId
    source: str
    data_as_of: date
    result: CrossCheckResult
    report: Evidence


class RecordConsent(CaseCommand, frozen=True, kw_only=True):
    """Enter the signed authorisation to verify (授权核查)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.VILLAGE_CLERK, Role.TOWNSHIP_CLERK})

    signers: tuple[PersonId, ...]
    authorisation: Evidence


class RecordCrossCheck(CaseCommand, frozen=True, kw_only=True):
    """Enter the report of the data cross-check (信息核对)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.COUNTY_OFFICER, Role.TOWNSHIP_CLERK})

    source: str
    data_as_of: date
    result: CrossCheckResult
    report: Evidence


@decides(RecordConsent)
def record_consent(household: Household, command: RecordConsent, given: Given) -> Events | Refusal:
    """The applicant signs at least; nobody outside the household signs."""
    ready = begin_step(household, command.case, Step.CONSENT, given)
    if isinstance(ready, Refusal):
        return ready
    case, _ = ready
    members = {*case.persons, *(member.person for member in household.present)}
    if case.applicant not in command.signers or not set(command.signers) <= members:
        return Refusal(
            code="consent_not_signed",
            rule="art 9: the applicant and members authorise verification",
            message="The applicant must have signed, and only members of the household sign.",
        )
    malformed = refuse_unreadable((command.authorisation,))
    return malformed or (
        VerificationConsentGiven(case=case.id, signers=command.signers, authorisation=command.authorisation),
    )


@decides(RecordCrossCheck)
def record_cross_check(household: Household, command: RecordCrossCheck, given: Given) -> Events | Refusal:
    """A report speaks of data that existed when it was made."""
    ready = begin_step(household, command.case, Step.CROSS_CHECK, given)
    if isinstance(ready, Refusal):
        return ready
    if command.data_as_of > given.happened_on:
        return Refusal(
            code="data_from_the_future",
            rule="a cross-check reports data it has",
            message="The data cannot be newer than the report.",
        )
    malformed = refuse_unreadable((command.report,))
    return malformed or (
        CrossCheckReceived(
            case=command.case,
            source=command.source,
            data_as_of=command.data_as_of,
            result=command.result,
            report=command.report,
        ),
    )


@evolves(VerificationConsentGiven)
def consent_given(household: Household, event: VerificationConsentGiven, recorded: Recorded) -> Household:
    return with_case(household, after_step(household.cases[event.case], Step.CONSENT, recorded.happened_on))


@evolves(CrossCheckReceived)
def cross_check_received(household: Household, event: CrossCheckReceived, recorded: Recorded) -> Household:
    return with_case(
        household, after_step(household.cases[event.case], Step.CROSS_CHECK, recorded.happened_on)
    )
