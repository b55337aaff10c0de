"""How do new events reach every read model, in order, each exactly once?

Every page of a ledger is read and decoded once for all models. Each model folds it in a transaction of its
own, together with its checkpoint, which must still be where it was read: two leaders cannot both succeed.
A model that fails again and again is parked before the event it cannot fold, and the others go on.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from threading import Event as Flag
from typing import Any, Final, NamedTuple

from psycopg import Connection

from hudang.domain.decision import Recorded
from hudang.domain.former import FORMER
from hudang.ledger import codec, upcasting
from hudang.ledger.errors import StoreUnavailable
from hudang.ledger.records import StoredEvent
from hudang.ledger.store import Store
from hudang.projections import checkpoints
from hudang.projections.model import FoldFailedError, Opener, ReadModel

PAGE: Final = 500
PAUSES_S: Final = (0.05, 0.25)
"""How long a model waits before it tries a page again; after the last attempt it is parked."""

_log = logging.getLogger("hudang.projections")


class CheckpointMovedError(Exception):
    """Another process folds this model, or it is being rebuilt: read the checkpoints again."""


class Unreadable(NamedTuple):
    """An event that cannot be decoded, where it stands."""

    position: int
    topic: str


Page = Sequence[Recorded | Unreadable]


class Watch(NamedTuple):
    """How whoever runs a folder stops it, and hears (model, ledger, position) after each commit."""

    stopping: Flag
    passed: Callable[[str, str, int], None]


class Folder:
    """Folds, in rounds, what the models have not seen. For one thread."""

    def __init__(
        self,
        connection: Connection[Any],
        store: Store,
        models: Sequence[ReadModel],
        opener: Opener | None,
        watch: Watch,
    ) -> None:
        self._connection = connection
        self._store = store
        self._models = models
        self._opener = opener
        self._stopping = watch.stopping
        self._passed = watch.passed

    def round(self) -> None:
        """Bring every model that is not parked to the heads as they are now. Raises CheckpointMovedError."""
        heads = {ledger: head.position for ledger, head in self._store.heads().items()}
        marks = checkpoints.marks(self._connection, self._models)
        if any((model.name, ledger) not in marks for model in self._models for ledger in heads):
            checkpoints.begin(self._connection, self._models, heads)
            marks = checkpoints.marks(self._connection, self._models)
        for mark in marks.values():
            self._passed(mark.model, mark.ledger, mark.position)
        for ledger, head in heads.items():
            at = {
                model: mark.position
                for model in self._models
                if not (mark := marks[model.name, ledger]).parked
            }
            self._tail(ledger, head, at)

    def _tail(self, ledger: str, head: int, at: dict[ReadModel, int]) -> None:
        """Page through a ledger from where the last model stands."""
        while behind := [model for model, position in at.items() if position < head]:
            if self._stopping.is_set():
                return
            after = min(at[model] for model in behind)
            rows = self._rows(ledger, after)
            if not rows:
                return
            last = rows[-1].position
            due = {model: at[model] for model in behind if at[model] < last}
            parked = self._fold(ledger, _read(rows), due, last)
            at |= dict.fromkeys(due, last)
            for model in parked:
                del at[model]

    def _rows(self, ledger: str, after: int) -> list[StoredEvent]:
        """The next page, whole: none that is read together with one beyond its end."""
        rows = self._store.feed(ledger, after, PAGE)
        return upcasting.whole(rows, lambda position: self._store.feed(ledger, position, 1))

    def _fold(self, ledger: str, page: Page, at: Mapping[ReadModel, int], last: int) -> list[ReadModel]:
        """Move these models to the last position of the page; those that had to be parked instead."""
        concerned = {
            model: [event for event in page if event.position > position and _concerns(model, event)]
            for model, position in at.items()
        }
        idle = {model: at[model] for model, events in concerned.items() if not events}
        if idle:
            moved = checkpoints.pass_over(self._connection, idle, ledger, last)
            for name in moved:
                self._passed(name, ledger, last)
            if len(moved) < len(idle):
                raise CheckpointMovedError
        return [
            model
            for model, events in concerned.items()
            if events and not self._advance(model, ledger, events, after=at[model], to=last)
        ]

    def _advance(self, model: ReadModel, ledger: str, events: Page, *, after: int, to: int) -> bool:
        """Fold a page; if it keeps failing, fold it event by event and park at the one that fails."""
        for pause in (*PAUSES_S, 0.0):
            if self._attempt(model, ledger, events, after=after, to=to) is None:
                return True
            self._stopping.wait(pause)
        at = after
        for position, together in groupby(events, key=attrgetter("position")):
            failure = self._attempt(model, ledger, list(together), after=at, to=position)
            if failure is not None:
                checkpoints.park(self._connection, model, ledger, failure)
                _log.error("read model %s of ledger %s is parked: %s", model.name, ledger, failure)
                return False
            at = position
        checkpoints.pass_over(self._connection, {model: at}, ledger, to)
        return True

    def _attempt(
        self, model: ReadModel, ledger: str, events: Page, *, after: int, to: int
    ) -> FoldFailedError | None:
        """One transaction: rows and checkpoint, or nothing."""
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                if not checkpoints.advance(cursor, model, ledger, after=after, to=to):
                    raise CheckpointMovedError
                model.fold(cursor, _readable(events), self._opener)
        except FoldFailedError as failure:
            if self._connection.broken or isinstance(failure.__cause__, StoreUnavailable):
                raise
            return failure
        self._passed(model.name, ledger, to)
        return None


def _read(rows: Sequence[StoredEvent]) -> Page:
    page: list[Recorded | Unreadable] = []
    for together in upcasting.grouped(rows):
        try:
            page.extend(upcasting.today(together))
        except codec.UndecodableEventError:
            page.append(Unreadable(together[-1].position, together[-1].topic))
    return page


def _concerns(model: ReadModel, event: Recorded | Unreadable) -> bool:
    """Whether the model must see it; what an unreadable former event would be today, nobody knows."""
    return model.concerns(event.topic) or (isinstance(event, Unreadable) and event.topic in FORMER)


def _readable(events: Page) -> list[Recorded]:
    """The events of a page, unless one of them cannot be decoded: the model would miss it."""
    lost = next((event for event in events if isinstance(event, Unreadable)), None)
    if lost is not None:
        raise FoldFailedError(lost.position, lost.topic, codec.UndecodableEventError.__name__)
    return [event for event in events if isinstance(event, Recorded)]
