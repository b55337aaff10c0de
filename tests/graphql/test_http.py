from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from hudang.domain.roles import Role
from hudang.graphql.accepting import JSON, RESPONSE_JSON, media_type
from hudang.graphql.errors import AWAY, FAULT
from hudang.graphql.http import MAX_BODY
from tests.graphql.api import Api

CANARY = "6222021234567890123"
CLERK = {"authorization": "Bearer token-of-township-clerk"}
SIMPLE = {"query": "{ __typename }"}
POSTED = {**CLERK, "content-type": "application/json", "accept": RESPONSE_JSON}


def well_formed(answer: Any) -> list[dict[str, Any]]:
    """The errors of an answer that must have errors and no data, and must not be kept."""
    body = answer.json()
    assert set(body) == {"errors"}
    assert body["errors"]
    assert all(isinstance(error["message"], str) for error in body["errors"])
    assert CANARY not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    errors: list[dict[str, Any]] = body["errors"]
    return errors


class TestABody:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "NOT_JSON"),
            (b"{", "NOT_JSON"),
            (b'{"query": "{ __typename }", "variables": NaN}', "NOT_JSON"),
            (b'{"query": "\xff\xfe 6222021234567890123"}', "NOT_JSON"),
            (b"[" * 100_000 + b"]" * 100_000, "NOT_JSON"),
            (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "NOT_JSON"),
            (b"[" * 50 + b"]" * 50, "TOO_NESTED"),
            (b'"6222021234567890123"', "NOT_A_REQUEST"),
            (b"1", "NOT_A_REQUEST"),
            (b"null", "NOT_A_REQUEST"),
            (b"[]", "NOT_A_REQUEST"),
            (b'[{"query": "{ __typename }"}]', "NOT_A_REQUEST"),
            (b"{}", "NOT_A_REQUEST"),
            (b'{"query": null}', "NOT_A_REQUEST"),
            (b'{"query": 6222021234567890123}', "NOT_A_REQUEST"),
            (b'{"query": "{ __typename }", "variables": ["6222021234567890123"]}', "NOT_A_REQUEST"),
            (b'{"query": "{ __typename }", "variables": "6222021234567890123"}', "NOT_A_REQUEST"),
            (b'{"query": "{ __typename }", "extensions": 1}', "NOT_A_REQUEST"),
            (b'{"query": "{ __typename }", "operationName": 1}', "NOT_A_REQUEST"),
            (b'{"query": "{"}', "UNREADABLE"),
            (b'{"query": ""}', "UNREADABLE"),
        ],
    )
    def test_that_is_no_request_is_refused_by_code(self, standing_api: Api, body: bytes, code: str) -> None:
        answer = standing_api.client.post("/graphql", content=body, headers=POSTED)

        assert answer.status_code == 400
        assert [error["extensions"]["code"] for error in well_formed(answer)] == [code]

    def test_that_is_too_long_is_refused_unread(self, standing_api: Api) -> None:
        long = b'{"query": "' + b" " * MAX_BODY + b'{ __typename }"}'

        announced = standing_api.client.post("/graphql", content=long, headers=POSTED)
        streamed = standing_api.client.post("/graphql", content=iter([long]), headers=POSTED)

        assert (announced.status_code, streamed.status_code) == (413, 413)
        assert well_formed(streamed)[0]["extensions"]["code"] == "TOO_LONG"

    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "text/plain",
            "application/jsonfoo",
            "application/json; charset=gbk",
            "multipart/form-data; boundary=x",
        ],
    )
    def test_of_another_type_is_refused(self, standing_api: Api, content_type: str) -> None:
        headers = {**POSTED, "content-type": content_type}

        answer = standing_api.client.post("/graphql", content=json.dumps(SIMPLE).encode(), headers=headers)

        assert answer.status_code == 415
        well_formed(answer)

    def test_may_name_its_charset(self, standing_api: Api) -> None:
        headers = {**POSTED, "content-type": 'Application/JSON; charset="UTF-8"'}

        assert (
            standing_api.client.post(
                "/graphql", content=json.dumps(SIMPLE).encode(), headers=headers
            ).status_code
            == 200
        )


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("accept", "answered_as"),
        [
            (RESPONSE_JSON, RESPONSE_JSON),
            (f"{RESPONSE_JSON}; charset=utf-8, {JSON}", RESPONSE_JSON),
            (JSON, JSON),
            ("*/*", JSON),
            ("", JSON),
            (None, JSON),
            ("application/*", JSON),
            (f"{JSON};q=0.5, {RESPONSE_JSON};q=0.4", JSON),
            (f"{JSON};q=0.4, {RESPONSE_JSON};q=0.5", RESPONSE_JSON),
            (f"{JSON};q=0, */*", RESPONSE_JSON),
            ("text/html", None),
            (f"{RESPONSE_JSON};q=0", None),
            (f"{JSON};q=much", None),
        ],
    )
    def test_has_the_media_type_that_the_client_prefers(
        self, accept: str | None, answered_as: str | None
    ) -> None:
        assert media_type(accept) == answered_as

    def test_says_its_type_and_is_not_kept(self, standing_api: Api) -> None:
        answer = standing_api.post(SIMPLE)

        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{RESPONSE_JSON}; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Accept"
        assert answer.json() == {"data": {"__typename": "Query"}}

    def test_is_not_given_to_who_accepts_none(self, standing_api: Api) -> None:
        answer = standing_api.post(SIMPLE, accept="text/turtle")

        assert answer.status_code == 406
        well_formed(answer)

    @pytest.mark.parametrize(
        "body",
        [
            {"query": "{ nothing }"},
            {"query": "query ($id: ID!) { node(id: $id) { id } }"},
            {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": {"account": CANARY}}},
            {"query": "query A { __typename } query B { __typename }"},
            {"query": "query A { __typename }", "operationName": "B"},
            {"query": "fragment A on Query { __typename }"},
            {"query": "{ __typename }", "extensions": {"consistency": CANARY}},
            {"query": f'mutation {{ acceptApplication(commandId: "{CANARY}") {{ __typename }} }}'},
        ],
    )
    def test_to_a_request_at_fault_has_no_data(self, standing_api: Api, body: dict[str, Any]) -> None:
        newer, older = standing_api.post(body), standing_api.post(body, accept=JSON)

        assert (newer.status_code, older.status_code) == (400, 200)
        well_formed(newer)
        well_formed(older)


class TestVariables:
    def test_that_do_not_fit_are_told_by_place_and_never_repeated(self, standing_api: Api) -> None:
        query = (
            "mutation ($id: UUID!, $input: RegisterHouseholdInput!)"
            ' { registerHousehold(ledger: "L0001", commandId: $id, input: $input) { __typename } }'
        )
        member = {"name": CANARY, "identityNumber": [CANARY, CANARY], "relation": CANARY, CANARY: CANARY}
        wrong = {"id": CANARY, "input": {"number": 1, "area": None, "register": CANARY, "members": [member]}}

        errors = well_formed(standing_api.post({"query": query, "variables": wrong}))

        told = "\n".join(error["message"] for error in errors)
        for place in (
            "$id",
            "$input.number",
            "$input.area",
            "$input.register",
            "$input.address",
            "$input.members[0].identityNumber",
            "$input.members[0].relation",
            "$input.members[0]:",
        ):
            assert place in told
        assert all(error["extensions"]["code"] == "BAD_INPUT" for error in errors)


class TestAMethod:
    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
    def test_that_is_unknown_is_refused_with_those_that_are_not(self, standing_api: Api, method: str) -> None:
        answer = standing_api.client.request(method, "/graphql", headers=CLERK)

        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, POST"

    def test_get_carries_a_query(self, standing_api: Api) -> None:
        given = {
            "query": "query A($list: CodeList!) { codes(list: $list) { code } }",
            "variables": '{"list": "REGISTER"}',
            "operationName": "A",
        }

        answer = standing_api.client.get("/graphql", params=given, headers={**CLERK, "accept": RESPONSE_JSON})

        assert answer.json()["data"]["codes"] == [{"code": "URBAN"}, {"code": "RURAL"}]

    def test_get_carries_nothing_that_changes_something(self, standing_api: Api) -> None:
        mutation = (
            'mutation { acceptApplication(ledger: "L0001", commandId: "9c5b94b1-35ad-49bb-b118-8e8fc24abf80",'
            ' input: {household: "a", case: "b"}) { __typename } }'
        )

        answer = standing_api.client.get(
            "/graphql", params={"query": mutation}, headers={**CLERK, "accept": RESPONSE_JSON}
        )

        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        well_formed(answer)

    def test_get_without_a_query_is_the_page_for_a_browser_only(self, standing_api: Api) -> None:
        page = standing_api.client.get(
            "/graphql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        )
        other = standing_api.client.get("/graphql", headers={**CLERK, "accept": "*/*"})

        assert page.status_code == 200
        assert "Hudang 户档" in page.text
        assert other.status_code == 400
        well_formed(other)


class TestAToken:
    @pytest.mark.parametrize(
        "authorization",
        [
            None,
            "",
            "Bearer",
            "Bearer ",
            "Bearer unknown",
            "Basic dXNlcjpwYXNz",
            "token-of-auditor",
            f"Bearer {CANARY}",
        ],
    )
    def test_that_is_not_known_is_refused(self, standing_api: Api, authorization: str | None) -> None:
        headers = {"authorization": authorization} if authorization is not None else {}

        answer = standing_api.client.post(
            "/graphql", json=SIMPLE, headers={"accept": RESPONSE_JSON, **headers}
        )

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert well_formed(answer)[0]["extensions"]["code"] == "UNAUTHENTICATED"

    def test_of_any_role_may_ask(self, standing_api: Api) -> None:
        for role in Role:
            assert standing_api.ask("{ ledger { name } }", role=role) == {"ledger": {"name": "测试区"}}

    def test_does_not_open_another_ledger(self, standing_api: Api) -> None:
        answer = standing_api.post(
            {"query": '{ ledger(tag: "L0001") { name } }'}, token="token-of-stranger"
        ).json()

        assert answer["data"] == {"ledger": None}
        assert answer["errors"][0]["extensions"]["code"] == "UNKNOWN_LEDGER"

    def test_of_an_auditor_changes_nothing(self, standing_api: Api) -> None:
        answer = standing_api.send(
            "registerHousehold",
            role=Role.AUDITOR,
            number="测-001",
            area="430304001001",
            register="URBAN",
            address="测试路1号",
            members=[],
        )

        assert answer["code"] == "role_not_allowed"


class TestAFault:
    def test_reaches_the_client_as_an_id_and_the_log_as_a_type(
        self, api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(ledger: str) -> None:
            raise RuntimeError(f"password={CANARY}")

        monkeypatch.setattr(api.casebook, "jurisdiction", fail)
        with caplog.at_level(logging.DEBUG):
            answer = api.post(
                {"query": f'{{ areas(parent: "{CANARY}") {{ name }} codes(list: REGISTER) {{ zh }} }}'}
            )

        (error,) = answer.json()["errors"]
        assert answer.status_code == 200
        assert answer.json()["data"] is None
        assert error["message"] == FAULT
        assert error["extensions"]["errorId"] in caplog.text
        assert "RuntimeError" in caplog.text
        assert CANARY not in caplog.text + answer.text

    def test_of_the_database_asks_to_try_again(self, api: Api) -> None:
        api.context.store.close()

        (error,) = api.post({"query": "{ areas { name } }"}).json()["errors"]

        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert error["message"] == AWAY


class TestHealth:
    def test_lives_and_is_ready(self, api: Api) -> None:
        api.engine.catch_up()

        alive, ready = api.client.get("/healthz"), api.client.get("/readyz")

        assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert all(ready.json()["checks"].values())

    def test_is_not_ready_without_its_database(self, api: Api) -> None:
        api.context.store.close()

        ready = api.client.get("/readyz")

        assert ready.status_code == 503
        assert ready.json()["checks"] == {"database": False}
