"""The lists of the API over one decided application, and over several households page by page."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any

import pytest

from tests.graphql.api import COUNTY, VILLAGE, Api
from tests.graphql.dibao import Dibao, register

ROSTER = """
query ($area: String, $month: Month!, $first: Int!, $after: String) {
    roster(programme: "dibao", area: $area, month: $month, first: $first, after: $after) {
        totals { households persons amountFen }
        edges { node { number headName householdClass amountFen persons fromMonth toMonth householdId } }
        pageInfo { hasNextPage endCursor }
    }
}
"""


class TestTheRoster:
    def test_lists_the_entitled_of_a_month_with_totals(self, decided: Dibao) -> None:
        roster = decided.api.ask(ROSTER, area=COUNTY, month="2013-05", first=10)["roster"]

        assert roster["totals"] == {"households": 1, "persons": 1, "amountFen": 50000}
        assert [edge["node"] for edge in roster["edges"]] == [
            {
                "number": "测-001",
                "headName": "测试甲",
                "householdClass": "B",
                "amountFen": 50000,
                "persons": 1,
                "fromMonth": "2013-05",
                "toMonth": None,
                "householdId": decided.household,
            }
        ]

    @pytest.mark.parametrize(("area", "month"), [(COUNTY, "2013-04"), ("430305", "2013-05")])
    def test_is_empty_elsewhere(self, decided: Dibao, area: str, month: str) -> None:
        roster = decided.api.ask(ROSTER, area=area, month=month, first=10)["roster"]

        assert roster["totals"] == {"households": 0, "persons": 0, "amountFen": 0}
        assert (roster["edges"], roster["pageInfo"]) == ([], {"hasNextPage": False, "endCursor": None})

    @pytest.mark.parametrize("key", ["", "\0", "a\0", 1, None])
    def test_goes_on_only_after_a_cursor_of_its_own(self, decided: Dibao, key: object) -> None:
        forged = base64.urlsafe_b64encode(json.dumps([key]).encode()).decode().rstrip("=")
        asked = {"month": "2013-05", "first": 10, "after": forged}

        answer = decided.api.post({"query": ROSTER, "variables": asked}).json()

        assert answer["errors"][0]["extensions"] == {"code": "BAD_CURSOR"}

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({}, None),
            ({"first": 5}, None),
            ({"ledger": "L0001"}, None),
            ({"month": "2013-06"}, "BAD_CURSOR"),
            ({"area": COUNTY}, "BAD_CURSOR"),
        ],
    )
    def test_goes_on_only_for_the_question_it_was_asked(
        self, decided: Dibao, changed: dict[str, Any], code: str | None
    ) -> None:
        query = """query ($area: String, $month: Month!, $first: Int!, $after: String, $ledger: String) {
            roster(
                programme: "dibao", area: $area, month: $month, first: $first, after: $after, ledger: $ledger
            ) { pageInfo { endCursor } } }"""
        asked: dict[str, Any] = {"month": "2013-05", "first": 1}
        cursor = decided.api.ask(query, **asked)["roster"]["pageInfo"]["endCursor"]

        answer = decided.api.post({"query": query, "variables": {**asked, "after": cursor, **changed}}).json()

        assert [error["extensions"]["code"] for error in answer.get("errors", ())] == ([code] if code else [])

    @pytest.mark.parametrize("programme", ["", "低保", "a\0", "dibao'"])
    def test_of_no_programme_is_refused(self, decided: Dibao, programme: str) -> None:
        query = """query ($programme: String!) {
            roster(programme: $programme, month: "2013-05", first: 1) { totals { households } } }"""

        answer = decided.api.post({"query": query, "variables": {"programme": programme}}).json()

        assert answer["errors"][0]["extensions"] == {"code": "BAD_PROGRAMME"}

    def test_of_no_area_is_refused(self, decided: Dibao) -> None:
        asked = {"query": ROSTER, "variables": {"area": "县", "month": "2013-05", "first": 10}}

        assert decided.api.post(asked).json()["errors"][0]["extensions"] == {"code": "BAD_AREA"}


class TestLists:
    @pytest.mark.parametrize("field", ["campaigns", "meetings", "postings", "payrolls", "applications"])
    @pytest.mark.parametrize("key", ["a", "-1", "1" * 30, "1\0", "\0/\0"])
    def test_go_on_only_after_a_cursor_of_their_own(self, decided: Dibao, field: str, key: str) -> None:
        forged = base64.urlsafe_b64encode(json.dumps([key]).encode()).decode().rstrip("=")
        query = f'{{ {field}(first: 1, after: "{forged}") {{ pageInfo {{ hasNextPage }} }} }}'

        answer = decided.api.post({"query": query}).json()

        assert answer["errors"][0]["extensions"] == {"code": "BAD_CURSOR"}

    def test_tell_the_change_the_application_and_the_meeting(self, decided: Dibao) -> None:
        found = decided.api.ask(
            """{
                entitlementChanges(firstMonth: "2013-01", lastMonth: "2013-12", first: 10) {
                    edges { node { number headName change changeZh beforeFen afterFen fromMonth caseId } } }
                applications(first: 10) { edges { node { number submittedOn acceptedOn endZh amountFen } } }
                applicationCounts(firstDay: "2013-03-01", lastDay: "2013-03-31") {
                    submitted accepted approved lapsed withdrawn refused open }
                meetings(first: 10) { edges { node { heldOn present residentRepresentatives signedOn } } }
                postings(first: 10) { edges { node { round firstDay households postingId } } }
                campaigns(first: 10) { edges { node { campaignId } } }
                payrolls(first: 10) { edges { node { payrollId } } }
            }"""
        )

        def nodes(name: str) -> list[Any]:
            return [edge["node"] for edge in found[name]["edges"]]

        assert nodes("entitlementChanges") == [
            {
                "number": "测-001",
                "headName": "测试甲",
                "change": "STARTED",
                "changeZh": "新增",
                "beforeFen": 0,
                "afterFen": 50000,
                "fromMonth": "2013-05",
                "caseId": decided.case,
            }
        ]
        assert nodes("applications") == [
            {
                "number": "测-001",
                "submittedOn": "2013-03-04",
                "acceptedOn": "2013-03-05",
                "endZh": "批准",
                "amountFen": 50000,
            }
        ]
        counts = {"submitted": 1, "accepted": 1, "approved": 1, "lapsed": 0, "withdrawn": 0, "refused": 0}
        assert found["applicationCounts"] == {**counts, "open": 0}
        (meeting,) = nodes("meetings")
        assert (meeting["heldOn"], meeting["present"], meeting["residentRepresentatives"]) == (
            "2013-03-13",
            9,
            8,
        )
        assert [(posting["round"], posting["households"]) for posting in nodes("postings")] == [
            (1, 1),
            (2, 1),
        ]
        assert (nodes("campaigns"), nodes("payrolls")) == ([], [])

    def test_lead_to_the_meeting_and_the_posting(self, decided: Dibao) -> None:
        ids = decided.api.ask(
            "{ meetings(first: 1) { edges { node { meetingId } } }"
            " postings(first: 1) { edges { node { postingId } } } }"
        )
        found = decided.api.ask(
            """query ($meeting: ID!, $posting: ID!) {
                meeting(id: $meeting) { heldOn caseIds attendees { label name partZh } minutes { kind }
                    history(first: 5) { edges { node { topic } } } }
                posting(id: $posting) { round placeZh lines { caseId members amountFen } }
                node(id: $meeting) { __typename id }
            }""",
            meeting=ids["meetings"]["edges"][0]["node"]["meetingId"],
            posting=ids["postings"]["edges"][0]["node"]["postingId"],
        )

        assert found["meeting"]["caseIds"] == [decided.case]
        assert found["meeting"]["attendees"][0] == {
            "label": "t1",
            "name": "测试t1",
            "partZh": "乡镇(街道)工作人员",
        }
        assert found["meeting"]["minutes"] == {"kind": "评议记录"}
        assert [line["caseId"] for line in found["posting"]["lines"]] == [decided.case]
        assert found["node"]["__typename"] == "Meeting"

    def test_of_files_are_read_page_by_page(self, api: Api) -> None:
        last = [register(api, f"测-{number:03d}", number) for number in range(1, 6)][-1]
        query = """query ($after: String) { households(first: 2, after: $after) {
            edges { node { number } } pageInfo { hasNextPage endCursor } } }"""

        pages: list[list[str]] = []
        after, more = None, True
        while more:
            found = api.ask(query, passed=last["consistency"], after=after)["households"]
            pages.append([edge["node"]["number"] for edge in found["edges"]])
            after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]

        assert pages == [["测-001", "测-002"], ["测-003", "测-004"], ["测-005"]]


class TestTheWorkQueue:
    def test_tells_each_role_its_tasks(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()
        api.engine.catch_up()

        def tasks(role: str) -> list[Any]:
            query = (
                f"{{ workQueue(role: {role}, first: 10) {{ edges {{ node {{ number taskZh stepZh }} }} }} }}"
            )
            return [edge["node"] for edge in api.ask(query)["workQueue"]["edges"]]

        assert tasks("null") == [{"number": "测-001", "taskZh": "办理", "stepZh": "授权核查"}]
        assert tasks("VILLAGE_CLERK") == tasks("null")
        assert tasks("COUNTY_APPROVER") == []


class TestTheNoticeBoard:
    def test_shows_what_the_policy_allows_while_it_hangs(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()
        dibao.verify()
        dibao.appraise()
        dibao.opine()
        api.on(date(2013, 3, 15))
        api.accepted(
            "putUpPosting",
            programme="dibao",
            area=VILLAGE,
            round=1,
            place="VILLAGE_BOARD",
            cases=[{"household": dibao.household, "case": dibao.case}],
        )
        api.engine.catch_up()
        query = """query ($on: LocalDate) { notices(on: $on, first: 10) {
            round placeZh firstDay lastDay shows applicantName memberNames amountFen } }"""

        hanging = api.ask(query, on="2013-03-15")["notices"]

        assert hanging == [
            {
                "round": 1,
                "placeZh": "村(居)务公开栏",
                "firstDay": "2013-03-15",
                "lastDay": "2013-03-22",
                "shows": ["APPLICANT_NAME", "SURVEY_RESULT", "APPRAISAL_RESULT", "OPINION"],
                "applicantName": "测试甲",
                "memberNames": None,
                "amountFen": None,
            }
        ]
        assert api.ask(query, on="2013-03-14")["notices"] == []


class TestEntitlementsFromPaper:
    def test_are_never_said_to_be_reproduced(self, api: Api) -> None:
        household = register(api)["createdId"]
        registered = api.accepted(
            "registerExistingEntitlement",
            household=household,
            programme="dibao",
            householdClass="B",
            amountFen=38000,
            fromMonth="2011-02",
            lastReviewedOn="2012-09-01",
            source={"kind": "低保证", "sha256": "cd" * 32, "pages": 1},
            vouchedBy="township-clerk-1",
        )
        due = api.ask(
            "query ($id: ID!) { household(id: $id) { entitlements { nextRecheckOn decidedBeforeLedger } } }",
            id=household,
        )["household"]["entitlements"][0]
        api.on(date.fromisoformat(due["nextRecheckOn"]))
        rechecks = """query ($state: RecheckState!) {
            rechecks(state: $state, first: 10) { edges { node { number dueOn caseId } } } }"""
        falling_due = api.ask(rechecks, passed=registered["consistency"], state="DUE")["rechecks"]["edges"]
        opened = api.accepted(
            "openRecheck", household=household, programme="dibao", dueOn=due["nextRecheckOn"]
        )

        replay = api.ask(
            "query ($id: ID!) { replay(case: $id) { outcome outcomeZh recomputed { amountFen } } }",
            id=opened["caseId"],
        )["replay"]
        now_open = api.ask(rechecks, passed=opened["consistency"], state="OPEN")["rechecks"]["edges"]

        assert due["decidedBeforeLedger"]
        assert replay == [{"outcome": "DECIDED_BEFORE_LEDGER", "outcomeZh": "建账前决定", "recomputed": None}]
        assert [edge["node"]["caseId"] for edge in falling_due] == [None]
        assert [edge["node"]["caseId"] for edge in now_open] == [opened["caseId"]]
