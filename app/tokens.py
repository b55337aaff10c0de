"""Who may call the API of this installation? On the first start one token for each role is made.

`tokens.toml` holds digests and is what the server reads; `tokens.txt` (mode 0600) holds the tokens
themselves, to be handed out and deleted.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from hudang.domain.roles import Role
from hudang.graphql.authentication import Principal, TokenFileError, read_tokens, token_digest
from hudang.user_error import UserError

DIGESTS = "tokens.toml"
TOKENS = "tokens.txt"


def ensure_tokens(folder: Path, ledgers: tuple[str, ...], office: str) -> Mapping[str, Principal]:
    """The principals by token digest; on the first start one for each role is made and written down."""
    digests = folder / DIGESTS
    try:
        if not digests.exists():
            _make(folder, ledgers, office)
        return read_tokens(digests)
    except (TokenFileError, OSError) as error:
        raise UserError(f"The token file {digests} cannot be used: {error}") from error


def tokens_by_role(folder: Path) -> dict[Role, str]:
    """The tokens made on the first start. Raises OSError once their file has been deleted."""
    lines = (folder / TOKENS).read_text(encoding="ascii").splitlines()
    return {Role(role): token for role, token in (line.split() for line in lines if line)}


def _make(folder: Path, ledgers: tuple[str, ...], office: str) -> None:
    tokens = {role: secrets.token_urlsafe(32) for role in Role if role is not Role.SYSTEM}
    _write(folder / TOKENS, "".join(f"{role} {token}\n" for role, token in tokens.items()))
    entries = (
        f'[[tokens]]\nsha256 = "{token_digest(token)}"\nperson = "{role.replace("_", "-")}-1"\n'
        f'role = "{role}"\noffice = "{office}"\nledgers = {list(ledgers)!r}\n'
        for role, token in tokens.items()
    )
    _write(folder / DIGESTS, "\n".join(entries))


def _write(path: Path, text: str) -> None:
    """Write a new file for its owner only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    draft.replace(path)
