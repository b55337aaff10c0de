"""What was paid to a household? (发放: 指令、到账、退回、重发) Never twice for one month and kind."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from hudang.domain.decision import Claim, Command, Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.grounds import PayoutReturnCause
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.personal import Open, Personal
from hudang.domain.roles import Role
from hudang.domain.values import Fen, PersonId, StreamId


class PayoutKind(StrEnum):
    """Why a sum is paid; each is paid once per household, programme and month."""

    REGULAR = "regular"  # 月低保金
    SUPPLEMENT = "supplement"  # 一次性补助
    ARREARS = "arrears"  # 补发


class PayoutState(StrEnum):
    """Where a payment stands."""

    INSTRUCTED = "instructed"  # 已下达
    CONFIRMED = "confirmed"  # 已到账
    RETURNED = "returned"  # 已退回


class PayoutPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A month's sum of one kind."""

    month: Month
    kind: PayoutKind
    amount_fen: Fen
    persons: int


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands."""

    id: str
    payroll: StreamId
    programme: str
    parts: tuple[PayoutPart, ...]
    amount_fen: Fen
    account_holder: PersonId
    state: PayoutState
    instructed_on: date
    reissue_of: str | None = None
    reissued: bool = False
    return_cause: PayoutReturnCause | None = None
    return_reason: Personal | None = None


class PayoutInstructed(Event, frozen=True, kw_only=True):
    """Payment to the household's account was instructed."""

    TOPIC = "payout.instructed"

    payout: str
    household: StreamId
    payroll: StreamId
    programme: str
    parts: tuple[PayoutPart, ...]
    amount_fen: Fen
    account_holder: PersonId
    reissue_of: str | None = None

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return tuple(
            Claim(
                key=f"payout/{stream}/{self.programme}/{part.month}/{part.kind}",
                holder=f"payout/{self.payout}",
            )
            for part in self.parts
        )


class PayoutConfirmed(Event, frozen=True, kw_only=True):
    """The bank paid."""

    TOPIC = "payout.confirmed"

    payout: str
    bank_reference: str


class PayoutReturned(Event, frozen=True, kw_only=True):
    """The bank sent the money back; the months may be paid once more."""

    TOPIC = "payout.returned"

    payout: str
    cause: PayoutReturnCause
    reason: Personal

    def frees(self) -> tuple[str, ...]:
        return (f"payout/{self.payout}",)


class ReturnPayout(Command, frozen=True, kw_only=True):
    """Enter that the bank returned a payment, and why (退票)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.PAYMASTER})
    AFTER_CLOSE: ClassVar[bool] = True

    household: StreamId
    payout: str
    cause: PayoutReturnCause
    reason: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


class ReissuePayout(Command, frozen=True, kw_only=True):
    """Instruct a returned payment once more (重发)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.PAYMASTER})
    AFTER_CLOSE: ClassVar[bool] = True

    household: StreamId
    payout: str

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


@decides(ReturnPayout)
def return_payout(household: Household, command: ReturnPayout, given: Given) -> Events | Refusal:
    """What is on its way can come back, once, with a reason."""
    payout = household.payouts.get(command.payout)
    if payout is None:
        return _unknown()
    if payout.state is PayoutState.RETURNED:
        return Refusal(
            code="payout_already_returned", rule="a payment returns once", message="It was returned before."
        )
    if not command.reason.value.strip():
        return Refusal(
            code="reason_missing", rule="every return has a reason", message="Give the bank's reason."
        )
    reason = command.reason.about(household.head.person)
    return refuse_before(payout, given) or (
        PayoutReturned(payout=payout.id, cause=command.cause, reason=reason),
    )


@decides(ReissuePayout)
def reissue_payout(household: Household, command: ReissuePayout, given: Given) -> Events | Refusal:
    """A returned payment is re-issued once; a re-issue that returns too needs the account put right first."""
    payout = household.payouts.get(command.payout)
    if payout is None:
        return _unknown()
    if payout.state is not PayoutState.RETURNED:
        return Refusal(
            code="payout_not_returned",
            rule="nobody is paid twice for one month and kind",
            message="Only a payment that the bank returned is re-issued.",
        )
    if payout.reissued or payout.reissue_of is not None:
        return Refusal(
            code="payout_already_reissued",
            rule="a returned payment is re-issued once",
            message="It was re-issued before; settle the account with the household.",
        )
    return refuse_before(payout, given) or (
        PayoutInstructed(
            payout=given.new_id(payout.id),
            household=household.id,
            payroll=payout.payroll,
            programme=payout.programme,
            parts=payout.parts,
            amount_fen=payout.amount_fen,
            account_holder=household.payee,
            reissue_of=payout.id,
        ),
    )


def refuse_before(payout: Payout, given: Given) -> Refusal | None:
    """What becomes of a payment does not happen before it was instructed."""
    if given.happened_on >= payout.instructed_on:
        return None
    return Refusal(
        code="fact_before_payment",
        rule="a payment is instructed before the bank acts on it",
        message=f"The payment was instructed on {payout.instructed_on}; give that day or a later one.",
    )


def _unknown() -> Refusal:
    return Refusal(
        code="payout_not_found", rule="a return names its payment", message="This file has no such payment."
    )


@evolves(PayoutInstructed)
def payout_instructed(household: Household, event: PayoutInstructed, recorded: Recorded) -> Household:
    payout = Payout(
        id=event.payout,
        payroll=event.payroll,
        programme=event.programme,
        parts=event.parts,
        amount_fen=event.amount_fen,
        account_holder=event.account_holder,
        state=PayoutState.INSTRUCTED,
        instructed_on=recorded.happened_on,
        reissue_of=event.reissue_of,
    )
    earlier = dict(household.payouts)
    if event.reissue_of is not None:
        earlier[event.reissue_of] = msgspec.structs.replace(earlier[event.reissue_of], reissued=True)
    return msgspec.structs.replace(household, payouts={**earlier, payout.id: payout})


@evolves(PayoutConfirmed)
def payout_confirmed(household: Household, event: PayoutConfirmed, recorded: Recorded) -> Household:
    return _moved(household, event.payout, PayoutState.CONFIRMED)


@evolves(PayoutReturned)
def payout_returned(household: Household, event: PayoutReturned, recorded: Recorded) -> Household:
    return _moved(
        household,
        event.payout,
        PayoutState.RETURNED,
        return_cause=event.cause,
        return_reason=event.reason,
    )


def _moved(household: Household, payout: str, state: PayoutState, **changes: Any) -> Household:
    moved = msgspec.structs.replace(household.payouts[payout], state=state, **changes)
    return msgspec.structs.replace(household, payouts={**household.payouts, payout: moved})
