"""How do lists reach PostgreSQL in one cheap parameter each?

psycopg's own list adaptation looks at every item to guess a type, which costs five times all else on the
client's side of an append. Here the type is said, and the binary form is written directly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, TypeVar

from psycopg import Connection, postgres
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_INT8: Final = struct.Struct(">iq")
_INT4: Final = struct.Struct(">ii")
_HEADER: Final = struct.Struct(">iiiii")
_EMPTY: Final = struct.Struct(">iii")
_EPOCH: Final = date(2000, 1, 1).toordinal()


class TextArray(bytes):
    """A `text[]`."""


class BytesArray(bytes):
    """A `bytea[]`."""


class BigintArray(bytes):
    """A `bigint[]`."""


class IntegerArray(bytes):
    """An `integer[]`."""


class DateArray(bytes):
    """A `date[]`."""


_ITEM_TYPES: Final[dict[type[bytes], str]] = {
    TextArray: "text",
    BytesArray: "bytea",
    BigintArray: "int8",
    IntegerArray: "int4",
    DateArray: "date",
}
_ITEM_OIDS: Final = {kind: postgres.types[name].oid for kind, name in _ITEM_TYPES.items()}

_Kind = TypeVar("_Kind", bound=bytes)


def texts(items: Iterable[str]) -> TextArray:
    return _array(TextArray, [_sized(item.encode()) for item in items])


def byte_strings(items: Iterable[bytes]) -> BytesArray:
    return _array(BytesArray, [_sized(item) for item in items])


def bigints(items: Iterable[int]) -> BigintArray:
    return _array(BigintArray, [_INT8.pack(8, item) for item in items])


def integers(items: Iterable[int]) -> IntegerArray:
    return _array(IntegerArray, [_INT4.pack(4, item) for item in items])


def dates(items: Iterable[date]) -> DateArray:
    return _array(DateArray, [_INT4.pack(4, item.toordinal() - _EPOCH) for item in items])


def register(connection: Connection[Any]) -> None:
    """Teach a connection these arrays."""
    for kind, dumper in _DUMPERS.items():
        connection.adapters.register_dumper(kind, dumper)


def _sized(item: bytes) -> bytes:
    return len(item).to_bytes(4, "big") + item


def _array(kind: type[_Kind], items: list[bytes]) -> _Kind:
    """Dimensions, no-null flag, item type; length, lower bound and items only if there are any."""
    if not items:
        return kind(_EMPTY.pack(0, 0, _ITEM_OIDS[kind]))
    return kind(_HEADER.pack(1, 0, _ITEM_OIDS[kind], len(items), 1) + b"".join(items))


def _dumper(kind: type[bytes]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = postgres.types[_ITEM_TYPES[kind]].array_oid

        def dump(self, obj: Any) -> Buffer:
            encoded: bytes = obj
            return encoded

    return ArrayDumper


_DUMPERS: Final = {kind: _dumper(kind) for kind in _ITEM_TYPES}
