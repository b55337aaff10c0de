"""What is the hash of an event, and of a ledger before its first event? (docs/chain.md)"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from uuid import UUID

FORMAT: Final = "hudang-chain-1"
ALGORITHM: Final = "sha256"

_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DIGEST = b"\x00\x00\x00\x20"


class Chained(Protocol):
    """The columns of an event that its hash covers."""

    @property
    def ledger(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def stream(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def command_id(self) -> UUID: ...
    @property
    def actor_person(self) -> str | None: ...
    @property
    def actor_role(self) -> str | None: ...
    @property
    def actor_office(self) -> str | None: ...
    @property
    def happened_on(self) -> date | None: ...
    @property
    def recorded_at(self) -> datetime: ...


def genesis_hash(ledger: str, clock: str) -> bytes:
    """The hash that position 1 of a ledger follows; `clock` is `server` or `simulated`."""
    return sha256(PREFIX + text_field(ledger) + text_field(clock)).digest()


def event_hash(event: Chained, previous: bytes) -> bytes:
    """The hash of an event that follows `previous`."""
    return link(previous, mark(event.ledger, event.position, event.stream), record_digest(event))


def link(previous: bytes, mark: bytes, record: bytes) -> bytes:
    """The hash that follows `previous`, of an event of which only its two digests need be known."""
    return sha256(_DIGEST + previous + _DIGEST + mark + _DIGEST + record).digest()


def mark(ledger: str, position: int, stream: str) -> bytes:
    """The digest by which who knows a stream, and nobody else, sees whether a position is one of it."""
    return sha256(place(ledger, position, stream)).digest()


def record_digest(event: Chained) -> bytes:
    """The digest of everything recorded about an event, without what came before it."""
    return sha256(record(event)).digest()


def place(ledger: str, position: int, stream: str) -> bytes:
    """The bytes whose SHA-256 is the mark; every record begins with them."""
    return PREFIX + text_field(ledger) + integer_field(position) + text_field(stream)


def record(event: Chained) -> bytes:
    """The bytes whose SHA-256 is the record digest."""
    return b"".join(
        (
            place(event.ledger, event.position, event.stream),
            integer_field(event.version),
            text_field(event.topic),
            field(event.command_id.bytes),
            text_field(event.actor_person),
            text_field(event.actor_role),
            text_field(event.actor_office),
            text_field(None if event.happened_on is None else event.happened_on.isoformat()),
            instant_field(event.recorded_at),
            field(sha256(event.payload).digest()),
        )
    )


def field(value: bytes | None) -> bytes:
    """Length, 4 bytes big-endian, then the bytes; NULL has the length ff ff ff ff and no bytes."""
    return _NULL if value is None else len(value).to_bytes(4, "big") + value


def text_field(value: str | None) -> bytes:
    """A text as UTF-8, not normalised."""
    return _NULL if value is None else field(value.encode())


def integer_field(value: int) -> bytes:
    """An integer as 8 bytes, big-endian, two's complement."""
    return field(value.to_bytes(8, "big", signed=True))


def instant_field(value: datetime) -> bytes:
    """An instant as microseconds since 1970 in UTC."""
    return integer_field((value - _EPOCH) // _MICROSECOND)


PREFIX = text_field(FORMAT) + text_field(ALGORITHM)
