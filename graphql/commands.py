"""How does a command of the domain become a mutation? By itself: its fields, its types, its own words.

Nothing is written twice. The input of a mutation is derived from the command's struct, and what arrives is
turned back into that struct.
"""

import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin
from uuid import UUID

import msgspec
import strawberry
from strawberry.tools import create_type

from hudang.domain.catalogue import COMMANDS
from hudang.domain.decision import Command
from hudang.domain.decision import Refusal as RefusalOf
from hudang.domain.personal import Open
from hudang.domain.values import CaseId, PersonId, StreamId
from hudang.graphql import ids
from hudang.graphql.command_results import CommandResult, Refusal, result_of, unknown_ledger
from hudang.graphql.context import Info, RequestContext
from hudang.graphql.described import describe_field
from hudang.graphql.ids import IdError, Kind
from hudang.graphql.words import INPUT_TYPES, words_for
from hudang.ledger.errors import UnknownLedger

Field = msgspec.structs.FieldInfo

STREAM_FIELDS = {
    "household": Kind.HOUSEHOLD,
    "households": Kind.HOUSEHOLD,
    "meeting": Kind.MEETING,
    "posting": Kind.POSTING,
    "campaign": Kind.CAMPAIGN,
    "payroll": Kind.PAYROLL,
    "allotment": Kind.ALLOTMENT,
    "transfer": Kind.TRANSFER,
    "jurisdiction": Kind.LEDGER,
}
"""What a field that names a stream is the id of."""


class MalformedIdError(Exception):
    """A field of the input does not hold the id it asks for."""

    def __init__(self, name: str, kind: Kind) -> None:
        super().__init__(name)
        self.refusal = RefusalOf(
            code="id_malformed",
            rule="an id is sent back as the API gave it",
            message=f"The field {camel(name)} takes the id of a {kind}.",
        )


def camel(name: str) -> str:
    """A field's name as the schema writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def mutation_name(command: type[Command]) -> str:
    """`SubmitApplication` is asked for with `submitApplication`."""
    return command.__name__[0].lower() + command.__name__[1:]


@cache
def input_type(struct: type[msgspec.Struct]) -> type:
    """The input type that a struct's fields make."""
    name = struct.__name__ if struct.__name__.endswith("Input") else f"{struct.__name__}Input"
    annotations = {field.name: schema_type(field.type) for field in fields_of(struct)}
    namespace = {field.name: _schema_field(name, field) for field in fields_of(struct)}
    made = type(name, (), {"__annotations__": annotations, **namespace})
    return strawberry.input(made, name=name, description=INPUT_TYPES.get(name) or first_sentence(struct))


def fields_of(struct: type[msgspec.Struct]) -> list[Field]:
    """A struct's fields, those that must be given first."""
    return sorted(msgspec.structs.fields(struct), key=lambda field: not field.required)


def schema_type(hint: Any) -> Any:
    """The schema's type for the type of a field."""
    if hint is Open:
        return str
    if hint in (StreamId, PersonId, CaseId):
        return strawberry.ID
    if get_origin(hint) is tuple:
        return list[schema_type(get_args(hint)[0])]  # type: ignore[misc]  # made at run time
    if get_origin(hint) in (Union, types.UnionType):
        return _inner(hint) and (schema_type(_inner(hint)) | None)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return input_type(hint)
    return hint


def domain_value(value: Any, hint: Any, name: str) -> Any:
    """What arrived, as the domain has it. Raises MalformedIdError."""
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        return domain_value(value, _inner(hint), name)
    if get_origin(hint) is tuple:
        return tuple(domain_value(item, get_args(hint)[0], name) for item in value)
    if hint is Open:
        return Open(value=value)
    if hint in (StreamId, PersonId, CaseId):
        return _local_id(value, hint, name)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return struct_of(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value


def struct_of(struct: type[msgspec.Struct], value: Any) -> Any:
    """The struct that an input stands for."""
    return struct(
        **{
            field.name: domain_value(getattr(value, field.name), field.type, field.name)
            for field in fields_of(struct)
        }
    )


def first_sentence(struct: type) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((struct.__doc__ or "").split("\n\n")[0].split())


class Arguments(NamedTuple):
    """What every mutation is given beside the command itself."""

    ledger: str
    command_id: UUID
    expected_version: int | None


async def run_command(
    context: RequestContext, command: type[Command], arguments: Arguments, value: Any
) -> Any:
    """Read the input, send the command, shape the answer."""
    if arguments.ledger not in context.principal.ledgers:
        return Refusal.of(unknown_ledger())
    try:
        answer = await context.send(struct_of(command, value), **arguments._asdict())
    except MalformedIdError as malformed:
        return Refusal.of(malformed.refusal)
    except UnknownLedger:
        return Refusal.of(unknown_ledger())
    return result_of(answer, command)


def mutation_type(commands: Mapping[str, type[Command]] = COMMANDS) -> type:
    """The mutation root: one field for each command."""
    fields = [_mutation(commands[name]) for name in sorted(commands)]
    return create_type(
        "Mutation", fields, description="Everything that offices and jobs may ask for (办理事项)."
    )


def _mutation(command: type[Command]) -> Any:
    field = strawberry.mutation(
        resolver=_resolver(command), name=mutation_name(command), description=first_sentence(command)
    )
    describe_field("Mutation", field)
    return field


def _resolver(command: type[Command]) -> Callable[..., Any]:
    async def seen(info: Info, ledger: str, command_id: UUID, expected_version: int, input: Any) -> Any:
        return await run_command(
            info.context, command, Arguments(ledger, command_id, expected_version), input
        )

    async def unseen(
        info: Info, ledger: str, command_id: UUID, input: Any, expected_version: int | None = None
    ) -> Any:
        return await run_command(
            info.context, command, Arguments(ledger, command_id, expected_version), input
        )

    resolver: Callable[..., Any] = seen if command.SEES else unseen
    resolver.__annotations__ |= {"input": input_type(command), "return": CommandResult}
    resolver.__name__ = mutation_name(command)
    return resolver


def _schema_field(owner: str, field: Field) -> Any:
    words = words_for(owner, field.name)
    if field.required:
        return strawberry.field(description=words)
    if field.default == ():
        return strawberry.field(description=words, default_factory=list)
    return strawberry.field(description=words, default=field.default)


def _local_id(value: str, hint: Any, name: str) -> str:
    if hint is CaseId:
        return _read(value, Kind.CASE, name).case
    kind = Kind.PERSON if hint is PersonId else STREAM_FIELDS[name]
    return _read(value, kind, name).stream


def _read(value: str, kind: Kind, name: str) -> ids.GlobalId:
    try:
        return ids.read(value, kind)
    except IdError:
        raise MalformedIdError(name, kind) from None


def _inner(hint: Any) -> Any:
    """The type that an optional one holds."""
    return next(inner for inner in get_args(hint) if inner is not type(None))
