from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import anyio
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hudang.domain.roles import Role
from hudang.graphql.http import create_app
from hudang.ledger.casebook import Casebook
from hudang.ledger.store import Store
from tests.graphql.api import LEDGER, RESPONSE_JSON, Api, token_of
from tests.graphql.dibao import identity_number

LONG_S = 60
DEADLINE_S = 2.0
PATIENCE_S = 20.0
READING = {"query": "{ areas { name } }"}
WRITING = {
    "query": (
        "mutation ($id: UUID!, $input: RegisterHouseholdInput!)"
        f' {{ registerHousehold(ledger: "{LEDGER}", commandId: $id, input: $input)'
        " { ... on CommandAccepted { repeated } } }"
    ),
    "variables": {
        "id": "5f0d3a52-6a8e-4f0e-9e57-0a6f3b1c2d4e",
        "input": {
            "number": "测-001",
            "area": "430304001001",
            "register": "URBAN",
            "address": "测试路1号",
            "members": [
                {"name": "测试甲", "identityNumber": identity_number("43030419650312001"), "relation": "HEAD"}
            ],
        },
    },
}
HEADERS = {
    "accept": RESPONSE_JSON,
    "authorization": f"Bearer {token_of(Role.TOWNSHIP_CLERK)}",
    "content-type": "application/json",
}


@dataclass
class Slow:
    """A casebook's reading that PostgreSQL sleeps over, and how that ended."""

    store: Store
    began: Event = field(default_factory=Event)
    cancelled: Event = field(default_factory=Event)

    def __call__(self, *_: Any, **__: Any) -> Any:
        try:
            with self.store.connection() as connection:
                self.began.set()
                connection.execute("SELECT pg_sleep(%s)", (LONG_S,))
        except Exception as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                self.cancelled.set()
            raise


@pytest.fixture
def slow(api: Api, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """What the areas are read from is slow."""
    slow = Slow(api.context.store)
    monkeypatch.setattr(api.casebook, "jurisdiction", slow)
    return slow


def app_of(api: Api, deadline_s: float) -> Starlette:
    """The same API with a deadline of its own."""
    return create_app(
        replace(
            api.context,
            deadline_s=deadline_s,
            threads=anyio.CapacityLimiter(4),
            waiting=anyio.CapacityLimiter(4),
        )
    )


@pytest.fixture
def hasty(api: Api) -> Iterator[TestClient]:
    """A client of the API with a short deadline."""
    with TestClient(app_of(api, DEADLINE_S), headers=HEADERS) as client:
        yield client


class TestARequestThatTakesTooLong:
    def test_is_answered_all_the_same(self, slow: Slow, hasty: TestClient) -> None:
        answer = hasty.post("/graphql", json=READING)
        (error,) = answer.json()["errors"]

        assert answer.status_code == 503
        assert error["extensions"]["code"] == "DEADLINE"
        assert answer.headers["cache-control"] == "no-store"

    def test_leaves_no_statement_running(self, slow: Slow, hasty: TestClient) -> None:
        hasty.post("/graphql", json=READING)

        assert slow.cancelled.wait(PATIENCE_S)

    def test_leaves_a_server_that_answers(self, api: Api, slow: Slow, hasty: TestClient) -> None:
        for _ in range(2):
            hasty.post("/graphql", json=READING)

        answer = hasty.post("/graphql", json={"query": "{ codes(list: REGISTER) { code } }"})

        assert answer.status_code == 200
        assert api.context.store.heads()

    def test_is_recorded_once_if_it_was_a_command(
        self, api: Api, hasty: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answered, recorded = Event(), Event()

        def late(*arguments: Any, **named: Any) -> Any:
            answered.wait(PATIENCE_S)
            try:
                return Casebook.send(api.casebook, *arguments, **named)
            finally:
                recorded.set()

        monkeypatch.setattr(api.casebook, "send", late)
        first = hasty.post("/graphql", json=WRITING)
        answered.set()
        assert recorded.wait(PATIENCE_S)
        again = hasty.post("/graphql", json=WRITING)

        assert first.status_code == 503
        assert again.json()["data"]["registerHousehold"] == {"repeated": True}


class TestAClientThatGoesAway:
    def test_takes_its_statement_along(self, api: Api, slow: Slow) -> None:
        sent: list[Any] = []
        body = iter([{"type": "http.request", "body": json.dumps(READING).encode(), "more_body": False}])

        async def receive() -> Any:
            part = next(body, None)
            if part is None:
                await asyncio.to_thread(slow.began.wait, PATIENCE_S)
            return part or {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()],
        }
        asyncio.run(app_of(api, LONG_S)(scope, receive, send))

        assert sent == []
        assert slow.cancelled.wait(PATIENCE_S)
