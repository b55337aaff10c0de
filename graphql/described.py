"""How does a class become a type of the schema that explains itself? Without words it does not build."""

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

import strawberry

from hudang.graphql.words import words_for

T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def output(description: str, *, name: str | None = None) -> Callable[[T], T]:
    """An object type; its fields and their arguments take their descriptions from `words`."""

    def decorate(cls: T) -> T:
        published: T = _described(strawberry.type(cls, name=name, description=description))
        return published

    return decorate


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def interface(description: str) -> Callable[[T], T]:
    """An interface of object types, described in the same way."""

    def decorate(cls: T) -> T:
        published: T = _described(strawberry.interface(cls, description=description))
        return published

    return decorate


def _described(published: Any) -> Any:
    definition = published.__strawberry_definition__
    for field in definition.fields:
        describe_field(definition.name, field)
    return published


def describe_field(owner: str, field: Any) -> None:
    """Give a field and its arguments their words."""
    field.description = field.description or words_for(owner, field.python_name)
    for argument in field.arguments:
        argument.description = argument.description or words_for(owner, argument.python_name)
