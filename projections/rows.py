"""How are the rows of a read model written and read?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

import msgspec
from psycopg import Connection, Cursor, sql
from psycopg.types.json import Jsonb

from hudang.domain.month import Month
from hudang.domain.personal import Open
from hudang.domain.values import Area, StreamId, jurisdictions

Source = Connection[Any] | Cursor[Any]
"""Whatever a query may be asked through."""

S = TypeVar("S", bound=msgspec.Struct)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which households a list is about: of a programme (left out: any), of an area and all inside it."""

    ledger: str
    programme: str | None = None
    area: str = ""

    @property
    def parameters(self) -> dict[str, str | None]:
        """`ledger`, `programme`, and `area` as what the codes inside it begin with."""
        return {"ledger": self.ledger, "programme": self.programme, "area": area_prefix(self.area)}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a list: so many rows, after the row whose key was the last one seen."""

    after: str = ""
    limit: int = 100


FIRST_PAGE: Final = Page()


class HouseholdOf(msgspec.Struct, frozen=True, kw_only=True):
    """A household by its number."""

    number: str
    household: StreamId


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a read model in schema `projections`; its name ends with the model's version."""

    name: str
    columns: str
    key: str
    indexes: tuple[str, ...] = ()

    def create(self, cursor: Cursor[Any]) -> None:
        """Make the table and its indexes, unless they are there."""
        name = sql.Identifier("projections", self.name)
        cursor.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))").format(
                name, _text(self.columns), _text(self.key)
            )
        )
        for number, columns in enumerate(self.indexes, start=1):
            cursor.execute(
                sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
                    sql.Identifier(f"{self.name}_{number}"), name, _text(columns)
                )
            )

    def clear(self, cursor: Cursor[Any]) -> None:
        """Drop every row."""
        cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier("projections", self.name)))

    def put(self, cursor: Cursor[Any], **values: Any) -> None:
        """Write one row; where its key is known, what it says replaces what was said."""
        cursor.execute(_put(self, tuple(values)), _stored_row(values))

    def change(self, cursor: Cursor[Any], where: Mapping[str, Any], **values: Any) -> None:
        """Say something else of the rows whose columns are equal to `where`."""
        cursor.execute(
            _change(self, tuple(where), tuple(values)),
            [*_stored_row(values).values(), *_stored_row(where).values()],
        )

    def remove(self, cursor: Cursor[Any], **where: Any) -> None:
        """Drop the rows whose columns are equal to `where`."""
        cursor.execute(_remove(self, tuple(where)), list(_stored_row(where).values()))

    def put_all(self, cursor: Cursor[Any], rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows of the same columns, in one round trip."""
        stored = [_stored_row(row) for row in rows]
        if stored:
            cursor.executemany(_put(self, tuple(stored[0])), stored)


def fetch(
    source: Source, kind: type[S], query: LiteralString, parameters: Mapping[str, Any] | None = None
) -> tuple[S, ...]:
    """The rows of a query, each as a struct whose fields are named like the columns."""
    cursor = source.execute(query, _stored_row(parameters or {}))
    names = [column.name for column in cursor.description or ()]
    return tuple(
        msgspec.convert(
            dict(zip(names, row, strict=True)),
            kind,
            builtin_types=(bytes, date, datetime, UUID),
            dec_hook=_read_special,
        )
        for row in cursor
    )


def fetch_one(
    source: Source, kind: type[S], query: LiteralString, parameters: Mapping[str, Any] | None = None
) -> S | None:
    """The first row of a query, if there is one."""
    return next(iter(fetch(source, kind, query, parameters)), None)


def area_prefix(area: str) -> str:
    """What the codes of an area and of everything inside it begin with; empty for the whole ledger."""
    return jurisdictions(Area(area))[0] if area else ""


def stored(value: Any) -> Any:
    """A value as PostgreSQL takes it: a month as its first day, a sealed value as JSON."""
    if isinstance(value, Month):
        return value.first_day
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Open):
        raise TypeError("a read model keeps no personal value open")
    if isinstance(value, msgspec.Struct):
        return Jsonb(msgspec.to_builtins(value))
    if isinstance(value, tuple | frozenset):
        return [stored(item) for item in value]
    return value


def _stored_row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stored(value) for name, value in values.items()}


def _read_special(wanted: type, value: Any) -> Any:
    if wanted is Month and isinstance(value, date):
        return Month.of(value)
    raise TypeError(f"{wanted.__name__} cannot be read")


@cache
def _put(table: Table, columns: tuple[str, ...]) -> sql.Composed:
    """INSERT or, on a known key, UPDATE of every other column."""
    key = [name.strip() for name in table.key.split(",")]
    others = [sql.Identifier(name) for name in columns if name not in key]
    told_again = (
        sql.SQL("UPDATE SET {}").format(
            sql.SQL(", ").join(sql.SQL("{} = EXCLUDED.{}").format(name, name) for name in others)
        )
        if others
        else sql.SQL("NOTHING")
    )
    return sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO {}").format(
        sql.Identifier("projections", table.name),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
        sql.SQL(", ").join(map(sql.Identifier, key)),
        told_again,
    )


@cache
def _change(table: Table, where: tuple[str, ...], columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL("UPDATE {} SET {} WHERE {}").format(
        sql.Identifier("projections", table.name), _equal(columns, ", "), _equal(where, " AND ")
    )


@cache
def _remove(table: Table, where: tuple[str, ...]) -> sql.Composed:
    return sql.SQL("DELETE FROM {} WHERE {}").format(
        sql.Identifier("projections", table.name), _equal(where, " AND ")
    )


def _equal(columns: tuple[str, ...], between: LiteralString) -> sql.Composed:
    return sql.SQL(between).join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)


def _text(text: str) -> sql.SQL:
    """SQL that stands in our own source."""
    return sql.SQL(text)
