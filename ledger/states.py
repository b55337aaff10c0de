"""How does a folded state become bytes, and back? And which bytes are of another version's making?

Bytes are only good for the schema and the folds they came from, so each state class has a hash of both: the
JSON schema of the class with all it holds, and the source of the domain, where the folds are. A changed
comment there changes the hash too: a snapshot too many is taken again rather than one too few.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.resources import files
from inspect import get_annotations
from types import MappingProxyType, ModuleType, NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from hudang.domain import catalogue
from hudang.domain.decision import FOLDS
from hudang.ledger import codec
from hudang.ledger.errors import LedgerError

_DOMAIN: Final = "hudang.domain"
_OPEN: Final = b'"type":"open"'
"""How an open personal value begins; inside a JSON text its quotation marks would be escaped."""

_ENCODER: Final = msgspec.json.Encoder(enc_hook=codec._encode_special)


class OpenInStateError(LedgerError):
    """A state holds an open personal value, so it must not be stored."""


class UnreadableStateError(LedgerError):
    """These bytes are no state of this version's making."""


class _OneOf(type):
    """In a schema, instead of a union of untagged structs: told apart by the names of their fields."""

    members: tuple[type[msgspec.Struct], ...]

    def __instancecheck__(cls, value: object) -> bool:
        """msgspec asks whether what was read is what the schema says."""
        return isinstance(value, cls.members)


class StateFormat(msgspec.Struct, frozen=True):
    """How the states of one class are read, and the hash that names schema and folds."""

    kind: type
    schema_hash: str
    decoder: msgspec.json.Decoder[Any]


@cache
def formats() -> Mapping[type, StateFormat]:
    """The format of every class that a stream of the catalogue folds into."""
    names = _names()
    folds = _folds_hash()
    kinds = {get_type_hints(fold, _scope(fold.__module__, names))["return"] for fold in FOLDS.values()}
    with _resolved(_structs_in(kinds, names)):
        return MappingProxyType({kind: _format(kind, folds) for kind in kinds})


@cache
def by_hash() -> Mapping[str, StateFormat]:
    """The formats by their hash: the only ones that this version reads."""
    return MappingProxyType({known.schema_hash: known for known in formats().values()})


def encode(state: Any) -> tuple[str, bytes]:
    """The schema hash and the bytes of a state. Raises OpenInStateError."""
    encoded = _ENCODER.encode(state)
    if _OPEN in encoded:
        raise OpenInStateError
    return formats()[type(state)].schema_hash, encoded


def decode(schema_hash: str, encoded: bytes) -> Any:
    """The state again. Raises UnreadableStateError."""
    try:
        return by_hash()[schema_hash].decoder.decode(encoded)
    except (KeyError, TypeError, ValueError, msgspec.MsgspecError):
        # Not `from` the cause: its message may repeat what stood in the state.
        raise UnreadableStateError from None


def _format(kind: type, folds: bytes) -> StateFormat:
    schema = msgspec.json.schema(kind, schema_hook=_schema_of)
    described = msgspec.json.encode([kind.__qualname__, schema], order="deterministic")
    return StateFormat(
        kind=kind,
        schema_hash=sha256(described + folds).hexdigest(),
        decoder=msgspec.json.Decoder(kind, dec_hook=_decode),
    )


def _decode(wanted: type, value: Any) -> Any:
    if not isinstance(wanted, _OneOf):
        return codec._decode_special(wanted, value)
    kinds = [kind for kind in wanted.members if set(kind.__struct_encode_fields__) == set(value)]
    if not kinds:
        raise TypeError("no member of a union has these fields")
    return msgspec.convert(value, kinds[0], dec_hook=_decode)


def _schema_of(kind: type) -> dict[str, Any]:
    if isinstance(kind, _OneOf):
        shapes = msgspec.json.schema_components(kind.members, schema_hook=_schema_of)
        return {"anyOf": [shapes[1][member.__name__] for member in kind.members]}
    return {"type": "string", "title": kind.__name__}


def _folds_hash() -> bytes:
    """A hash of the domain's source, file by file."""
    modules = sorted((file.name, file) for file in files(_DOMAIN).iterdir() if file.name.endswith(".py"))
    hashes = [sha256(name.encode() + module.read_bytes()).digest() for name, module in modules]
    return sha256(b"".join(hashes)).digest()


# The state classes name each other under TYPE_CHECKING, because the subjects' modules cannot import one
# another both ways. So msgspec sees them with annotations that the whole domain's names have resolved.


def _modules() -> list[ModuleType]:
    assert catalogue.SUBJECTS
    return [module for name, module in sorted(sys.modules.items()) if name.startswith(f"{_DOMAIN}.")]


def _names() -> dict[str, Any]:
    return {
        name: named
        for module in _modules()
        for name, named in vars(module).items()
        if getattr(named, "__module__", None) == module.__name__
    }


def _scope(module: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """What a name means in a module: its own meaning, else the domain's."""
    return {**names, **vars(sys.modules[module])}


def _structs_in(kinds: set[type], names: Mapping[str, Any]) -> dict[type, dict[str, Any]]:
    """Every struct that these types hold, with its annotations as msgspec can take them."""
    found: dict[type, dict[str, Any]] = {}
    waiting: list[Any] = list(kinds)
    while waiting:
        kind = waiting.pop()
        waiting.extend(get_args(kind))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            hints = get_type_hints(kind, _scope(kind.__module__, names), include_extras=True)
            waiting.extend(hints.values())
            found[kind] = {name: _told_apart(hints[name]) for name in get_annotations(kind)}
    return found


def _told_apart(hint: Any) -> Any:
    """The annotation, or a stand-in if it is a union of structs that carry no tags."""
    members = get_args(hint)
    structs = tuple(
        member for member in members if isinstance(member, type) and issubclass(member, msgspec.Struct)
    )
    untagged = tuple(member for member in structs if member.__struct_config__.tag is None)
    if get_origin(hint) not in (Union, UnionType) or len(structs) <= 1 or not untagged:
        return hint
    shapes = {frozenset(member.__struct_encode_fields__) for member in untagged}
    if len(shapes) < len(untagged) or set(members) - set(untagged) - {NoneType}:
        raise TypeError(f"the members of {hint} cannot be told apart")
    stand_in: Any = _OneOf("_OneOf", (), {"members": untagged})
    return stand_in | None if NoneType in members else stand_in


@contextmanager
def _resolved(annotations: Mapping[type, dict[str, Any]]) -> Iterator[None]:
    """Let the structs have these annotations, and their own again afterwards."""
    written = {kind: get_annotations(kind) for kind in annotations}
    try:
        for kind, hints in annotations.items():
            kind.__annotations__ = hints
        yield
    finally:
        for kind, own in written.items():
            kind.__annotations__ = own
