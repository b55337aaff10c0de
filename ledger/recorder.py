"""Can applications of the `eventsourcing` library write and read a ledger of ours? As its persistence module.

It implements the library's recorder interfaces on our store and subclasses none of its PostgreSQL recorders:
all that those bring (a table of their own, made at start-up; the table lock and NOTIFY inside the append; the
retry that calls a committed append an error) is what a ledger does otherwise. `ledger.append` is the only way
in, positions are the notification ids, and a subscription polls.

Set `PERSISTENCE_MODULE=hudang.ledger.recorder`, `DATABASE_URL` and `HUDANG_LEDGER`; `ORIGINATOR_ID_TYPE` is
`uuid` or `text`, as for the library's own. In a ledger opened for conformance the library writes what it
likes. In any other an insert needs a command id and an actor (`app.save(..., command_id=, actor=)`), and
events that this version can decode, with nothing personal in the clear. The casebook stays the way in for
commands: here nothing is decided.
"""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from threading import Lock
from typing import Any, Final, NoReturn
from uuid import UUID, uuid4
from weakref import WeakSet

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    NotSupportedError,
    ProcessRecorder,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from hudang.domain.decision import CHINA, Actor
from hudang.domain.roles import Role
from hudang.ledger import arrays
from hudang.ledger.clock import SystemClock
from hudang.ledger.library import (
    AuthorMissingError,
    NotForConformanceError,
    Originator,
    Originators,
    fingerprint,
    in_the_librarys_words,
    kind_of,
    refuse_foreign,
)
from hudang.ledger.records import AppendRequest, NewEvent
from hudang.ledger.store import Store

POLL_S: Final = 0.05
"""How often a subscription looks for what other recorders wrote; what its own writes wakes it at once."""

CONFORMANCE_ACTOR: Final = Actor(person="conformance", role=Role.SYSTEM, office="")
"""Who acts in a conformance ledger when nobody is named."""

_LAST: Final = sys.maxsize
_COLUMNS: Final = "position, stream, version, topic, payload"
_EVENTS: Final = {
    descending: f"""
        SELECT stream, version, topic, payload FROM ledger.events
        WHERE ledger = %b AND stream = %b AND version > %b AND version <= %b
        ORDER BY version {"DESC" if descending else ""} LIMIT %b
    """
    for descending in (False, True)
}
_FEED: Final = f"""
    SELECT {_COLUMNS} FROM ledger.events WHERE ledger = %b AND position BETWEEN %b AND %b
    ORDER BY position LIMIT %b
"""
_FEED_OF_TOPICS: Final = f"""
    SELECT {_COLUMNS} FROM ledger.events WHERE ledger = %b AND position BETWEEN %b AND %b AND topic = ANY (%b)
    ORDER BY position LIMIT %b
"""
_SNAPSHOTS: Final = {
    descending: f"""
        SELECT stream, version, topic, state FROM ledger.library_snapshots
        WHERE ledger = %b AND stream = %b AND version > %b AND version <= %b
        ORDER BY version {"DESC" if descending else ""} LIMIT %b
    """
    for descending in (False, True)
}


class HudangRecorder(ApplicationRecorder):
    """One ledger as the library sees it. Safe for threads.

    Versions in a stream have no gaps; `first_version` is that of an aggregate's first event (the library's
    aggregates begin at 1, a few of its extensions at 0), the same for every recorder of a ledger.
    """

    def __init__(
        self,
        store: Store,
        ledger: str,
        *,
        originator_ids: type[UUID] | type[str] = UUID,
        first_version: int = 1,
    ) -> None:
        with in_the_librarys_words():
            self._kind = kind_of(store, ledger)
        if self._kind != "conformance" and originator_ids is not str:
            raise NotForConformanceError("The streams of a ledger of cases are named by text, not by UUID.")
        self._store = store
        self._ledger = ledger
        self._originators = Originators(ledger, originator_ids)
        self._before_first = first_version - 1
        self._subscriptions: WeakSet[HudangSubscription] = WeakSet()
        self._lock = Lock()

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        command_id: UUID | None = None,
        actor: Actor | None = None,
        happened_on: date | None = None,
        at: datetime | None = None,
        **_: Any,
    ) -> Sequence[int] | None:
        """Record events as one command, all or none; the answer is their positions.

        The same command id with the same events records nothing and answers the same. `at` is the time, in a
        ledger with a simulated clock. Raises IntegrityError if a version is not the next of its stream.
        """
        if not stored_events:
            return None
        if self._kind != "conformance":
            if command_id is None or actor is None:
                raise AuthorMissingError
            refuse_foreign(stored_events)
        actor = actor or CONFORMANCE_ACTOR
        day = happened_on or (at or SystemClock().now()).astimezone(CHINA).date()
        request = AppendRequest(
            ledger=self._ledger,
            command_id=command_id or uuid4(),
            fingerprint=fingerprint(stored_events, actor),
            actor_person=actor.person,
            actor_role=actor.role.value,
            actor_office=actor.office,
            expected=self._expected(stored_events),
            events=[
                NewEvent(self._originators.stream(event.originator_id), event.topic, event.state, day)
                for event in stored_events
            ],
            at=at,
        )
        with in_the_librarys_words():
            appended = self._store.append(request)
        self._wake()
        return list(range(appended.first, appended.last + 1))

    def select_events(
        self,
        originator_id: Originator,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of an aggregate after version `gt` and up to `lte`."""
        after = 0 if gt is None else gt - self._before_first
        until = _LAST if lte is None else lte - self._before_first
        stream = self._originators.stream(originator_id)
        with in_the_librarys_words():
            rows = self._store._read(_EVENTS[desc], (self._ledger, stream, after, until, _rows(limit)))
        return [
            StoredEvent(originator_id, version + self._before_first, topic, payload)
            for _, version, topic, payload in rows
        ]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events from position `start` (or after it) to `stop`, of some topics or of all."""
        first = 1 if start is None else start + (not inclusive_of_start)
        last = _LAST if stop is None else stop
        query, chosen = (_FEED_OF_TOPICS, [arrays.texts(topics)]) if topics else (_FEED, [])
        with in_the_librarys_words():
            rows = self._store._read(query, (self._ledger, first, last, *chosen, limit))
        return [
            Notification(
                id=position,
                originator_id=self._originators.originator(stream),
                originator_version=version + self._before_first,
                topic=topic,
                state=payload,
            )
            for position, stream, version, topic, payload in rows
        ]

    def max_notification_id(self) -> int | None:
        """The ledger's newest position; None before its first event."""
        with in_the_librarys_words():
            rows = self._store._read("SELECT position FROM ledger.heads WHERE ledger = %b", (self._ledger,))
        return rows[0][0] or None if rows else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "HudangSubscription":
        """The events after position `gt`, and then the new ones as they come."""
        subscription = HudangSubscription(self, gt=gt, topics=topics)
        with self._lock:
            self._subscriptions.add(subscription)
        return subscription

    def _expected(self, events: Sequence[StoredEvent]) -> dict[str, int]:
        """The version of each stream before these events. Raises IntegrityError for a gap among them."""
        expected: dict[str, int] = {}
        reached: dict[str, int] = {}
        for event in events:
            stream = self._originators.stream(event.originator_id)
            version = event.originator_version - self._before_first
            before = expected.setdefault(stream, version - 1)
            if before < 0 or version != reached.get(stream, before) + 1:
                raise IntegrityError("a version is not the next of its stream")
            reached[stream] = version
        return expected

    def _wake(self) -> None:
        with self._lock:
            for subscription in self._subscriptions:
                subscription.wake()


class HudangSubscription(ListenNotifySubscription[HudangRecorder]):
    """Follows a ledger by looking at its head, so nothing waits for a notification that never comes."""

    def wake(self) -> None:
        """Look now."""
        self._has_been_notified.set()

    def _loop_on_pull(self) -> None:
        looked_to = -1
        try:
            while not self._has_been_stopped:
                head = self._recorder.max_notification_id() or 0
                if head > looked_to:
                    self._pull()
                    # All up to the head was looked at, also what was of other topics.
                    looked_to = head
                    self._last_notification_id = max(head, self._last_notification_id or 0)
                self._has_been_notified.wait(POLL_S)
        except BaseException as error:
            # As in the library: whoever iterates is told, whatever it was.
            self._thread_error = self._thread_error or error
            self.stop()


class HudangSnapshotRecorder(AggregateRecorder):
    """Snapshots that the library's applications take, in conformance ledgers; ours are in snapshots.py."""

    def __init__(self, store: Store, ledger: str, *, originator_ids: type[UUID] | type[str] = UUID) -> None:
        with in_the_librarys_words():
            if kind_of(store, ledger) != "conformance":
                raise NotForConformanceError
        self._store = store
        self._ledger = ledger
        self._originators = Originators(ledger, originator_ids)

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> None:
        """Keep snapshots, all or none. Raises IntegrityError if one of that version is kept."""
        if not stored_events:
            return
        with in_the_librarys_words(), self._store.connection() as connection:
            connection.execute(
                "SELECT ledger.store_library_snapshots(%b, %b, %b, %b, %b)::text",
                (
                    self._ledger,
                    arrays.texts(self._originators.stream(event.originator_id) for event in stored_events),
                    arrays.bigints(event.originator_version for event in stored_events),
                    arrays.texts(event.topic for event in stored_events),
                    arrays.byte_strings(event.state for event in stored_events),
                ),
                prepare=True,
            )

    def select_events(
        self,
        originator_id: Originator,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The snapshots of an aggregate after version `gt` and up to `lte`."""
        stream = self._originators.stream(originator_id)
        after, until = -1 if gt is None else gt, _LAST if lte is None else lte
        with in_the_librarys_words():
            rows = self._store._read(_SNAPSHOTS[desc], (self._ledger, stream, after, until, _rows(limit)))
        return [StoredEvent(originator_id, *row) for _, *row in rows]


class HudangFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorders of one ledger from the environment. Makes no table and opens no ledger."""

    DATABASE_URL = "DATABASE_URL"
    LEDGER = "HUDANG_LEDGER"
    ORIGINATOR_ID_TYPE = "ORIGINATOR_ID_TYPE"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._ledger = self._required(self.LEDGER)
        self._originator_ids = _originator_ids(self.env.get(self.ORIGINATOR_ID_TYPE) or "uuid")
        with in_the_librarys_words():
            self._store = Store(self._required(self.DATABASE_URL))

    def close(self) -> None:
        """Give the connections back."""
        self._store.close()

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Keeps the snapshots of an application, whatever their purpose is called."""
        return HudangSnapshotRecorder(self._store, self._ledger, originator_ids=self._originator_ids)

    def application_recorder(self) -> HudangRecorder:
        return HudangRecorder(self._store, self._ledger, originator_ids=self._originator_ids)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """Not here: read models keep their checkpoints in `hudang.projections`."""
        _refuse_tracking()

    def process_recorder(self) -> ProcessRecorder:
        """Not here: what follows from an event is a command of its own, sent by `hudang.scheduler`."""
        _refuse_tracking()

    def _required(self, key: str) -> str:
        value = self.env.get(key)
        if not value:
            raise OSError(f"{key} is not set")
        return value


Factory = HudangFactory


def _originator_ids(named: str) -> type[UUID] | type[str]:
    if named not in {"uuid", "text"}:
        raise OSError("ORIGINATOR_ID_TYPE is neither uuid nor text")
    return UUID if named == "uuid" else str


def _refuse_tracking() -> NoReturn:
    raise NotSupportedError("a ledger keeps no tracking records")


def _rows(limit: int | None) -> int:
    return _LAST if limit is None else limit
