"""The county's decision on an application, and its notice; rechecks are in `test_recheck_decision`."""

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from hudang.domain.application import ApplicationAccepted, ApplicationSubmitted
from hudang.domain.case import CaseEnd, Step
from hudang.domain.decision import Changes, Event, Refusal
from hudang.domain.determination import ConfirmDecision, DecisionConfirmed, DecisionRefused, RefuseApplication
from hudang.domain.entitlement import EntitlementStarted, HouseholdClass
from hudang.domain.grounds import DecisionGround, MemberCause
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.notice import NoticeClosed
from hudang.domain.notification import DeliverNotification, NotificationDelivered
from hudang.domain.opinion import GiveOpinion
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Open
from hudang.domain.registration import MemberLeft
from hudang.domain.returning import ReturnedToStage
from hudang.domain.roles import Role
from hudang.domain.survey import VisitLevel
from hudang.domain.values import Fen
from hudang.domain.verification import CrossCheckReceived, CrossCheckResult, VerificationConsentGiven
from tests.domain.cases import (
    CASE,
    DAYS,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
    PEOPLE,
    POSTING,
    PROGRAMME,
    SPOUSE,
    At,
    assessed,
    decide,
    due,
    given,
    paper,
    posted,
    recorded,
    refused,
    registered,
    sealed,
    submitted,
    then,
    visited,
)
from tests.domain.entitled import RECHECK, decide_as, under_recheck

APPROVER = Role.COUNTY_APPROVER
ON = DAYS[Step.DECISION]
NOTIFIED_ON = DAYS[Step.NOTIFICATION]
REASONS = "家庭人均收入低于标准"
CONFIRM = ConfirmDecision(
    household=HOUSEHOLD, case=CASE, ground=DecisionGround.ENTITLED, reasons=Open(REASONS)
)
REFUSE = RefuseApplication(
    household=HOUSEHOLD, case=CASE, ground=DecisionGround.FALSE_STATEMENT, reasons=Open("不符合条件")
)
DELIVER = DeliverNotification(household=HOUSEHOLD, case=CASE, form="送达回证", receipt=paper("送达回证"))


def confirm(household: Household, *, on: date = ON, by: Role = APPROVER) -> Changes | Refusal:
    return decide(household, CONFIRM, by=by, on=on)


def refuse(household: Household, *, on: date = ON, by: Role = APPROVER) -> Changes | Refusal:
    return decide(household, REFUSE, by=by, on=on)


def deliver(household: Household, *, on: date = NOTIFIED_ON) -> Changes | Refusal:
    return decide(household, DELIVER, by=Role.TOWNSHIP_CLERK, on=on)


def county_visited(household: Household, *, income_fen: int) -> Household:
    visit = msgspec.structs.replace(visited(income_fen=income_fen), level=VisitLevel.COUNTY)
    after: Household = given(At(visit, on=ON, by=Role.COUNTY_OFFICER), state=household)
    return after


class TestApproving:
    def test_confirms_the_posted_amount_and_starts_the_entitlement_the_month_after(self) -> None:
        household = due(Step.DECISION)

        outcome = confirm(household)

        assert recorded(outcome) == (
            DecisionConfirmed(
                case=CASE,
                outcome=DecisionOutcome.APPROVE,
                household_class=HouseholdClass.B,
                amount_fen=Fen(40_000),
                assessment=assessed(household),
                effective_from=Month(2013, 5),
                next_recheck_on=date(2013, 10, 5),
                ground=DecisionGround.ENTITLED,
                reasons=Open(REASONS, of=HEAD),
            ),
            EntitlementStarted(
                case=CASE,
                programme=PROGRAMME,
                household_class=HouseholdClass.B,
                persons=(HEAD, SPOUSE),
                amount_fen=Fen(40_000),
                from_month=Month(2013, 5),
                next_recheck_on=date(2013, 10, 5),
            ),
        )
        after = then(household, outcome, on=ON, by=APPROVER)
        assert after.cases[CASE].end is CaseEnd.APPROVED
        assert after.cases[CASE].determination.decided_by == "staff-county_approver"
        assert after.entitlements[PROGRAMME].in_month(Month(2013, 4)) is None
        assert after.entitlements[PROGRAMME].in_month(Month(2013, 5)).amount_fen == 40_000

    @pytest.mark.parametrize(
        ("on", "first_month", "next_recheck_on"),
        [
            (date(2013, 4, 30), Month(2013, 5), date(2013, 10, 30)),
            (date(2013, 5, 1), Month(2013, 6), date(2013, 11, 1)),
            (date(2013, 5, 31), Month(2013, 6), date(2013, 11, 30)),
            (date(2013, 8, 31), Month(2013, 9), date(2014, 2, 28)),
            (date(2013, 12, 31), Month(2014, 1), date(2014, 6, 30)),
            (date(2015, 8, 30), Month(2015, 9), date(2016, 2, 29)),
        ],
    )
    def test_takes_effect_the_month_after_also_at_the_end_of_a_month(
        self, on: date, first_month: Month, next_recheck_on: date
    ) -> None:
        decided, started = recorded(confirm(due(Step.DECISION), on=on))

        assert isinstance(decided, DecisionConfirmed)
        assert isinstance(started, EntitlementStarted)
        assert decided.effective_from == started.from_month == first_month
        assert started.next_recheck_on == next_recheck_on

    @pytest.mark.parametrize("person", ["staff-township_clerk", "staff-county_officer"])
    def test_is_refused_to_who_gave_the_opinion_or_made_the_proposal(self, person: str) -> None:
        """In whatever role they come."""
        outcome = decide_as(due(Step.DECISION), CONFIRM, person=person, role=APPROVER, on=ON)

        assert refused(outcome) == "proposer_cannot_approve"

    def test_is_refused_when_the_amount_is_no_longer_the_one_that_was_posted(self) -> None:
        household = county_visited(due(Step.DECISION), income_fen=80_000)

        assert refused(confirm(household)) == "amount_changed_since_proposal"

    def test_is_refused_when_a_member_left_since_the_survey(self) -> None:
        household = given(
            MemberLeft(person=SPOUSE, cause=MemberCause.DEATH, reason=sealed(HEAD)), state=due(Step.DECISION)
        )

        assert refused(confirm(household)) == "household_changed_since_survey"

    def test_is_refused_for_a_relative_of_an_official_whom_the_county_has_not_visited(self) -> None:
        assert refused(confirm(due(Step.DECISION, relatives=("staff-9",)))) == "county_visit_missing"

    def test_is_refused_without_reasons(self) -> None:
        command = msgspec.structs.replace(CONFIRM, reasons=Open(" "))

        assert refused(decide(due(Step.DECISION), command, by=APPROVER, on=ON)) == "reasons_missing"

    @pytest.mark.parametrize("ground", [DecisionGround.UNCHANGED, DecisionGround.INCOME_ABOVE_LINE])
    def test_is_refused_on_a_ground_that_speaks_against_it(self, ground: DecisionGround) -> None:
        command = msgspec.structs.replace(CONFIRM, ground=ground)

        assert refused(decide(due(Step.DECISION), command, by=APPROVER, on=ON)) == "ground_does_not_fit"

    def test_is_refused_while_the_second_notice_runs(self) -> None:
        assert refused(confirm(due(Step.NOTICE_2))) == "step_out_of_order"

    def test_is_refused_on_a_day_before_the_notice_closed(self) -> None:
        assert refused(confirm(due(Step.DECISION), on=date(2013, 4, 2))) == "fact_before_previous_step"

    def test_is_refused_after_a_return_to_the_survey(self) -> None:
        undone = due(Step.DECISION).cases[CASE].done[3:]
        returned = ReturnedToStage(case=CASE, back_to=Step.SURVEY, undone=undone, reason=sealed(HEAD))

        outcome = confirm(given(At(returned, on=ON), state=due(Step.DECISION)))

        assert refused(outcome) == "step_out_of_order"

    def test_is_refused_a_second_time(self) -> None:
        approved = then(due(Step.DECISION), confirm(due(Step.DECISION)), on=ON, by=APPROVER)

        assert refused(confirm(approved)) == "case_closed"

    @pytest.mark.parametrize("by", [Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER, Role.OPERATOR, Role.SYSTEM])
    def test_is_refused_to_every_other_role(self, by: Role) -> None:
        assert refused(confirm(due(Step.DECISION), by=by)) == "role_not_allowed"

    def test_is_decided_on_the_case_as_it_was_seen(self) -> None:
        assert ConfirmDecision.SEES
        assert RefuseApplication.SEES

    def test_rests_on_the_posted_opinion_where_the_rules_have_no_proposal(self) -> None:
        """民发〔2021〕57号 art 19–21: one notice, of the township's opinion, then the decision."""
        confirmed, started = recorded(confirm(_under_the_rules_of_2021(), on=date(2022, 3, 22)))

        assert isinstance(confirmed, DecisionConfirmed)
        assert isinstance(started, EntitlementStarted)
        assert (started.amount_fen, started.from_month) == (40_000, Month(2022, 4))

    def test_is_refused_where_the_posted_opinion_was_against_it(self) -> None:
        household = _under_the_rules_of_2021(recommends=False)

        assert refused(confirm(household, on=date(2022, 3, 22))) == "amount_changed_since_proposal"


class TestRefusingAnApplication:
    @pytest.mark.parametrize("step", [Step.PROPOSAL, Step.DECISION])
    def test_closes_the_case_with_written_reasons(self, step: Step) -> None:
        household = due(step)

        outcome = refuse(household, on=DAYS[step])

        assert recorded(outcome) == (
            DecisionRefused(
                case=CASE, ground=DecisionGround.FALSE_STATEMENT, reasons=Open("不符合条件", of=HEAD)
            ),
        )
        after = then(household, outcome, on=DAYS[step], by=APPROVER)
        assert after.cases[CASE].end is CaseEnd.REFUSED
        assert after.entitlements == {}

    def test_frees_the_household_to_apply_again(self) -> None:
        (event,) = recorded(refuse(due(Step.DECISION)))

        (claim, *_) = submitted().takes(HOUSEHOLD)
        assert claim.holder in event.frees()

    @pytest.mark.parametrize("step", [Step.OPINION, Step.NOTICE_1, Step.NOTICE_2])
    def test_is_refused_where_it_is_not_the_countys_turn(self, step: Step) -> None:
        assert refused(refuse(due(step))) == "step_out_of_order"

    def test_is_refused_to_who_gave_the_opinion(self) -> None:
        outcome = decide_as(
            due(Step.PROPOSAL), REFUSE, person="staff-township_clerk", role=APPROVER, on=DAYS[Step.PROPOSAL]
        )

        assert refused(outcome) == "proposer_cannot_approve"

    def test_is_refused_without_reasons(self) -> None:
        command = msgspec.structs.replace(REFUSE, reasons=Open(""))

        assert refused(decide(due(Step.DECISION), command, by=APPROVER, on=ON)) == "reasons_missing"

    @pytest.mark.parametrize("ground", [DecisionGround.ENTITLED, DecisionGround.UNCHANGED])
    def test_is_refused_on_a_ground_that_speaks_for_it(self, ground: DecisionGround) -> None:
        command = msgspec.structs.replace(REFUSE, ground=ground)

        assert refused(decide(due(Step.DECISION), command, by=APPROVER, on=ON)) == "ground_does_not_fit"

    def test_is_refused_for_a_recheck(self) -> None:
        command = msgspec.structs.replace(REFUSE, case=RECHECK)

        assert refused(decide(under_recheck(Step.DECISION), command, by=APPROVER, on=ON)) == "case_not_found"

    def test_is_refused_once_the_case_is_closed(self) -> None:
        household = then(due(Step.DECISION), refuse(due(Step.DECISION)), on=ON, by=APPROVER)

        assert refused(refuse(household)) == "case_closed"


class TestTheWrittenNotice:
    @pytest.mark.parametrize("decision", [confirm, refuse])
    def test_reaches_the_household_once_it_was_decided(
        self, decision: Callable[[Household], Changes | Refusal]
    ) -> None:
        household = then(due(Step.DECISION), decision(due(Step.DECISION)), on=ON, by=APPROVER)

        outcome = deliver(household)

        assert recorded(outcome) == (
            NotificationDelivered(case=CASE, form="送达回证", receipt=paper("送达回证")),
        )
        after = then(household, outcome, on=NOTIFIED_ON, by=Role.TOWNSHIP_CLERK)
        assert after.cases[CASE].determination.notified_on == NOTIFIED_ON
        assert after.cases[CASE].end is household.cases[CASE].end

    def test_is_refused_before_the_decision(self) -> None:
        assert refused(deliver(due(Step.DECISION))) == "nothing_to_notify"

    def test_is_refused_for_an_unknown_case(self) -> None:
        command = msgspec.structs.replace(DELIVER, case="none")

        outcome = decide(due(Step.DECISION), command, by=Role.TOWNSHIP_CLERK, on=ON)

        assert refused(outcome) == "nothing_to_notify"

    def test_is_refused_a_second_time(self) -> None:
        household = then(due(Step.DECISION), confirm(due(Step.DECISION)), on=ON, by=APPROVER)
        notified = then(household, deliver(household), on=NOTIFIED_ON, by=Role.TOWNSHIP_CLERK)

        assert refused(deliver(notified)) == "already_notified"

    def test_is_refused_on_a_day_before_the_decision(self) -> None:
        household = then(due(Step.DECISION), confirm(due(Step.DECISION)), on=ON, by=APPROVER)

        assert refused(deliver(household, on=date(2013, 4, 4))) == "fact_before_previous_step"

    def test_is_refused_with_an_unreadable_receipt(self) -> None:
        household = then(due(Step.DECISION), confirm(due(Step.DECISION)), on=ON, by=APPROVER)
        command = msgspec.structs.replace(DELIVER, receipt=MALFORMED)

        outcome = decide(household, command, by=Role.TOWNSHIP_CLERK, on=NOTIFIED_ON)

        assert refused(outcome) == "evidence_malformed"


def _under_the_rules_of_2021(*, recommends: bool = True) -> Household:
    """An application of March 2022 whose one notice has closed; those rules have no county proposal."""

    def on(day: int, *events: Event) -> list[At]:
        return [At(event, on=date(2022, 3, day)) for event in events]

    application: ApplicationSubmitted = submitted()
    household: Household = given(
        At(registered(), on=date(2022, 1, 1)),
        *on(1, application, ApplicationAccepted(case=CASE)),
        *on(1, VerificationConsentGiven(case=CASE, signers=PEOPLE[1], authorisation=paper("授权书"))),
        *on(
            5,
            CrossCheckReceived(
                case=CASE,
                source="县级核对中心",
                data_as_of=date(2022, 3, 1),
                result=CrossCheckResult.CONSISTENT,
                report=paper("核对报告"),
            ),
        ),
        *on(8, visited()),
    )
    opinion = GiveOpinion(
        household=HOUSEHOLD,
        case=CASE,
        recommends=recommends,
        household_class=HouseholdClass.B,
        ground=DecisionGround.ENTITLED if recommends else DecisionGround.FALSE_STATEMENT,
        reasons=Open("收入低于标准"),
    )
    given_on = date(2022, 3, 10)
    outcome = decide(household, opinion, by=Role.TOWNSHIP_CLERK, on=given_on)
    household = then(household, outcome, on=given_on, by=Role.TOWNSHIP_CLERK)
    closed = NoticeClosed(case=CASE, posting=POSTING, round=1, objections=0)
    reached: Household = given(posted(1, on=date(2022, 3, 11)), *on(20, closed), state=household)
    assert reached.cases[CASE].proposal is None
    return reached
