from datetime import date
from typing import get_args, get_origin

import msgspec
import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from hudang.domain.case import CaseCommand
from hudang.domain.catalogue import COMMANDS
from hudang.domain.decision import Command
from hudang.domain.identity import Relation
from hudang.domain.personal import Open
from hudang.domain.registration import RegisterHousehold
from hudang.domain.values import CaseId, StreamId
from hudang.graphql import ids
from hudang.graphql.availability import JUDGED
from hudang.graphql.commands import (
    MalformedIdError,
    camel,
    fields_of,
    input_type,
    mutation_name,
    struct_of,
)
from hudang.graphql.ids import Kind
from hudang.graphql.schema import schema

CORE = schema._schema
EVERY_COMMAND = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


def mutations() -> GraphQLObjectType:
    root = CORE.mutation_type
    assert root is not None
    return root


class TestEveryCommand:
    def test_has_one_mutation_and_there_are_no_others(self) -> None:
        assert set(mutations().fields) == {mutation_name(command) for command in COMMANDS.values()}

    @EVERY_COMMAND
    def test_asks_for_each_of_its_fields(self, command: type[Command]) -> None:
        asked = CORE.type_map[f"{command.__name__}Input"]

        assert isinstance(asked, GraphQLInputObjectType)
        assert set(asked.fields) == {camel(name) for name in command.__struct_fields__}
        for field in msgspec.structs.fields(command):
            asked_for = asked.fields[camel(field.name)]
            assert isinstance(asked_for.type, GraphQLNonNull) == (
                field.required or get_origin(field.type) is tuple
            ), field.name

    @EVERY_COMMAND
    def test_takes_an_id_ledger_and_version(self, command: type[Command]) -> None:
        arguments = mutations().fields[mutation_name(command)].args

        assert str(arguments["commandId"].type) == "UUID!"
        assert str(arguments["ledger"].type) == "String!"
        assert str(arguments["expectedVersion"].type) == ("Int!" if command.SEES else "Int")
        assert str(arguments["input"].type) == f"{command.__name__}Input!"

    def test_of_a_case_is_judged(self) -> None:
        of_cases = {command for command in COMMANDS.values() if issubclass(command, CaseCommand)}

        assert of_cases <= JUDGED
        assert JUDGED - of_cases == {COMMANDS["PutUpPosting"]}


class TestAnInput:
    def test_becomes_the_command(self) -> None:
        member = input_type(_member_struct())
        asked = input_type(RegisterHousehold)(
            number="测-001",
            area="430304001001",
            register="urban",
            address="测试路1号",
            members=[member(name="测试甲", identity_number="1", relation="head")],
            happened_on=date(2013, 3, 1),
        )

        command = struct_of(RegisterHousehold, asked)

        assert isinstance(command, RegisterHousehold)
        assert command.address == Open(value="测试路1号")
        assert command.members[0].relation is Relation.HEAD
        assert command.happened_on == date(2013, 3, 1)

    def test_reads_ids(self) -> None:
        command = COMMANDS["AcceptApplication"]
        household, case = StreamId("L0001-1"), CaseId("c1")
        asked = input_type(command)(
            household=ids.write(Kind.HOUSEHOLD, household),
            case=ids.write_case(household, case),
            happened_on=None,
        )

        read = struct_of(command, asked)

        assert (read.household, read.case, read.happened_on) == (household, case, None)

    def test_with_an_id_of_another_kind_is_refused_by_the_fields_name(self) -> None:
        command = COMMANDS["AcceptApplication"]
        asked = input_type(command)(household=ids.write(Kind.MEETING, "L0001-1"), case="c", happened_on=None)

        with pytest.raises(MalformedIdError) as malformed:
            struct_of(command, asked)

        assert malformed.value.refusal.code == "id_malformed"
        assert "household" in malformed.value.refusal.message


def _member_struct() -> type[msgspec.Struct]:
    field = next(field for field in fields_of(RegisterHousehold) if field.name == "members")
    member: type[msgspec.Struct] = get_args(field.type)[0]
    return member
