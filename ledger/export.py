"""How does a ledger, or one household's file, leave the building so that others can check it? (docs/proof.md)

A file of JSON Lines: a header, the seals, one line for every position. In a household's file the other
positions carry two digests and no content, so the file proves that its events are in their place, and that
none is left out.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Final

import msgspec

from hudang.ledger import chain
from hudang.ledger.errors import HeadDisagrees, LedgerError, UnknownLedger
from hudang.ledger.records import StoredEvent
from hudang.ledger.sealing import seals_of
from hudang.ledger.sealing_key import PublicKey
from hudang.ledger.seals import instant_text, to_line
from hudang.ledger.store import Store

FORMAT: Final = "hudang-export-1"
PAGE: Final = 2_000

_encode = msgspec.json.Encoder().encode


class ExportFailedError(LedgerError):
    """The export cannot be written to this file."""


class UnknownStreamError(LedgerError):
    """The ledger has no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What leaves: a ledger or one stream of it, with the public keys of its seals (for reference only)."""

    ledger: str
    stream: str | None = None
    keys: Sequence[PublicKey] = ()


def export(store: Store, wanted: Extract, to: Path, now: datetime) -> int:
    """Write a ledger, or one stream of it, as it is now; the file appears whole or not at all.

    Returns how many events it shows. Raises LedgerError.
    """
    draft = None
    try:
        descriptor, draft = mkstemp(prefix=f"{to.name}.", dir=to.parent)  # mode 0600
        with os.fdopen(descriptor, "wb") as file:
            shown = 0
            for line, shows in _lines(store, wanted, now):
                file.write(line)
                shown += shows
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, to)
        draft = None
    except OSError as error:
        raise ExportFailedError(f"The export cannot be written to {to}: {error.strerror}.") from error
    finally:
        if draft is not None:
            os.unlink(draft)
    return shown


def _lines(store: Store, wanted: Extract, now: datetime) -> Iterator[tuple[bytes, bool]]:
    """Every line of the file, and whether it shows an event."""
    ledger, stream = wanted.ledger, wanted.stream
    head = store.heads().get(ledger)
    if head is None:
        raise UnknownLedger
    if stream is not None and not store.load(ledger, [(stream, 0)]).versions.get(stream):
        raise UnknownStreamError
    header = {
        "format": FORMAT,
        "chain": chain.FORMAT,
        "algorithm": chain.ALGORITHM,
        "ledger": ledger,
        "clock": store.clock_of(ledger),
        "stream": stream,
        "positions": head.position,
        "exported_at": instant_text(now),
        "public_keys": [
            {"id": key.id, "algorithm": key.algorithm, "pem": key.pem.decode("ascii")} for key in wanted.keys
        ],
    }
    yield _line(header), False
    for seal in seals_of(store, ledger):
        if seal.position <= head.position:
            yield to_line(seal), False
    for event in _events(store, ledger, head.position):
        shows = stream is None or event.stream == stream
        yield _line(_shown(event) if shows else _hidden(event)), shows


def _events(store: Store, ledger: str, upto: int) -> Iterator[StoredEvent]:
    position = 0
    while position < upto:
        page = store.feed(ledger, position, min(PAGE, upto - position))
        if not page:
            raise HeadDisagrees
        yield from page
        position = page[-1].position


def _shown(event: StoredEvent) -> dict[str, Any]:
    """Every column that is chained, and the hash."""
    return {
        "position": event.position,
        "stream": event.stream,
        "version": event.version,
        "topic": event.topic,
        **_payload(event.payload),
        "command_id": str(event.command_id),
        "actor_person": event.actor_person,
        "actor_role": event.actor_role,
        "actor_office": event.actor_office,
        "happened_on": event.happened_on.isoformat(),
        "recorded_at": instant_text(event.recorded_at),
        "hash": event.hash.hex(),
    }


def _hidden(event: StoredEvent) -> dict[str, Any]:
    """The digests by which an event that may not be shown keeps its place."""
    return {
        "position": event.position,
        "mark": chain.mark(event.ledger, event.position, event.stream).hex(),
        "record": chain.record_digest(event).hex(),
        "hash": event.hash.hex(),
    }


def _payload(payload: bytes) -> dict[str, str]:
    """The exact bytes: as text where they are UTF-8."""
    try:
        return {"payload": payload.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": base64.b64encode(payload).decode("ascii")}


def _line(content: Mapping[str, Any]) -> bytes:
    return _encode(content) + b"\n"
