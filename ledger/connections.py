"""How is the ledger's database reached, and what does an error of the driver mean?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, Final, TypeVar

import psycopg
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from hudang.ledger import arrays
from hudang.ledger.errors import (
    ClaimHeld,
    ClockBehind,
    ClockMisuse,
    CommandReused,
    ErasureNotRecorded,
    HeadDisagrees,
    IdentityTaken,
    LedgerError,
    MasterKeyChanged,
    OutcomeUnknown,
    SealOutdated,
    StoreUnavailable,
    UnknownLedger,
    VersionConflict,
)

CONNECT_TIMEOUT_S: Final = 3
PATIENCE_S: Final = 10.0
"""How long a broken connection is answered with another attempt."""

_FIRST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.5
_SESSION: Final = """
    SELECT set_config('statement_timeout', '30s', false), set_config('lock_timeout', '10s', false),
           set_config('TimeZone', 'UTC', false),
           set_config('idle_in_transaction_session_timeout', '60s', false)
"""

Answer = TypeVar("Answer")


def open_pool(conninfo: str, *, role: str | None, min_size: int, max_size: int) -> ConnectionPool:
    """Connections that commit each statement, act as `role` and give up in time."""

    def configure(connection: Connection[Any]) -> None:
        arrays.register(connection)
        connection.execute(_SESSION)
        if role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))

    return ConnectionPool(
        conninfo,
        kwargs={
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "hudang",
        },
        configure=configure,
        min_size=min_size,
        max_size=max_size,
        timeout=CONNECT_TIMEOUT_S,
        name="hudang-ledger",
        open=True,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the ledger's; none of them repeats a value that was sent."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error


def translate(error: psycopg.Error) -> Exception:
    """What an error of the driver means to a caller; a fault of ours stays what it is."""
    state = error.sqlstate or ""
    if state in _MEANINGS:
        return _MEANINGS[state](json.loads(error.diag.message_detail or "{}"))
    if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.table_name == "events":
        return HeadDisagrees()
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return StoreUnavailable()
    return LedgerError(f"The ledger's database refused the statement ({state or type(error).__name__}).")


def persevering(attempt: Callable[[], Answer], *, recording: bool) -> Answer:
    """Ask again while connections break, up to a deadline; so `attempt` must be safe to repeat.

    A recording whose connection broke may or may not have been committed. Asking again with the same command
    id settles it: the append looks the command up under the ledger's lock before it does anything else.
    """
    deadline = monotonic() + PATIENCE_S
    pause = _FIRST_PAUSE_S
    in_doubt = False
    while True:
        try:
            return attempt()
        except psycopg.Error as error:
            unreached = isinstance(error, (PoolTimeout, PoolClosed))
            broken = is_broken(error)
            in_doubt = in_doubt or (recording and broken and not unreached)
            if not broken or (unreached and not in_doubt) or monotonic() + pause > deadline:
                raise (OutcomeUnknown() if in_doubt and broken else translate(error)) from error
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def is_broken(error: psycopg.Error) -> bool:
    """Did the connection break (no answer, or the server's farewell), rather than the statement fail?"""
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
        error.sqlstate is None or error.sqlstate[:3] in _FAREWELLS
    )


# 57P: the server stops, starts or was told to end the session; 08: connection exceptions.
_FAREWELLS: Final = ("57P", "080")

_MEANINGS: Final[dict[str, Callable[[dict[str, str]], LedgerError]]] = {
    "HD001": lambda _: CommandReused(),
    "HD002": lambda detail: VersionConflict(detail["stream"]),
    "HD003": lambda detail: ClaimHeld(detail["claim"], detail["stream"]),
    "HD004": lambda _: UnknownLedger(),
    "HD005": lambda _: ClockBehind(),
    "HD006": lambda _: ClockMisuse(),
    "HD007": lambda detail: IdentityTaken(detail["person"]),
    "HD011": lambda _: SealOutdated(),
    "HD012": lambda _: HeadDisagrees(),
    "HD013": lambda _: MasterKeyChanged(),
    "HD014": lambda _: ErasureNotRecorded(),
}
