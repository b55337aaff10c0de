"""What is a read model? A name, a version, its tables, and what each event does to their rows.

A model writes only rows keyed by the ledger of the event, and a repeated event changes nothing. Handlers see
the events of a ledger in order; the engine commits their rows together with the model's checkpoint.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from psycopg import Cursor

from hudang.domain.decision import Event, Recorded
from hudang.domain.personal import Erased, Sealed
from hudang.ledger.keys import Purpose
from hudang.projections.rows import Table


class Opener(Protocol):
    """Opens a sealed value for a stated purpose: the key ring."""

    def open(self, ledger: str, sealed: Sealed, purpose: Purpose) -> str | Erased: ...


Handler = Callable[[Cursor[Any], Any, Recorded], None]
OpeningHandler = Callable[[Cursor[Any], Any, Recorded, Opener], None]
PageHandler = Callable[[Cursor[Any], Sequence[Recorded]], None]

H = TypeVar("H", bound=Handler)
K = TypeVar("K", bound=OpeningHandler)
P = TypeVar("P", bound=PageHandler)


class FoldFailedError(Exception):
    """A handler failed on an event; the cause may hold personal data and is never shown."""

    def __init__(self, position: int, topic: str, kind: str) -> None:
        super().__init__(f"{kind} at position {position} ({topic})")
        self.position = position
        self.topic = topic
        self.kind = kind


class ReadModel:
    """A read model; its module registers the handlers and holds the queries."""

    def __init__(self, name: str, *, version: int, tables: tuple[Table, ...]) -> None:
        """Raise ValueError if a table does not carry the model's name and version."""
        for table in tables:
            if not (table.name.startswith(name) and table.name.endswith(f"_v{version}")):
                raise ValueError(f"{table.name} is no table of {name} version {version}")
        self.name = name
        self.version = version
        self.tables = tables
        self.needs_keys = False
        self._handlers: dict[str, list[OpeningHandler]] = {}
        self._page: PageHandler | None = None

    def on(self, *events: type[Event]) -> Callable[[H], H]:
        """Register what events do: `(cursor, event, recorded)`. Handlers of one event run as registered."""

        def register(handler: H) -> H:
            for event in events:
                self._handlers.setdefault(event.TOPIC, []).append(_without_keys(handler))
            return handler

        return register

    def on_opening(self, *events: type[Event]) -> Callable[[K], K]:
        """Register what events do where personal values are opened: `(cursor, event, recorded, opener)`."""

        def register(handler: K) -> K:
            self.needs_keys = True
            for event in events:
                self._handlers.setdefault(event.TOPIC, []).append(handler)
            return handler

        return register

    def on_every_event(self, handler: P) -> P:
        """Register what any event does, told a page of events at a time: `(cursor, page)`."""
        self._page = handler
        return handler

    def concerns(self, topic: str) -> bool:
        """Whether events of this topic change the model at all."""
        return self._page is not None or topic in self._handlers

    def fold(self, cursor: Cursor[Any], page: Sequence[Recorded], opener: Opener | None) -> None:
        """Let a page of events have its effect. Raises FoldFailedError, which names the event."""
        if self._page is not None and page:
            with _naming(page[0]):
                self._page(cursor, page)
        for recorded in page:
            for handler in self._handlers.get(recorded.topic, ()):
                with _naming(recorded):
                    handler(cursor, recorded.event, recorded, opener)  # type: ignore[arg-type]  # the engine checks


@contextmanager
def _naming(recorded: Recorded) -> Iterator[None]:
    """Say on which event a handler failed."""
    try:
        yield
    except Exception as error:
        raise FoldFailedError(recorded.position, recorded.topic, type(error).__name__) from error


def _without_keys(handler: Handler) -> OpeningHandler:
    def call(cursor: Cursor[Any], event: Any, recorded: Recorded, opener: Opener) -> None:
        handler(cursor, event, recorded)

    return call
