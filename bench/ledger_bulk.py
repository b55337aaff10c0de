"""What does a payroll cost beside a COPY of the same rows, and how long do others wait for it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from statistics import median
from threading import Event, Thread
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

from bench.measure import Measure, at_most
from bench.pace import Effort, quantile, seconds
from bench.world import ACTOR, MAY, World, household, instruction, ready_request
from hudang.domain.month import Month
from hudang.ledger import codec
from hudang.ledger.bulk import BulkRequest, Chunk, bulk_append
from hudang.ledger.records import Claim, NewEvent
from hudang.ledger.store import Store

LEDGER: Final = "L0001"
PAUSE_S: Final = 0.01
"""A clerk's rest between two commands during a payroll."""

TABLES: Final = {
    "events": "SELECT e.* FROM ledger.events e WHERE command_id = ANY (%(commands)s) ORDER BY position",
    "streams": "SELECT s.* FROM ledger.streams s WHERE stream = ANY (SELECT stream FROM ledger.events"
    " WHERE command_id = ANY (%(commands)s)) ORDER BY stream",
    "claims": "SELECT c.* FROM ledger.claims c WHERE stream = ANY (SELECT stream FROM ledger.events"
    " WHERE command_id = ANY (%(commands)s)) AND claim LIKE %(month)s ORDER BY claim",
    "commands": "SELECT c.* FROM ledger.commands c WHERE command_id = ANY (%(commands)s)",
}


def payrolls(world: World, effort: Effort) -> Iterator[Measure]:
    """Months of payrolls over the same households; after each, its rows once more by COPY."""
    size = 10_000 if effort.quick else 100_000
    with Store(world.conninfo) as store, world.connect() as connection:
        store.open_ledger(LEDGER, "server")
        payroll = Payroll(store, size)
        payroll.run(Month(2013, 1))
        _copy_again(connection, payroll, first=True)
        ours, floor = [], []
        for month in range(2, 3 + min(effort.rounds, 3)):
            ours.append(seconds(lambda month=month: payroll.run(Month(2013, month))))  # type: ignore[misc]
            floor.append(_copy_again(connection, payroll, first=False))
        payroll.check()
        yield Measure(
            measure=f"payroll of {size:,} households, decided one by one",
            ours=median(ours),
            against=median(floor),
            unit="s",
            reference="binary COPY of the same rows",
            ratio=median(mine / copied for mine, copied in zip(ours, floor, strict=True)),
            goal=at_most(2.5),
        )
        yield _others(store, connection, payroll)


class Payroll:
    """One ledger's households; each month one event and one claim for each of them."""

    def __init__(self, store: Store, size: int) -> None:
        self.store = store
        self.households = [household(number) for number in range(size)]
        self.number = {stream: number for number, stream in enumerate(self.households)}
        self.commands: list[Any] = []
        self.month = Month(2013, 1)
        self.runs = 0

    def run(self, month: Month) -> None:
        """Decide and record the payments of a month."""
        before = self.store.heads()[LEDGER].position
        self.month = month
        bulk_append(
            self.store,
            BulkRequest(
                ledger=LEDGER,
                bulk_id=uuid4(),
                fingerprint=b"f" * 32,
                actor_person=ACTOR[0],
                actor_role=ACTOR[1],
                actor_office=ACTOR[2],
                places=self.households,
                prepare=self._decide,
            ),
        )
        self.runs += 1
        self.commands = self._commands_since(before)

    def check(self) -> None:
        """Every household was paid in every run, and the last event is the last decision."""
        sample = self.households[:: max(1, len(self.households) // 50)]
        loaded = self.store.load(LEDGER, [(stream, 0) for stream in sample])
        if set(loaded.versions.values()) != {self.runs}:
            raise AssertionError("a household was not paid as often as there were payrolls")
        newest = {row.stream: row.payload for row in loaded.rows}
        for stream in sample:
            if newest[stream] != codec.encode(instruction(stream, self.number[stream], self.month)):
                raise AssertionError("what is stored is not what was decided")

    def _decide(self, places: Sequence[str]) -> Chunk:
        """One by one in typed Python: the event, its bytes, the claims it takes."""
        events, taken = [], []
        for place in places:
            number = self.number[household_of(place)]
            event = instruction(household_of(place), number, self.month)
            events.append(NewEvent(place, event.TOPIC, codec.encode(event), MAY))
            taken += [Claim(claim.key, claim.holder, place) for claim in event.takes(household_of(place))]
        return Chunk(dict.fromkeys(places, self.runs), events, taken)

    def _commands_since(self, position: int) -> list[Any]:
        with self.store.connection() as connection:
            rows = connection.execute(
                "SELECT command_id FROM ledger.commands WHERE ledger = %s AND first > %s", (LEDGER, position)
            ).fetchall()
        return [command for (command,) in rows]


def household_of(place: str) -> Any:
    """A place of the list is a household's stream."""
    return place


def _copy_again(connection: Any, payroll: Payroll, *, first: bool) -> float:
    """Seconds to COPY the last run's rows into tables with the same keys that hold the runs before."""
    chosen = {"commands": payroll.commands, "month": f"%/{payroll.month}/%"}
    taken = 0.0
    for table, query in TABLES.items():
        copy = f"bench.copy_{table}"
        if first:
            connection.execute(f"CREATE TABLE {copy} (LIKE ledger.{table} INCLUDING ALL)")
        elif table == "streams":
            connection.execute(f"TRUNCATE {copy}")
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", chosen) as read:
            rows = b"".join(bytes(block) for block in read)
        begin = perf_counter()
        with connection.cursor().copy(f"COPY {copy} FROM STDIN (FORMAT BINARY)") as write:
            write.write(rows)
        taken += perf_counter() - begin
    return taken


def _others(store: Store, connection: Any, payroll: Payroll) -> Measure:
    """How long other commands on the ledger take while a payroll runs, and beside it an idle SELECT."""
    stop = Event()
    waits: list[float] = []

    def clerk() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            request = ready_request(LEDGER, number)
            waits.append(seconds(lambda request=request: store.append(request)))  # type: ignore[misc]
            stop.wait(PAUSE_S)

    thread = Thread(target=clerk)
    thread.start()
    payroll.run(Month(2013, 12))
    stop.set()
    thread.join()
    waits.sort()
    idle = quantile(sorted(seconds(lambda: connection.execute("SELECT 1")) for _ in range(500)), 0.5)
    worst = 1_000 * waits[-1]
    print(f"others' waits: median {1_000 * quantile(waits, 0.5):.0f} ms of {len(waits)}", file=sys.stderr)  # noqa: T201 - progress
    return Measure(
        measure="worst wait of other commands on a ledger during its payroll",
        ours=worst,
        against=1_000 * idle,
        unit="ms",
        reference="idle SELECT 1; the goal is 100 ms, the ratio is to it",
        ratio=worst / 100,
        goal=at_most(1),
    )
