"""How does a household that another ledger let go get its file here? (迁入)

A job announces it with what it brings along; a clerk gives it number and area.
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
from hudang.domain.entitlement import ExistingEntitlementRegistered, HouseholdClass
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open, Personal
from hudang.domain.policy_terms import Register
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberEntry
from hudang.domain.roles import Role
from hudang.domain.transfer import JOBS, MOVERS, TransferredEntitlement
from hudang.domain.values import Fen, PersonId, StreamId


class MovedHere(msgspec.Struct, frozen=True, kw_only=True):
    """Where a household came from."""

    transfer: str
    from_ledger: str
    from_household: StreamId


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
