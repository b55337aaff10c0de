from datetime import date
from typing import Any
from uuid import uuid5

import msgspec

from hudang.domain.application import (
    AcceptApplication,
    ApplicationAccepted,
    ApplicationLapsed,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    LapseApplication,
    PapersReceived,
    ReceivePapers,
    RequestSupplement,
    SubmitApplication,
    SupplementRequested,
    WithdrawApplication,
)
from hudang.domain.case import CaseEnd, CaseKind, Step
from hudang.domain.decision import Changes, Claim, Command, Refusal
from hudang.domain.entitlement import ExistingEntitlementRegistered, HouseholdClass
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, PersonId
from tests.domain.cases import (
    CASE,
    COMMAND_ID,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
    PAPERS,
    PROGRAMME,
    SPOUSE,
    At,
    decide,
    due,
    given,
    paper,
    recorded,
    refused,
    registered,
    submitted,
)

DAY = date(2013, 3, 1)
DUE_ON = date(2013, 3, 15)
MISSING = ("授权书", "收入证明")
NEW_CASE = CaseId(str(uuid5(COMMAND_ID, "case")))
CLERK = Role.TOWNSHIP_CLERK


def applied(*more: At, papers: tuple[str, ...] = PAPERS) -> Household:
    """A household that has handed in an application."""
    household: Household = given(registered(), At(submitted(papers=papers), on=DAY), *more)
    return household


def asked() -> Household:
    """A household that was told which two papers are missing."""
    requested = SupplementRequested(case=CASE, missing=MISSING, due_on=DUE_ON)
    return applied(At(requested, on=DAY), papers=PAPERS[:3])


def send(household: Household, command: Command, on: date = DAY, by: Role = CLERK) -> Changes | Refusal:
    return decide(household, command, by=by, on=on)


def submit(household: Household, **changed: Any) -> Changes | Refusal:
    fields: dict[str, Any] = {
        "household": HOUSEHOLD,
        "programme": PROGRAMME,
        "applicant": HEAD,
        "papers": (paper("申请书"),),
    }
    return send(household, SubmitApplication(**{**fields, **changed}))


class TestSubmittingAnApplication:
    def test_opens_a_case_for_all_present_members(self) -> None:
        outcome = submit(given(registered()), relatives_of_officials=("staff-9",))

        assert recorded(outcome) == (
            ApplicationSubmitted(
                case=NEW_CASE,
                programme=PROGRAMME,
                applicant=HEAD,
                persons=(HEAD, SPOUSE),
                papers=(paper("申请书"),),
                relatives_of_officials=("staff-9",),
            ),
        )
        case = given(*recorded(outcome), state=given(registered())).cases[NEW_CASE]
        assert case.kind is CaseKind.APPLICATION
        assert case.relatives_of_officials == ("staff-9",)

    def test_claims_every_person_until_the_case_ends(self) -> None:
        assert submitted().takes(HOUSEHOLD) == (
            Claim(key=f"application/dibao/{HEAD}", holder=f"case/{CASE}"),
            Claim(key=f"application/dibao/{SPOUSE}", holder=f"case/{CASE}"),
        )

    def test_is_refused_for_an_applicant_outside_the_household(self) -> None:
        outcome = submit(given(registered()), applicant=PersonId("L0001-person-9"))

        assert refused(outcome) == "applicant_not_a_member"

    def test_is_refused_while_a_case_is_open(self) -> None:
        assert refused(submit(applied())) == "application_already_open"

    def test_is_refused_while_the_household_is_entitled(self) -> None:
        entitled = ExistingEntitlementRegistered(
            programme=PROGRAMME,
            household_class=HouseholdClass.B,
            persons=(HEAD, SPOUSE),
            amount_fen=Fen(40_000),
            from_month=Month(2012, 6),
            last_reviewed_on=date(2012, 12, 3),
            next_recheck_on=date(2013, 6, 3),
            source=paper("低保花名册"),
            vouched_by="staff-1",
        )

        assert refused(submit(given(registered(), entitled))) == "already_entitled"

    def test_is_refused_for_a_programme_without_rules(self) -> None:
        assert refused(submit(given(registered()), programme="no-such")) == "no_policy_in_force"

    def test_is_refused_with_an_unreadable_paper(self) -> None:
        assert refused(submit(given(registered()), papers=(MALFORMED,))) == "evidence_malformed"

    def test_is_refused_for_a_day_that_has_not_come(self) -> None:
        outcome = submit(given(registered()), happened_on=date(2013, 3, 2))

        assert refused(outcome) == "fact_in_the_future"


class TestRequestingASupplement:
    REQUEST = RequestSupplement(household=HOUSEHOLD, case=CASE)

    def test_names_everything_missing_at_once_with_its_due_day(self) -> None:
        outcome = send(applied(papers=PAPERS[:3]), self.REQUEST)

        assert recorded(outcome) == (SupplementRequested(case=CASE, missing=MISSING, due_on=DUE_ON),)

    def test_is_refused_a_second_time(self) -> None:
        assert refused(send(asked(), self.REQUEST)) == "supplement_already_requested"

    def test_is_refused_when_nothing_is_missing(self) -> None:
        assert refused(send(applied(), self.REQUEST)) == "nothing_missing"

    def test_is_refused_once_the_application_is_accepted(self) -> None:
        assert refused(send(due(Step.CONSENT), self.REQUEST)) == "step_out_of_order"

    def test_is_refused_where_no_file_states_the_period(self) -> None:
        elsewhere = msgspec.structs.replace(applied(papers=PAPERS[:3]), area="110101001001")

        assert refused(send(elsewhere, self.REQUEST)) == "unknown_parameter"


class TestReceivingPapers:
    def test_adds_them_to_those_handed_in(self) -> None:
        papers = (paper("授权书"), paper("收入证明"))

        outcome = send(asked(), ReceivePapers(household=HOUSEHOLD, case=CASE, papers=papers))

        assert recorded(outcome) == (PapersReceived(case=CASE, papers=papers),)
        case = given(*recorded(outcome), state=asked()).cases[CASE]
        assert case.intake.kinds == frozenset(PAPERS)

    def test_is_refused_without_a_paper(self) -> None:
        outcome = send(asked(), ReceivePapers(household=HOUSEHOLD, case=CASE, papers=()))

        assert refused(outcome) == "papers_missing"

    def test_is_refused_with_an_unreadable_paper(self) -> None:
        outcome = send(asked(), ReceivePapers(household=HOUSEHOLD, case=CASE, papers=(MALFORMED,)))

        assert refused(outcome) == "evidence_malformed"


class TestAcceptingAnApplication:
    ACCEPT = AcceptApplication(household=HOUSEHOLD, case=CASE)

    def test_takes_the_first_step_and_fixes_the_rules(self) -> None:
        outcome = send(applied(), self.ACCEPT, on=date(2013, 3, 4))

        assert recorded(outcome) == (ApplicationAccepted(case=CASE),)
        event = At(recorded(outcome)[0], on=date(2013, 3, 4))
        case = given(event, state=applied()).cases[CASE]
        assert case.done == (Step.ACCEPTANCE,)
        assert case.in_force_on == date(2013, 3, 4)

    def test_is_refused_while_papers_are_missing(self) -> None:
        assert refused(send(asked(), self.ACCEPT)) == "papers_missing"

    def test_is_refused_before_the_application_was_submitted(self) -> None:
        outcome = send(applied(), self.ACCEPT, on=date(2013, 2, 28))

        assert refused(outcome) == "fact_before_previous_step"

    def test_is_refused_for_a_case_that_is_not_in_the_file(self) -> None:
        assert refused(send(given(registered()), self.ACCEPT)) == "case_not_found"

    def test_is_refused_to_the_village(self) -> None:
        assert refused(send(applied(), self.ACCEPT, by=Role.VILLAGE_CLERK)) == "role_not_allowed"


class TestLapsingAnApplication:
    LAPSE = LapseApplication(household=HOUSEHOLD, case=CASE)
    NEXT_DAY = date(2013, 3, 16)

    def test_closes_it_on_the_day_after_the_due_day(self) -> None:
        outcome = send(asked(), self.LAPSE, on=self.NEXT_DAY, by=Role.SYSTEM)

        (event,) = recorded(outcome)
        assert event == ApplicationLapsed(case=CASE, missing=MISSING)
        assert event.frees() == (f"case/{CASE}",)
        assert given(event, state=asked()).cases[CASE].end is CaseEnd.LAPSED

    def test_is_refused_on_the_due_day(self) -> None:
        assert refused(send(asked(), self.LAPSE, on=DUE_ON, by=Role.SYSTEM)) == "supplement_not_overdue"

    def test_is_refused_before_the_applicant_was_told(self) -> None:
        incomplete = applied(papers=PAPERS[:3])

        outcome = send(incomplete, self.LAPSE, on=self.NEXT_DAY, by=Role.SYSTEM)

        assert refused(outcome) == "supplement_not_overdue"

    def test_is_refused_once_every_paper_has_come(self) -> None:
        received = PapersReceived(case=CASE, papers=(paper("授权书"), paper("收入证明")))

        outcome = send(given(received, state=asked()), self.LAPSE, on=self.NEXT_DAY, by=Role.SYSTEM)

        assert refused(outcome) == "nothing_missing"

    def test_is_refused_a_second_time(self) -> None:
        lapsed = given(ApplicationLapsed(case=CASE, missing=MISSING), state=asked())

        assert refused(send(lapsed, self.LAPSE, on=self.NEXT_DAY, by=Role.SYSTEM)) == "case_closed"


class TestWithdrawingAnApplication:
    WITHDRAW = WithdrawApplication(household=HOUSEHOLD, case=CASE, statement=paper("撤回声明"))

    def test_closes_it_on_the_applicants_word_at_any_step(self) -> None:
        outcome = send(due(Step.APPRAISAL), self.WITHDRAW, on=date(2013, 3, 11))

        (event,) = recorded(outcome)
        assert event == ApplicationWithdrawn(case=CASE, statement=paper("撤回声明"))
        assert event.frees() == (f"case/{CASE}",)
        assert given(event, state=due(Step.APPRAISAL)).cases[CASE].end is CaseEnd.WITHDRAWN

    def test_is_refused_with_an_unreadable_statement(self) -> None:
        command = WithdrawApplication(household=HOUSEHOLD, case=CASE, statement=MALFORMED)

        assert refused(send(applied(), command)) == "evidence_malformed"

    def test_is_refused_for_a_recheck(self) -> None:
        household = applied()
        recheck = msgspec.structs.replace(household.cases[CASE], kind=CaseKind.RECHECK)

        outcome = send(msgspec.structs.replace(household, cases={CASE: recheck}), self.WITHDRAW)

        assert refused(outcome) == "not_an_application"
