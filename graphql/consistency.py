"""How does a reader see what was just written? By sending back the token that the command answered.

The token names positions by ledger. A request that carries it as `extensions.consistency` waits, for a
short while, until every read model has come that far.
"""

import base64
from collections.abc import Mapping

import msgspec

from hudang.graphql.errors import ClientError

LONGEST_WAIT_SECONDS = 5.0

_DECODER = msgspec.json.Decoder(dict[str, int])


def write_token(positions: Mapping[str, int]) -> str:
    """The token of these positions."""
    return base64.urlsafe_b64encode(msgspec.json.encode(dict(positions))).decode().rstrip("=")


def read_token(token: object) -> dict[str, int]:
    """The positions of a token. Raises ClientError for what is no token of ours."""
    try:
        text = token if isinstance(token, str) else ""
        return _DECODER.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.MsgspecError):
        raise ClientError("BAD_TOKEN", "The consistency token is not one that a command answered.") from None


def too_slow() -> ClientError:
    """The read models have not come that far in time."""
    return ClientError("NOT_YET_CONSISTENT", "The read models have not come that far yet; ask again shortly.")
