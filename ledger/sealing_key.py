"""Under which key are heads sealed, and who can check it? A file outside the database, and its public half.

The files are the usual ones (PKCS 8 and SubjectPublicKeyInfo, PEM), so that other tools can read them. An
algorithm is two classes here and a name in every seal; a ledger may change it from one seal to the next.
"""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from hudang.ledger.errors import LedgerError

ED25519: Final = "ed25519"


class SealingKeyError(LedgerError):
    """A key of the seals is missing, too open, or not an Ed25519 key in PEM."""


class PublicKey(Protocol):
    """Checks seals."""

    @property
    def algorithm(self) -> str: ...
    @property
    def id(self) -> str:
        """SHA-256 of the key's bytes, in hexadecimal: how seals name it."""
        ...

    @property
    def pem(self) -> bytes: ...
    def verifies(self, signature: bytes, signed: bytes) -> bool: ...


class SealingKey(Protocol):
    """Makes seals."""

    @property
    def algorithm(self) -> str: ...
    @property
    def public(self) -> PublicKey: ...
    def sign(self, said: bytes) -> bytes: ...


class Ed25519Public:
    """The public half of an Ed25519 key (RFC 8032)."""

    algorithm = ED25519

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.id = sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()
        self.pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        try:
            self._key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True


class Ed25519Sealing:
    """An Ed25519 key (RFC 8032)."""

    algorithm = ED25519

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = Ed25519Public(key.public_key())

    def sign(self, said: bytes) -> bytes:
        return self._key.sign(said)


def read_sealing_key(path: Path) -> SealingKey:
    """The key in a file of mode 0600. Raises SealingKeyError."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SealingKeyError(f"The sealing key file {path} cannot be read.") from error
    if os.name == "posix" and mode & 0o077:
        raise SealingKeyError(f"The sealing key file {path} is open to others; set its mode to 0600.")
    if not isinstance(key, Ed25519PrivateKey):
        raise SealingKeyError(f"The sealing key file {path} does not hold an Ed25519 key.")
    return Ed25519Sealing(key)


def make_sealing_key(path: Path) -> SealingKey:
    """Write a new key to a file of mode 0600, unless there is one; return the key in force."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            return read_sealing_key(path)
        descriptor, draft = mkstemp(prefix=f"{path.name}.", dir=path.parent)  # mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(
                Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
            file.flush()
            os.fsync(file.fileno())
        _keep_first(Path(draft), path)
    except OSError as error:
        raise SealingKeyError(f"The sealing key file {path} cannot be written.") from error
    return read_sealing_key(path)


def read_public_key(path: Path) -> PublicKey:
    """The public key in a PEM file. Raises SealingKeyError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SealingKeyError(f"The public key file {path} cannot be read.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SealingKeyError(f"The public key file {path} does not hold an Ed25519 key.")
    return Ed25519Public(key)


def _keep_first(draft: Path, path: Path) -> None:
    """Put a whole file in place; when two start at once, the first one's stays."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
