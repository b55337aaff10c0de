"""How do the eventsourcing library and a ledger speak of the same things: aggregates, kinds, errors?"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Final, Literal, cast
from uuid import UUID

from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
)

from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Actor
from hudang.ledger import codec
from hudang.ledger.chain import field, integer_field, text_field
from hudang.ledger.errors import (
    ClaimHeld,
    ClockBehind,
    CommandReused,
    IdentityTaken,
    LedgerError,
    StoreUnavailable,
    UnknownLedger,
    VersionConflict,
)
from hudang.ledger.store import Store

Kind = Literal["case", "conformance"]
Originator = UUID | str


class AuthorMissingError(LedgerError, ProgrammingError):
    """Outside a conformance ledger, an insert says under which command id and by which actor."""


class ForeignEventError(LedgerError, ProgrammingError):
    """Outside a conformance ledger, events are those of this version's catalogue, and sealed."""


class NotForConformanceError(LedgerError, ProgrammingError):
    """This ledger was not opened for conformance."""


class Originators:
    """Which stream is which aggregate? A UUID gets the ledger's tag in front; a text is the stream's name."""

    def __init__(self, ledger: str, kind: type[UUID] | type[str]) -> None:
        self._prefix = f"{ledger}-"
        self._kind = kind

    def stream(self, originator: Originator) -> str:
        """The stream of an aggregate."""
        return f"{self._prefix}{originator}" if isinstance(originator, UUID) else originator

    def originator(self, stream: str) -> Originator:
        """The aggregate of a stream."""
        return UUID(stream.removeprefix(self._prefix)) if self._kind is UUID else stream


def open_conformance_ledger(store: Store, ledger: str) -> None:
    """Open a ledger whose events are the library's; again is the same.

    A ledger never changes its kind. Raises NotForConformanceError.
    """
    if ledger in store.heads() and kind_of(store, ledger) != "conformance":
        raise NotForConformanceError
    with store.connection() as connection:
        connection.execute("SELECT ledger.open(%b, 'server', 'conformance')", (ledger,))


def kind_of(store: Store, ledger: str) -> Kind:
    """What a ledger was opened for. Raises UnknownLedger."""
    rows = store._read("SELECT kind FROM ledger.ledgers WHERE ledger = %b", (ledger,))
    if not rows:
        raise UnknownLedger
    return cast(Kind, rows[0][0])


def fingerprint(events: Sequence[StoredEvent], actor: Actor) -> bytes:
    """What was asked: the events as stored, and who asked. It says nothing that the events do not."""
    asked = sha256(text_field(actor.person) + text_field(actor.role.value) + text_field(actor.office))
    for event in events:
        asked.update(text_field(str(event.originator_id)) + integer_field(event.originator_version))
        asked.update(text_field(event.topic) + field(event.state))
    return asked.digest()


def refuse_foreign(events: Sequence[StoredEvent]) -> None:
    """What no reader of the ledger could decode, or what is not sealed, never gets in."""
    for event in events:
        try:
            fits = (
                event.topic in EVENTS and codec.encode(codec.decode(event.topic, event.state)) == event.state
            )
        except (codec.UndecodableEventError, TypeError):
            fits = False
        if not fits:
            raise ForeignEventError


_WORDS: Final[Sequence[tuple[tuple[type[LedgerError], ...], Callable[[str], Exception]]]] = (
    ((VersionConflict, ClaimHeld, CommandReused, IdentityTaken), IntegrityError),
    ((StoreUnavailable, ClockBehind), OperationalError),
    ((UnknownLedger,), ProgrammingError),
    ((LedgerError,), DatabaseError),
)


@contextmanager
def in_the_librarys_words() -> Iterator[None]:
    """Raise the errors that the library's callers know, with the ledger's as their cause."""
    try:
        yield
    except PersistenceError:
        raise
    except LedgerError as error:
        for kinds, word in _WORDS:
            if isinstance(error, kinds):
                raise word(str(error)) from error
