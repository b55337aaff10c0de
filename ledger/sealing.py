"""How is the head of a ledger sealed, and where are its seals?

What is signed follows from what was signed before: the events since the last seal are chained again first, so
a ledger that somebody rewrote gets no new seal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from hudang.ledger import chain
from hudang.ledger.errors import ChainBroken, ClockBehind, HeadDisagrees, SealOutdated, UnknownLedger
from hudang.ledger.records import Head
from hudang.ledger.sealing_key import SealingKey
from hudang.ledger.seals import Seal, sign
from hudang.ledger.store import Store

PAGE: Final = 1_000
TOLERANCE: Final = timedelta(seconds=5)

_COLUMNS = "ledger, position, head_hash, recorded_at, sealed_at, previous, algorithm, key_id, signature"
_STORE = "SELECT ledger.store_seal(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b)::text"


def seal_head(
    store: Store, ledger: str, key: SealingKey, now: datetime, *, at_least_apart: timedelta = timedelta()
) -> Seal | None:
    """Seal the ledger's head; None if it has not moved since the newest seal, or that is too recent.

    Raises ChainBroken, HeadDisagrees, ClockBehind, UnknownLedger.
    """
    head = store.heads().get(ledger)
    if head is None:
        raise UnknownLedger
    newest = newest_seal(store, ledger)
    if newest is not None and head.position < newest.position:
        raise HeadDisagrees
    if newest is not None and now < newest.sealed_at - TOLERANCE:
        raise ClockBehind
    if head.recorded_at is None or head.position == (newest.position if newest else 0):
        return None
    if newest is not None and now < newest.sealed_at + at_least_apart:
        return None
    if store.clock_of(ledger) == "server" and now < head.recorded_at - TOLERANCE:
        raise ClockBehind
    _check_chain(store, ledger, newest, head)
    sealed_at = now if newest is None else max(now, newest.sealed_at)
    seal = sign(key, ledger, head, sealed_at=sealed_at, previous=newest)
    return _kept(store, seal)


def newest_seal(store: Store, ledger: str) -> Seal | None:
    """The newest seal of a ledger."""
    with store.connection() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM ledger.seals WHERE ledger = %b ORDER BY position DESC LIMIT 1",
            (ledger,),
            binary=True,
        ).fetchall()
    return _seal(rows[0]) if rows else None


def seals_of(store: Store, ledger: str) -> list[Seal]:
    """Every seal of a ledger, in order."""
    with store.connection() as connection:
        return [seal for seal, _ in stored_seals(connection, ledger)]


def stored_seals(connection: Connection[Any], ledger: str) -> list[tuple[Seal, bytes]]:
    """Every seal of a ledger, in order, each with the hash that was stored for it."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, hash FROM ledger.seals WHERE ledger = %b ORDER BY position",
        (ledger,),
        binary=True,
    )
    return [(_seal(columns), stored_hash) for *columns, stored_hash in rows]


def _seal(columns: Sequence[Any]) -> Seal:
    seal = Seal(**dict(zip(Seal.__struct_fields__, columns, strict=True)))
    return msgspec.structs.replace(
        seal, recorded_at=seal.recorded_at.astimezone(UTC), sealed_at=seal.sealed_at.astimezone(UTC)
    )


def _check_chain(store: Store, ledger: str, newest: Seal | None, head: Head) -> None:
    """Every event since the newest seal follows from it, and the head is the last of them."""
    position = 0 if newest is None else newest.position
    reached = chain.genesis_hash(ledger, store.clock_of(ledger)) if newest is None else newest.head_hash
    while position < head.position:
        page = store.feed(ledger, position, min(PAGE, head.position - position))
        if not page:
            raise HeadDisagrees
        for event in page:
            position += 1
            reached = chain.event_hash(event, reached)
            if (event.position, event.hash) != (position, reached):
                raise ChainBroken(position)
    if reached != head.hash:
        raise HeadDisagrees


def _kept(store: Store, seal: Seal) -> Seal | None:
    """The seal once it is stored; None if somebody else sealed the ledger meanwhile."""
    try:
        with store.connection() as connection:
            connection.execute(
                _STORE,
                (
                    seal.ledger,
                    seal.position,
                    seal.head_hash,
                    seal.recorded_at,
                    seal.sealed_at,
                    seal.previous,
                    seal.algorithm,
                    seal.key_id,
                    seal.signature,
                    seal.hash,
                ),
                prepare=True,
            )
    except SealOutdated:
        return None
    return seal
