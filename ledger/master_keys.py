"""Where is the master key, and which older one is still accepted while it is being replaced?

A file of mode 0600 outside the database, or a text from elsewhere (an environment variable, a key service):
each key is 64 hex digits. The first is the one to use; those after it only open what they wrapped.
"""

import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hudang.ledger.errors import LedgerError

KEY_BYTES = 32
NONCE_BYTES = 12


class MasterKeyError(LedgerError):
    """There is no usable master key: it is missing, too open, or not 32 bytes in hex."""


class SealBrokenError(LedgerError):
    """A sealed value does not open: wrong master key, or it was moved or altered."""


class MasterKey:
    """A key that wraps other keys. Its id tells it from others and nothing else about it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._wrapping = AESGCM(derived(key, b"hudang person keys 1"))
        self.id = hashlib.sha256(derived(key, b"hudang master key id 1")).hexdigest()[:16]

    def wrap(self, secret: bytes, bound_to: bytes) -> bytes:
        """The secret, to be stored: nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, secret, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """The secret again. Raises SealBrokenError."""
        try:
            return self._wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
        except InvalidTag:
            raise SealBrokenError("A key does not open: it was moved or altered.") from None

    @property
    def hex(self) -> str:
        """As a file of keys has it."""
        return self._key.hex()

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"


@dataclass(frozen=True)
class MasterKeys:
    """The key to use, and older ones that still open what they wrapped."""

    current: MasterKey
    older: tuple[MasterKey, ...] = field(default=())

    @property
    def by_id(self) -> dict[str, MasterKey]:
        """Every key by its id."""
        return {key.id: key for key in (self.current, *self.older)}


KeySource = Callable[[], MasterKeys]
"""Where the keys are looked up: again when one is met that is not known yet."""


def derived(key: bytes, use: bytes) -> bytes:
    """Another key for one use, from which the first cannot be told."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(key)


def parse_master_keys(text: str, named: str) -> MasterKeys:
    """The keys in a text, separated by commas, spaces or lines. Raises MasterKeyError, which says `named`."""
    try:
        keys = [bytes.fromhex(word) for word in text.replace(",", " ").split()]
    except ValueError:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise MasterKeyError(f"{named} does not hold 64 hex digits for each key.")
    current, *older = map(MasterKey, keys)
    return MasterKeys(current, tuple(older))


def read_master_keys(path: Path) -> MasterKeys:
    """The keys in a file of mode 0600. Raises MasterKeyError."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise MasterKeyError(f"The master key file {path} cannot be read.") from error
    if os.name == "posix" and mode & 0o077:
        raise MasterKeyError(f"The master key file {path} is open to others; set its mode to 0600.")
    return parse_master_keys(text, f"The master key file {path}")


def make_master_keys(path: Path) -> MasterKeys:
    """Write a new master key to a file with mode 0600, unless there is one; return what is in force."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = _drafted(path, [new_master_key()])
        try:
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.unlink(draft)
    return read_master_keys(path)


def new_master_key() -> MasterKey:
    """A key that nobody has seen yet."""
    return MasterKey(secrets.token_bytes(KEY_BYTES))


def replace_master_keys(path: Path, keys: Sequence[MasterKey]) -> None:
    """Let the file hold these keys, all at once. Raises OSError."""
    draft = _drafted(path, keys)
    try:
        os.replace(draft, path)
    except OSError:
        os.unlink(draft)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _drafted(path: Path, keys: Sequence[MasterKey]) -> str:
    """Written whole under another name first: whoever finds the file, finds keys in it."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{key.hex}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return draft
