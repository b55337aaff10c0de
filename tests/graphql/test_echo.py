"""Nothing that is sent comes back in a message or reaches the log, whichever command it is sent with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
)

from hudang.domain.catalogue import COMMANDS
from hudang.domain.roles import Role
from hudang.graphql import ids
from hudang.graphql.commands import mutation_name
from hudang.graphql.ids import Kind
from hudang.graphql.marks import marking_with
from hudang.graphql.schema import schema
from tests.graphql.api import SEEING, Api

CANARY = "6222021234567890123"
UNKNOWN = "L0001-9c5b94b1-35ad-79bb-b118-8e8fc24abf80"
PLAIN = {
    "Boolean": True,
    "Int": 1,
    "Fen": 100,
    "LocalDate": "2013-03-04",
    "Month": "2013-03",
    "String": CANARY,
}
KINDS = {
    "case": Kind.CASE,
    "person": Kind.PERSON,
    "holder": Kind.PERSON,
    "applicant": Kind.PERSON,
    "signers": Kind.PERSON,
    "meeting": Kind.MEETING,
    "posting": Kind.POSTING,
    "campaign": Kind.CAMPAIGN,
    "payroll": Kind.PAYROLL,
    "jurisdiction": Kind.LEDGER,
}

WriteId = Callable[[str], str]


def well_formed_id(field: str) -> str:
    """An id that the API could have given, of nothing that exists."""
    kind = KINDS.get(field, Kind.HOUSEHOLD)
    if kind is Kind.LEDGER:
        return ids.write(kind, "L0001")
    return ids.write(kind, f"{UNKNOWN}/{CANARY}" if kind is Kind.CASE else UNKNOWN)


def value_of(expected: GraphQLInputType, field: str, write_id: WriteId) -> Any:
    """A value of the type, with the canary wherever text is taken."""
    if isinstance(expected, GraphQLNonNull):
        return value_of(expected.of_type, field, write_id)
    if isinstance(expected, GraphQLList):
        return [value_of(expected.of_type, field, write_id)]
    if isinstance(expected, GraphQLInputObjectType):
        return {name: value_of(inner.type, name, write_id) for name, inner in expected.fields.items()}
    if isinstance(expected, GraphQLEnumType):
        return next(iter(expected.values))
    return write_id(field) if expected.name == "ID" else PLAIN[expected.name]


@pytest.mark.parametrize("write_id", [well_formed_id, lambda _: CANARY], ids=["unknown", "malformed"])
@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "OpenLedger"])
def test_what_is_sent_does_not_come_back(
    standing_api: Api, caplog: pytest.LogCaptureFixture, name: str, write_id: WriteId
) -> None:
    command = COMMANDS[name]
    asked = schema._schema.type_map[f"{name}Input"]
    assert isinstance(asked, GraphQLInputObjectType)
    role = next(role for role in Role if role in command.BY)

    with caplog.at_level(logging.DEBUG), marking_with(standing_api.context.keys.mark_key()):
        answer = standing_api.send(
            mutation_name(command),
            role=role,
            key=f"{name} {write_id('case')}",
            seen=1 if mutation_name(command) in SEEING else None,
            **value_of(asked, "", write_id),
        )

    assert answer["__typename"] in {"Refusal", "Conflict"}, answer
    assert CANARY not in str(answer)
    assert CANARY not in caplog.text
