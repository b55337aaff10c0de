"""One thread through everything: a household's case by mutations, then every question about it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hudang.domain.roles import Role
from hudang.graphql.ids import Kind
from tests.graphql.api import VILLAGE, Api
from tests.graphql.dibao import PRESENT, WRITTEN, Dibao, identity_number, paper, register, version_of

HISTORY = """
query ($id: ID!, $first: Int!, $after: String) { household(id: $id) { history(first: $first, after: $after) {
    edges { cursor node { position version topic who { person role roleZh office } what { zh en }
        happenedOn recordedAt caseId changes { name zh value } } }
    pageInfo { hasNextPage endCursor }
} } }
"""


def case_of(dibao: Dibao, selection: str, role: Role = Role.TOWNSHIP_CLERK) -> Any:
    """A selection of the household's only case."""
    found = dibao.api.ask(
        f"query ($id: ID!) {{ household(id: $id) {{ cases {{ {selection} }} }} }}",
        role=role,
        id=dibao.household,
    )
    (case,) = found["household"]["cases"]
    return case


def household_of(dibao: Dibao, selection: str) -> Any:
    """A selection of the household."""
    asked = f"query ($id: ID!) {{ household(id: $id) {{ {selection} }} }}"
    return dibao.api.ask(asked, id=dibao.household)["household"]


class TestAHousehold:
    def test_shows_names_and_hides_numbers(self, decided: Dibao) -> None:
        found = household_of(
            decided, "number address account members { name relationZh identityNumber } area { name }"
        )

        number = identity_number("43030419650312001")
        assert found == {
            "number": "测-001",
            "address": "测试路1号",
            "account": None,
            "members": [{"name": "测试甲", "relationZh": "户主", "identityNumber": "*" * 14 + number[-4:]}],
            "area": {"name": "测试社区"},
        }

    def test_is_entitled_from_the_month_after_approval(self, decided: Dibao) -> None:
        found = household_of(
            decided,
            'april: asOf(month: "2013-04") { amountFen }'
            ' may: asOf(month: "2013-05") { programme amountFen persons since }'
            " entitlements { householdClass spans { fromMonth amountFen } endedAfter decidedBeforeLedger }",
        )

        assert found["april"] == []
        assert found["may"] == [{"programme": "dibao", "amountFen": 50000, "persons": 1, "since": "2013-05"}]
        assert found["entitlements"] == [
            {
                "householdClass": "B",
                "spans": [{"fromMonth": "2013-05", "amountFen": 50000}],
                "endedAfter": None,
                "decidedBeforeLedger": False,
            }
        ]

    def test_that_nobody_knows_is_null(self, decided: Dibao) -> None:
        unknown = decided.api.id_of(Kind.HOUSEHOLD, "L0001-9c5b94b1-35ad-79bb-b118-8e8fc24abf80")

        assert decided.api.ask("query ($id: ID!) { household(id: $id) { id } }", id=unknown) == {
            "household": None
        }

    def test_of_another_ledger_looks_the_same(self, decided: Dibao) -> None:
        query = {"query": "query ($id: ID!) { household(id: $id) { id } node(id: $id) { id } }"}

        answer = decided.api.post(
            {**query, "variables": {"id": decided.household}}, token="token-of-stranger"
        )

        assert answer.json() == {"data": {"household": None, "node": None}}

    def test_asked_for_by_a_malformed_id_says_so_without_repeating_it(self, decided: Dibao) -> None:
        canary = "430304196503120012"
        answer = decided.api.post({"query": f'{{ household(id: "{canary}") {{ id }} }}'})

        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_ID"}
        assert canary not in answer.text


class TestHistory:
    def test_tells_who_did_what_when(self, decided: Dibao) -> None:
        edges = decided.api.ask(HISTORY, id=decided.household, first=100)["household"]["history"]["edges"]
        entries = [edge["node"] for edge in edges]

        assert [entry["version"] for entry in entries] == list(range(1, len(entries) + 1))
        assert [entry["position"] for entry in entries] == sorted(entry["position"] for entry in entries)
        last = entries[-1]
        assert last["topic"] == "entitlement.started"
        assert last["who"] == {
            "person": "county-approver-1",
            "role": "COUNTY_APPROVER",
            "roleZh": "县级民政部门审批人",
            "office": "430304001",
        }
        assert last["what"]["zh"].startswith("低保待遇开始")
        assert (last["happenedOn"], last["recordedAt"]) == ("2013-04-08", "2013-04-08T01:00:00.000000Z")
        assert {"name": "amountFen", "zh": "月金额", "value": "500.00 元"} in last["changes"]
        assert last["caseId"] == decided.case

    def test_holds_no_personal_data_in_its_sentences_and_changes(self, decided: Dibao) -> None:
        edges = decided.api.ask(HISTORY, id=decided.household, first=100)["household"]["history"]["edges"]

        told = str([[edge["node"]["what"], edge["node"]["changes"]] for edge in edges])
        for personal in ("测试甲", "测试路", "测试情况", "43030419650312", *WRITTEN):
            assert personal not in told
        assert {"name": "ground", "zh": "事由", "value": "符合条件"} in edges[-2]["node"]["changes"]

    def test_read_page_by_page_is_the_same(self, decided: Dibao) -> None:
        whole = decided.api.ask(HISTORY, id=decided.household, first=100)["household"]["history"]
        pages: list[Any] = []
        after = None
        while True:
            page = decided.api.ask(HISTORY, id=decided.household, first=7, after=after)["household"][
                "history"
            ]
            pages += page["edges"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break

        assert pages == whole["edges"]
        assert not whole["pageInfo"]["hasNextPage"]

    @pytest.mark.parametrize(
        ("first", "after", "code"),
        [
            (0, None, "BAD_PAGE_SIZE"),
            (101, None, "BAD_PAGE_SIZE"),
            (-1, None, "BAD_PAGE_SIZE"),
            (1, "6222021234567890123", "BAD_CURSOR"),
            (1, "", "BAD_CURSOR"),
            (1, "WyJhIl0", "BAD_CURSOR"),
        ],
    )
    def test_is_asked_for_in_pages_of_its_own(
        self, decided: Dibao, first: int, after: str | None, code: str
    ) -> None:
        asked = {"query": HISTORY, "variables": {"id": decided.household, "first": first, "after": after}}
        answer = decided.api.post(asked)

        assert answer.json()["errors"][0]["extensions"] == {"code": code}
        assert not after or after not in answer.text


class TestACase:
    def test_shows_its_steps_in_the_policys_order(self, decided: Dibao) -> None:
        steps = case_of(decided, "steps { name zh done doneOn doneBy { role } mustAct deadline }")["steps"]

        assert [(step["name"], step["doneOn"]) for step in steps] == [
            ("ACCEPTANCE", "2013-03-05"),
            ("CONSENT", "2013-03-06"),
            ("CROSS_CHECK", "2013-03-08"),
            ("SURVEY", "2013-03-11"),
            ("APPRAISAL", "2013-03-13"),
            ("OPINION", "2013-03-14"),
            ("NOTICE_1", "2013-03-23"),
            ("PROPOSAL", "2013-03-26"),
            ("NOTICE_2", "2013-04-05"),
            ("DECISION", "2013-04-08"),
            ("NOTIFICATION", None),
        ]
        survey = next(step for step in steps if step["name"] == "SURVEY")
        assert survey["deadline"] == "2013-03-19"  # ten working days after acceptance
        assert survey["mustAct"] == ["TOWNSHIP_CLERK"]
        assert survey["doneBy"] == {"role": "TOWNSHIP_CLERK"}

    def test_shows_every_vote_and_its_result(self, decided: Dibao) -> None:
        case = case_of(
            decided, "votes { voter choice } ballots { voter } appraisals { inFavour against passed }"
        )

        assert [vote["voter"] for vote in case["votes"]] == list(PRESENT)
        assert case["votes"][-1] == {"voter": "r8", "choice": "AGAINST"}
        assert case["ballots"] == []
        assert case["appraisals"] == [{"inFavour": 8, "against": 1, "passed": True}]

    def test_opens_what_the_offices_wrote(self, decided: Dibao) -> None:
        case = case_of(
            decided,
            "appraisals { conclusion dissent } opinion { ground groundZh reasons }"
            " decision { ground groundZh reasons }",
        )

        conclusion, dissent, opinion, decision = WRITTEN
        code = {"ground": "ENTITLED", "groundZh": "符合条件"}
        assert case["appraisals"] == [{"conclusion": conclusion, "dissent": [dissent]}]
        assert case["opinion"] == {**code, "reasons": opinion}
        assert case["decision"] == {**code, "reasons": decision}

    def test_shows_its_decision_line_by_line(self, decided: Dibao) -> None:
        decision = case_of(
            decided,
            "end decision { outcomeZh amountFen reasons decidedBy effectiveFrom policyHashes"
            " computation { resultFen lines { zh resultFen article basis policyHash } } }",
        )["decision"]

        assert (decision["outcomeZh"], decision["amountFen"], decision["effectiveFrom"]) == (
            "批准",
            50000,
            "2013-05",
        )
        assert decision["decidedBy"] == "county-approver-1"
        assert [line["resultFen"] for line in decision["computation"]["lines"]] == [65000, 50000, 50000]
        assert {line["policyHash"] for line in decision["computation"]["lines"]} == set(
            decision["policyHashes"]
        )

    def test_is_replayed_assessment_by_assessment(self, decided: Dibao) -> None:
        selection = "{ topic outcome outcomeZh differences recorded { amountFen } recomputed { amountFen } }"
        replay = decided.api.ask(f"query ($id: ID!) {{ replay(case: $id) {selection} }}", id=decided.case)[
            "replay"
        ]

        assert [step["topic"] for step in replay] == ["opinion.given", "proposal.made", "decision.confirmed"]
        assert {step["outcome"] for step in replay} == {"REPRODUCED"}
        assert all(step["recorded"] == step["recomputed"] == {"amountFen": 50000} for step in replay)

    def test_is_found_by_its_id(self, decided: Dibao) -> None:
        found = decided.api.ask(
            "query ($id: ID!) { node(id: $id) { __typename id ... on Case { householdId endZh } } }",
            id=decided.case,
        )["node"]

        assert found == {
            "__typename": "Case",
            "id": decided.case,
            "householdId": decided.household,
            "endZh": "批准",
        }

    def test_tells_what_may_be_done_by_whom(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()
        selection = "nextStep availableCommands { name refusal { code } }"

        clerk, approver = case_of(dibao, selection), case_of(dibao, selection, role=Role.COUNTY_APPROVER)

        def open_to(case: Any) -> set[str]:
            return {command["name"] for command in case["availableCommands"] if command["refusal"] is None}

        assert clerk["nextStep"] == "CONSENT"
        assert open_to(clerk) == {"recordConsent", "withdrawApplication", "returnToStage"}
        assert open_to(approver) == {"returnToStage"}
        refusals = {command["name"]: command["refusal"] for command in clerk["availableCommands"]}
        assert refusals["giveOpinion"] == {"code": "step_out_of_order"}
        assert refusals["confirmDecision"] == {"code": "role_not_allowed"}


class TestACommand:
    def test_repeated_gives_the_first_answer_again(self, api: Api) -> None:
        fields = {
            "number": "测-001",
            "area": VILLAGE,
            "register": "URBAN",
            "address": "测试路1号",
            "members": [
                {"name": "测试甲", "identityNumber": identity_number("43030419650312001"), "relation": "HEAD"}
            ],
        }

        first = api.accepted("registerHousehold", key="same", **fields)
        again = api.accepted("registerHousehold", key="same", **fields)

        assert (first["repeated"], again["repeated"]) == (False, True)
        assert {**first, "repeated": True} == again

    def test_with_the_id_of_another_is_a_conflict(self, api: Api) -> None:
        register(api)

        answer = api.send(
            "signMinutes",
            key="call 1",
            meeting=api.id_of(Kind.MEETING, "L0001-1"),
            minutes=paper("评议记录"),
            signers=[],
        )

        assert (answer["__typename"], answer["code"]) == ("Conflict", "command_reused")

    def test_decided_on_an_older_version_is_a_conflict(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()
        seen = version_of(api, dibao.household) - 1

        answer = api.send(
            "giveOpinion",
            seen=seen,
            household=dibao.household,
            case=dibao.case,
            recommends=True,
            householdClass="B",
            ground="ENTITLED",
            reasons="测试理由",
        )

        assert (answer["__typename"], answer["code"]) == ("Conflict", "version_moved")

    def test_on_a_ground_that_contradicts_it_is_refused(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()
        dibao.verify()
        dibao.appraise()

        answer = api.send(
            "giveOpinion",
            seen=version_of(api, dibao.household),
            household=dibao.household,
            case=dibao.case,
            recommends=False,
            householdClass="B",
            ground="UNCHANGED",
            reasons="测试理由",
        )

        assert (answer["__typename"], answer["code"]) == ("Refusal", "ground_does_not_fit")
        assert "income_above_line" in answer["message"]

    def test_out_of_order_is_refused_with_code_and_rule(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()

        answer = api.send(
            "recordConsent",
            household=dibao.household,
            case=dibao.case,
            signers=[],
            authorisation=paper("授权书"),
        )

        assert answer == {
            "__typename": "Refusal",
            "code": "consent_not_signed",
            "rule": "art 9: the applicant and members authorise verification",
            "message": "The applicant must have signed, and only members of the household sign.",
        }

    @pytest.mark.parametrize(
        "identity", ["430304196503120019", "6222021234567890123", "", "11111111111111111X"]
    )
    def test_refused_for_an_identity_number_does_not_repeat_it(
        self, standing_api: Api, identity: str
    ) -> None:
        member = {"name": "测试甲", "identityNumber": identity, "relation": "HEAD"}

        answer = standing_api.send(
            "registerHousehold",
            number="测-001",
            area=VILLAGE,
            register="URBAN",
            address="测试路1号",
            members=[member],
        )

        assert answer["code"].startswith("identity_number")
        assert not identity or identity not in str(answer)

    def test_with_a_raw_id_is_refused_by_field(self, standing_api: Api) -> None:
        answer = standing_api.send("acceptApplication", household="L0001-1", case="c")

        assert (answer["code"], "household" in answer["message"]) == ("id_malformed", True)

    def test_for_an_unknown_file_is_refused(self, standing_api: Api) -> None:
        stream = "L0001-9c5b94b1-35ad-79bb-b118-8e8fc24abf80"

        answer = standing_api.send(
            "acceptApplication",
            household=standing_api.id_of(Kind.HOUSEHOLD, stream),
            case=standing_api.id_of(Kind.CASE, f"{stream}/c"),
        )

        assert answer["code"] == "not_found"

    def test_for_a_foreign_ledger_is_refused_like_an_unknown_one(self, standing_api: Api) -> None:
        mutation = (
            'mutation { openLedger(ledger: "L0001", commandId: "9c5b94b1-35ad-49bb-b118-8e8fc24abf80",'
            ' input: {name: "x", area: "430304", clock: SERVER}) { ... on Refusal { code } } }'
        )

        answer = standing_api.post({"query": mutation}, token="token-of-stranger").json()

        assert answer == {"data": {"openLedger": {"code": "unknown_ledger"}}}

    def test_is_read_back_with_its_token(self, api: Api) -> None:
        api.on(date(2013, 3, 4))
        accepted = register(api)

        found = api.ask(
            "{ households(first: 1) { edges { node { householdId headName } } } }",
            passed=accepted["consistency"],
        )

        assert found["households"]["edges"] == [
            {"node": {"householdId": accepted["createdId"], "headName": "测试甲"}}
        ]
