import pytest

from hudang.domain.claims import CODES, may_know_holder, refusal_of
from hudang.domain.decision import Actor
from hudang.domain.person import Person
from hudang.domain.roles import Role
from tests.domain.cases import HEAD, VILLAGE, given, registered, sealed

TOWNSHIP = VILLAGE[:9]
PERSON = Person(id=HEAD, name=sealed(HEAD), identity_number=sealed(HEAD))


def clerk(office: str, role: Role = Role.TOWNSHIP_CLERK) -> Actor:
    return Actor(person="staff-1", role=role, office=office)


class TestTheRefusalOfAHeldClaim:
    def test_is_known_by_its_code(self) -> None:
        assert refusal_of("application/dibao/L0001-person-1").code == "application_already_open"
        assert refusal_of("application/dibao/L0001-person-1").code in CODES

    def test_repeats_nothing_of_the_key(self) -> None:
        refusal = refusal_of("household-number/测试-001")

        assert "测试" not in f"{refusal.rule}{refusal.message}"


class TestWhoMayKnowTheHolder:
    @pytest.mark.parametrize(
        ("office", "may"),
        [
            (VILLAGE, True),
            (TOWNSHIP, True),
            ("430304", True),
            ("430304000000", True),
            ("430304001000", True),
            ("43030400", False),
            ("430304002", False),
            ("430304001002", False),
            ("430305", False),
            ("", False),
            ("某某街道", False),
        ],
    )
    def test_is_an_office_that_covers_its_area(self, office: str, may: bool) -> None:
        assert may_know_holder(clerk(office), given(registered())) is may

    @pytest.mark.parametrize("role", [Role.COUNTY_OFFICER, Role.COUNTY_APPROVER, Role.AUDITOR])
    def test_is_the_county(self, role: Role) -> None:
        assert may_know_holder(clerk("430305", role), given(registered()))

    def test_is_nobody_else_where_the_holder_has_no_area(self) -> None:
        assert not may_know_holder(clerk("43"), PERSON)
        assert may_know_holder(clerk("43", Role.COUNTY_OFFICER), PERSON)
