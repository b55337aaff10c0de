from datetime import date

import msgspec
import pytest

from hudang.domain.case import Step
from hudang.domain.grounds import MemberCause
from hudang.domain.identity import Relation
from hudang.domain.registration import MemberJoined
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, PersonId
from hudang.domain.verification import (
    CrossCheckReceived,
    CrossCheckResult,
    RecordConsent,
    RecordCrossCheck,
    VerificationConsentGiven,
)
from tests.domain.cases import (
    CASE,
    DAYS,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
    SPOUSE,
    At,
    decide,
    due,
    given,
    paper,
    recorded,
    refused,
    sealed,
    then,
)

CLERK = Role.TOWNSHIP_CLERK
SIGNED_ON = DAYS[Step.CONSENT]
CHECKED_ON = DAYS[Step.CROSS_CHECK]
AUTHORISATION = paper("授权书")
REPORT = paper("核对报告")
CHILD = PersonId("L0001-person-child")


def consent(*signers: PersonId, case: CaseId = CASE) -> RecordConsent:
    return RecordConsent(household=HOUSEHOLD, case=case, signers=signers, authorisation=AUTHORISATION)


def check(data_as_of: date = CHECKED_ON, **changes: object) -> RecordCrossCheck:
    command = RecordCrossCheck(
        household=HOUSEHOLD,
        case=CASE,
        source="县级核对中心",
        data_as_of=data_as_of,
        result=CrossCheckResult.CONSISTENT,
        report=REPORT,
    )
    return msgspec.structs.replace(command, **changes)


class TestConsentToVerification:
    def test_takes_the_step_with_everybody_who_signed(self) -> None:
        outcome = decide(due(Step.CONSENT), consent(HEAD, SPOUSE), by=CLERK, on=SIGNED_ON)

        assert recorded(outcome) == (
            VerificationConsentGiven(case=CASE, signers=(HEAD, SPOUSE), authorisation=AUTHORISATION),
        )
        after = then(due(Step.CONSENT), outcome, on=SIGNED_ON, by=CLERK)
        assert after.cases[CASE].done[-1] is Step.CONSENT

    def test_may_be_signed_by_a_member_who_joined_since_the_application(self) -> None:
        joined = MemberJoined(
            person=CHILD,
            relation=Relation.CHILD,
            name=sealed(CHILD),
            cause=MemberCause.RETURNED,
            reason=sealed(HEAD),
        )
        household = given(joined, state=due(Step.CONSENT))

        outcome = decide(household, consent(HEAD, CHILD), by=CLERK, on=SIGNED_ON)

        assert len(recorded(outcome)) == 1

    def test_is_refused_without_the_applicants_signature(self) -> None:
        assert refused(decide(due(Step.CONSENT), consent(SPOUSE), by=CLERK, on=SIGNED_ON)) == (
            "consent_not_signed"
        )

    def test_is_refused_with_a_strangers_signature(self) -> None:
        outcome = decide(due(Step.CONSENT), consent(HEAD, CHILD), by=CLERK, on=SIGNED_ON)

        assert refused(outcome) == "consent_not_signed"

    def test_is_refused_with_an_unreadable_paper(self) -> None:
        command = RecordConsent(household=HOUSEHOLD, case=CASE, signers=(HEAD,), authorisation=MALFORMED)

        assert refused(decide(due(Step.CONSENT), command, by=CLERK, on=SIGNED_ON)) == "evidence_malformed"

    def test_is_refused_before_acceptance(self) -> None:
        outcome = decide(due(Step.ACCEPTANCE), consent(HEAD), by=CLERK, on=SIGNED_ON)

        assert refused(outcome) == "step_out_of_order"

    def test_is_refused_a_second_time(self) -> None:
        outcome = decide(due(Step.CROSS_CHECK), consent(HEAD), by=CLERK, on=SIGNED_ON)

        assert refused(outcome) == "step_out_of_order"

    def test_is_refused_on_a_day_before_acceptance(self) -> None:
        outcome = decide(due(Step.CONSENT), consent(HEAD), by=CLERK, on=date(2013, 2, 28))

        assert refused(outcome) == "fact_before_previous_step"

    def test_is_refused_for_an_unknown_case(self) -> None:
        outcome = decide(due(Step.CONSENT), consent(HEAD, case=CaseId("none")), by=CLERK, on=SIGNED_ON)

        assert refused(outcome) == "case_not_found"


class TestTheCrossCheck:
    @pytest.mark.parametrize("by", [Role.COUNTY_OFFICER, Role.TOWNSHIP_CLERK])
    def test_takes_the_step_with_source_and_age_of_its_data(self, by: Role) -> None:
        outcome = decide(due(Step.CROSS_CHECK), check(date(2013, 2, 1)), by=by, on=CHECKED_ON)

        assert recorded(outcome) == (
            CrossCheckReceived(
                case=CASE,
                source="县级核对中心",
                data_as_of=date(2013, 2, 1),
                result=CrossCheckResult.CONSISTENT,
                report=REPORT,
            ),
        )
        after = then(due(Step.CROSS_CHECK), outcome, on=CHECKED_ON, by=by)
        assert after.cases[CASE].done[-1] is Step.CROSS_CHECK

    def test_goes_on_to_the_survey_with_a_discrepancy(self) -> None:
        command = check(result=CrossCheckResult.DISCREPANCY)

        outcome = decide(due(Step.CROSS_CHECK), command, by=CLERK, on=CHECKED_ON)

        assert then(due(Step.CROSS_CHECK), outcome, on=CHECKED_ON, by=CLERK).cases[CASE].end is None

    def test_is_refused_with_data_newer_than_the_report(self) -> None:
        outcome = decide(due(Step.CROSS_CHECK), check(date(2013, 3, 6)), by=CLERK, on=CHECKED_ON)

        assert refused(outcome) == "data_from_the_future"

    def test_is_refused_with_an_unreadable_report(self) -> None:
        outcome = decide(due(Step.CROSS_CHECK), check(report=MALFORMED), by=CLERK, on=CHECKED_ON)

        assert refused(outcome) == "evidence_malformed"

    def test_is_refused_before_consent(self) -> None:
        assert refused(decide(due(Step.CONSENT), check(), by=CLERK, on=CHECKED_ON)) == "step_out_of_order"

    def test_is_refused_to_the_village(self) -> None:
        outcome = decide(due(Step.CROSS_CHECK), check(), by=Role.VILLAGE_CLERK, on=CHECKED_ON)

        assert refused(outcome) == "role_not_allowed"

    def test_is_refused_on_a_day_that_has_not_come(self) -> None:
        command = check(happened_on=date(2013, 3, 6))

        outcome = decide(due(Step.CROSS_CHECK), command, by=CLERK, on=CHECKED_ON)

        assert refused(outcome) == "fact_in_the_future"

    def test_keeps_the_day_that_paper_says(self) -> None:
        command = check(date(2013, 3, 4), happened_on=date(2013, 3, 4))

        outcome = decide(due(Step.CROSS_CHECK), command, by=CLERK, on=CHECKED_ON)

        state = given(At(recorded(outcome)[0], on=date(2013, 3, 4)), state=due(Step.CROSS_CHECK))
        assert state.cases[CASE].last_step_on == date(2013, 3, 4)
