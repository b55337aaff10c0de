"""How does a household move to another ledger and go on there, with no month paid twice or skipped? (迁移)

Four steps, each in one ledger, under one transfer id: `TransferOut` here, `AnnounceTransfer` there (a job),
`AcceptTransfer` there (a clerk gives number and area), `AcknowledgeTransfer` here (a job).
docs/decisions/0010-moving-house.md.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import msgspec

from hudang.domain import identity
from hudang.domain.decision import (
    Changes,
    Claim,
    Command,
    Event,
    Events,
    Given,
    Recorded,
    Refusal,
    decides,
    decides_jointly,
    evolves,
)
from hudang.domain.entitlement import (
    Entitlement,
    ExistingEntitlementRegistered,
    HouseholdClass,
    holder_of,
)
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open, Personal
from hudang.domain.policy_terms import Register
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberEntry
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


class MovedHere(msgspec.Struct, frozen=True, kw_only=True):
    """Where a household came from."""

    transfer: str
    from_ledger: str
    from_household: StreamId


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


class AnnouncedMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of a household that is on its way here."""

    person: PersonId
    relation: Relation
    name: Personal


class TransferAnnounced(Event, frozen=True, kw_only=True):
    """Another ledger announced a household that moves here; a clerk gives it number and area (待迁入)."""

    TOPIC = "transfer.announced"

    transfer: str
    from_ledger: str
    from_household: StreamId
    from_number: str
    register: Register
    address: Personal
    members: tuple[AnnouncedMember, ...]
    account_holder: PersonId | None
    account: Personal | None
    entitlements: tuple[TransferredEntitlement, ...]
    record: Evidence
    """The other ledger's event, by the hash that its chain gave it."""

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return (Claim(key=f"transfer/{self.transfer}", holder=f"transfer/{stream}"),)


class TransferAccepted(Event, frozen=True, kw_only=True):
    """The announced household got its file here."""

    TOPIC = "transfer.accepted"

    transfer: str
    household: StreamId


class TransferredIn(Event, frozen=True, kw_only=True):
    """The household came from another ledger; its file and entitlements were begun with it (迁入)."""

    TOPIC = "transfer.in"

    transfer: str
    announced: StreamId
    from_ledger: str
    from_household: StreamId
    record: Evidence


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A household announced by another ledger."""

    id: StreamId
    announced: TransferAnnounced
    accepted_as: StreamId | None = None


class TransferOut(Command, frozen=True, kw_only=True):
    """Let a household go that moves to the jurisdiction of another ledger (办理迁出)."""

    BY: ClassVar[frozenset[Role]] = MOVERS

    household: StreamId
    to_ledger: str
    reason: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


class MovingMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member on the way (迁移成员)."""

    origin: str
    """The person's id in the other ledger."""
    name: Open
    identity_number: Open
    relation: Relation


class MovingEntitlement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entitlement on the way (迁移待遇)."""

    programme: str
    household_class: HouseholdClass
    amount_fen: Fen
    origins: tuple[str, ...]
    """Who is assisted, by their ids in the other ledger."""
    paid_through: Month
    last_reviewed_on: date


class AnnounceTransfer(Command, frozen=True, kw_only=True):
    """Announce to this ledger a household that another let go (迁入通知)."""

    BY: ClassVar[frozenset[Role]] = JOBS
    SUBJECT: ClassVar[str] = "Transfer"

    transfer: str
    from_ledger: str
    from_household: str
    from_number: str
    register: Register
    address: Open
    members: tuple[MovingMember, ...]
    entitlements: tuple[MovingEntitlement, ...]
    record: Evidence
    account_origin: str | None = None
    """Whose account it is, by the id in the other ledger."""
    account: Open | None = None

    def identity_numbers(self) -> tuple[str, ...]:
        return tuple(identity.normalise(member.identity_number.value) for member in self.members)


class AcceptTransfer(Command, frozen=True, kw_only=True):
    """Take in a household that another ledger announced, under a number and in an area here (办理迁入)."""

    BY: ClassVar[frozenset[Role]] = MOVERS
    SUBJECT: ClassVar[str] = "Transfer"

    transfer: StreamId
    number: str
    area: str

    def streams(self) -> tuple[StreamId, ...]:
        return (self.transfer,)


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


@decides(AnnounceTransfer)
def announce_transfer(state: None, command: AnnounceTransfer, given: Given) -> Changes | Refusal:
    """Once per transfer; whoever the ledger does not know yet becomes known with the announcement."""
    malformed = refuse_unreadable((command.record,))
    if malformed:
        return malformed
    persons = [given.persons[number] for number in command.identity_numbers()]
    by_origin = {member.origin: person for person, member in zip(persons, command.members, strict=True)}
    head = next(by_origin[member.origin] for member in command.members if member.relation is Relation.HEAD)
    holder = by_origin.get(command.account_origin or "")
    announced = TransferAnnounced(
        transfer=command.transfer,
        from_ledger=command.from_ledger,
        from_household=StreamId(command.from_household),
        from_number=command.from_number,
        register=command.register,
        address=command.address.about(head),
        members=tuple(
            AnnouncedMember(
                person=by_origin[member.origin],
                relation=member.relation,
                name=member.name.about(by_origin[member.origin]),
            )
            for member in command.members
        ),
        account_holder=holder,
        account=command.account.about(holder) if command.account and holder else None,
        entitlements=tuple(
            TransferredEntitlement(
                programme=moving.programme,
                household_class=moving.household_class,
                amount_fen=moving.amount_fen,
                persons=tuple(by_origin[origin] for origin in moving.origins),
                paid_through=moving.paid_through,
                last_reviewed_on=moving.last_reviewed_on,
            )
            for moving in command.entitlements
        ),
        record=command.record,
    )
    newcomers = {
        StreamId(person): (_person_registered(person, member),)
        for person, member in zip(persons, command.members, strict=True)
        if person not in given.known_persons
    }
    return {given.new_stream: (announced,), **newcomers}


def _person_registered(person: PersonId, member: MovingMember) -> PersonRegistered:
    number = Open(value=identity.normalise(member.identity_number.value), of=person)
    return PersonRegistered(name=member.name.about(person), identity_number=number)


@decides_jointly(AcceptTransfer)
def accept_transfer(
    states: Mapping[StreamId, Any], command: AcceptTransfer, given: Given
) -> Changes | Refusal:
    """Once; the entitlement goes on from the month after the last one paid, to be rechecked at once."""
    transfer: Transfer = states[command.transfer]
    if transfer.accepted_as is not None:
        return Refusal(
            code="transfer_already_accepted",
            rule="a household moves once",
            message="The household has its file here already.",
        )
    if not command.number.strip():
        return Refusal(
            code="household_number_missing",
            rule="lists sort by household number",
            message="Give the number of the household file (档案号).",
        )
    continued: list[ExistingEntitlementRegistered] = []
    for entitlement in transfer.announced.entitlements:
        policy = given.policy(entitlement.programme, command.area, given.happened_on)
        if isinstance(policy, Refusal):
            return policy
        continued.append(_continued(transfer, entitlement, given))
    announced = transfer.announced
    return {
        given.new_stream: (
            _household(announced, command),
            *_account(announced),
            *continued,
            TransferredIn(
                transfer=announced.transfer,
                announced=transfer.id,
                from_ledger=announced.from_ledger,
                from_household=announced.from_household,
                record=announced.record,
            ),
        ),
        transfer.id: (TransferAccepted(transfer=announced.transfer, household=given.new_stream),),
    }


def _household(announced: TransferAnnounced, command: AcceptTransfer) -> HouseholdRegistered:
    """The file, with the values as they were sealed on arrival."""
    return HouseholdRegistered(
        number=command.number.strip(),
        area=command.area,
        register=announced.register,
        address=announced.address,
        members=tuple(
            MemberEntry(person=member.person, relation=member.relation, name=member.name)
            for member in announced.members
        ),
    )


def _account(announced: TransferAnnounced) -> Events:
    if announced.account is None or announced.account_holder is None:
        return ()
    return (AccountNamed(holder=announced.account_holder, account=announced.account),)


def _continued(
    transfer: Transfer, entitlement: TransferredEntitlement, given: Given
) -> ExistingEntitlementRegistered:
    return ExistingEntitlementRegistered(
        programme=entitlement.programme,
        household_class=entitlement.household_class,
        persons=entitlement.persons,
        amount_fen=entitlement.amount_fen,
        from_month=entitlement.paid_through + 1,
        last_reviewed_on=entitlement.last_reviewed_on,
        next_recheck_on=given.happened_on,
        source=transfer.announced.record,
        vouched_by=given.actor.person,
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


@evolves(TransferAnnounced)
def transfer_announced(state: None, event: TransferAnnounced, recorded: Recorded) -> Transfer:
    return Transfer(id=recorded.stream, announced=event)


@evolves(TransferAccepted)
def transfer_accepted(transfer: Transfer, event: TransferAccepted, recorded: Recorded) -> Transfer:
    return msgspec.structs.replace(transfer, accepted_as=event.household)


@evolves(TransferredIn)
def transferred_in(household: Household, event: TransferredIn, recorded: Recorded) -> Household:
    here = MovedHere(
        transfer=event.transfer, from_ledger=event.from_ledger, from_household=event.from_household
    )
    owed = {
        programme: msgspec.structs.replace(entitlement, owed_from=entitlement.spans[0].from_month)
        for programme, entitlement in household.entitlements.items()
    }
    return msgspec.structs.replace(household, moved_here=here, entitlements=owed)
