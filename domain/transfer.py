"""How does a household leave for another ledger, with no month paid twice or skipped? (迁出)

The first and the last of four steps, each in one ledger, under one transfer id: `TransferOut` here,
`AnnounceTransfer` and `AcceptTransfer` there (`arrival`), `AcknowledgeTransfer` here.
docs/decisions/0010-moving-house.md.
"""

from datetime import date
from typing import ClassVar

import msgspec

from hudang.domain.decision import Command, Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.entitlement import Entitlement, HouseholdClass, holder_of
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.domain.personal import Open, Personal
from hudang.domain.roles import Role
from hudang.domain.values import Fen, PersonId, StreamId

MOVERS = frozenset({Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})
JOBS = frozenset({Role.SYSTEM})


class TransferredEntitlement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entitlement that goes on elsewhere: fen a month for these persons, paid here through a month."""

    programme: str
    household_class: HouseholdClass
    amount_fen: Fen
    persons: tuple[PersonId, ...]
    paid_through: Month
    last_reviewed_on: date


class MovedAway(msgspec.Struct, frozen=True, kw_only=True):
    """Where a household went; `there` is its file in that ledger, once it was accepted."""

    transfer: str
    to_ledger: str
    on: date
    entitlements: tuple[TransferredEntitlement, ...]
    there: StreamId | None = None


class TransferredOut(Event, frozen=True, kw_only=True):
    """The household moved to another ledger; its entitlements end here with the months paid (迁出)."""

    TOPIC = "transfer.out"

    transfer: str
    household: StreamId
    to_ledger: str
    reason: Personal
    members: tuple[PersonId, ...]
    entitlements: tuple[TransferredEntitlement, ...]

    def frees(self) -> tuple[str, ...]:
        return (
            *(f"member/{person}" for person in self.members),
            *(holder_of(self.household, entitlement.programme) for entitlement in self.entitlements),
        )


class TransferCompleted(Event, frozen=True, kw_only=True):
    """The other ledger took the household in; its file goes on there (迁出完成)."""

    TOPIC = "transfer.completed"

    transfer: str
    there: StreamId
    accepted_on: date


class TransferOut(Command, frozen=True, kw_only=True):
    """Let a household go that moves to the jurisdiction of another ledger (办理迁出)."""

    BY: ClassVar[frozenset[Role]] = MOVERS

    household: StreamId
    to_ledger: str
    reason: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


class AcknowledgeTransfer(Command, frozen=True, kw_only=True):
    """Enter that the other ledger took the household in (迁出回执)."""

    BY: ClassVar[frozenset[Role]] = JOBS
    AFTER_CLOSE: ClassVar[bool] = True

    household: StreamId
    transfer_id: str
    there: str
    accepted_on: date

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


@decides(TransferOut)
def transfer_out(household: Household, command: TransferOut, given: Given) -> Events | Refusal:
    """Nothing may be under way: no open case, no payment without the bank's word, no month left unpaid."""
    refusal = _refuse_destination(command, given) or _refuse_under_way(household)
    if refusal:
        return refusal
    going: list[TransferredEntitlement] = []
    for entitlement in household.entitlements.values():
        paid_through = paid_without_gap(household, entitlement)
        if isinstance(paid_through, Refusal):
            return paid_through
        if entitlement.ended_after is None:
            going.append(_continuing(household, entitlement, paid_through))
    return (
        TransferredOut(
            transfer=given.new_id("transfer"),
            household=household.id,
            to_ledger=command.to_ledger.strip(),
            reason=command.reason.about(household.head.person),
            members=tuple(member.person for member in household.present),
            entitlements=tuple(going),
        ),
    )


def _refuse_destination(command: TransferOut, given: Given) -> Refusal | None:
    if command.to_ledger.strip() in {"", given.ledger}:
        return Refusal(
            code="transfer_nowhere",
            rule="a household moves to another ledger",
            message="Name the other ledger by its tag; within one ledger its file is not moved.",
        )
    if not command.reason.value.strip():
        return Refusal(
            code="reason_missing", rule="every change has a reason", message="Say why the household moves."
        )
    return None


def _refuse_under_way(household: Household) -> Refusal | None:
    if any(case.end is None for case in household.cases.values()):
        return Refusal(
            code="case_open",
            rule="a case is concluded where it was opened",
            message="An application or a recheck is still open; conclude it before the household moves.",
        )
    if any(payout.state is PayoutState.INSTRUCTED for payout in household.payouts.values()):
        return Refusal(
            code="payout_on_its_way",
            rule="what was instructed is settled where it was instructed",
            message="A payment waits for the bank's word; enter that it was paid or came back first.",
        )
    return None


def paid_without_gap(household: Household, entitlement: Entitlement) -> Month | Refusal:
    """The last month paid here; the one before the first if none was. Refused if one before it was not.

    An amount that changes in a month still unpaid is refused too: the next month's goes along, and no other.
    """
    first = entitlement.owed_from
    paid = {
        part.month
        for payout in household.payouts.values()
        if payout.programme == entitlement.programme and payout.state is not PayoutState.RETURNED
        for part in payout.parts
        if part.kind is PayoutKind.REGULAR
    }
    last = max((month for month in paid if month >= first), default=first - 1)
    owed_until = entitlement.ended_after or last
    unpaid = [
        month
        for month in first.through(max(owed_until, first - 1))
        if month not in paid and entitlement.in_month(month)
    ]
    if unpaid:
        return Refusal(
            code="months_unpaid",
            rule="no month is skipped when a household moves",
            message=f"{unpaid[0]} was owed here and is not paid; pay it, or send a returned payment again.",
        )
    if entitlement.ended_after is None and entitlement.spans[-1].from_month > last + 1:
        return Refusal(
            code="change_pending",
            rule="no month is paid a wrong amount when a household moves",
            message=f"The amount changes in {entitlement.spans[-1].from_month}; pay the months before it.",
        )
    return last


def _continuing(
    household: Household, entitlement: Entitlement, paid_through: Month
) -> TransferredEntitlement:
    present = {member.person for member in household.present}
    return TransferredEntitlement(
        programme=entitlement.programme,
        household_class=entitlement.household_class,
        amount_fen=entitlement.spans[-1].amount_fen,
        persons=tuple(person for person in entitlement.members if person in present),
        paid_through=paid_through,
        last_reviewed_on=entitlement.reviewed_on,
    )


@decides(AcknowledgeTransfer)
def acknowledge_transfer(
    household: Household, command: AcknowledgeTransfer, given: Given
) -> Events | Refusal:
    """The transfer that this household is on; said again, nothing is recorded."""
    moved = household.moved_away
    if moved is None or moved.transfer != command.transfer_id:
        return Refusal(
            code="transfer_not_found",
            rule="a receipt names its transfer",
            message="This household is on no such transfer.",
        )
    if moved.there is not None:
        return ()
    return (
        TransferCompleted(
            transfer=moved.transfer, there=StreamId(command.there), accepted_on=command.accepted_on
        ),
    )


@evolves(TransferredOut)
def transferred_out(household: Household, event: TransferredOut, recorded: Recorded) -> Household:
    ended = {
        gone.programme: msgspec.structs.replace(
            household.entitlements[gone.programme], ended_after=gone.paid_through
        )
        for gone in event.entitlements
    }
    moved = MovedAway(
        transfer=event.transfer,
        to_ledger=event.to_ledger,
        on=recorded.happened_on,
        entitlements=event.entitlements,
    )
    return msgspec.structs.replace(
        household, entitlements={**household.entitlements, **ended}, moved_away=moved
    )


@evolves(TransferCompleted)
def transfer_completed(household: Household, event: TransferCompleted, recorded: Recorded) -> Household:
    moved = household.moved_away
    return msgspec.structs.replace(
        household,
        moved_away=msgspec.structs.replace(moved, there=event.there) if moved else None,
    )
