"""One thread through everything: commands by mutation, then history, case and replay by query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hudang.domain.identity import check_digit

if TYPE_CHECKING:
    from conftest import Api

NUMBER = "43030419650312001"
EVIDENCE = {"kind": "申请书", "sha256": "ab" * 32, "pages": 1}
VILLAGE = "430304001001"


def identity_number(first_seventeen: str = NUMBER) -> str:
    """An invented number with its check digit."""
    return first_seventeen + check_digit(first_seventeen)


def register(api: Api) -> Any:
    """A household of one, entered by the township."""
    return api.accepted(
        "registerHousehold",
        number="测-001",
        area=VILLAGE,
        register="URBAN",
        address="测试路1号",
        members=[{"name": "测试甲", "identityNumber": identity_number(), "relation": "HEAD"}],
    )


class TestAHousehold:
    def test_that_was_registered_tells_its_history(self, api: Api) -> None:
        registered = register(api)

        found = api.ask(
            """query ($id: ID!) { household(id: $id) {
                id ledger number register registerZh version address account
                area { code name level parent }
                members { name relation relationZh identityNumber personId joinedOn }
                history(first: 10) { edges { cursor node {
                    position version topic who { person role roleZh office } what { zh en } happenedOn recordedAt
                    changes { name zh value } caseId
                } } pageInfo { hasNextPage endCursor } }
                cases { id } entitlements { programme } payouts { reference }
            } }""",
            id=registered["createdId"],
        )["household"]

        print(found)
        assert found["members"][0]["name"] == "测试甲"
