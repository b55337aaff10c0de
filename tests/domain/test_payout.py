from datetime import date

import pytest

from hudang.domain.decision import Changes, Refusal
from hudang.domain.grounds import PayoutReturnCause
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import (
    PayoutConfirmed,
    PayoutInstructed,
    PayoutKind,
    PayoutPart,
    PayoutReturned,
    PayoutState,
    ReissuePayout,
    ReturnPayout,
)
from hudang.domain.personal import Open
from hudang.domain.registration import AccountNamed
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId
from tests.domain.cases import (
    HEAD,
    HOUSEHOLD,
    PROGRAMME,
    SPOUSE,
    At,
    decide,
    given,
    recorded,
    refused,
    sealed,
    then,
)
from tests.domain.entitled import entitled

PAYMASTER = Role.PAYMASTER
INSTRUCTED_ON = date(2013, 3, 4)
RETURNED_ON = date(2013, 3, 12)
REISSUED_ON = date(2013, 3, 20)
FIRST = "payout-1"
PARTS = (PayoutPart(month=Month(2013, 3), kind=PayoutKind.REGULAR, amount_fen=Fen(40_000), persons=2),)
INSTRUCTED = PayoutInstructed(
    payout=FIRST,
    household=HOUSEHOLD,
    payroll=StreamId("L0001-payroll-1"),
    programme=PROGRAMME,
    parts=PARTS,
    amount_fen=Fen(40_000),
    account_holder=HEAD,
)
RETURNED = At(
    PayoutReturned(payout=FIRST, cause=PayoutReturnCause.ACCOUNT_CLOSED, reason=sealed(HEAD)),
    on=RETURNED_ON,
    by=PAYMASTER,
)


def paid(*more: At) -> Household:
    """A household whose March payment was instructed."""
    household: Household = given(At(INSTRUCTED, on=INSTRUCTED_ON, by=PAYMASTER), *more, state=entitled())
    return household


def send_back(
    household: Household, payout: str = FIRST, *, reason: str = "账户已销", on: date = RETURNED_ON
) -> Changes | Refusal:
    command = ReturnPayout(
        household=HOUSEHOLD, payout=payout, cause=PayoutReturnCause.ACCOUNT_CLOSED, reason=Open(reason)
    )
    return decide(household, command, by=PAYMASTER, on=on)


def reissue(household: Household, payout: str = FIRST, *, on: date = REISSUED_ON) -> Changes | Refusal:
    return decide(household, ReissuePayout(household=HOUSEHOLD, payout=payout), by=PAYMASTER, on=on)


class TestAReturnedPayment:
    @pytest.mark.parametrize(
        "before", [(), (At(PayoutConfirmed(payout=FIRST, bank_reference="回盘-1"), on=date(2013, 3, 8)),)]
    )
    def test_is_recorded_with_the_banks_reason_and_frees_its_months(self, before: tuple[At, ...]) -> None:
        outcome = send_back(paid(*before))

        (event,) = recorded(outcome)
        assert event == PayoutReturned(
            payout=FIRST, cause=PayoutReturnCause.ACCOUNT_CLOSED, reason=Open("账户已销", of=HEAD)
        )
        assert event.frees() == tuple({claim.holder for claim in INSTRUCTED.takes(HOUSEHOLD)})
        after = then(paid(*before), outcome, on=RETURNED_ON, by=PAYMASTER)
        assert after.payouts[FIRST].state is PayoutState.RETURNED
        assert after.payouts[FIRST].return_cause is PayoutReturnCause.ACCOUNT_CLOSED

    def test_is_refused_for_a_payment_that_is_not_in_the_file(self) -> None:
        assert refused(send_back(paid(), "payout-9")) == "payout_not_found"

    def test_is_refused_a_second_time(self) -> None:
        assert refused(send_back(paid(RETURNED))) == "payout_already_returned"

    def test_is_refused_without_the_banks_reason(self) -> None:
        assert refused(send_back(paid(), reason=" ")) == "reason_missing"

    def test_is_refused_on_a_day_before_the_payment(self) -> None:
        assert refused(send_back(paid(), on=date(2013, 3, 3))) == "fact_before_payment"


class TestReissuingAPayment:
    def test_instructs_the_same_sums_once_more(self) -> None:
        outcome = reissue(paid(RETURNED))

        (event,) = recorded(outcome)
        assert isinstance(event, PayoutInstructed)
        assert event == PayoutInstructed(
            payout=event.payout,
            household=HOUSEHOLD,
            payroll=INSTRUCTED.payroll,
            programme=PROGRAMME,
            parts=PARTS,
            amount_fen=Fen(40_000),
            account_holder=HEAD,
            reissue_of=FIRST,
        )
        assert event.payout != FIRST
        assert {claim.key for claim in event.takes(HOUSEHOLD)} == {
            claim.key for claim in INSTRUCTED.takes(HOUSEHOLD)
        }

    def test_pays_into_the_account_named_since(self) -> None:
        named = At(AccountNamed(holder=SPOUSE, account=sealed(SPOUSE)), on=RETURNED_ON)

        (event,) = recorded(reissue(paid(RETURNED, named)))

        assert isinstance(event, PayoutInstructed)
        assert event.account_holder == SPOUSE

    @pytest.mark.parametrize(
        "before", [(), (At(PayoutConfirmed(payout=FIRST, bank_reference="回盘-1"), on=date(2013, 3, 8)),)]
    )
    def test_is_refused_for_a_payment_that_did_not_come_back(self, before: tuple[At, ...]) -> None:
        assert refused(reissue(paid(*before))) == "payout_not_returned"

    def test_is_refused_a_second_time(self) -> None:
        household = then(paid(RETURNED), reissue(paid(RETURNED)), on=REISSUED_ON, by=PAYMASTER)

        assert refused(reissue(household)) == "payout_already_reissued"

    def test_is_refused_when_the_reissue_came_back_too(self) -> None:
        household = then(paid(RETURNED), reissue(paid(RETURNED)), on=REISSUED_ON, by=PAYMASTER)
        (second,) = set(household.payouts) - {FIRST}
        again = then(household, send_back(household, second, on=REISSUED_ON), on=REISSUED_ON, by=PAYMASTER)

        assert refused(reissue(again, second)) == "payout_already_reissued"
        assert refused(reissue(again, FIRST)) == "payout_already_reissued"

    def test_is_refused_for_a_payment_that_is_not_in_the_file(self) -> None:
        assert refused(reissue(paid(RETURNED), "payout-9")) == "payout_not_found"

    def test_is_refused_on_a_day_before_the_payment(self) -> None:
        assert refused(reissue(paid(RETURNED), on=date(2013, 3, 3))) == "fact_before_payment"

    def test_is_refused_to_the_clock(self) -> None:
        command = ReissuePayout(household=HOUSEHOLD, payout=FIRST)

        outcome = decide(paid(RETURNED), command, by=Role.SYSTEM, on=REISSUED_ON)

        assert refused(outcome) == "role_not_allowed"
