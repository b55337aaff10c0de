"""How does the demo talk to Hudang? As anybody would: GraphQL over HTTP, with a bearer token for each role.

The id of a command follows from the year and the name of its step. So the demo run again on the same data, or
continued after it was killed, asks for the same things and changes nothing that was recorded.
"""

import http.client
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import msgspec

from hudang.demo.story import YEAR
from hudang.domain.roles import Role

STEPS: Final = uuid5(UUID("0a1f3c52-9d5e-5c44-8f0e-6f2b6c0d2013"), str(YEAR))
TIMEOUT_S: Final = 30
ATTEMPTS: Final = 3

_MUTATION: Final = """
mutation {operation}($ledger: String!, $id: UUID!, $version: Int{must}, $input: {input}Input!) {{
  answer: {field}(ledger: $ledger, commandId: $id, expectedVersion: $version, input: $input) {{
    __typename
    ... on CommandAccepted {{ subjectId subjectVersion createdId caseId repeated consistency }}
    ... on Refusal {{ code rule message }}
    ... on Conflict {{ code message }}
  }}
}}
"""


class DemoStoppedError(Exception):
    """The service answered a step of the demo otherwise than the year needs; the message says how."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a command recorded."""

    subject_id: str
    subject_version: int
    created_id: str | None = None
    case_id: str | None = None
    repeated: bool = False
    consistency: str | None = None


class Acknowledged:
    """The client's own list of what it was told is done: a line for each command id."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def note(self, command: UUID) -> None:
        self._file.write(f"{command}\n".encode("ascii"))

    def close(self) -> None:
        self._file.close()


def step_id(step: str) -> UUID:
    """The command id of a step of the year."""
    return uuid5(STEPS, step)


@cache
def mutation(command: str, *, decides_on_what_it_saw: bool) -> str:
    """The document that sends a command, `SubmitApplication` or another."""
    return _MUTATION.format(
        operation=command,
        field=command[0].lower() + command[1:],
        input=command,
        must="!" if decides_on_what_it_saw else "",
    )


class Client:
    """One connection to the API; not for several threads."""

    def __init__(
        self,
        address: str,
        tokens: Mapping[Role, str],
        ledger: str,
        acknowledged: Callable[[UUID], None] = lambda command: None,
    ) -> None:
        """`address` is that of the endpoint, `http://127.0.0.1:8000/graphql`."""
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_S
        )
        self._path = parts.path
        self._tokens = tokens
        self._ledger = ledger
        self._acknowledged = acknowledged
        self._seen: str | None = None
        self.sent = 0

    def send(
        self,
        role: Role,
        command: str,
        step: str,
        value: Mapping[str, Any],
        *,
        expected_version: int | None = None,
    ) -> Accepted:
        """Send a command in a role, once for ever under the step's name. Raises DemoStoppedError."""
        command_id = step_id(step)
        variables = {
            "ledger": self._ledger,
            "id": str(command_id),
            "version": expected_version,
            "input": value,
        }
        document = mutation(command, decides_on_what_it_saw=expected_version is not None)
        answer = self._post(role, document, variables)["answer"]
        if answer["__typename"] != "CommandAccepted":
            raise DemoStoppedError(f"{step}: {answer['code']}: {answer['message']}")
        accepted = msgspec.convert(answer, Accepted)
        self._acknowledged(command_id)
        self._seen = accepted.consistency or self._seen
        self.sent += 1
        return accepted

    def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, *, role: Role = Role.AUDITOR
    ) -> Any:
        """The data of a query, which has seen everything that this client sent. Raises DemoStoppedError."""
        return self._post(role, query, variables or {}, {"consistency": self._seen} if self._seen else {})

    def close(self) -> None:
        self._connection.close()

    def _post(
        self,
        role: Role,
        query: str,
        variables: Mapping[str, Any],
        extensions: Mapping[str, Any] | None = None,
    ) -> Any:
        body = json.dumps({"query": query, "variables": variables, "extensions": extensions or {}})
        status, answer = self._exchange(role, body.encode())
        if status != http.HTTPStatus.OK or "errors" in answer:
            told = "; ".join(error["message"] for error in answer.get("errors", ()))
            raise DemoStoppedError(f"The API answered {status}: {told}")
        return answer["data"]

    def _exchange(self, role: Role, body: bytes) -> tuple[int, Any]:
        """One request. A connection that was closed is opened again: what is sent twice is done once."""
        headers = {
            "Authorization": f"Bearer {self._tokens[role]}",
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
        }
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._connection.request("POST", self._path, body, headers)
                response = self._connection.getresponse()
                return response.status, json.loads(response.read())
            except (http.client.RemoteDisconnected, ConnectionError) as error:
                self._connection.close()
                if attempt == ATTEMPTS:
                    raise DemoStoppedError("The API closed the connection.") from error
        raise DemoStoppedError("The API did not answer.")
