"""Is a state the same after it was stored, and are bytes of another version told apart?"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hudang.domain.determination import Determination
from hudang.domain.evidence import Evidence
from hudang.domain.month import Month
from hudang.domain.notification import NotificationDelivered
from hudang.domain.person import Person
from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.values import CaseId
from hudang.ledger import states

KINDS = sorted(states.formats(), key=lambda kind: kind.__name__)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Month: st.builds(Month, st.integers(1, 9999), st.integers(1, 12)),
    NoneType: st.none(),
    Open: st.builds(Sealed, of=TEXTS, at=TEXTS, box=TEXTS),
}
"""How the smallest values are made; a personal one is never open."""


def made(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type, whatever it holds."""
    hint = getattr(hint, "__supertype__", hint)
    origin, inner = get_origin(hint), get_args(hint)
    if hint in LEAVES:
        return LEAVES[hint]
    if origin in (Union, UnionType):
        return st.one_of([made(member) for member in inner])
    if origin is tuple and inner[1:] == (...,):
        return st.lists(made(inner[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(made, inner))
    if origin is frozenset:
        return st.frozensets(made(inner[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(made(inner[0]), made(inner[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.deferred(lambda: struct(hint))


@cache
def struct(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Values of a struct, its forward references resolved as the ledger does."""
    hints = get_type_hints(kind, states._scope(kind.__module__, states._names()))
    fields = st.fixed_dictionaries({name: made(hints[name]) for name in kind.__struct_fields__})
    return fields.map(lambda values: kind(**values))


class TestAState:
    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data())
    def test_is_the_same_after_it_was_stored(self, kind: type, data: st.DataObject) -> None:
        state = data.draw(struct(kind))

        schema_hash, encoded = states.encode(state)

        assert states.decode(schema_hash, encoded) == state

    def test_with_an_open_personal_value_is_not_stored(self) -> None:
        closed = Sealed(of="L0001-p", at="L0001-p:1:name", box="")  # type: ignore[arg-type] # a plain id will do
        person = Person(id="L0001-p", name=closed, identity_number=Open('测试"type":"open"'))  # type: ignore[arg-type]

        with pytest.raises(states.OpenInStateError):
            states.encode(person)

    def test_may_quote_what_an_open_value_looks_like(self) -> None:
        receipt = Evidence(kind="送达回证", sha256="0" * 64)
        told = NotificationDelivered(case=CaseId("case-1"), form='"type":"open"', receipt=receipt)

        encoded = states._ENCODER.encode(told)

        assert states._OPEN not in encoded

    def test_leaves_the_annotations_of_its_class_as_they_were_written(self) -> None:
        states.formats()

        assert get_type_hints(Determination)["decision"] == Determination.__annotations__["decision"]


class TestTheHashOfAState:
    def test_is_another_for_every_class(self) -> None:
        assert len(states.by_hash()) == len(KINDS)

    def test_is_the_same_in_another_process(self) -> None:
        ask = "from hudang.ledger import states; print(*sorted(states.by_hash()))"

        told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

        assert told.stdout.split() == sorted(states.by_hash())

    def test_changes_with_a_field_somewhere_inside(self) -> None:
        before, after = (msgspec.defstruct("State", [("part", _part(("a", kind)))]) for kind in (int, str))

        assert states._format(before, b"").schema_hash != states._format(after, b"").schema_hash

    def test_changes_with_the_folds(self) -> None:
        kind = _part(("a", int))

        assert states._format(kind, b"one").schema_hash != states._format(kind, b"other").schema_hash


class TestBytesOfAnotherMaking:
    @pytest.mark.parametrize("bad", [b"", b"{}", b"[1]", b'{"id":1}', b"\xff"])
    def test_are_unreadable(self, bad: bytes) -> None:
        with pytest.raises(states.UnreadableStateError):
            states.decode(states.formats()[Person].schema_hash, bad)

    def test_of_an_unknown_schema_are_unreadable(self) -> None:
        with pytest.raises(states.UnreadableStateError):
            states.decode("0" * 64, b"{}")


def _part(*fields: tuple[str, type]) -> Any:
    return msgspec.defstruct("Part", fields)


def test_an_erased_value_is_kept_as_such() -> None:
    erased = Erased(of="L0001-p")  # type: ignore[arg-type] # a plain id will do
    person = Person(id="L0001-p", name=erased, identity_number=erased)  # type: ignore[arg-type]

    assert states.decode(*states.encode(person)) == person
