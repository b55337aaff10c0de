"""How does reading end that nobody waits for any more? By cancelling its statement; recording is left alone.

Whoever starts the reading covers it with an `Interruption`, and may end it from another thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final

import psycopg
from psycopg import Connection

from hudang.ledger.errors import LedgerError

_CANCEL_WITHIN_S: Final = 2.0


class ReadingEndedError(LedgerError):
    """Nobody waits for this reading any more."""


class Interruption:
    """Ends one piece of reading: the statement that runs, and every one that would come after it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection: Connection[Any] | None = None
        self._ended = False

    @contextmanager
    def covering(self) -> Iterator[None]:
        """What is read in this block can be ended."""
        before = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(before)

    def end(self) -> None:
        """End it. A connection that was given back meanwhile is not touched."""
        with self._lock:
            self._ended = True
            if self._connection is not None:
                with suppress(psycopg.Error):
                    self._connection.cancel_safe(timeout=_CANCEL_WITHIN_S)

    @contextmanager
    def over(self, connection: Connection[Any]) -> Iterator[None]:
        """The connection's statements can be ended in this block. Raises ReadingEndedError."""
        with self._lock:
            if self._ended:
                raise ReadingEndedError
            outer, self._connection = self._connection, connection
        try:
            yield
        finally:
            with self._lock:
                self._connection = outer


@contextmanager
def interruptible(connection: Connection[Any]) -> Iterator[None]:
    """The connection's statements can be ended by whoever covered this reading, if anybody did."""
    current = _CURRENT.get()
    if current is None:
        yield
        return
    with current.over(connection):
        yield


_CURRENT: Final[ContextVar[Interruption | None]] = ContextVar("hudang interruption", default=None)
