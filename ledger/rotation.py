"""How is the master key replaced without rewriting an event? Every wrapped key is wrapped anew, in batches.

First the secret of digests changes over: from then on the database refuses what an older key wraps, so the
batches come to an end. Killed anywhere and run again, it goes on; until its end the older keys are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import Connection

from hudang.ledger import arrays
from hudang.ledger.connections import CONNECT_TIMEOUT_S, translated
from hudang.ledger.keys import DIGEST_SECRET, bound
from hudang.ledger.master_keys import MasterKeyError, MasterKeys

BATCH: Final = 500

Progress = Callable[[int], None]


class _Row(NamedTuple):
    """A person's key that an older master key wraps."""

    ledger: str
    person: str
    wrapped: bytes
    key_id: str


def rotate(
    admin_conninfo: str, keys: MasterKeys, *, batch: int = BATCH, progress: Progress = lambda _: None
) -> int:
    """Wrap everything under `keys.current`; how many persons' keys that were. Raises MasterKeyError.

    `admin_conninfo` is the login that migrates: the service may not do this. `progress` is told the sum after
    each batch. Once it returns, nothing is left under an older key and none can come.
    """
    with (
        translated(),
        psycopg.connect(admin_conninfo, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection,
    ):
        arrays.register(connection)
        connection.execute("SET ROLE hudang_owner")
        _change_over(connection, keys)
        rewrapped, after = 0, ("", "")
        while rows := _older(connection, keys.current.id, after, batch):
            rewrapped += _rewrap(connection, keys, rows)
            after = rows[-1].ledger, rows[-1].person
            progress(rewrapped)
        return rewrapped


def _change_over(connection: Connection[Any], keys: MasterKeys) -> None:
    """From its commit on nothing is stored under an older key."""
    with connection.transaction():
        row = connection.execute("SELECT key_id, wrapped FROM ledger.digest_secret FOR UPDATE").fetchone()
        if row is None:
            return
        key_id, wrapped = row
        if key_id == keys.current.id:
            return
        secret = _unwrapped(keys, key_id, wrapped, DIGEST_SECRET)
        connection.execute(
            "UPDATE ledger.digest_secret SET key_id = %s, wrapped = %s",
            (keys.current.id, keys.current.wrap(secret, DIGEST_SECRET)),
        )


def _older(connection: Connection[Any], current: str, after: tuple[str, str], batch: int) -> list[_Row]:
    rows = connection.execute(
        """
        SELECT ledger, person, wrapped, key_id FROM ledger.person_keys
        WHERE (ledger, person) > (%s, %s) AND key_id <> %s AND wrapped IS NOT NULL
        ORDER BY ledger, person LIMIT %s
        """,
        (*after, current, batch),
    )
    return list(map(_Row._make, rows))


def _rewrap(connection: Connection[Any], keys: MasterKeys, rows: list[_Row]) -> int:
    """A key that was destroyed meanwhile stays destroyed."""
    opened = [_unwrapped(keys, row.key_id, row.wrapped, bound(row.ledger, row.person, "key")) for row in rows]
    anew = [
        keys.current.wrap(secret, bound(row.ledger, row.person, "key"))
        for secret, row in zip(opened, rows, strict=True)
    ]
    return connection.execute(
        """
        UPDATE ledger.person_keys k SET wrapped = n.anew, key_id = %s
        FROM unnest(%s, %s, %s, %s) AS n (ledger, person, before, anew)
        WHERE k.ledger = n.ledger AND k.person = n.person AND k.wrapped = n.before
        """,
        (
            keys.current.id,
            arrays.texts(row.ledger for row in rows),
            arrays.texts(row.person for row in rows),
            arrays.byte_strings(row.wrapped for row in rows),
            arrays.byte_strings(anew),
        ),
    ).rowcount


def _unwrapped(keys: MasterKeys, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
    if key_id not in keys.by_id:
        raise MasterKeyError(
            f"The database holds keys under the master key {key_id}, which is not among those given."
        )
    return keys.by_id[key_id].unwrap(wrapped, bound_to)
