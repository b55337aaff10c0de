"""Do append and load cost the same beside five million events? Does a reader miss none of a million?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from threading import Event, Thread
from typing import Final

from bench.crowd import Crowd
from bench.measure import Measure, at_most
from bench.pace import Effort, paired, rate
from bench.world import READY, World, copy_of, ready_request
from hudang.ledger.store import Store

OLD: Final = "L0003"
GROWN: Final = "L0004"
TAILED: Final = "L0005"
HISTORY: Final = 50

_FILL: Final = (
    """
    INSERT INTO ledger.events
    SELECT 'L0003', n, 'L0003-0190f2c2-7b11-7abc-8def-' || lpad(((n - 1) / 50)::text, 12, '0'),
        mod(n - 1, 50) + 1, 'payout.instructed', %(payload)s, gen_random_uuid(),
        'staff-paymaster', 'paymaster', '430304', '2013-05-01', '2013-05-01 09:00+00', sha256(n::text::bytea)
    FROM generate_series(1, %(size)s::bigint) AS n
    """,
    "INSERT INTO ledger.commands SELECT ledger, command_id, 'asked', position, position FROM ledger.events",
    "INSERT INTO ledger.streams SELECT ledger, stream, max(version) FROM ledger.events GROUP BY 1, 2",
    "VACUUM (ANALYZE) ledger.events, ledger.commands, ledger.streams",
    "CHECKPOINT",
)
"""Histories of 50 events; they are only read, so their hashes need not be a chain."""


def growth(world: World, effort: Effort) -> Iterator[Measure]:
    """An append and a load among other histories: many of them, beside few in the same minute."""
    least, *sizes = (10_000, 200_000) if effort.quick else (10_000, 1_000_000, 5_000_000)
    worlds = {size: copy_of(world, f"of_{size}") for size in (least, *sizes)}
    for size, each in worlds.items():
        with each.connect() as connection:
            for query in _FILL:
                connection.execute(
                    query.encode(), {"payload": READY[0], "size": size} if "%(" in query else None
                )
    few = Histories(worlds[least], least)
    for size in sizes:
        many = Histories(worlds[size], size)
        for name, once in (("append", Histories.append), ("load", Histories.load)):
            found = paired(
                lambda once=once, many=many: 1e6 / rate(lambda: once(many), effort.seconds),  # type: ignore[misc]
                lambda once=once: 1e6 / rate(lambda: once(few), effort.seconds),  # type: ignore[misc]
                effort.rounds,
            )
            yield Measure(
                measure=f"{name} with {size:,} events in the table",
                ours=found.ours,
                against=found.against,
                unit="us",
                reference=f"the same with {least:,}",
                ratio=found.ratio,
                goal=at_most(1.3),
            )
        many.store.close()
    few.store.close()


class Histories:
    """A ledger of so many events, and an empty one beside it in the same tables."""

    def __init__(self, world: World, size: int) -> None:
        self.store = Store(world.conninfo)
        self.store.open_ledger(GROWN, "server")
        self._histories = size // HISTORY
        self._numbers = count()

    def append(self) -> None:
        self.store.append(ready_request(GROWN, next(self._numbers)))

    def load(self) -> None:
        """Some history among all of them."""
        history = next(self._numbers) * 7_919 % self._histories
        loaded = self.store.load(OLD, [(f"L0003-0190f2c2-7b11-7abc-8def-{history:012}", 0)])
        if len(loaded.rows) != HISTORY:
            raise AssertionError("a history was not read whole")


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
