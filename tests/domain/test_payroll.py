from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from hudang.domain.decision import Changes, Refusal
from hudang.domain.entitlement import EntitlementChanged, EntitlementEnded, HouseholdClass
from hudang.domain.grounds import DecisionGround, MemberCause, PayoutReturnCause
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import PayoutConfirmed, PayoutInstructed, PayoutKind, PayoutPart, PayoutReturned
from hudang.domain.payroll import (
    ConfirmPayouts,
    InstructPayouts,
    Payroll,
    PayrollInstructed,
    PayrollLine,
    PayrollPrepared,
    PreparePayroll,
    lines_digest,
    months_of_period,
    payment_run,
)
from hudang.domain.policy_terms import Frequency
from hudang.domain.registration import AccountNamed, MemberLeft
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId
from tests.domain.cases import (
    CASE,
    COUNTY,
    HEAD,
    HOUSEHOLD,
    NEIGHBOUR,
    NEW_STREAM,
    PROGRAMME,
    SPOUSE,
    VILLAGE,
    At,
    accepted,
    decide,
    find_policy,
    given,
    recorded,
    refused,
    registered,
    sealed,
    then,
)
from tests.domain.entitled import entitled

PAYER = Role.PAYMASTER
MARCH = Month(2013, 3)
ON = date(2013, 3, 4)
BOTH = (HOUSEHOLD, NEIGHBOUR)
PAYROLL = StreamId("L0001-payroll-1")
NOBODY = StreamId("L0001-household-9")


def states(first: Household | None = None, second: Household | None = None) -> dict[StreamId, Any]:
    return {HOUSEHOLD: first or entitled(), NEIGHBOUR: second or entitled(household=2, amount_fen=62_000)}


def prepare(
    of: Mapping[StreamId, Any],
    month: Month = MARCH,
    *,
    on: date = ON,
    by: Role = PAYER,
    **changes: Any,
) -> Changes | Refusal:
    command = PreparePayroll(programme=PROGRAMME, area=VILLAGE, month=month, households=BOTH)
    return decide(of, msgspec.structs.replace(command, **changes), by=by, on=on)


def prepared(outcome: Changes | Refusal) -> PayrollPrepared:
    (event,) = accepted(outcome)[NEW_STREAM]
    assert isinstance(event, PayrollPrepared)
    return event


def regular(month: Month, amount_fen: int, persons: int = 2) -> PayoutPart:
    return PayoutPart(month=month, kind=PayoutKind.REGULAR, amount_fen=Fen(amount_fen), persons=persons)


class TestPreparingAPayroll:
    @pytest.mark.parametrize("by", [Role.PAYMASTER, Role.SYSTEM])
    def test_fixes_the_list_with_its_total_and_its_digest(self, by: Role) -> None:
        lines = (
            PayrollLine(household=HOUSEHOLD, parts=(regular(MARCH, 40_000),)),
            PayrollLine(household=NEIGHBOUR, parts=(regular(MARCH, 62_000),)),
        )

        event = prepared(prepare(states(), by=by))

        policy = find_policy(PROGRAMME, VILLAGE, MARCH.first_day)
        assert not isinstance(policy, Refusal)
        assert event == PayrollPrepared(
            programme=PROGRAMME,
            area=VILLAGE,
            month=MARCH,
            lines=lines,
            total_fen=Fen(102_000),
            digest=lines_digest(lines),
            policies=policy.hashes,
        )

    def test_lists_the_same_whatever_order_the_households_are_named_in(self) -> None:
        assert prepare(states()) == prepare(states(), households=(NEIGHBOUR, HOUSEHOLD))

    def test_lists_a_household_once_that_is_named_twice(self) -> None:
        event = prepared(prepare(states(), households=(HOUSEHOLD, NEIGHBOUR, HOUSEHOLD)))

        assert [line.household for line in event.lines] == [HOUSEHOLD, NEIGHBOUR]
        assert event.total_fen == 102_000

    def test_passes_over_a_household_that_is_not_entitled_in_the_month(self) -> None:
        ended = EntitlementEnded(
            case=CASE,
            programme=PROGRAMME,
            amount_fen=Fen(40_000),
            persons=2,
            last_month=Month(2013, 2),
            household=HOUSEHOLD,
            ground=DecisionGround.MOVED_AWAY,
        )

        event = prepared(prepare(states(given(ended, state=entitled()))))

        assert [line.household for line in event.lines] == [NEIGHBOUR]

    def test_pays_a_past_month_what_was_due_then(self) -> None:
        raised = EntitlementChanged(
            case=CASE,
            programme=PROGRAMME,
            household_class=HouseholdClass.C,
            persons=2,
            before_fen=Fen(40_000),
            amount_fen=Fen(50_000),
            from_month=Month(2013, 4),
            next_recheck_on=date(2013, 6, 1),
            ground=DecisionGround.INCOME_CHANGED,
        )

        event = prepared(prepare(states(given(raised, state=entitled())), on=date(2013, 5, 6)))

        assert event.lines[0].amount_fen == 40_000

    def test_is_for_the_whole_county_where_the_county_pays(self) -> None:
        assert prepared(prepare(states(), area=COUNTY)).total_fen == 102_000

    def test_claims_every_household_month_and_kind(self) -> None:
        event = prepared(prepare(states(), Month(2013, 2)))

        assert {claim.key for claim in event.takes(PAYROLL)} == {
            f"payroll/{household}/{PROGRAMME}/{part}"
            for household in BOTH
            for part in ("2013-01/regular", "2013-02/regular", "2013-02/supplement")
        }
        assert {claim.holder for claim in event.takes(PAYROLL)} == {f"payroll/{PAYROLL}"}

    def test_is_refused_when_nobody_is_entitled(self) -> None:
        never = given(registered())

        assert refused(prepare({HOUSEHOLD: never}, households=(HOUSEHOLD,))) == "nobody_to_pay"

    def test_is_refused_for_nobody(self) -> None:
        assert refused(prepare({}, households=())) == "nobody_to_pay"

    @pytest.mark.parametrize("month", [Month(2013, 4), Month(2014, 1)])
    def test_is_refused_for_a_month_that_has_not_begun(self, month: Month) -> None:
        assert refused(prepare(states(), month, on=date(2013, 3, 31))) == "payroll_too_early"

    def test_is_refused_for_a_household_of_another_area(self) -> None:
        """The rules, and so the supplement, are those of the area; nobody is paid under a neighbour's."""
        assert refused(prepare(states(entitled(area="430304001002")))) == "outside_area"

    def test_is_refused_for_a_household_that_nobody_knows(self) -> None:
        assert refused(prepare(states(), households=(HOUSEHOLD, NOBODY))) == "outside_area"

    def test_is_refused_for_what_is_no_area(self) -> None:
        assert refused(prepare(states(), area="somewhere")) == "area_malformed"

    def test_is_refused_where_no_rules_are_in_force(self) -> None:
        assert refused(prepare(states(), Month(2011, 1))) == "no_policy_in_force"

    def test_is_refused_to_the_county_officer(self) -> None:
        assert refused(prepare(states(), by=Role.COUNTY_OFFICER)) == "role_not_allowed"


class TestPayingTwoMonthsBeforeSpringFestival:
    """January and February 2013 were paid at once, with 300 yuan a head (B8)."""

    @pytest.mark.parametrize("month", [Month(2013, 1), Month(2013, 2)])
    def test_lists_both_months_whichever_is_asked_for(self, month: Month) -> None:
        event = prepared(prepare(states(), month, on=date(2013, 2, 1)))

        assert event.lines[0].parts == (
            regular(Month(2013, 1), 40_000),
            regular(Month(2013, 2), 40_000),
            PayoutPart(month=Month(2013, 2), kind=PayoutKind.SUPPLEMENT, amount_fen=Fen(60_000), persons=2),
        )
        assert event.total_fen == 2 * 102_000 + 4 * 30_000

    def test_gives_the_supplement_to_who_is_entitled_from_february_on(self) -> None:
        event = prepared(
            prepare(
                {HOUSEHOLD: entitled(from_month=Month(2013, 2))},
                Month(2013, 2),
                households=(HOUSEHOLD,),
                on=date(2013, 2, 1),
            )
        )

        assert [(part.month.month, part.kind) for part in event.lines[0].parts] == [
            (2, PayoutKind.REGULAR),
            (2, PayoutKind.SUPPLEMENT),
        ]

    def test_claims_the_second_month_too_so_that_it_is_not_paid_again(self) -> None:
        first = prepared(prepare(states(), Month(2013, 1), on=date(2013, 2, 1)))
        second = prepared(prepare(states(), Month(2013, 2), on=date(2013, 2, 20)))

        keys = {claim.key for claim in first.takes(PAYROLL)}
        assert keys == {claim.key for claim in second.takes(StreamId("L0001-payroll-2"))}

    def test_ends_with_february(self) -> None:
        policy = find_policy(PROGRAMME, VILLAGE, MARCH.first_day)
        assert not isinstance(policy, Refusal)

        run = payment_run(policy, MARCH)

        assert not isinstance(run, Refusal)
        assert (run.months, run.supplement_fen_per_person) == ((MARCH,), 0)
        assert (run.due_from, run.due_by) == (date(2013, 3, 1), date(2013, 3, 10))

    def test_is_refused_before_january(self) -> None:
        assert refused(prepare(states(), Month(2013, 1), on=date(2012, 12, 31))) == "payroll_too_early"


class TestAPaymentPeriod:
    @pytest.mark.parametrize("month", [Month(2013, 4), Month(2013, 5), Month(2013, 6)])
    def test_is_the_months_own_quarter_where_payment_is_quarterly(self, month: Month) -> None:
        assert months_of_period(Frequency.QUARTERLY, month) == (
            Month(2013, 4),
            Month(2013, 5),
            Month(2013, 6),
        )

    def test_is_the_month_itself_where_payment_is_monthly(self) -> None:
        assert months_of_period(Frequency.MONTHLY, MARCH) == (MARCH,)

    def test_is_unknown_where_no_rule_says_by_which_day(self) -> None:
        policy = find_policy(PROGRAMME, "110101", date(2022, 1, 1))
        assert not isinstance(policy, Refusal)

        run = payment_run(policy, Month(2022, 1))

        assert isinstance(run, Refusal)
        assert run.code == "unknown_parameter"


class TestInstructingPayment:
    def test_pays_what_the_list_says(self) -> None:
        changes = accepted(instruct(listed()))

        assert changes[PAYROLL] == (PayrollInstructed(households=BOTH),)
        (first,) = changes[HOUSEHOLD]
        assert isinstance(first, PayoutInstructed)
        assert first == PayoutInstructed(
            payout=first.payout,
            household=HOUSEHOLD,
            payroll=PAYROLL,
            programme=PROGRAMME,
            parts=(regular(MARCH, 40_000),),
            amount_fen=Fen(40_000),
            account_holder=HEAD,
        )
        assert [claim.key for claim in first.takes(HOUSEHOLD)] == [
            f"payout/{HOUSEHOLD}/{PROGRAMME}/2013-03/regular"
        ]

    def test_pays_into_the_account_that_the_household_named(self) -> None:
        named = AccountNamed(holder=SPOUSE, account=sealed(SPOUSE))

        (event,) = accepted(instruct(listed(given(named, state=entitled()))))[HOUSEHOLD]

        assert isinstance(event, PayoutInstructed)
        assert event.account_holder == SPOUSE

    def test_does_not_pay_who_took_the_account_along(self) -> None:
        named = AccountNamed(holder=SPOUSE, account=sealed(SPOUSE))
        left = MemberLeft(person=SPOUSE, cause=MemberCause.DIVORCE, reason=sealed(HEAD))

        (event,) = accepted(instruct(listed(given(named, left, state=entitled()))))[HOUSEHOLD]

        assert isinstance(event, PayoutInstructed)
        assert event.account_holder == HEAD

    def test_pays_a_household_once_that_is_named_twice(self) -> None:
        changes = accepted(instruct(listed(), (HOUSEHOLD, HOUSEHOLD)))

        assert changes[PAYROLL] == (PayrollInstructed(households=(HOUSEHOLD,)),)
        assert len(changes[HOUSEHOLD]) == 1

    def test_goes_on_where_an_earlier_run_stopped(self) -> None:
        of = listed()
        of = after(of, instruct(of, (HOUSEHOLD,)))

        changes = accepted(instruct(of))

        assert set(changes) == {PAYROLL, NEIGHBOUR}

    def test_asked_for_again_records_nothing(self) -> None:
        of = listed()

        assert accepted(instruct(after(of, instruct(of)))) == {}

    def test_is_refused_for_a_household_that_is_not_on_the_list(self) -> None:
        assert refused(instruct(listed(), (HOUSEHOLD, NOBODY))) == "not_on_payroll"

    def test_is_refused_for_a_payroll_that_was_never_prepared(self) -> None:
        assert refused(instruct(states())) == "not_found"


class TestConfirmingPayment:
    def test_records_the_banks_word_for_each_household(self) -> None:
        of = instructed()

        changes = accepted(confirm(of))

        assert changes == {
            stream: (PayoutConfirmed(payout=payout_id(of, stream), bank_reference="回盘-1"),)
            for stream in BOTH
        }

    def test_that_comes_late_and_again_changes_nothing_more(self) -> None:
        of = after(instructed(), confirm(instructed()), on=date(2013, 6, 1))

        assert accepted(confirm(of, on=date(2013, 7, 1))) == {}

    def test_is_refused_before_payment_was_instructed(self) -> None:
        assert refused(confirm(listed())) == "payout_not_instructed"

    def test_is_refused_for_a_household_that_nobody_knows(self) -> None:
        assert refused(confirm(instructed(), (HOUSEHOLD, NOBODY))) == "payout_not_instructed"

    def test_is_refused_for_what_the_bank_returned(self) -> None:
        of = instructed()
        back = PayoutReturned(
            payout=payout_id(of, HOUSEHOLD), cause=PayoutReturnCause.ACCOUNT_CLOSED, reason=sealed(HEAD)
        )

        assert refused(confirm({**of, HOUSEHOLD: given(back, state=of[HOUSEHOLD])})) == "payout_came_back"

    def test_is_refused_on_a_day_before_the_instruction(self) -> None:
        assert refused(confirm(instructed(), on=date(2013, 3, 3))) == "fact_before_payment"

    def test_is_refused_without_the_banks_reference(self) -> None:
        assert refused(confirm(instructed(), reference=" ")) == "bank_reference_missing"

    def test_is_refused_to_the_clock(self) -> None:
        """Only a person who has the bank's statement says that it paid."""
        command = ConfirmPayouts(payroll=PAYROLL, households=BOTH, bank_reference="回盘-1")

        assert refused(decide(instructed(), command, by=Role.SYSTEM, on=ON)) == "role_not_allowed"


class TestAnyPayroll:
    @drawn(
        amounts=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
        month=st.sampled_from([Month(2013, 1), Month(2013, 2), MARCH, Month(2014, 12)]),
    )
    def test_adds_up_and_has_no_line_below_zero(self, amounts: list[int], month: Month) -> None:
        of = {
            StreamId(f"L0001-household-{number}"): msgspec.structs.replace(
                entitled(amount_fen=amount), id=StreamId(f"L0001-household-{number}")
            )
            for number, amount in enumerate(amounts)
        }

        event = prepared(prepare(of, month, households=tuple(of), on=date(2015, 1, 1)))

        assert event.total_fen == sum(line.amount_fen for line in event.lines)
        assert event.total_fen == sum(part.amount_fen for line in event.lines for part in line.parts)
        assert all(part.amount_fen > 0 for line in event.lines for part in line.parts)
        assert {line.household for line in event.lines} == set(of)
        assert event.digest == lines_digest(event.lines)

    @drawn(st.data())
    def test_has_another_digest_if_any_line_differs(self, data: st.DataObject) -> None:
        lines = prepared(prepare(states())).lines
        index = data.draw(st.integers(0, len(lines) - 1))
        amount = data.draw(st.integers(1, 10**6).filter(lambda fen: fen != lines[index].amount_fen))
        other = PayrollLine(household=lines[index].household, parts=(regular(MARCH, amount),))

        assert lines_digest((*lines[:index], other, *lines[index + 1 :])) != lines_digest(lines)


def listed(first: Household | None = None) -> dict[StreamId, Any]:
    """Both households and the March payroll that lists them."""
    of = states(first)
    payroll: Payroll = given(At(prepared(prepare(of)), on=ON, by=PAYER), stream=PAYROLL)
    return {PAYROLL: payroll, **of}


def instruct(of: Mapping[StreamId, Any], households: tuple[StreamId, ...] = BOTH) -> Changes | Refusal:
    return decide(of, InstructPayouts(payroll=PAYROLL, households=households), by=Role.SYSTEM, on=ON)


def instructed() -> dict[StreamId, Any]:
    of = listed()
    return after(of, instruct(of))


def after(of: Mapping[StreamId, Any], outcome: Changes | Refusal, *, on: date = ON) -> dict[StreamId, Any]:
    return {stream: then(state, outcome, on=on, by=PAYER, stream=stream) for stream, state in of.items()}


def confirm(
    of: Mapping[StreamId, Any],
    households: tuple[StreamId, ...] = BOTH,
    *,
    on: date = date(2013, 3, 8),
    reference: str = "回盘-1",
) -> Changes | Refusal:
    command = ConfirmPayouts(payroll=PAYROLL, households=households, bank_reference=reference)
    return decide(of, command, by=PAYER, on=on)


def payout_id(of: Mapping[StreamId, Any], stream: StreamId) -> str:
    (payout,) = of[stream].payouts
    return str(payout)


def test_a_payroll_is_complete_when_nobody_is_left() -> None:
    assert (listed()[PAYROLL].left, instructed()[PAYROLL].left) == (frozenset(BOTH), frozenset())
    assert recorded(instruct(listed()))
