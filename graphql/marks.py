"""Which ids and cursors did this API give? Those that carry its mark, a keyed hash of what they say.

A changed one, one of another installation and one that was meant for something else do not fit. The key
stays the same over restarts and over a new master key, and so do ids.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

MARK_BYTES: Final = 12
"""96 bits: nobody guesses one, and an id stays short enough to read out."""


class UnmarkedError(ValueError):
    """The API did not give this, or for something else."""


@contextmanager
def marking_with(key: bytes) -> Iterator[None]:
    """What is marked and checked in this block is so with this key."""
    before = _KEY.set(key)
    try:
        yield
    finally:
        _KEY.reset(before)


def marked(said: bytes, meant_for: str) -> str:
    """The text that stands for what is said, and for this only."""
    return base64.urlsafe_b64encode(_mark(said, meant_for) + said).decode().rstrip("=")


def said_in(text: str, meant_for: str) -> bytes:
    """What was said. Raises UnmarkedError."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise UnmarkedError from None
    said = raw[MARK_BYTES:]
    if not hmac.compare_digest(marked(said, meant_for).encode(), text.encode()):
        raise UnmarkedError
    return said


def _mark(said: bytes, meant_for: str) -> bytes:
    purpose = meant_for.encode()
    return hmac.digest(_KEY.get(), len(purpose).to_bytes(4) + purpose + said, hashlib.sha256)[:MARK_BYTES]


_KEY: Final[ContextVar[bytes]] = ContextVar("hudang marks")
