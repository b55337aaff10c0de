"""How does an event become stored bytes, and back? Strictly: what does not fit its type is a fault."""

import re
import types
from collections.abc import Callable
from datetime import UTC
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Actor, Event, Recorded
from hudang.domain.former import Former
from hudang.domain.month import Month
from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.roles import Role
from hudang.domain.values import StreamId
from hudang.ledger.errors import LedgerError
from hudang.ledger.records import StoredEvent

PersonalValue = Open | Sealed | Erased
S = TypeVar("S", bound=msgspec.Struct)


class UndecodableEventError(LedgerError):
    """A stored event does not fit its type; the ledger and this version of Hudang do not belong together."""

    def __init__(self, topic: str, position: int | None = None) -> None:
        super().__init__(f"The event {topic} at position {position} cannot be decoded by this version.")
        self.topic = topic
        self.position = position


class UnreadableRequestError(LedgerError):
    """A request holds half a character, a NUL or a number beyond 64 bits; no database can keep it."""


def _encode_special(value: Any) -> Any:
    if isinstance(value, Month):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _decode_special(wanted: type, value: Any) -> Any:
    if wanted is Month and isinstance(value, str):
        return Month.parse(value)
    raise TypeError(f"{wanted.__name__} cannot be read")


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it, not preceded by a backslash of its own."""

_ENCODER = msgspec.json.Encoder(enc_hook=_encode_special)


@cache
def _decoder(topic: str) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(EVENTS[topic], dec_hook=_decode_special)


@cache
def _former_decoder(shape: type[Former]) -> msgspec.json.Decoder[Former]:
    return msgspec.json.Decoder(shape, dec_hook=_decode_special)


def encode(event: Event) -> bytes:
    """The bytes that are stored and chained. Raises TypeError if a personal value is still open."""
    return _ENCODER.encode(closed(event))


def closed(event: S) -> S:
    """The event itself. Raises TypeError if a personal value in it is still open."""
    if holds_personal(type(event)):
        map_personal(event, _refuse_open)
    return event


def decode(topic: str, payload: bytes) -> Event:
    """The event of that topic, with nothing personal in the clear. Raises UndecodableEventError."""
    try:
        event = _decoder(topic).decode(payload)
        return closed(event) if _may_hold_open(payload) else event
    except (KeyError, msgspec.MsgspecError, ValueError, TypeError):
        # Not `from` the cause: its message may repeat what stood in the payload.
        raise UndecodableEventError(topic) from None


def decode_former(shape: type[Former], payload: bytes) -> Former:
    """An event in a shape that is not recorded any more, as strictly. Raises UndecodableEventError."""
    try:
        return closed(_former_decoder(shape).decode(payload))
    except (msgspec.MsgspecError, ValueError, TypeError):
        raise UndecodableEventError(shape.TOPIC) from None


def _may_hold_open(payload: bytes) -> bool:
    """Whether a value tagged `open` can be in it: the tag stands there as it is, unless it is escaped."""
    return b"open" in payload or b"\\" in payload


def encode_request(request: msgspec.Struct) -> bytes:
    """What a caller asked, as bytes, for its fingerprint alone: they are never stored.

    Raises UnreadableRequestError, which says nothing of what was asked.
    """
    try:
        encoded = _ENCODER.encode(request)
    except (UnicodeEncodeError, OverflowError):
        raise UnreadableRequestError from None
    if _NUL.search(encoded):
        raise UnreadableRequestError
    return encoded


def recorded(stored: StoredEvent, event: Event | None = None, ordinal: int = 0) -> Recorded:
    """A stored event with its envelope, its personal values sealed. Raises UndecodableEventError.

    `event` is given where it is another than the one stored, and `ordinal` where it is not the only one.
    """
    ledger, position, stream, version, topic, payload, command, *actor, happened_on, recorded_at, _ = stored
    try:
        return Recorded(
            ledger=ledger,
            position=position,
            stream=StreamId(stream),
            version=version,
            topic=event.TOPIC if event is not None else topic,
            command_id=command,
            actor=_actor(*actor),
            happened_on=happened_on,
            recorded_at=recorded_at.astimezone(UTC),
            event=event if event is not None else decode(topic, payload),
            ordinal=ordinal,
        )
    except (UndecodableEventError, ValueError):
        raise UndecodableEventError(topic, position) from None


@lru_cache(maxsize=10_000)
def _actor(person: str, role: str, office: str) -> Actor:
    return Actor(person=person, role=Role(role), office=office)


def _refuse_open(value: PersonalValue, path: str) -> PersonalValue:
    if isinstance(value, Open):
        raise TypeError(f"the personal value {path} is not sealed")
    return value


@cache
def holds_personal(kind: Any) -> bool:
    """Whether values of this type can carry personal values anywhere inside."""
    if kind in (Open, Sealed, Erased):
        return True
    origin = get_origin(kind)
    if origin in (tuple, list, dict, Union, types.UnionType):
        return any(
            holds_personal(inner) for inner in get_args(kind) if isinstance(inner, type) or get_origin(inner)
        )
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return any(
            holds_personal(hint)
            for name, hint in get_type_hints(kind).items()
            if name in kind.__struct_fields__
        )
    return False


def map_personal(value: Any, change: Callable[[PersonalValue, str], PersonalValue], path: str = "") -> Any:
    """The same value with `change(personal value, path)` applied to every personal value inside."""
    if isinstance(value, Open | Sealed | Erased):
        return change(value, path)
    if isinstance(value, tuple | list):
        return type(value)(map_personal(item, change, f"{path}/{index}") for index, item in enumerate(value))
    if isinstance(value, dict):
        return {key: map_personal(item, change, f"{path}/{key}") for key, item in value.items()}
    if isinstance(value, msgspec.Struct) and holds_personal(type(value)):
        inner = {
            name: map_personal(getattr(value, name), change, f"{path}/{name}" if path else name)
            for name in value.__struct_fields__
        }
        return msgspec.structs.replace(value, **inner)
    return value
