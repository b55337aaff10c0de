"""What is a seal? The signed head of a ledger, made to leave the building (docs/chain.md, "Seals")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec

from hudang.ledger import chain
from hudang.ledger.errors import LedgerError
from hudang.ledger.records import Head
from hudang.ledger.sealing_key import PublicKey, SealingKey

FORMAT: Final = "hudang-seal-1"

_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
_Instant = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]


class SealUnreadableError(LedgerError):
    """A line of a seal file is not a seal that this version can read."""


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger had this head: said at a moment, under a key. `previous` is the hash of the seal before."""

    ledger: str
    position: int
    head_hash: bytes
    recorded_at: datetime
    sealed_at: datetime
    previous: bytes | None
    algorithm: str
    key_id: str
    signature: bytes

    @property
    def hash(self) -> bytes:
        """What the next seal names as its previous one; it covers the signature."""
        return sha256(signed_bytes(self) + chain.field(self.signature)).digest()


class BadSeal(msgspec.Struct, frozen=True):
    """A seal that is not what it says, and why."""

    seal: Seal
    what: str


def signed_bytes(seal: Seal) -> bytes:
    """The canonical bytes that the signature covers."""
    return b"".join(
        (
            chain.text_field(FORMAT),
            chain.text_field(seal.algorithm),
            chain.text_field(chain.FORMAT),
            chain.text_field(chain.ALGORITHM),
            chain.text_field(seal.ledger),
            chain.integer_field(seal.position),
            chain.field(seal.head_hash),
            chain.instant_field(seal.recorded_at),
            chain.instant_field(seal.sealed_at),
            chain.field(seal.previous),
            chain.text_field(seal.key_id),
        )
    )


def sign(key: SealingKey, ledger: str, head: Head, *, sealed_at: datetime, previous: Seal | None) -> Seal:
    """A seal of a head, which must have an event."""
    if head.recorded_at is None:
        raise ValueError("an empty ledger has nothing to seal")
    unsigned = Seal(
        ledger=ledger,
        position=head.position,
        head_hash=head.hash,
        recorded_at=head.recorded_at,
        sealed_at=sealed_at,
        previous=None if previous is None else previous.hash,
        algorithm=key.algorithm,
        key_id=key.public.id,
        signature=b"",
    )
    return msgspec.structs.replace(unsigned, signature=key.sign(signed_bytes(unsigned)))


def is_signed(seal: Seal, keys: Mapping[str, PublicKey]) -> bool:
    """Whether the key that the seal names is one of these, and signed it."""
    key = keys.get(seal.key_id)
    return (
        key is not None
        and key.algorithm == seal.algorithm
        and key.verifies(seal.signature, signed_bytes(seal))
    )


def wrongly_signed(seals: Sequence[Seal], keys: Mapping[str, PublicKey]) -> Iterator[BadSeal]:
    """The seals that none of these keys signed."""
    for seal in seals:
        if not is_signed(seal, keys):
            yield BadSeal(seal, "the seal is not signed by a key at hand")


def broken_links(seals: Sequence[Seal]) -> Iterator[BadSeal]:
    """The seals of one ledger, in order, that do not follow the one before."""
    before: Seal | None = None
    for seal in seals:
        if seal.previous != (None if before is None else before.hash):
            yield BadSeal(seal, "the seal does not follow the one before")
        elif before is not None and seal.sealed_at < before.sealed_at:
            yield BadSeal(seal, "the seal is older than the one before")
        before = seal


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """A seal as JSON says it."""

    format: Literal["hudang-seal-1"]
    algorithm: str
    chain: Literal["hudang-chain-1"]
    chain_algorithm: Literal["sha256"]
    ledger: str
    position: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    head_hash: _Digest
    recorded_at: _Instant
    sealed_at: _Instant
    previous: _Digest | None
    key_id: str
    signature: str


_READ = msgspec.json.Decoder(_Line)


def to_line(seal: Seal) -> bytes:
    """One line of JSON, with its line end: what leaves the building, and what an export carries."""
    line = _Line(
        format=FORMAT,
        algorithm=seal.algorithm,
        chain=chain.FORMAT,
        chain_algorithm=chain.ALGORITHM,
        ledger=seal.ledger,
        position=seal.position,
        head_hash=seal.head_hash.hex(),
        recorded_at=instant_text(seal.recorded_at),
        sealed_at=instant_text(seal.sealed_at),
        previous=None if seal.previous is None else seal.previous.hex(),
        key_id=seal.key_id,
        signature=seal.signature.hex(),
    )
    return msgspec.json.encode(line) + b"\n"


def from_line(line: bytes) -> Seal:
    """The seal of one line. Raises SealUnreadableError."""
    try:
        said = _READ.decode(line)
        return Seal(
            ledger=said.ledger,
            position=said.position,
            head_hash=bytes.fromhex(said.head_hash),
            recorded_at=datetime.fromisoformat(said.recorded_at),
            sealed_at=datetime.fromisoformat(said.sealed_at),
            previous=None if said.previous is None else bytes.fromhex(said.previous),
            algorithm=said.algorithm,
            key_id=said.key_id,
            signature=bytes.fromhex(said.signature),
        )
    except ValueError as error:
        raise SealUnreadableError from error


def instant_text(value: datetime) -> str:
    """An instant in UTC to the microsecond, always of the same length."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
