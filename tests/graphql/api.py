"""How does a test speak to the API? As a client would: over HTTP, one person for each role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any
from uuid import UUID, uuid5

from starlette.testclient import TestClient

from hudang.domain.decision import CHINA, Actor
from hudang.domain.jurisdiction import AdoptPolicy, AreaLevel, EstablishArea, LedgerClock, OpenLedger
from hudang.domain.roles import Role
from hudang.domain.values import StreamId
from hudang.graphql import ids
from hudang.graphql.authentication import Principal, token_digest
from hudang.graphql.context import ApiContext
from hudang.graphql.ids import GlobalId, Kind
from hudang.graphql.marks import marking_with
from hudang.ledger.casebook import Accepted, Casebook
from hudang.ledger.clock import SimulatedClock
from hudang.projections.engine import Engine

LEDGER = "L0001"
COUNTY = "430304"
TOWNSHIP = "430304001"
VILLAGE = "430304001001"
NAMESPACE = UUID("5b0f8f0e-6a1f-5f6e-9a2e-1f4f6f0a7c11")
OPERATOR = Actor(person="operator-1", role=Role.OPERATOR, office=COUNTY)
RESPONSE_JSON = "application/graphql-response+json"
SHA256 = "ab" * 32

ASK_COMMAND = """
    ... on CommandAccepted {
        ledger subjectId subjectVersion createdId caseId
        firstPosition lastPosition recordedAt repeated consistency
    }
    ... on Refusal { code rule message }
    ... on Conflict { code message }
"""


def token_of(role: Role) -> str:
    """The token of the test person in a role."""
    return f"token-of-{role.value.replace('_', '-')}"


def principals() -> dict[str, Principal]:
    """One person for each role, and one who works in another ledger."""
    known = {
        token_digest(token_of(role)): Principal(
            person=f"{role.value.replace('_', '-')}-1",
            role=role,
            office=TOWNSHIP,
            ledgers=frozenset({LEDGER}),
        )
        for role in Role
    }
    stranger = Principal(
        person="stranger-1", role=Role.TOWNSHIP_CLERK, office="999999", ledgers=frozenset({"L0002"})
    )
    return {**known, token_digest("token-of-stranger"): stranger}


@dataclass
class Api:
    """The API as a client sees it, and the clock of its ledger."""

    client: TestClient
    clock: SimulatedClock
    casebook: Casebook
    engine: Engine
    context: ApiContext

    def post(self, body: Any, *, token: str | None = token_of(Role.TOWNSHIP_CLERK), **headers: str) -> Any:
        """Send JSON to `/graphql`; the answer as it is."""
        bearer = {"authorization": f"Bearer {token}"} if token else {}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/graphql", json=body, headers={"accept": RESPONSE_JSON, **bearer, **given})

    def ask(
        self, query: str, *, role: Role = Role.TOWNSHIP_CLERK, passed: str | None = None, **variables: Any
    ) -> Any:
        """The data of a query that must succeed, once the read models passed the token."""
        extensions = {"extensions": {"consistency": passed}} if passed else {}
        answer = self.post({"query": query, "variables": variables, **extensions}, token=token_of(role))
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]

    def send(
        self,
        name: str,
        /,
        *,
        role: Role = Role.TOWNSHIP_CLERK,
        key: str | None = None,
        seen: int | None = None,
        **fields: Any,
    ) -> Any:
        """The result of a command sent as a mutation; without a key, each call has an id of its own."""
        self._sent = getattr(self, "_sent", 0) + 1
        input_type = f"{name[0].upper()}{name[1:]}Input!"
        expected = "$seen: Int!" if name in SEEING else "$seen: Int"
        query = (
            f"mutation ($id: UUID!, $input: {input_type}, {expected})"
            f' {{ {name}(ledger: "{LEDGER}", commandId: $id, expectedVersion: $seen, input: $input)'
            f" {{ __typename {ASK_COMMAND} }} }}"
        )
        command_id = str(uuid5(NAMESPACE, key or f"call {self._sent}"))
        return self.ask(query, role=role, id=command_id, input=fields, seen=seen)[name]

    def accepted(self, name: str, /, **given: Any) -> Any:
        """The same, for a command that must be accepted."""
        result = self.send(name, **given)
        assert result["__typename"] == "CommandAccepted", result
        return result

    def id_of(self, kind: Kind, local: str) -> str:
        """An id that this API could have given."""
        with marking_with(self.context.keys.mark_key()):
            return ids.write(kind, local)

    def what(self, given: str) -> GlobalId:
        """What an id that this API gave stands for."""
        with marking_with(self.context.keys.mark_key()):
            return ids.read_any(given)

    def on(self, day: date) -> None:
        """Move the ledger's clock to the morning of a day."""
        self.clock.set(datetime(day.year, day.month, day.day, 9, tzinfo=CHINA))


SEEING = frozenset({"giveOpinion", "proposeAmount", "confirmDecision", "refuseApplication"})
"""The commands that need the version that was seen."""


def open_jurisdiction(casebook: Casebook) -> None:
    """Open the ledger, enter its areas, adopt the national rules and the local figures."""
    opened = casebook.open_ledger(
        LEDGER,
        OpenLedger(name="测试区", area=COUNTY, clock=LedgerClock.SIMULATED),
        actor=OPERATOR,
        command_id=uuid5(NAMESPACE, "open"),
    )
    assert isinstance(opened, Accepted), opened
    areas = (
        EstablishArea(jurisdiction=StreamId(LEDGER), area=COUNTY, name="测试区", level=AreaLevel.COUNTY),
        EstablishArea(
            jurisdiction=StreamId(LEDGER),
            area=TOWNSHIP,
            name="测试街道",
            level=AreaLevel.TOWNSHIP,
            parent=COUNTY,
        ),
        EstablishArea(
            jurisdiction=StreamId(LEDGER),
            area=VILLAGE,
            name="测试社区",
            level=AreaLevel.VILLAGE,
            parent=TOWNSHIP,
        ),
    )
    folder = resources.files("hudang.domain") / "policies" / "cn"
    texts = [
        (folder / "dibao-2012.toml").read_text(encoding="utf-8"),
        (folder / "430304" / "dibao-2013.toml").read_text(encoding="utf-8"),
    ]
    policies = tuple(
        AdoptPolicy(jurisdiction=StreamId(LEDGER), text=text, in_force_from=date(2012, 12, 31))
        for text in texts
    )
    for number, command in enumerate((*areas, *policies)):
        answer = casebook.send(
            LEDGER, command, actor=OPERATOR, command_id=uuid5(NAMESPACE, f"setting {number}")
        )
        assert isinstance(answer, Accepted), answer
