"""How does a household come into the ledger, and how do its members and its account change? (户籍登记)"""

from typing import ClassVar

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
    evolves,
)
from hudang.domain.grounds import JOINING, LEAVING, MemberCause, refuse_cause
from hudang.domain.household import Household, Member
from hudang.domain.identity import Relation
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open, Personal
from hudang.domain.policy_terms import Register
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId

CLERKS = frozenset({Role.VILLAGE_CLERK, Role.TOWNSHIP_CLERK})


class MemberEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member as first written into the file."""

    person: PersonId
    relation: Relation
    name: Personal


class HouseholdRegistered(Event, frozen=True, kw_only=True):
    """A household file was opened, with its head and co-resident members (共同生活的家庭成员)."""

    TOPIC = "household.registered"

    number: str
    area: str
    register: Register
    address: Personal
    members: tuple[MemberEntry, ...]

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        number = Claim(key=f"household-number/{self.number}", holder=f"household/{stream}")
        return (number, *(_belongs(member.person) for member in self.members))


class MemberJoined(Event, frozen=True, kw_only=True):
    """A person joined the household: birth, marriage, return."""

    TOPIC = "household.member_joined"

    person: PersonId
    relation: Relation
    name: Personal
    cause: MemberCause
    reason: Personal

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return (_belongs(self.person),)


class MemberLeft(Event, frozen=True, kw_only=True):
    """A person left the household: death, marriage, moving out, and the like."""

    TOPIC = "household.member_left"

    person: PersonId
    cause: MemberCause
    reason: Personal

    def frees(self) -> tuple[str, ...]:
        return (f"member/{self.person}",)


class AccountNamed(Event, frozen=True, kw_only=True):
    """The household named the account that assistance is paid into (一卡通/存折)."""

    TOPIC = "household.account_named"

    holder: PersonId
    account: Personal


def _belongs(person: PersonId) -> Claim:
    """A person belongs to one household at a time."""
    return Claim(key=f"member/{person}", holder=f"member/{person}")


class NewMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member as the clerk enters them from the household register (户口本)."""

    name: Open
    identity_number: Open
    relation: Relation


class RegisterHousehold(Command, frozen=True, kw_only=True):
    """Open a household file with its members (建立户档)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    number: str
    area: str
    register: Register
    address: Open
    members: tuple[NewMember, ...]

    def identity_numbers(self) -> tuple[str, ...]:
        return tuple(identity.normalise(member.identity_number.value) for member in self.members)


class AddMember(Command, frozen=True, kw_only=True):
    """Enter a person who joined the household (增加家庭成员)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    household: StreamId
    member: NewMember
    cause: MemberCause
    reason: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)

    def identity_numbers(self) -> tuple[str, ...]:
        return (identity.normalise(self.member.identity_number.value),)


class RemoveMember(Command, frozen=True, kw_only=True):
    """Enter that a person left the household, and why (减少家庭成员)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    household: StreamId
    person: PersonId
    cause: MemberCause
    reason: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


class NameAccount(Command, frozen=True, kw_only=True):
    """Enter the account that assistance is paid into (登记发放账户)."""

    BY: ClassVar[frozenset[Role]] = CLERKS

    household: StreamId
    holder: PersonId
    account: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


@decides(RegisterHousehold)
def register_household(state: None, command: RegisterHousehold, given: Given) -> Changes | Refusal:
    """One head, each identity number well-formed and named once, each person in one household only."""
    if not command.number.strip():
        return Refusal(
            code="household_number_missing",
            rule="lists sort by household number",
            message="Give the number of the household file (档案号).",
        )
    if len([m for m in command.members if m.relation == Relation.HEAD]) != 1:
        return Refusal(
            code="not_one_head",
            rule="a household has exactly one head",
            message="Mark exactly one member as head of household (户主).",
        )
    numbers = command.identity_numbers()
    if len(set(numbers)) != len(numbers):
        return Refusal(
            code="member_named_twice",
            rule="a person is a member once",
            message="The same identity number is given for two members.",
        )
    for member in command.members:
        refusal = _refuse_identity(member)
        if refusal:
            return refusal
    persons = [given.persons[number] for number in numbers]
    entries = tuple(
        MemberEntry(person=person, relation=member.relation, name=member.name.about(person))
        for person, member in zip(persons, command.members, strict=True)
    )
    head = next(entry.person for entry in entries if entry.relation == Relation.HEAD)
    registered = HouseholdRegistered(
        number=command.number.strip(),
        area=command.area,
        register=command.register,
        address=command.address.about(head),
        members=entries,
    )
    newcomers = {
        StreamId(person): (_person_registered(person, member),)
        for person, member in zip(persons, command.members, strict=True)
        if person not in given.known_persons
    }
    return {given.new_stream: (registered,), **newcomers}


@decides(AddMember)
def add_member(household: Household, command: AddMember, given: Given) -> Changes | Refusal:
    """Nobody joins twice, and a household keeps one head."""
    refusal = _refuse_identity(command.member) or refuse_cause(command.cause, JOINING)
    if refusal:
        return refusal
    if command.member.relation == Relation.HEAD:
        return Refusal(
            code="not_one_head",
            rule="a household has exactly one head",
            message="The household has a head already; enter the relation to the head.",
        )
    person = given.persons[command.identity_numbers()[0]]
    if any(member.person == person for member in household.present):
        return Refusal(
            code="already_a_member",
            rule="a person is a member once",
            message="This person already belongs to the household.",
        )
    joined = MemberJoined(
        person=person,
        relation=command.member.relation,
        name=command.member.name.about(person),
        cause=command.cause,
        reason=command.reason.about(person),
    )
    newcomer = (
        {}
        if person in given.known_persons
        else {StreamId(person): (_person_registered(person, command.member),)}
    )
    return {command.household: (joined,), **newcomer}


@decides(RemoveMember)
def remove_member(household: Household, command: RemoveMember, given: Given) -> Events | Refusal:
    """The head stays until another head is entered; a reason is always given."""
    member = next((m for m in household.present if m.person == command.person), None)
    if member is None:
        return Refusal(
            code="not_a_member",
            rule="only a member can leave",
            message="This person does not belong to the household.",
        )
    if member.relation == Relation.HEAD:
        return Refusal(
            code="head_cannot_leave",
            rule="a household has exactly one head",
            message="Register the remaining members as a household with a new head.",
        )
    misfit = refuse_cause(command.cause, LEAVING)
    if misfit:
        return misfit
    if not command.reason.value.strip():
        return Refusal(
            code="reason_missing", rule="every change has a reason", message="Say why the person left."
        )
    reason = command.reason.about(command.person)
    return (MemberLeft(person=command.person, cause=command.cause, reason=reason),)


@decides(NameAccount)
def name_account(household: Household, command: NameAccount, given: Given) -> Events | Refusal:
    """The account belongs to a member of the household."""
    if all(member.person != command.holder for member in household.present):
        return Refusal(
            code="holder_not_a_member",
            rule="assistance is paid to the household",
            message="Name an account that belongs to a member of the household.",
        )
    if not command.account.value.strip():
        return Refusal(
            code="account_missing", rule="payment goes to an account", message="Give the account number."
        )
    return (AccountNamed(holder=command.holder, account=command.account.about(command.holder)),)


def _refuse_identity(member: NewMember) -> Refusal | None:
    """A name, and an identity number that passes its check digit (GB 11643)."""
    if not member.name.value.strip():
        return Refusal(code="name_missing", rule="a member has a name", message="Give every member's name.")
    reason = identity.check(identity.normalise(member.identity_number.value))
    if reason is None:
        return None
    return Refusal(
        code="identity_number_invalid",
        rule="GB 11643: eighteen digits, a date of birth, a check digit",
        message=f"An identity number does not pass ({reason}); read it from the card again.",
    )


def _person_registered(person: PersonId, member: NewMember) -> PersonRegistered:
    number = Open(value=identity.normalise(member.identity_number.value), of=person)
    return PersonRegistered(name=member.name.about(person), identity_number=number)


@evolves(HouseholdRegistered)
def household_registered(state: None, event: HouseholdRegistered, recorded: Recorded) -> Household:
    return Household(
        id=recorded.stream,
        number=event.number,
        area=event.area,
        register=event.register,
        address=event.address,
        registered_on=recorded.happened_on,
        members=tuple(
            Member(person=m.person, relation=m.relation, name=m.name, joined_on=recorded.happened_on)
            for m in event.members
        ),
    )


@evolves(MemberJoined)
def member_joined(household: Household, event: MemberJoined, recorded: Recorded) -> Household:
    member = Member(
        person=event.person, relation=event.relation, name=event.name, joined_on=recorded.happened_on
    )
    return msgspec.structs.replace(household, members=(*household.members, member))


@evolves(MemberLeft)
def member_left(household: Household, event: MemberLeft, recorded: Recorded) -> Household:
    members = tuple(
        msgspec.structs.replace(m, left_on=recorded.happened_on) if m.person == event.person else m
        for m in household.members
    )
    return msgspec.structs.replace(household, members=members)


@evolves(AccountNamed)
def account_named(household: Household, event: AccountNamed, recorded: Recorded) -> Household:
    return msgspec.structs.replace(household, account=event.account, account_holder=event.holder)
