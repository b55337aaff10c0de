from typing import Any

import pytest

from hudang.domain.decision import Claim
from hudang.domain.grounds import MemberCause
from hudang.domain.identity import Relation, check_digit
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Register
from hudang.domain.registration import (
    AccountNamed,
    AddMember,
    HouseholdRegistered,
    MemberEntry,
    MemberJoined,
    MemberLeft,
    NameAccount,
    NewMember,
    RegisterHousehold,
    RemoveMember,
)
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from tests.domain.cases import (
    HEAD,
    HOUSEHOLD,
    NEW_STREAM,
    SPOUSE,
    VILLAGE,
    accepted,
    decide,
    given,
    new_person,
    recorded,
    refused,
    registered,
    sealed,
)

CLERK = Role.VILLAGE_CLERK


def number(order: int) -> str:
    """A well-formed identity number of nobody: there is no division 000000."""
    first = f"00000019900101{order:03d}"
    return first + check_digit(first)


def member(order: int, relation: Relation, name: str = "测试甲") -> NewMember:
    return NewMember(name=Open(name), identity_number=Open(number(order)), relation=relation)


PAIR = (member(1, Relation.HEAD), member(2, Relation.SPOUSE, "测试乙"))


def register(*members: NewMember, file_number: str = "001") -> RegisterHousehold:
    return RegisterHousehold(
        number=file_number,
        area=VILLAGE,
        register=Register.URBAN,
        address=Open("测试路1号"),
        members=members,
    )


class TestRegisteringAHousehold:
    def test_opens_the_file_and_registers_who_is_new(self) -> None:
        outcome = decide(None, register(*PAIR, file_number=" 001 "), by=CLERK)

        head, spouse = new_person(1), new_person(2)
        assert accepted(outcome) == {
            NEW_STREAM: (
                HouseholdRegistered(
                    number="001",
                    area=VILLAGE,
                    register=Register.URBAN,
                    address=Open("测试路1号", of=head),
                    members=(
                        MemberEntry(person=head, relation=Relation.HEAD, name=Open("测试甲", of=head)),
                        MemberEntry(person=spouse, relation=Relation.SPOUSE, name=Open("测试乙", of=spouse)),
                    ),
                ),
            ),
            StreamId(head): (
                PersonRegistered(name=Open("测试甲", of=head), identity_number=Open(number(1), of=head)),
            ),
            StreamId(spouse): (
                PersonRegistered(name=Open("测试乙", of=spouse), identity_number=Open(number(2), of=spouse)),
            ),
        }

    def test_does_not_register_a_known_person_again(self) -> None:
        outcome = decide(None, register(*PAIR), by=CLERK, known={number(1): HEAD})

        assert set(accepted(outcome)) == {NEW_STREAM, StreamId(new_person(2))}

    def test_claims_the_file_number_and_every_member(self) -> None:
        assert registered().takes(HOUSEHOLD) == (
            Claim(key="household-number/001", holder=f"household/{HOUSEHOLD}"),
            Claim(key=f"member/{HEAD}", holder=f"member/{HEAD}"),
            Claim(key=f"member/{SPOUSE}", holder=f"member/{SPOUSE}"),
        )

    def test_knows_its_head(self) -> None:
        assert given(registered()).head.person == HEAD

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            (register(*PAIR, file_number=" "), "household_number_missing"),
            (register(member(1, Relation.SPOUSE)), "not_one_head"),
            (register(member(1, Relation.HEAD), member(2, Relation.HEAD)), "not_one_head"),
            (register(member(1, Relation.HEAD), member(1, Relation.SPOUSE)), "member_named_twice"),
            (register(member(1, Relation.HEAD, name=" ")), "name_missing"),
        ],
    )
    def test_is_refused_with(self, command: RegisterHousehold, code: str) -> None:
        assert refused(decide(None, command, by=CLERK)) == code

    def test_is_refused_with_a_miscopied_identity_number(self) -> None:
        wrong = number(1)[:-1] + ("1" if number(1)[-1] != "1" else "2")
        command = register(
            NewMember(name=Open("测试甲"), identity_number=Open(wrong), relation=Relation.HEAD)
        )

        assert refused(decide(None, command, by=CLERK)) == "identity_number_invalid"

    def test_takes_a_number_in_any_spelling_for_the_same(self) -> None:
        spaced = NewMember(
            name=Open("测试乙"), identity_number=Open(f" {number(1)} "), relation=Relation.SPOUSE
        )

        outcome = decide(None, register(member(1, Relation.HEAD), spaced), by=CLERK)

        assert refused(outcome) == "member_named_twice"

    def test_is_refused_to_an_auditor(self) -> None:
        assert refused(decide(None, register(*PAIR), by=Role.AUDITOR)) == "role_not_allowed"


class TestAddingAMember:
    def test_records_who_joined_and_why(self) -> None:
        command = AddMember(
            household=HOUSEHOLD,
            member=member(3, Relation.CHILD, "测试丙"),
            cause=MemberCause.BIRTH,
            reason=Open("出生"),
        )

        outcome = decide(given(registered()), command, by=CLERK)

        child = new_person(1)
        assert recorded(outcome, HOUSEHOLD) == (
            MemberJoined(
                person=child,
                relation=Relation.CHILD,
                name=Open("测试丙", of=child),
                cause=MemberCause.BIRTH,
                reason=Open("出生", of=child),
            ),
        )
        assert isinstance(recorded(outcome, StreamId(child))[0], PersonRegistered)

    def test_is_refused_for_a_member(self) -> None:
        command = AddMember(
            household=HOUSEHOLD,
            member=member(2, Relation.SPOUSE),
            cause=MemberCause.MARRIAGE,
            reason=Open("结婚"),
        )

        outcome = decide(given(registered()), command, by=CLERK, known={number(2): SPOUSE})

        assert refused(outcome) == "already_a_member"

    def test_takes_back_who_had_left(self) -> None:
        household = given(
            registered(), MemberLeft(person=SPOUSE, cause=MemberCause.DIVORCE, reason=sealed(HEAD))
        )
        command = AddMember(
            household=HOUSEHOLD,
            member=member(2, Relation.SPOUSE),
            cause=MemberCause.MARRIAGE,
            reason=Open("复婚"),
        )

        outcome = decide(household, command, by=CLERK, known={number(2): SPOUSE})

        assert set(accepted(outcome)) == {HOUSEHOLD}

    def test_is_refused_for_a_second_head(self) -> None:
        command = AddMember(
            household=HOUSEHOLD,
            member=member(3, Relation.HEAD),
            cause=MemberCause.RETURNED,
            reason=Open("迁入"),
        )

        assert refused(decide(given(registered()), command, by=CLERK)) == "not_one_head"

    def test_is_refused_without_a_name(self) -> None:
        command = AddMember(
            household=HOUSEHOLD,
            member=member(3, Relation.CHILD, " "),
            cause=MemberCause.BIRTH,
            reason=Open("出生"),
        )

        assert refused(decide(given(registered()), command, by=CLERK)) == "name_missing"

    def test_is_refused_for_a_cause_of_leaving(self) -> None:
        command = AddMember(
            household=HOUSEHOLD,
            member=member(3, Relation.CHILD),
            cause=MemberCause.DEATH,
            reason=Open("去世"),
        )

        assert refused(decide(given(registered()), command, by=CLERK)) == "cause_does_not_fit"


def remove(person: PersonId, reason: str = "去世", cause: MemberCause = MemberCause.DEATH) -> Any:
    command = RemoveMember(household=HOUSEHOLD, person=person, cause=cause, reason=Open(reason))
    return decide(given(registered()), command, by=CLERK)


class TestRemovingAMember:
    def test_records_who_left_and_why_and_frees_them_for_another_household(self) -> None:
        (left,) = recorded(remove(SPOUSE))

        assert left == MemberLeft(person=SPOUSE, cause=MemberCause.DEATH, reason=Open("去世", of=SPOUSE))
        assert left.frees() == (f"member/{SPOUSE}",)
        assert [m.person for m in given(registered(), left).present] == [HEAD]

    def test_is_refused_for_a_stranger(self) -> None:
        assert refused(remove(PersonId("L0001-person-9"))) == "not_a_member"

    def test_is_refused_for_the_head(self) -> None:
        assert refused(remove(HEAD)) == "head_cannot_leave"

    @pytest.mark.parametrize("cause", [MemberCause.BIRTH, MemberCause.RETURNED])
    def test_is_refused_for_a_cause_of_joining(self, cause: MemberCause) -> None:
        assert refused(remove(SPOUSE, cause=cause)) == "cause_does_not_fit"

    def test_is_refused_without_a_reason(self) -> None:
        assert refused(remove(SPOUSE, reason=" ")) == "reason_missing"


def name_account(holder: PersonId, account: str = "6200 0000") -> Any:
    command = NameAccount(household=HOUSEHOLD, holder=holder, account=Open(account))
    return decide(given(registered()), command, by=CLERK)


class TestNamingTheAccount:
    def test_seals_the_account_under_its_holders_key(self) -> None:
        assert recorded(name_account(SPOUSE)) == (
            AccountNamed(holder=SPOUSE, account=Open("6200 0000", of=SPOUSE)),
        )

    def test_is_kept_on_the_file(self) -> None:
        named = given(registered(), *recorded(name_account(SPOUSE)))

        assert named.account_holder == SPOUSE

    def test_is_refused_for_somebody_elses_account(self) -> None:
        assert refused(name_account(PersonId("L0001-person-9"))) == "holder_not_a_member"

    def test_is_refused_without_an_account(self) -> None:
        assert refused(name_account(HEAD, " ")) == "account_missing"
