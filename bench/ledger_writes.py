"""What does an append cost beside a raw insert: alone, with others, during maintenance, on a slow disk?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from threading import Event, Thread
from time import perf_counter
from typing import Any, Final

from bench.clerk import open_clerk
from bench.crowd import WRITERS, Crowd
from bench.measure import Measure, at_least, at_most
from bench.pace import Effort, Paired, paired, quantile, rate, times
from bench.stock import StockRecorder
from bench.world import READY, RawWriter, World, ready_request
from hudang.ledger.store import Store

LEDGERS: Final = tuple(f"L00{n:02}" for n in range(1, WRITERS + 1))


class Writing:
    """One writer of each kind, on one world."""

    def __init__(self, world: World, effort: Effort) -> None:
        self.world, self.effort = world, effort
        self.store = Store(world.conninfo)
        for ledger in LEDGERS:
            self.store.open_ledger(ledger, "server")
        self._numbers = count(1)
        self._raw = RawWriter(world)

    def raw(self) -> float:
        return rate(self._raw.insert, self.effort.seconds / 2)

    def append(self) -> float:
        return rate(self.append_one, self.effort.seconds)

    def append_one(self) -> None:
        self.store.append(ready_request(LEDGERS[0], next(self._numbers)))

    def insert_one(self) -> None:
        self._raw.insert()


def one_writer(world: World, effort: Effort) -> Iterator[Measure]:
    """A ready command by one writer, and the slowest in a hundred."""
    writing = Writing(world, effort)
    yield _rate_measure(
        "append, one writer",
        paired(writing.append, writing.raw, effort.rounds),
        "raw INSERT",
        at_least(0.40),
    )
    stock = StockRecorder(world)
    yield _rate_measure(
        "for reference: eventsourcing's recorder, one writer",
        paired(lambda: rate(stock.save, effort.seconds), writing.raw, effort.rounds),
        "raw INSERT",
        None,
    )
    stock.close()
    _same_bytes(world)
    yield _tail_measure("append, one writer: p99", writing.append_one, effort, at_most(3))
    yield _tail_measure("for reference: raw INSERT: p99", writing.insert_one, effort, None)
    writing.store.close()


def whole_command(world: World, effort: Effort) -> Iterator[Measure]:
    """Load, decide, seal, append, through the casebook."""
    raw = RawWriter(world)
    with open_clerk(world.conninfo) as clerk:
        yield _rate_measure(
            "whole command (load, decide, seal, append), one writer",
            paired(lambda: rate(clerk.name_account, effort.seconds), _raw_run(raw, effort), effort.rounds),
            "raw INSERT",
            at_least(0.25),
        )
        clerk.check()


def many_writers(world: World, effort: Effort, crowd: Crowd) -> Iterator[Measure]:
    """Eight processes on one ledger, and on eight."""
    writing = Writing(world, effort)
    crowd.raw(world, 0.1)
    crowd.appends(world, LEDGERS, 0.1)
    yield _rate_measure(
        "8 processes on one ledger",
        paired(lambda: crowd.appends(world, LEDGERS[:1], effort.seconds), writing.append, effort.rounds),
        "one writer",
        at_least(0.6),
    )
    yield _rate_measure(
        "8 processes on 8 ledgers",
        paired(
            lambda: crowd.appends(world, LEDGERS, effort.seconds),
            lambda: crowd.raw(world, effort.seconds),
            effort.rounds,
        ),
        "raw INSERT by 8 processes",
        at_least(0.35),
    )
    writing.store.close()


def slow_disk(world: World, effort: Effort, crowd: Crowd) -> Iterator[Measure]:
    """The same where a flush takes a millisecond: ledgers share it."""
    writing = Writing(world, effort)
    crowd.appends(world, LEDGERS, 0.1)
    yield _rate_measure(
        "slow disk: 8 processes on 8 ledgers",
        paired(lambda: crowd.appends(world, LEDGERS, effort.seconds), writing.append, effort.rounds),
        "one writer, slow disk",
        at_least(6),
    )
    yield _rate_measure(
        "slow disk: append, one writer",
        paired(writing.append, writing.raw, effort.rounds),
        "raw INSERT, slow disk",
        None,
    )
    writing.store.close()


def during_maintenance(world: World, effort: Effort) -> Iterator[Measure]:
    """The slowest append while the tables are vacuumed, analysed and indexed."""
    writing = Writing(world, effort)
    calm = times(writing.append_one, 500 if effort.quick else 3_000)
    taken: list[float] = []
    stop = Event()

    def append() -> None:
        while not stop.is_set():
            begin = perf_counter()
            writing.append_one()
            taken.append(perf_counter() - begin)

    writer = Thread(target=append)
    writer.start()
    with world.connect() as connection:
        for _ in range(1 if effort.quick else 5):
            _maintain(connection)
    stop.set()
    writer.join()
    taken.sort()
    median = quantile(taken, 0.5)
    yield Measure(
        measure="worst append during VACUUM, ANALYZE and an index build",
        ours=1000 * taken[-1],
        against=1000 * median,
        unit="ms",
        reference=f"their median ({1000 * quantile(calm, 0.5):.2g} ms when calm)",
        ratio=taken[-1] / median,
        goal=at_most(20),
    )
    writing.store.close()


def _maintain(connection: Any) -> None:
    connection.execute("VACUUM ledger.events, ledger.streams, ledger.commands, ledger.heads")
    connection.execute("ANALYZE ledger.events, ledger.streams, ledger.commands, ledger.heads")
    connection.execute("CREATE INDEX CONCURRENTLY by_topic ON ledger.events (ledger, topic, position)")
    connection.execute("DROP INDEX CONCURRENTLY ledger.by_topic")


def _raw_run(raw: RawWriter, effort: Effort) -> Any:
    return lambda: rate(raw.insert, effort.seconds / 2)


def _rate_measure(name: str, found: Paired, reference: str, goal: Any) -> Measure:
    return Measure(
        measure=name,
        ours=found.ours,
        against=found.against,
        unit="/s",
        reference=reference,
        ratio=found.ratio,
        goal=goal,
    )


def _tail_measure(name: str, once: Any, effort: Effort, goal: Any) -> Measure:
    taken = times(once, 2_000 if effort.quick else 10_000)
    p50, p99 = quantile(taken, 0.5), quantile(taken, 0.99)
    return Measure(
        measure=name,
        ours=1000 * p99,
        against=1000 * p50,
        unit="ms",
        reference="its p50",
        ratio=p99 / p50,
        goal=goal,
    )


def _same_bytes(world: World) -> None:
    """What was compared are the same bytes: both tables hold the ready events, and nothing else."""
    with world.connect() as connection:
        for table in ("bench.raw", "ledger.events"):
            odd = connection.execute(
                f"SELECT count(*) FROM {table} WHERE payload <> ALL (%s)".encode(), (READY,)
            ).fetchone()
            if odd != (0,):
                raise AssertionError(f"{table} holds other payloads than those that were to be written")
