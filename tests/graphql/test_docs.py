"""Every operation in docs/api.md is run, with the variables that stand below it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hudang.domain.roles import Role
from tests.graphql.api import Api, token_of
from tests.graphql.dibao import Dibao

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"```graphql\n(.*?)```(?:\s*```json\n(.*?)```)?", re.DOTALL)


class Example(NamedTuple):
    """An operation with its variables, which may name a `<household>` and a `<case>`."""

    operation: str
    variables: str

    def sent(self, dibao: Dibao) -> dict[str, Any]:
        """The request, about this household."""
        filled = self.variables.replace("<household>", dibao.household).replace("<case>", dibao.case)
        return {"query": self.operation, "variables": json.loads(filled)}


EXAMPLES = [Example(operation, variables or "{}") for operation, variables in BLOCKS.findall(TEXT)]
ASKING = [example for example in EXAMPLES if not example.operation.startswith("mutation")]
COMMANDING = [example for example in EXAMPLES if example.operation.startswith("mutation")]


class TestTheDocumentation:
    def test_has_examples_of_both(self) -> None:
        assert (len(ASKING), len(COMMANDING)) == (7, 2)

    @pytest.mark.parametrize("example", ASKING, ids=range(len(ASKING)))
    def test_asks_what_can_be_answered(self, decided: Dibao, example: Example) -> None:
        answer = decided.api.post(example.sent(decided), token=token_of(Role.AUDITOR))

        assert answer.status_code == 200
        assert set(answer.json()) == {"data"}
        assert all(value is not None for value in answer.json()["data"].values())

    def test_commands_what_the_offices_can_do(self, api: Api) -> None:
        dibao = Dibao(api)
        dibao.apply()

        results = [api.post(example.sent(dibao)).json()["data"] for example in COMMANDING]

        assert results[0]["registerHousehold"]["__typename"] == "CommandAccepted"
        assert results[1]["giveOpinion"]["code"] == "step_out_of_order"
