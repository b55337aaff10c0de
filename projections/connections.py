"""How does the engine reach the database, and how do processes agree on who folds?"""

from typing import Any, Final

import psycopg
from psycopg import Connection, sql

LEADER_LOCK: Final = 0x4855_4C45_4144  # "HULEAD"

_SESSION: Final = """
    SELECT set_config('statement_timeout', '60s', false), set_config('lock_timeout', '10s', false),
           set_config('TimeZone', 'UTC', false), set_config('synchronous_commit', 'off', false)
"""
# A read model and its checkpoint are committed together: what a crash takes, it takes from both, and they
# are folded again from the ledger. So they need not wait for the disk.


def connect(conninfo: str, role: str | None) -> Connection[Any]:
    """A connection of the engine's own, which notices within half a minute that the server is gone."""
    connection = psycopg.connect(
        conninfo,
        autocommit=True,
        connect_timeout=3,
        application_name="hudang projections",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
    try:
        connection.execute(_SESSION)
        if role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    except BaseException:
        connection.close()
        raise
    return connection


class Leadership:
    """One process leads in a database: who holds a session's advisory lock, until that session ends."""

    def __init__(self, conninfo: str, role: str | None, *, lock: int = LEADER_LOCK) -> None:
        self._conninfo = conninfo
        self._role = role
        self._lock = lock
        self._connection: Connection[Any] | None = None
        self._held = False

    @property
    def held(self) -> bool:
        """Whether the lock was ours when we last looked."""
        return self._held

    def hold(self) -> bool:
        """Take the lock if it is free; while it is ours, see that the session still lives. May raise."""
        if self._connection is None:
            self._connection = connect(self._conninfo, self._role)
        if self._held:
            self._connection.execute("SELECT 1")
        else:
            row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._lock,)).fetchone()
            self._held = row == (True,)
        return self._held

    def give_up(self) -> None:
        """End the session, and with it the leadership."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            connection.close()
