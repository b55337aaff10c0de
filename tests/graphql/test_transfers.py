"""Does the API let a household go, and show it as work until it was taken in?"""

from __future__ import annotations

from typing import Any

from hudang.domain.roles import Role
from tests.graphql.api import VILLAGE, Api
from tests.graphql.dibao import identity_number, register

ASK = """query ($state: TransferState) { transfers(first: 10, state: $state) { edges { node {
    transfer direction state stateZh otherLedger householdId announcedId number headName address members
    entitlements { programme paidThrough } begunOn completedOn } } } }"""


def asked(api: Api, state: str | None = None, *, passed: str | None = None) -> list[dict[str, Any]]:
    """The transfers of the ledger."""
    found = api.ask(ASK, state=state, passed=passed)
    return [edge["node"] for edge in found["transfers"]["edges"]]


class TestAHouseholdThatLeaves:
    def test_is_open_work(self, api: Api) -> None:
        household = register(api)["createdId"]

        sent = api.accepted("transferOut", household=household, toLedger="L0002", reason="测试迁往外县")

        (half,) = asked(api, "OPEN", passed=sent["consistency"])
        assert (half["direction"], half["stateZh"], half["otherLedger"]) == ("OUT", "办理中", "L0002")
        assert (half["householdId"], half["number"], half["headName"]) == (household, "测-001", "测试甲")
        assert asked(api, "COMPLETED") == []


class TestAHouseholdThatArrives:
    def test_waits_for_a_clerk(self, api: Api) -> None:
        """The job's announcement is sent as the job would send it."""
        announced = api.accepted(
            "announceTransfer",
            role=Role.SYSTEM,
            transfer="00000000-0000-4000-8000-000000000007",
            fromLedger="L0002",
            fromHousehold="L0002-household",
            fromNumber="外-001",
            register="URBAN",
            address="测试外县路1号",
            members=[
                {
                    "origin": "L0002-person",
                    "name": "测试外来",
                    "identityNumber": identity_number("11010119900101777"),
                    "relation": "HEAD",
                }
            ],
            entitlements=[
                {
                    "programme": "dibao",
                    "householdClass": "B",
                    "amountFen": 25000,
                    "origins": ["L0002-person"],
                    "paidThrough": "2013-02",
                    "lastReviewedOn": "2013-01-05",
                }
            ],
            record={"kind": "迁出记录", "sha256": "ab" * 32, "pages": 1},
        )

        (half,) = asked(api, "OPEN", passed=announced["consistency"])
        assert (half["direction"], half["headName"], half["address"]) == ("IN", "测试外来", "测试外县路1号")
        assert half["entitlements"] == [{"programme": "dibao", "paidThrough": "2013-02"}]

        taken = api.accepted("acceptTransfer", transfer=half["announcedId"], number="测-900", area=VILLAGE)

        (done,) = asked(api, "COMPLETED", passed=taken["consistency"])
        assert (done["householdId"], done["number"]) == (taken["createdId"], "测-900")
