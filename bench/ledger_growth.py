"""Do append and load cost the same beside five million events? Does a reader miss none of a million?"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from threading import Event, Thread
from typing import Final

from bench.crowd import Crowd
from bench.measure import Measure, at_most
from bench.pace import Effort, rate
from bench.world import READY, World, ready_request
from hudang.ledger.store import Store

OLD: Final = "L0003"
GROWN: Final = "L0004"
TAILED: Final = "L0005"
HISTORY: Final = 50

_FILL: Final = """
    INSERT INTO ledger.events
    SELECT 'L0003', n, 'L0003-0190f2c2-7b11-7abc-8def-' || lpad(((n - 1) / 50)::text, 12, '0'),
        mod(n - 1, 50) + 1, 'payout.instructed', %(payload)s, gen_random_uuid(),
        'staff-paymaster', 'paymaster', '430304', '2013-05-01', '2013-05-01 09:00+00', sha256(n::text::bytea)
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_FILL_OTHERS: Final = (
    "INSERT INTO ledger.commands SELECT ledger, command_id, 'asked', position, position FROM ledger.events"
    " WHERE ledger = 'L0003' AND position BETWEEN %(first)s AND %(last)s",
    "INSERT INTO ledger.streams SELECT ledger, stream, max(version) FROM ledger.events WHERE ledger = 'L0003'"
    " AND position BETWEEN %(first)s AND %(last)s GROUP BY 1, 2",
    "ANALYZE ledger.events, ledger.commands, ledger.streams",
    "CHECKPOINT",
)


def growth(world: World, effort: Effort) -> Iterator[Measure]:
    """The time of an append and of a load, as the tables fill with another ledger's histories."""
    sizes = (10_000, 100_000) if effort.quick else (10_000, 1_000_000, 5_000_000)
    with Store(world.conninfo) as store, world.connect() as connection:
        store.open_ledger(OLD, "server")
        store.open_ledger(GROWN, "server")
        filled, first = 0, (0.0, 0.0)
        for size in sizes:
            for query in (_FILL, *_FILL_OTHERS):
                numbers = {"first": filled + 1, "last": size, "payload": READY[0]}
                connection.execute(query.encode(), numbers if "%(" in query else None)
            filled = size
            took = _append_and_load(store, effort, filled // HISTORY)
            first = first if first[0] else took
            for name, mine, smallest in zip(("append", "load"), took, first, strict=True):
                if size > sizes[0]:
                    yield _growth_measure(name, size, mine, smallest, sizes[0])


def _append_and_load(store: Store, effort: Effort, histories: int) -> tuple[float, float]:
    """Microseconds of an append, and of a load of some history among all of them."""
    rounds = range(max(3, effort.rounds))
    numbers = iter(range(10**9))

    def append() -> None:
        store.append(ready_request(GROWN, next(numbers)))

    def load() -> None:
        history = next(numbers) * 7_919 % histories
        loaded = store.load(OLD, [(f"L0003-0190f2c2-7b11-7abc-8def-{history:012}", 0)])
        if len(loaded.rows) != HISTORY:
            raise AssertionError("a history was not read whole")

    runs = [(1e6 / rate(append, effort.seconds), 1e6 / rate(load, effort.seconds)) for _ in rounds]
    return median(append for append, _ in runs), median(load for _, load in runs)


def _growth_measure(name: str, size: int, mine: float, smallest: float, least: int) -> Measure:
    return Measure(
        measure=f"{name} with {size:,} events in the table",
        ours=mine,
        against=smallest,
        unit="us",
        reference=f"the same with {least:,}",
        ratio=mine / smallest,
        goal=at_most(1.3),
    )


def tail(world: World, effort: Effort, crowd: Crowd) -> Iterator[Measure]:
    """Eight processes append while a reader follows; it must see every position, once and in order."""
    total = 50_000 if effort.quick else 1_000_000
    with Store(world.conninfo) as store:
        store.open_ledger(TAILED, "server")
        done = Event()
        seen: list[int] = [0, 0]
        reader = Thread(target=_follow, args=(store, done, seen))
        reader.start()
        written = crowd.count_appended(world, TAILED, total // 125, 125)
        done.set()
        reader.join()
        last, gaps = seen
        yield Measure(
            measure=f"positions that a reader missed or saw out of order, of {written:,} by 8 processes",
            ours=float(gaps + abs(store.heads()[TAILED].position - last) + abs(written - last)),
            against=float(written),
            unit="",
            reference="positions written",
            ratio=float(gaps + abs(written - last)),
            goal=at_most(0),
        )


def _follow(store: Store, done: Event, seen: list[int]) -> None:
    while True:
        last_look = done.is_set()
        page = store.feed(TAILED, seen[0], 1_000)
        for event in page:
            seen[1] += event.position != seen[0] + 1
            seen[0] = event.position
        if last_look and not page:
            return
