"""What does each event look like in the ledger: its fields with their types, and one sample, by topic?

Run `python -m tests.ledger.shapes` from the top folder to write `topics.json` anew, once you are sure that
whatever was ever stored still decodes.
"""

import json
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, ForwardRef, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Event
from hudang.domain.month import Month
from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.values import PersonId
from hudang.ledger import codec

TOPICS = Path(__file__).with_name("topics.json")
PERSONAL = frozenset({Open, Sealed, Erased})
SEALED = Sealed(of=PersonId("L0001-person"), at="L0001-stream:1:field", box="AAECAwQFBgcICQoLDA0=")


def topics() -> dict[str, Any]:
    """Every topic with its fields and a sample."""
    return {
        topic: {"fields": fields(event), "sample": json.loads(codec.encode(sample_event(event)))}
        for topic, event in sorted(EVENTS.items())
    }


def hints(kind: type[msgspec.Struct]) -> Mapping[str, Any]:
    """The stored fields of a structure with their types."""
    resolved = get_type_hints(kind)
    return {name: resolved[name] for name in kind.__struct_fields__}


def optional_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The fields that may be left out of the stored event."""
    return frozenset(field.name for field in msgspec.structs.fields(kind) if not field.required)


def fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields by name; one that may be left out is marked with a question mark."""
    optional = optional_fields(kind)
    return {f"{name}?" if name in optional else name: describe(hint) for name, hint in hints(kind).items()}


def describe(kind: Any) -> Any:
    """A type as it can be compared: a name, the values of an enumeration, or the fields of a structure."""
    kind = bare(kind)
    arguments = get_args(kind)
    if is_union(kind):
        members = [describe(member) for member in arguments if member not in PERSONAL]
        return members if not PERSONAL & set(arguments) else ["personal", *members]
    if get_origin(kind) is tuple:
        return {"each": describe(arguments[0])}
    if get_origin(kind) is dict:
        return {"by": describe(arguments[0]), "each": describe(arguments[1])}
    if issubclass(kind, Enum):
        return {"one of": [str(member.value) for member in kind]}
    return fields(kind) if issubclass(kind, msgspec.Struct) else kind.__name__


def sample_event(kind: type[Event]) -> Event:
    event: Event = _sample_struct(kind)
    return event


def sample(kind: Any) -> Any:
    """A value of the type: the same every time."""
    kind = bare(kind)
    arguments = get_args(kind)
    if is_union(kind):
        return SEALED if PERSONAL & set(arguments) else sample(arguments[0])
    if get_origin(kind) is tuple:
        return (sample(arguments[0]), sample(arguments[0]))
    if get_origin(kind) is dict:
        return {sample(arguments[0]): sample(arguments[1])}
    if issubclass(kind, Enum):
        return next(iter(kind))
    return _sample_struct(kind) if issubclass(kind, msgspec.Struct) else _PLAIN[kind]


def _sample_struct(kind: Any) -> Any:
    return kind(**{name: sample(hint) for name, hint in hints(kind).items()})


_PLAIN: dict[type, Any] = {
    str: "文字 text",
    int: 1_234,
    bool: True,
    date: date(2013, 3, 1),
    datetime: datetime.fromisoformat("2013-03-01T09:00:00+08:00"),
    Month: Month(2013, 3),
    type(None): None,
}


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of the type that a ledger may hold; personal values are sealed."""
    kind = bare(kind)
    arguments = get_args(kind)
    if is_union(kind):
        personal = [_sealed()] if PERSONAL & set(arguments) else []
        return st.one_of(*personal, *(strategy(member) for member in arguments if member not in PERSONAL))
    if get_origin(kind) is tuple:
        return st.lists(strategy(arguments[0]), max_size=3).map(tuple)
    if get_origin(kind) is dict:
        return st.dictionaries(strategy(arguments[0]), strategy(arguments[1]), max_size=3)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if issubclass(kind, msgspec.Struct):
        return st.builds(kind, **{name: strategy(hint) for name, hint in hints(kind).items()})
    return _DRAWN[kind]


def _sealed() -> st.SearchStrategy[Sealed]:
    return st.builds(Sealed, of=st.text().map(PersonId), at=st.text(), box=st.text())


_DRAWN: dict[type, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    date: st.dates(),
    Month: st.builds(Month, st.integers(1, 9999), st.integers(1, 12)),
    type(None): st.none(),
}


def bare(kind: Any) -> Any:
    """The type under a `NewType`."""
    assert not isinstance(kind, ForwardRef), kind
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    return kind


def is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


if __name__ == "__main__":
    TOPICS.write_text(json.dumps(topics(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
