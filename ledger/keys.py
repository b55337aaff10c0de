"""Under whose key is a personal value sealed, and who may open it for what?

One data key per (ledger, person), wrapped by a key derived from the master key, which lives outside the
database. A seal is AES-256-GCM bound to ledger, person and place, so a value moved elsewhere does not open.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from collections import OrderedDict
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hudang.domain.personal import Erased, Open, Sealed
from hudang.ledger.errors import LedgerError
from hudang.ledger.store import Store

_NONCE = 12
_KEY = 32
_CACHED_KEYS = 10_000


class MasterKeyError(LedgerError):
    """The master key file is missing, too open, or not 32 bytes in hex."""


class SealBrokenError(LedgerError):
    """A sealed value does not open: wrong master key, or it was moved or altered."""


class PurposeRefusedError(LedgerError):
    """This personal value may not be opened for this purpose."""


class Purpose(StrEnum):
    """Why a personal value is opened."""

    CASE_WORK = "case_work"  # 办理
    PUBLIC_NOTICE = "public_notice"  # 公示
    PAYMENT = "payment"  # 发放
    AUDIT = "audit"  # 审计


_MAY_OPEN: dict[Purpose, frozenset[str] | None] = {
    Purpose.CASE_WORK: None,
    Purpose.AUDIT: None,
    Purpose.PUBLIC_NOTICE: frozenset({"name"}),
    Purpose.PAYMENT: frozenset({"name", "account"}),
}
"""Fields a purpose may open; None: all. A notice shows names, never numbers, accounts or illnesses."""


def read_master_key(path: Path) -> bytes:
    """The 32-byte master key in a file of 64 hex digits, mode 0600. Raises MasterKeyError."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MasterKeyError(f"The master key file {path} cannot be read.") from error
    if os.name == "posix" and mode & 0o077:
        raise MasterKeyError(f"The master key file {path} is open to others; set its mode to 0600.")
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise MasterKeyError(f"The master key file {path} does not hold 64 hex digits.") from error
    if len(key) != _KEY:
        raise MasterKeyError(f"The master key file {path} does not hold 64 hex digits.")
    return key


def make_master_key(path: Path) -> bytes:
    """Write a new master key to a file with mode 0600, unless there is one; return the key in force."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Written whole under another name first: whoever finds the file, finds a key in it.
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_KEY) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.unlink(draft)
    return read_master_key(path)


class KeyRing:
    """Seals and opens personal values; computes keyed digests of identity numbers and requests."""

    def __init__(self, master: bytes, store: Store) -> None:
        self._store = store
        self._wrapping = AESGCM(_derive(master, b"hudang person keys 1"))
        self._identity = _derive(master, b"hudang identity digests 1")
        self._requests = _derive(master, b"hudang request fingerprints 1")
        self._cache: OrderedDict[tuple[str, str], AESGCM] = OrderedDict()
        self._lock = Lock()

    def seal(self, ledger: str, value: Open, at: str) -> Sealed:
        """Seal a value for one place (`stream:version:field path`) under its person's key."""
        if value.of is None:
            raise TypeError(f"the personal value at {at} does not say whose it is")
        nonce = os.urandom(_NONCE)
        box = self._made_key(ledger, value.of).encrypt(
            nonce, value.value.encode(), _bound(ledger, value.of, at)
        )
        return Sealed(of=value.of, at=at, box=base64.b64encode(nonce + box).decode("ascii"))

    def open(self, ledger: str, sealed: Sealed, purpose: Purpose) -> str | Erased:
        """Open a sealed value for a purpose; `Erased` if its person's key is no more.

        Raises PurposeRefusedError, SealBrokenError.
        """
        allowed = _MAY_OPEN[purpose]
        if allowed is not None and sealed.at.rsplit(":", 1)[-1].rsplit("/", 1)[-1] not in allowed:
            raise PurposeRefusedError
        key = self._known_key(ledger, sealed.of)
        if key is None:
            return Erased(of=sealed.of)
        try:
            nonce, box = sealed.nonce_and_ciphertext()
            return key.decrypt(nonce, box, _bound(ledger, sealed.of, sealed.at)).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def identity_digest(self, ledger: str, number: str) -> bytes:
        """The keyed hash that identity numbers are matched by; it stands in a table, never in an event."""
        return hmac.digest(self._identity, f"{ledger}|{number}".encode(), hashlib.sha256)

    def fingerprint(self, request: bytes) -> bytes:
        """The keyed hash of what a caller asked: tells a repetition from another request."""
        return hmac.digest(self._requests, request, hashlib.sha256)

    def _made_key(self, ledger: str, person: str) -> AESGCM:
        """The key of a person, made if they have none yet."""
        key = self._known_key(ledger, person)
        if key is not None:
            return key
        nonce = os.urandom(_NONCE)
        secret = secrets.token_bytes(_KEY)
        wrapped = nonce + self._wrapping.encrypt(nonce, secret, _bound(ledger, person, "key"))
        return self._kept(ledger, person, self._store.store_person_key(ledger, person, wrapped))

    def _known_key(self, ledger: str, person: str) -> AESGCM | None:
        """The key of a person, if they have one: reading makes none."""
        with self._lock:
            known = self._cache.get((ledger, person))
            if known is not None:
                self._cache.move_to_end((ledger, person))
                return known
        stored = self._store.person_key(ledger, person)
        return None if stored is None else self._kept(ledger, person, stored)

    def _kept(self, ledger: str, person: str, wrapped: bytes) -> AESGCM:
        key = AESGCM(self._unwrap(ledger, person, wrapped))
        with self._lock:
            self._cache[(ledger, person)] = key
            if len(self._cache) > _CACHED_KEYS:
                self._cache.popitem(last=False)
        return key

    def _unwrap(self, ledger: str, person: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _bound(ledger, person, "key"))
        except InvalidTag as error:
            raise SealBrokenError("A person's key does not open: this is another master key.") from error


def _derive(master: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=use).derive(master)


def _bound(ledger: str, person: str, at: str) -> bytes:
    return f"hudang-seal-1|{ledger}|{person}|{at}".encode()
