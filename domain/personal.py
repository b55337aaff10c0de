"""How does personal data travel through the domain without being read there?

An event never holds a name, a number or an address in the clear. A command brings them `Open`;
the ledger seals them under the key of the person they speak of; decoding an event yields `Sealed`,
which `evolve` carries unopened. Opening happens at the edge, for a stated purpose. When a person's
key has been destroyed the edge answers `Erased`.
"""

import base64
from datetime import datetime
from typing import Any

import msgspec

from hudang.domain.values import PersonId


class Open(msgspec.Struct, frozen=True, tag="open", forbid_unknown_fields=True):
    """A personal value on its way in: readable, never stored. `of` names whose key will seal it."""

    value: str
    of: PersonId | None = None

    def about(self, person: PersonId) -> "Open":
        """The same value, to be sealed under the key of `person`."""
        return Open(value=self.value, of=person)

    def __repr__(self) -> str:
        return "Open(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Pretty-printed tracebacks show no more than plain ones."""
        return []


class Sealed(msgspec.Struct, frozen=True, tag="sealed", forbid_unknown_fields=True):
    """A personal value under its person's key.

    `at` is the place it was sealed for (`stream:version:field path`) and is bound into the seal,
    so a sealed value copied to another place does not open. `box` is nonce and ciphertext, base64.
    """

    of: PersonId
    at: str
    box: str

    def nonce_and_ciphertext(self) -> tuple[bytes, bytes]:
        """The 12-byte nonce and the AES-256-GCM ciphertext with its tag; ValueError if it is no base64."""
        raw = base64.b64decode(self.box, validate=True)
        return raw[:12], raw[12:]


class Erased(msgspec.Struct, frozen=True, tag="erased", forbid_unknown_fields=True):
    """A personal value whose key was destroyed on `erased_at`: it can never be read again."""

    of: PersonId
    erased_at: datetime | None = None


Personal = Open | Sealed | Erased
