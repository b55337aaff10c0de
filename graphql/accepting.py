"""As what does a client want its answer? The Accept header, with its wildcards and weights."""

from typing import Final, NamedTuple

RESPONSE_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"


class _Range(NamedTuple):
    """One entry of an Accept header."""

    kind: str
    weight: float


def media_type(accept: str | None) -> str | None:
    """The media type to answer with: the one the client prefers; None if it takes neither.

    A client that says nothing, or takes anything, gets the older one, as the specification asks.
    """
    if accept is None or not accept.strip():
        return JSON
    ranges = _ranges(accept)
    newer, older = _weight(ranges, RESPONSE_JSON), _weight(ranges, JSON)
    if max(newer, older) == 0:
        return None
    named = any(entry.kind == RESPONSE_JSON for entry in ranges)
    return RESPONSE_JSON if newer > older or (newer == older and named) else JSON


def accepts_html(accept: str | None) -> bool:
    """Whether a browser asks for a page."""
    return _weight([entry for entry in _ranges(accept or "") if entry.kind != "*/*"], "text/html") > 0


def _ranges(accept: str) -> list[_Range]:
    return [_range(entry) for entry in accept.split(",") if entry.strip()]


def _range(entry: str) -> _Range:
    kind, *parameters = (part.strip().lower() for part in entry.split(";"))
    weights = [part[2:].strip() for part in parameters if part.startswith("q=")]
    try:
        weight = float(weights[0]) if weights else 1.0
    except ValueError:
        weight = 0.0
    return _Range(kind, weight if 0 <= weight <= 1 else 0.0)


def _weight(ranges: list[_Range], kind: str) -> float:
    """The weight of the most exact range that covers a media type."""
    for pattern in (kind, kind.split("/", maxsplit=1)[0] + "/*", "*/*"):
        for entry in ranges:
            if entry.kind == pattern:
                return entry.weight
    return 0.0
