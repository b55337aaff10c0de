from datetime import date
from importlib.resources import files

import msgspec
import pytest

from hudang.domain.decision import Changes, Refusal
from hudang.domain.jurisdiction import (
    AdoptPolicy,
    Area,
    AreaEstablished,
    AreaLevel,
    EstablishArea,
    Jurisdiction,
    LedgerClock,
    LedgerOpened,
    OpenLedger,
    PolicyAdopted,
)
from hudang.domain.policy import policy_hash
from hudang.domain.roles import Role
from hudang.domain.values import StreamId
from tests.domain.cases import COUNTY, LEDGER, decide, given, recorded, refused, then

OPERATOR = Role.OPERATOR
OWN = StreamId(LEDGER)
ON = date(2013, 1, 1)
OPEN = OpenLedger(name="岳塘区社会救助", area=COUNTY, clock=LedgerClock.SIMULATED)
POLICY = (files("hudang.domain") / "policies" / "cn" / "dibao-2012.toml").read_text(encoding="utf-8")
VILLAGE = EstablishArea(
    jurisdiction=OWN, area="430304001001", name="测试社区", level=AreaLevel.VILLAGE, parent=COUNTY
)


def opened() -> Jurisdiction:
    """A ledger with its county."""
    event = LedgerOpened(
        name="岳塘区社会救助",
        area=COUNTY,
        clock=LedgerClock.SIMULATED,
        chain_format="hudang-chain-1",
        algorithms=("sha256", "aes-256-gcm"),
    )
    county = AreaEstablished(area=COUNTY, name="岳塘区", level=AreaLevel.COUNTY, parent=None)
    jurisdiction: Jurisdiction = given(event, county, stream=OWN)
    return jurisdiction


def establish(jurisdiction: Jurisdiction, **changes: object) -> Changes | Refusal:
    return decide(jurisdiction, msgspec.structs.replace(VILLAGE, **changes), by=OPERATOR, on=ON)


def adopt(jurisdiction: Jurisdiction, text: str = POLICY) -> Changes | Refusal:
    command = AdoptPolicy(jurisdiction=OWN, text=text, in_force_from=date(2012, 12, 12))
    return decide(jurisdiction, command, by=OPERATOR, on=ON)


class TestOpeningALedger:
    def test_says_what_a_verifier_must_know(self) -> None:
        outcome = decide(None, OPEN, by=OPERATOR, on=ON)

        assert recorded(outcome) == (
            LedgerOpened(
                name="岳塘区社会救助",
                area=COUNTY,
                clock=LedgerClock.SIMULATED,
                chain_format="hudang-chain-1",
                algorithms=("sha256", "aes-256-gcm"),
            ),
        )

    def test_is_refused_for_what_is_no_area(self) -> None:
        command = msgspec.structs.replace(OPEN, area="岳塘区")

        assert refused(decide(None, command, by=OPERATOR, on=ON)) == "area_malformed"

    @pytest.mark.parametrize("by", [role for role in Role if role is not Role.OPERATOR])
    def test_is_refused_to_everybody_but_the_operator(self, by: Role) -> None:
        assert refused(decide(None, OPEN, by=by, on=ON)) == "role_not_allowed"


class TestEstablishingAnArea:
    def test_enters_it_under_its_parent(self) -> None:
        outcome = establish(opened())

        assert recorded(outcome) == (
            AreaEstablished(area="430304001001", name="测试社区", level=AreaLevel.VILLAGE, parent=COUNTY),
        )
        after = then(opened(), outcome, on=ON, by=OPERATOR, stream=OWN)
        assert after.areas["430304001001"] == Area(
            code="430304001001", name="测试社区", level=AreaLevel.VILLAGE, parent=COUNTY
        )

    def test_again_records_nothing(self) -> None:
        after = then(opened(), establish(opened()), on=ON, by=OPERATOR, stream=OWN)

        assert recorded(establish(after)) == ()

    def test_is_refused_under_a_code_in_use(self) -> None:
        after = then(opened(), establish(opened()), on=ON, by=OPERATOR, stream=OWN)

        assert refused(establish(after, name="别的社区")) == "area_known"

    def test_is_refused_before_its_parent(self) -> None:
        assert refused(establish(opened(), parent="430304001")) == "parent_area_unknown"

    @pytest.mark.parametrize("area", ["", "43030", "4303040010011", "四三〇三〇四", "430304 "])
    def test_is_refused_without_the_form_of_a_code(self, area: str) -> None:
        assert refused(establish(opened(), area=area)) == "area_malformed"


class TestAdoptingAPolicy:
    def test_names_the_file_by_its_hash(self) -> None:
        outcome = adopt(opened())

        (event,) = recorded(outcome)
        assert isinstance(event, PolicyAdopted)
        assert event == PolicyAdopted(
            programme="dibao",
            jurisdiction=event.jurisdiction,
            version="2012",
            policy=policy_hash(POLICY.encode()),
            in_force_from=date(2012, 12, 12),
        )
        assert then(opened(), outcome, on=ON, by=OPERATOR, stream=OWN).adopted == (event,)

    def test_again_records_nothing(self) -> None:
        after = then(opened(), adopt(opened()), on=ON, by=OPERATOR, stream=OWN)

        assert recorded(adopt(after)) == ()

    @pytest.mark.parametrize(
        "text", ["", "programme = ", 'programme = "dibao"', POLICY + "\nunheard_of = 1\n"]
    )
    def test_is_refused_for_a_file_that_does_not_read(self, text: str) -> None:
        assert refused(adopt(opened(), text)) == "policy_malformed"
