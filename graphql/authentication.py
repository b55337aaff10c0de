"""Who asks? A bearer token names a person, a role, an office and ledgers; the file holds only digests."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from hudang.domain.decision import Actor
from hudang.domain.roles import Role

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE | re.ASCII)


class TokenFileError(Exception):
    """The file of tokens cannot be read."""


class Principal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks: a person in a role, for an office, in these ledgers."""

    person: str
    role: Role
    office: str
    ledgers: frozenset[str]

    @property
    def actor(self) -> Actor:
        """The same as a decision knows it."""
        return Actor(person=self.person, role=self.role, office=self.office)


class TokenEntry(Principal, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the file: `sha256` is the digest of the token, in hex."""

    sha256: str


class _TokenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tokens: tuple[TokenEntry, ...]


def token_digest(token: str) -> str:
    """What stands in the file for a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def authenticator(entries: Mapping[str, Principal]) -> Callable[[str], Principal | None]:
    """The function that finds a token's principal, given principals by token digest."""
    return lambda token: entries.get(token_digest(token))


def read_tokens(path: Path) -> Mapping[str, Principal]:
    """The principals of a token file by token digest. Raises TokenFileError."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _TokenFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TokenFileError(
            f"The token file {path} cannot be read: every [[tokens]] has sha256, person, role,"
            " office and ledgers."
        ) from error
    return {entry.sha256.lower(): _principal(entry) for entry in read.tokens}


def bearer_token(header: str | None) -> str | None:
    """The token of an Authorization header, if it has one."""
    found = _BEARER.fullmatch(header) if header is not None else None
    return found.group(1) if found else None


def _principal(entry: TokenEntry) -> Principal:
    return Principal(person=entry.person, role=entry.role, office=entry.office, ledgers=entry.ledgers)
