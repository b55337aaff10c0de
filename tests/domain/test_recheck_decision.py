"""What the county decides on a recheck: keep, raise, lower or end; a cut or an end only after its notice."""

from datetime import date

import msgspec
import pytest

from hudang.domain.case import CaseEnd, Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.determination import ConfirmDecision, DecisionConfirmed
from hudang.domain.entitlement import (
    EntitlementChanged,
    EntitlementEnded,
    EntitlementKept,
    HouseholdClass,
)
from hudang.domain.grounds import DecisionGround, MemberCause
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.notification import DeliverNotification, NotificationDelivered
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Open
from hudang.domain.registration import MemberJoined
from hudang.domain.roles import Role
from hudang.domain.values import Fen, PersonId
from tests.domain.cases import (
    HEAD,
    HOUSEHOLD,
    PROGRAMME,
    SPOUSE,
    decide,
    given,
    paper,
    recorded,
    refused,
    sealed,
    then,
)
from tests.domain.entitled import (
    APRIL,
    DECIDED_ON,
    RECHECK,
    confirmed,
    decide_as,
    entitled,
    under_recheck,
)

APPROVER = Role.COUNTY_APPROVER
CONFIRM = ConfirmDecision(
    household=HOUSEHOLD, case=RECHECK, ground=DecisionGround.INCOME_CHANGED, reasons=Open("收入变化")
)
DELIVER = DeliverNotification(household=HOUSEHOLD, case=RECHECK, form="送达回证", receipt=paper("送达回证"))
CHILD = PersonId("L0001-person-child")
JOINED = MemberJoined(
    person=CHILD, relation=Relation.CHILD, name=sealed(CHILD), cause=MemberCause.BIRTH, reason=sealed(HEAD)
)


def confirm(
    household: Household,
    on: date = DECIDED_ON,
    ground: DecisionGround = DecisionGround.INCOME_CHANGED,
) -> Changes | Refusal:
    return decide(household, msgspec.structs.replace(CONFIRM, ground=ground), by=APPROVER, on=on)


def deliver(household: Household, on: date) -> Changes | Refusal:
    return decide(household, DELIVER, by=Role.TOWNSHIP_CLERK, on=on)


def cut(*, income_fen: int = 100_000, decided_on: date = DECIDED_ON) -> Household:
    """A household whose cut, or end, was decided and not notified yet."""
    household = under_recheck(Step.DECISION, income_fen=income_fen)
    decided: Household = then(household, confirm(household, decided_on), on=decided_on, by=APPROVER)
    return decided


class TestDecidingARecheck:
    @pytest.mark.parametrize(
        ("income_fen", "outcome", "amount_fen"),
        [
            (90_000, DecisionOutcome.KEEP, 40_000),
            (80_000, DecisionOutcome.RAISE, 50_000),
            (100_000, DecisionOutcome.LOWER, 30_000),
        ],
    )
    def test_compares_the_new_amount_with_the_present_one(
        self, income_fen: int, outcome: DecisionOutcome, amount_fen: int
    ) -> None:
        decided = recorded(confirm(under_recheck(Step.DECISION, income_fen=income_fen)))[0]

        assert isinstance(decided, DecisionConfirmed)
        assert (decided.outcome, decided.amount_fen) == (outcome, amount_fen)
        assert (decided.effective_from, decided.next_recheck_on) == (APRIL, date(2013, 4, 8))

    def test_that_keeps_the_amount_sets_the_next_recheck(self) -> None:
        household = under_recheck(Step.DECISION, household_class=HouseholdClass.A)

        outcome = confirm(household)

        assert recorded(outcome)[1:] == (
            EntitlementKept(
                case=RECHECK,
                programme=PROGRAMME,
                household_class=HouseholdClass.A,
                amount_fen=Fen(40_000),
                next_recheck_on=date(2014, 3, 8),
            ),
        )
        after = then(household, outcome, on=DECIDED_ON, by=APPROVER)
        assert after.cases[RECHECK].end is CaseEnd.KEPT
        assert after.entitlements[PROGRAMME].household_class is HouseholdClass.A
        assert after.entitlements[PROGRAMME].next_recheck_on == date(2014, 3, 8)

    def test_that_raises_the_amount_takes_effect_at_once_from_the_next_month(self) -> None:
        household = under_recheck(Step.DECISION, income_fen=80_000)

        outcome = confirm(household)

        assert recorded(outcome)[1:] == (
            EntitlementChanged(
                case=RECHECK,
                programme=PROGRAMME,
                household_class=HouseholdClass.C,
                persons=2,
                before_fen=Fen(40_000),
                amount_fen=Fen(50_000),
                from_month=APRIL,
                next_recheck_on=date(2013, 4, 8),
                ground=DecisionGround.INCOME_CHANGED,
                household=HOUSEHOLD,
                members=(HEAD, SPOUSE),
            ),
        )
        after = then(household, outcome, on=DECIDED_ON, by=APPROVER)
        assert after.cases[RECHECK].end is CaseEnd.RAISED
        entitlement = after.entitlements[PROGRAMME]
        assert [entitlement.in_month(m).amount_fen for m in (Month(2013, 3), APRIL)] == [40_000, 50_000]

    @pytest.mark.parametrize(
        ("income_fen", "ground"),
        [(100_000, DecisionGround.INCOME_CHANGED), (130_000, DecisionGround.INCOME_ABOVE_LINE)],
    )
    def test_that_cuts_or_ends_changes_nothing_before_its_notice(
        self, income_fen: int, ground: DecisionGround
    ) -> None:
        household = under_recheck(Step.DECISION, income_fen=income_fen, recommends=income_fen < 130_000)

        outcome = confirm(household, ground=ground)

        assert [type(event) for event in recorded(outcome)] == [DecisionConfirmed]
        after = then(household, outcome, on=DECIDED_ON, by=APPROVER)
        assert after.cases[RECHECK].end is None
        assert after.entitlements == household.entitlements

    def test_ends_what_the_township_does_not_recommend_although_something_would_be_due(self) -> None:
        household = under_recheck(Step.DECISION, recommends=False)

        decided = recorded(confirm(household, ground=DecisionGround.WORK_REFUSED))[0]

        assert isinstance(decided, DecisionConfirmed)
        assert (decided.outcome, decided.amount_fen) == (DecisionOutcome.END, 0)
        assert decided.ground is DecisionGround.WORK_REFUSED

    @pytest.mark.parametrize(
        ("income_fen", "ground"),
        [
            (90_000, DecisionGround.INCOME_ABOVE_LINE),
            (80_000, DecisionGround.UNCHANGED),
            (100_000, DecisionGround.UNCHANGED),
            (130_000, DecisionGround.UNCHANGED),
            (130_000, DecisionGround.ENTITLED),
        ],
    )
    def test_is_refused_on_a_ground_that_contradicts_its_result(
        self, income_fen: int, ground: DecisionGround
    ) -> None:
        household = under_recheck(Step.DECISION, income_fen=income_fen, recommends=income_fen < 130_000)

        assert refused(confirm(household, ground=ground)) == "ground_does_not_fit"

    def test_counts_a_new_member_also_where_the_amount_stays(self) -> None:
        """Their supplement a head is paid from then on, and they are assisted nowhere else."""
        household = given(JOINED, state=entitled())
        household = under_recheck(Step.DECISION, income_fen=155_000, state=household)

        decided, changed = recorded(confirm(household))

        assert isinstance(decided, DecisionConfirmed)
        assert decided.outcome is DecisionOutcome.KEEP
        assert isinstance(changed, EntitlementChanged)
        assert (changed.before_fen, changed.amount_fen, changed.persons) == (40_000, 40_000, 3)
        assert changed.members == (HEAD, SPOUSE, CHILD)

    def test_is_refused_to_who_gave_the_opinion(self) -> None:
        household = under_recheck(Step.DECISION)

        outcome = decide_as(household, CONFIRM, person="staff-township_clerk", role=APPROVER, on=DECIDED_ON)

        assert refused(outcome) == "proposer_cannot_approve"

    def test_is_refused_before_the_opinion(self) -> None:
        assert refused(confirm(under_recheck(Step.OPINION))) == "step_out_of_order"

    def test_is_refused_a_second_time_while_its_notice_is_on_the_way(self) -> None:
        assert refused(confirm(cut())) == "step_out_of_order"

    def test_is_refused_once_the_entitlement_has_ended(self) -> None:
        ended = EntitlementEnded(
            case=RECHECK,
            programme=PROGRAMME,
            amount_fen=Fen(40_000),
            persons=2,
            last_month=Month(2013, 3),
            household=HOUSEHOLD,
            ground=DecisionGround.INCOME_ABOVE_LINE,
        )

        outcome = confirm(given(ended, state=under_recheck(Step.DECISION)))

        assert refused(outcome) == "nothing_to_recheck"


class TestTheNoticeOfACutOrAnEnd:
    def test_lets_a_cut_take_effect_the_month_after(self) -> None:
        household = cut()

        outcome = deliver(household, date(2013, 3, 31))

        delivered, changed = recorded(outcome)
        assert isinstance(delivered, NotificationDelivered)
        assert isinstance(changed, EntitlementChanged)
        assert (changed.before_fen, changed.amount_fen, changed.from_month) == (40_000, 30_000, APRIL)
        after = then(household, outcome, on=date(2013, 3, 31), by=Role.TOWNSHIP_CLERK)
        assert after.cases[RECHECK].end is CaseEnd.LOWERED

    def test_that_comes_in_a_later_month_moves_the_effect(self) -> None:
        """Nobody loses money for a month that began before they were told."""
        _, changed = recorded(deliver(cut(), date(2013, 4, 1)))

        assert isinstance(changed, EntitlementChanged)
        assert changed.from_month == Month(2013, 5)

    def test_lets_an_end_take_effect_and_frees_the_persons(self) -> None:
        state = under_recheck(Step.DECISION, income_fen=130_000, recommends=False)
        household = confirmed(state, DecisionOutcome.END, amount_fen=0)

        outcome = deliver(household, date(2013, 3, 10))

        _, ended = recorded(outcome)
        assert ended == EntitlementEnded(
            case=RECHECK,
            programme=PROGRAMME,
            amount_fen=Fen(40_000),
            persons=2,
            last_month=Month(2013, 3),
            household=HOUSEHOLD,
            ground=DecisionGround.INCOME_ABOVE_LINE,
        )
        assert ended.frees() == (f"entitlement/{HOUSEHOLD}/{PROGRAMME}",)
        entitlement = then(household, outcome, on=date(2013, 3, 10), by=Role.TOWNSHIP_CLERK).entitlements[
            PROGRAMME
        ]
        assert entitlement.in_month(Month(2013, 3)).amount_fen == 40_000
        assert entitlement.in_month(APRIL) is None

    def test_is_for_those_whom_the_survey_covered(self) -> None:
        """A child born while the notice was on its way waits for the next recheck, in number and by name."""
        household = given(JOINED, state=cut())

        _, changed = recorded(deliver(household, date(2013, 3, 10)))

        assert isinstance(changed, EntitlementChanged)
        assert (changed.persons, changed.members) == (2, (HEAD, SPOUSE))

    def test_does_not_repeat_an_effect(self) -> None:
        household = cut()
        notified = then(household, deliver(household, DECIDED_ON), on=DECIDED_ON, by=Role.TOWNSHIP_CLERK)

        assert refused(deliver(notified, DECIDED_ON)) == "already_notified"

    def test_is_refused_on_a_day_before_the_decision(self) -> None:
        assert refused(deliver(cut(), date(2013, 3, 7))) == "fact_before_previous_step"

    def test_of_a_raise_changes_nothing_more(self) -> None:
        household = under_recheck(Step.DECISION, income_fen=80_000)
        raised = then(household, confirm(household), on=DECIDED_ON, by=APPROVER)

        assert [type(event) for event in recorded(deliver(raised, date(2013, 3, 10)))] == [
            NotificationDelivered
        ]
