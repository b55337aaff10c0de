"""What a person is to the domain, and how a personal value stays closed on every way out."""

import io

import pytest
from rich.console import Console
from rich.pretty import Pretty

from hudang.domain.identity import Relation
from hudang.domain.person import Person, PersonRegistered
from hudang.domain.personal import Open, Sealed
from hudang.domain.policy_terms import Register
from hudang.domain.registration import NewMember, RegisterHousehold
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from tests.domain.cases import DAYS, HEAD, VILLAGE, given, sealed, situation

CANARY = "测试金丝雀"
NUMBER = "110101199003070396"


class TestAPerson:
    def test_is_known_by_an_id_that_says_nothing(self) -> None:
        event = PersonRegistered(name=sealed(HEAD), identity_number=sealed(HEAD))

        person = given(event, stream=StreamId(HEAD))

        assert person == Person(id=HEAD, name=sealed(HEAD), identity_number=sealed(HEAD))


class TestAPersonalValue:
    def test_shows_nothing_in_any_representation(self) -> None:
        command = RegisterHousehold(
            number="001",
            area=VILLAGE,
            register=Register.URBAN,
            address=Open(CANARY),
            members=(NewMember(name=Open(CANARY), identity_number=Open(NUMBER), relation=Relation.HEAD),),
        )
        known = situation(command, by=Role.TOWNSHIP_CLERK, on=min(DAYS.values()))

        for shown in (command, known, Open(CANARY), Open(NUMBER, of=HEAD)):
            for text in (repr(shown), str(shown), f"{shown}", pretty(shown)):
                assert CANARY not in text
                assert NUMBER not in text

    def test_is_told_whose_it_is(self) -> None:
        assert Open(CANARY).about(PersonId("L0001-person-9")) == Open(CANARY, of=PersonId("L0001-person-9"))

    def test_under_seal_is_nonce_and_ciphertext(self) -> None:
        value = Sealed(of=HEAD, at="somewhere", box="AAECAwQFBgcICQoLDA0=")

        assert value.nonce_and_ciphertext() == (bytes(range(12)), bytes([12, 13]))

    def test_under_a_seal_that_is_no_base64_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="base64"):
            Sealed(of=HEAD, at="somewhere", box="not base64!").nonce_and_ciphertext()


def pretty(value: object) -> str:
    """The value as a rich traceback would show it."""
    console = Console(file=io.StringIO(), width=200)
    console.print(Pretty(value))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
