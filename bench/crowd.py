"""How much do eight processes get done at once?

They are started once and keep their connections; every run begins for all of them at the same moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from multiprocessing import get_context
from typing import Final

from bench.pace import rate
from bench.world import RawWriter, World, ready_request
from hudang.ledger.store import Store

WRITERS: Final = 8
START_S: Final = 0.1
"""By then every process has its task."""


class Crowd:
    """Eight processes that write."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def raw(self, world: World, seconds: float) -> float:
        """Raw inserts a second by all of them."""
        return self._run(partial(_raw, world, seconds), range(WRITERS))

    def appends(self, world: World, ledgers: Sequence[str], seconds: float, events: int = 1) -> float:
        """Appended events a second by all of them, each into its ledger."""
        tags = [ledgers[writer % len(ledgers)] for writer in range(WRITERS)]
        return self._run(partial(_append, world, seconds, events), tags)

    def count_appended(self, world: World, ledger: str, commands: int, events: int) -> int:
        """Append so many commands of so many events each, shared by all; how many events that were."""
        share = partial(_append_times, world, ledger, commands // WRITERS, events)
        return sum(self._pool.map(share, range(WRITERS)))

    def _run(self, task: Callable[[float, int | str], float], arguments: Sequence[int | str]) -> float:
        start = time.time() + START_S
        return sum(self._pool.map(partial(task, start), arguments))


@contextmanager
def crowd() -> Iterator[Crowd]:
    """The processes, for as long as the block runs."""
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        yield Crowd(pool)


@cache
def _store(world: World) -> Store:
    return Store(world.conninfo, max_size=1)


@cache
def _raw_writer(world: World, ledger: str) -> RawWriter:
    return RawWriter(world, ledger)


def _raw(world: World, seconds: float, start: float, writer: int | str) -> float:
    """Each call counts as a ledger of its own: whichever process gets it, no two write the same keys."""
    insert = _raw_writer(world, f"raw{writer}-{time.time_ns()}").insert
    _wait_until(start)
    return rate(insert, seconds)


def _append(world: World, seconds: float, events: int, start: float, ledger: int | str) -> float:
    store, numbers = _store(world), count()
    store.heads()
    _wait_until(start)
    return rate(
        lambda: store.append(ready_request(str(ledger), next(numbers), events=events)), seconds, events
    )


def _append_times(world: World, ledger: str, commands: int, events: int, writer: int) -> int:
    store = _store(world)
    for number in range(commands):
        store.append(ready_request(ledger, writer + number, events=events))
    return commands * events


def _wait_until(start: float) -> None:
    time.sleep(max(0.0, start - time.time()))
