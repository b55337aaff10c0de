"""How is an event read that was stored in a shape of its time? As the events of today that it amounts to.

Whoever reads events for folding reads them through here: the casebook, snapshots, projections. An event of
today passes as it is. One of a former shape (`hudang.domain.former`) comes out with the envelope under which
it was stored: several at one position are numbered by `ordinal`; two that are read together stand where the
second stood, so whoever has seen a position has seen all that came of the events up to it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from hudang.domain import former
from hudang.domain.decision import Event, Recorded
from hudang.domain.former import FORMER, Former
from hudang.ledger import codec
from hudang.ledger.codec import UndecodableEventError
from hudang.ledger.records import StoredEvent

Together = tuple[StoredEvent, ...]
"""One stored event, or two that are read together."""


def recorded(rows: Sequence[StoredEvent]) -> list[Recorded]:
    """Stored events, in order, as what they are today. Raises UndecodableEventError."""
    if not FORMER:
        return list(map(codec.recorded, rows))
    return [event for together in grouped(rows) for event in today(together)]


def grouped(rows: Sequence[StoredEvent]) -> Iterable[Together]:
    """Stored events, in order, each alone or with the one that it is read together with."""
    return _grouped(rows) if FORMER else zip(rows, strict=True)


def today(together: Together) -> Sequence[Recorded]:
    """What one group is today; empty if nothing is left of it. Raises UndecodableEventError."""
    stored = together[-1]
    if len(together) == 1 and stored.topic not in FORMER:
        return (codec.recorded(stored),)
    try:
        amounts = former.of_today(*(_as_stored(each) for each in together))
        return [codec.recorded(stored, codec.closed(event), ordinal) for ordinal, event in enumerate(amounts)]
    except Exception:
        # Not `from` the cause: its message may repeat what stood in the event.
        raise UndecodableEventError(stored.topic, stored.position) from None


def whole(
    rows: Sequence[StoredEvent], following: Callable[[int], Sequence[StoredEvent]]
) -> list[StoredEvent]:
    """A page of events, with those that its last one may be read together with.

    `following` gives the event after a position, if there is one.
    """
    page = list(rows)
    while FORMER and page and former.begins_together(page[-1].topic):
        more = following(page[-1].position)
        if not more:
            break
        page.extend(more)
    return page


def stored_topics(events: Iterable[type[Event]]) -> list[str]:
    """The topics under which these events may be stored: their own, and any former one."""
    return [*(event.TOPIC for event in events), *FORMER]


def _grouped(rows: Iterable[StoredEvent]) -> Iterator[Together]:
    waiting: StoredEvent | None = None
    for row in rows:
        if waiting is not None:
            if _side_by_side(waiting, row):
                yield (waiting, row)
                waiting = None
                continue
            yield (waiting,)
            waiting = None
        if former.begins_together(row.topic):
            waiting = row
        else:
            yield (row,)
    if waiting is not None:
        yield (waiting,)


def _side_by_side(first: StoredEvent, second: StoredEvent) -> bool:
    return (
        second.position == first.position + 1
        and second.stream == first.stream
        and second.command_id == first.command_id
        and former.belong_together(first.topic, second.topic)
    )


def _as_stored(stored: StoredEvent) -> Event | Former:
    shape = FORMER.get(stored.topic)
    if shape is None:
        return codec.decode(stored.topic, stored.payload)
    return codec.decode_former(shape, stored.payload)
