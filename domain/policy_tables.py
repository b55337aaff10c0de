"""Do the tables of a policy file have the shape of the rules, and which of their values are missing?

The types in `policy_terms` are the one description of the shape; these functions walk a table along a type,
so that every error is found, each with its path, and not only the first.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from hudang.domain.month import Month
from hudang.domain.policy_terms import Named

TomlValue = str | int | float | bool | date | list[Any] | None
Table = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)


class PolicyError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a policy file: the path of the value, what was expected, what stands there."""

    where: str
    expected: str
    found: str


class _Field(NamedTuple):
    """A field of a struct as files name it, with the struct that it holds, alone or by name."""

    name: str
    type: Any
    required: bool
    struct: type[msgspec.Struct] | None
    tables: type[msgspec.Struct] | None


@cache
def _fields(type_: type[msgspec.Struct]) -> tuple[_Field, ...]:
    return tuple(
        _Field(one.encode_name, one.type, one.required, _struct_of(one.type), _struct_in_tables(one.type))
        for one in msgspec.structs.fields(type_)
    )


def table_at(table: Table, name: str) -> Table:
    """The table of that name; empty if there is none or it is unknown."""
    value = table.get(name)
    return value if isinstance(value, dict) else {}


def errors_in(
    type_: type[msgspec.Struct], table: Any, path: str, *, complete: bool = False
) -> Iterator[PolicyError]:
    """Every place where the table does not fit the type; a complete table states and knows all."""
    if not isinstance(table, dict):
        yield PolicyError(where=path.removesuffix("."), expected="a table", found=_shown(table))
        return
    names = sorted(field.name for field in _fields(type_))
    for name in sorted(table.keys() - set(names)):
        yield PolicyError(where=f"{path}{name}", expected=f"one of {', '.join(names)}", found=repr(name))
    for field in _fields(type_):
        if field.name in table:
            yield from _errors_at(field, table[field.name], f"{path}{field.name}", complete=complete)
        elif complete and field.required:
            yield PolicyError(where=f"{path}{field.name}", expected=_words(field.type), found="nothing")


def _errors_at(field: _Field, value: Any, path: str, *, complete: bool) -> Iterator[PolicyError]:
    if field.struct is not None:
        yield from errors_in(field.struct, value, f"{path}.", complete=complete)
    elif field.tables is not None and isinstance(value, dict):
        for name, inner in value.items():
            yield from errors_in(field.tables, inner, f"{path}.{name}.", complete=complete)
    elif (value is not None or complete or field.tables is not None) and not _fits(field.type, value):
        yield PolicyError(where=path, expected=_words(field.type), found=_shown(value))


def _fits(type_: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, type_, dec_hook=month_hook)
    except msgspec.ValidationError:
        return False
    return True


def unknown_in(type_: type[msgspec.Struct], table: Table, path: str) -> Iterator[str]:
    """The path of every value that the type needs and the table lacks or calls unknown."""
    for field in _fields(type_):
        name, inner = f"{path}.{field.name}", table.get(field.name)
        if inner is None:
            if (field.name in table or field.required) and not _optional(field.type):
                yield name
        elif field.struct is not None:
            yield from unknown_in(field.struct, inner, name)
        elif field.tables is not None:
            for key, value in inner.items():
                yield from unknown_in(field.tables, value, f"{name}.{key}")


def build(type_: type[S], table: Table, name: str) -> S:
    """The rule that a table of that name states, nothing in it unknown."""
    return msgspec.convert(_with_names(type_, table, name), type_, dec_hook=month_hook)


def _with_names(type_: type[msgspec.Struct], table: Table, name: str) -> Table:
    """The same table with each named table's own name written into it."""
    named = dict(table) | ({"name": name} if issubclass(type_, Named) else {})
    for field in _fields(type_):
        inner = table.get(field.name)
        if inner is not None and field.struct is not None:
            named[field.name] = _with_names(field.struct, inner, field.name)
        elif inner is not None and field.tables is not None:
            named[field.name] = {key: _with_names(field.tables, each, key) for key, each in inner.items()}
    return named


def month_hook(type_: type, value: object) -> object:
    """msgspec's way in for a month, written "2013-05"."""
    if type_ is Month and isinstance(value, str):
        return Month.parse(value)
    raise ValueError(f"{type_.__name__} is written as text.")


def _optional(type_: Any) -> bool:
    return type(None) in get_args(type_)


def _struct_of(type_: Any) -> type[msgspec.Struct] | None:
    """The struct that a field of this type holds, if it holds one."""
    for option in (type_, *(get_args(type_) if isinstance(type_, UnionType) else ())):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return option
    return None


def _struct_in_tables(type_: Any) -> type[msgspec.Struct] | None:
    """The struct that a field holds by name, if it holds structs by name."""
    return _struct_of(get_args(type_)[1]) if get_origin(type_) is dict else None


def _words(type_: Any) -> str:
    """A type, as a person who writes policy files would say it."""
    options = get_args(type_)
    if get_origin(type_) is Annotated:
        limits: msgspec.Meta = options[1]
        bounds = [f"at least {limits.ge}"] if limits.ge is not None else []
        bounds += [f"at most {limits.le}"] if limits.le is not None else []
        return " and ".join([_words(options[0]), *bounds])
    if isinstance(type_, type) and issubclass(type_, StrEnum):
        return f"one of {', '.join(member.value for member in type_)}"
    if get_origin(type_) is tuple:
        return f"a list, each {_words(options[0])}"
    simple = {
        str: "text",
        int: "a whole number",
        bool: "true or false",
        date: "a date",
        Month: 'a month like "2013-05"',
    }
    if type_ in simple:
        return simple[type_]
    choices = (repr(one) if isinstance(one, str) else _words(one) for one in options if one is not type(None))
    return " or ".join(choices) or "a table"


def _shown(value: object) -> str:
    return "unknown" if value is None else repr(value)
