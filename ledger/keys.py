"""Under whose key is a personal value sealed, and who may open it for what?

One data key per (ledger, person), wrapped by the master key, which lives outside the database. A seal is
AES-256-GCM bound to ledger, person and place, so a value moved elsewhere does not open. Digests and
fingerprints hang on a secret that every master key in turn wraps, so they outlive its rotation.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from threading import Lock
from time import monotonic
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.values import PersonId
from hudang.ledger.errors import LedgerError, MasterKeyChanged, PersonErased
from hudang.ledger.master_keys import (
    KEY_BYTES,
    NONCE_BYTES,
    KeySource,
    MasterKey,
    MasterKeys,
    SealBrokenError,
    derived,
)
from hudang.ledger.records import PersonKey
from hudang.ledger.store import Store

_CACHED_KEYS: Final = 10_000
FORGET_AFTER_S: Final = 60.0
"""A key is looked up again after so long: by then every process knows that it was destroyed."""


class PurposeRefusedError(LedgerError):
    """This personal value may not be opened for this purpose."""


class Purpose(StrEnum):
    """Why a personal value is opened."""

    CASE_WORK = "case_work"  # 办理
    PUBLIC_NOTICE = "public_notice"  # 公示
    PAYMENT = "payment"  # 发放
    AUDIT = "audit"  # 审计
    TRANSFER = "transfer"  # 迁移


_MAY_OPEN: dict[Purpose, frozenset[str] | None] = {
    Purpose.CASE_WORK: None,
    Purpose.AUDIT: None,
    Purpose.PUBLIC_NOTICE: frozenset({"name"}),
    Purpose.PAYMENT: frozenset({"name", "account"}),
    Purpose.TRANSFER: frozenset({"name", "identity_number", "address", "account"}),
}
"""Fields a purpose may open; None: all. A notice shows names, never numbers, accounts or illnesses. What a
household brings along when it moves is its registration and its account, never what surveyors found."""


class _Cached(NamedTuple):
    key: AESGCM
    until: float


class _Digests(NamedTuple):
    """The keys of identity digests, of fingerprints and of the API's marks."""

    identity: bytes
    requests: bytes
    marks: bytes


class KeyRing:
    """Seals and opens personal values; computes keyed digests of identity numbers and requests.

    `master` is one key, or a source that is asked again whenever an unknown key is met.
    """

    def __init__(
        self, master: bytes | KeySource, store: Store, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._source: KeySource = _only(master) if isinstance(master, bytes) else master
        self._masters: dict[str, MasterKey] = {}
        self._wraps_now = ""
        self._known_digests: _Digests | None = None
        self._cache: OrderedDict[tuple[str, str], _Cached] = OrderedDict()
        self._clock = clock
        self._lock = Lock()
        self._reload()

    def seal(self, ledger: str, value: Open, at: str) -> Sealed:
        """Seal a value for one place (`stream:version:field path`) under its person's key.

        Raises PersonErased if that key was destroyed.
        """
        if value.of is None:
            raise TypeError(f"the personal value at {at} does not say whose it is")
        nonce = os.urandom(NONCE_BYTES)
        box = self._made_key(ledger, value.of).encrypt(
            nonce, value.value.encode(), bound(ledger, value.of, at)
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
        if isinstance(key, Erased):
            return key
        try:
            nonce, box = sealed.nonce_and_ciphertext()
            return key.decrypt(nonce, box, bound(ledger, sealed.of, sealed.at)).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def identity_digest(self, ledger: str, number: str) -> bytes:
        """The keyed hash that identity numbers are matched by; it stands in a table, never in an event."""
        return hmac.digest(self._digests().identity, f"{ledger}|{number}".encode(), hashlib.sha256)

    def fingerprint(self, request: bytes) -> bytes:
        """The keyed hash of what a caller asked: tells a repetition from another request."""
        return hmac.digest(self._digests().requests, request, hashlib.sha256)

    def mark_key(self) -> bytes:
        """The key by which the API knows the ids and cursors that it gave."""
        return self._digests().marks

    def forget(self, ledger: str, person: str) -> None:
        """Drop a person's key from memory: it was destroyed."""
        with self._lock:
            self._cache.pop((ledger, person), None)

    def _made_key(self, ledger: str, person: str) -> AESGCM:
        """The key of a person, made if they have none yet. Raises PersonErased."""
        key = self._known_key(ledger, person)
        if isinstance(key, Erased):
            if key.erased_at is not None:
                raise PersonErased(person)
            key = self._kept(ledger, person, self._stored_new_key(ledger, person))
        if isinstance(key, Erased):
            raise PersonErased(person)
        return key

    def _stored_new_key(self, ledger: str, person: str) -> PersonKey:
        """A new key in the database, unless another process was faster."""
        secret = secrets.token_bytes(KEY_BYTES)
        self._digests()
        try:
            return self._wrapped_and_stored(ledger, person, secret)
        except MasterKeyChanged:
            self._adopt()
            return self._wrapped_and_stored(ledger, person, secret)

    def _wrapped_and_stored(self, ledger: str, person: str, secret: bytes) -> PersonKey:
        master = self._masters[self._wraps_now]
        wrapped = master.wrap(secret, bound(ledger, person, "key"))
        return self._store.store_person_key(ledger, person, wrapped, master.id)

    def _known_key(self, ledger: str, person: str) -> AESGCM | Erased:
        """The key of a person, or that there is none: reading makes none."""
        now = self._clock()
        with self._lock:
            known = self._cache.get((ledger, person))
            if known is not None and now < known.until:
                self._cache.move_to_end((ledger, person))
                return known.key
        stored = self._store.person_key(ledger, person)
        return Erased(of=PersonId(person)) if stored is None else self._kept(ledger, person, stored)

    def _kept(self, ledger: str, person: str, stored: PersonKey) -> AESGCM | Erased:
        if stored.wrapped is None:
            self.forget(ledger, person)
            return Erased(of=PersonId(person), erased_at=stored.erased_at)
        master = self._master(stored.key_id)
        key = AESGCM(master.unwrap(stored.wrapped, bound(ledger, person, "key")))
        with self._lock:
            self._cache[ledger, person] = _Cached(key, self._clock() + FORGET_AFTER_S)
            if len(self._cache) > _CACHED_KEYS:
                self._cache.popitem(last=False)
        return key

    def _digests(self) -> _Digests:
        """The keys of digests, from the secret in the database; made there at the very first use."""
        known = self._known_digests
        return known if known is not None else self._adopt()

    def _adopt(self) -> _Digests:
        """Learn which master key wraps now, and the secret that it wraps. Raises SealBrokenError."""
        self._reload()
        stored = self._store.digest_secret()
        if stored is None:
            first = self._source().current
            wrapped = first.wrap(secrets.token_bytes(KEY_BYTES), DIGEST_SECRET)
            stored = self._store.store_digest_secret(first.id, wrapped)
        secret = self._master(stored.key_id).unwrap(stored.wrapped, DIGEST_SECRET)
        digests = _Digests(
            identity=derived(secret, b"hudang identity digests 1"),
            requests=derived(secret, b"hudang request fingerprints 1"),
            marks=derived(secret, b"hudang api marks 1"),
        )
        self._wraps_now, self._known_digests = stored.key_id, digests
        return digests

    def _master(self, key_id: str) -> MasterKey:
        """The master key of an id; one that is not known yet is looked for at the source."""
        if key_id not in self._masters:
            self._reload()
        if key_id not in self._masters:
            raise SealBrokenError("A key does not open: this is another master key.")
        return self._masters[key_id]

    def _reload(self) -> None:
        self._masters = self._source().by_id


DIGEST_SECRET: Final = b"hudang-digest-secret-1"
"""What the secret of digests is bound to when it is wrapped."""


def bound(ledger: str, person: str, at: str) -> bytes:
    """What a seal, or a person's wrapped key (`at` is "key"), is bound to."""
    return f"hudang-seal-1|{ledger}|{person}|{at}".encode()


def _only(key: bytes) -> KeySource:
    keys = MasterKeys(MasterKey(key))
    return lambda: keys
