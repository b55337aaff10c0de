"""What does reading cost beside a plain SELECT that decodes and folds the same events?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any, Final

import msgspec
from psycopg import Connection

from bench.clerk import TAG, Clerk, open_clerk
from bench.measure import Measure, at_least
from bench.pace import Effort, paired, rate
from bench.world import World
from hudang.domain.catalogue import EVENTS
from hudang.domain.decision import Actor, Event, Recorded, evolve
from hudang.domain.month import Month
from hudang.domain.roles import Role
from hudang.ledger import codec

HISTORY: Final = 50
LONG_HISTORY: Final = 5_000
PAGE: Final = 1_000

_COLUMNS = (
    "ledger, position, stream, version, topic, payload, command_id, actor_person, actor_role, actor_office,"
    " happened_on, recorded_at"
)
_STREAM = f"SELECT {_COLUMNS} FROM ledger.events WHERE ledger = %b AND stream = %b ORDER BY version"
_PAGE = (
    f"SELECT {_COLUMNS} FROM ledger.events WHERE ledger = %b AND position > %b ORDER BY position LIMIT {PAGE}"
)


def _special(wanted: type, value: Any) -> Any:
    return Month.parse(value) if wanted is Month else value


_DECODERS: Final[dict[str, msgspec.json.Decoder[Event]]] = {
    topic: msgspec.json.Decoder(kind, dec_hook=_special) for topic, kind in EVENTS.items()
}


class RawReader:
    """One prepared SELECT, binary, on a connection of its own; decoded and put into its envelope."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def load(self, stream: str) -> tuple[Any, tuple[Recorded, ...]]:
        """The state of a stream and its events."""
        rows = self._connection.execute(_STREAM, (TAG, stream), prepare=True, binary=True).fetchall()
        events = tuple(map(_recorded, rows))
        return reduce(evolve, events, None), events

    def page(self, after: int) -> list[Recorded]:
        """A page of the ledger."""
        rows = self._connection.execute(_PAGE, (TAG, after), prepare=True, binary=True).fetchall()
        return list(map(_recorded, rows))


def _recorded(row: tuple[Any, ...]) -> Recorded:
    ledger, position, stream, version, topic, payload, command, *actor, happened_on, recorded_at = row
    person, role, office = actor
    return Recorded(
        ledger,
        position,
        stream,
        version,
        topic,
        command,
        Actor(person, Role(role), office),
        happened_on,
        recorded_at,
        _DECODERS[topic].decode(payload),
    )


def reads(world: World, effort: Effort) -> Iterator[Measure]:
    """A household's file, long and short, and the feed."""
    with open_clerk(world.conninfo) as clerk, world.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        raw = RawReader(connection)
        yield _load(clerk, raw, effort)
        yield _long_history(clerk, effort)
        yield _feed(clerk, raw, effort)


def _load(clerk: Clerk, raw: RawReader, effort: Effort) -> Measure:
    household = clerk.households[0]
    clerk.grow(household, HISTORY)
    if clerk.casebook.load(TAG, household) != raw.load(household):
        raise AssertionError("the same household was read in two ways and came out differently")
    found = paired(
        lambda: rate(lambda: clerk.casebook.load(TAG, household), effort.seconds),
        lambda: rate(lambda: raw.load(household), effort.seconds),
        effort.rounds,
    )
    return Measure(
        measure=f"load of a household with {HISTORY} events",
        ours=found.ours,
        against=found.against,
        unit="/s",
        reference="raw SELECT, decoded, folded",
        ratio=found.ratio,
        goal=at_least(0.65),
    )


def _long_history(clerk: Clerk, effort: Effort) -> Measure:
    short, long = clerk.households[0], clerk.households[1]
    clerk.grow(long, LONG_HISTORY // (10 if effort.quick else 1))
    found = paired(
        lambda: rate(lambda: clerk.casebook.state(TAG, long), effort.seconds),
        lambda: rate(lambda: clerk.casebook.state(TAG, short), effort.seconds),
        effort.rounds,
    )
    return Measure(
        measure=f"state of a household with {LONG_HISTORY // (10 if effort.quick else 1):,} events",
        ours=found.ours,
        against=found.against,
        unit="/s",
        reference=f"state of one with {HISTORY}",
        ratio=found.ratio,
        goal=at_least(0.5),
    )


def _feed(clerk: Clerk, raw: RawReader, effort: Effort) -> Measure:
    while (position := clerk.store.heads()[TAG].position) < PAGE:
        clerk.grow(clerk.households[2], position)
    page = clerk.store.feed(TAG, 0, PAGE)
    if [codec.recorded(row) for row in page] != raw.page(0):
        raise AssertionError("the same page was read in two ways and came out differently")
    found = paired(
        lambda: rate(lambda: list(map(codec.recorded, clerk.store.feed(TAG, 0, PAGE))), effort.seconds, PAGE),
        lambda: rate(lambda: raw.page(0), effort.seconds, PAGE),
        effort.rounds,
    )
    return Measure(
        measure=f"ordered feed, pages of {PAGE:,}, decoded",
        ours=found.ours,
        against=found.against,
        unit="events/s",
        reference="raw page, decoded",
        ratio=found.ratio,
        goal=at_least(0.8),
    )
