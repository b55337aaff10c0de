"""What does the ledger cost? (the measures of its issue, in groups that can be run one by one)"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import ledger_bulk, ledger_growth, ledger_proof, ledger_reads, ledger_writes
from bench.crowd import crowd
from bench.measure import Measure
from bench.pace import Effort
from bench.world import new_world

Group = Callable[[Effort], Iterator[Measure]]


def _writes(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_writes.one_writer(world, effort)


def _commands(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_writes.whole_command(world, effort)


def _crowds(effort: Effort) -> Iterator[Measure]:
    with crowd() as writers:
        with new_world() as world:
            yield from ledger_writes.many_writers(world, effort, writers)
        with new_world(slow_disk=True) as world:
            yield from ledger_writes.slow_disk(world, effort, writers)


def _maintenance(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_writes.during_maintenance(world, effort)


def _reads(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_reads.reads(world, effort)


def _bulk(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_bulk.payrolls(world, effort)


def _proof(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_proof.proof(world, effort)


def _growth(effort: Effort) -> Iterator[Measure]:
    with new_world() as world:
        yield from ledger_growth.growth(world, effort)


def _tail(effort: Effort) -> Iterator[Measure]:
    with crowd() as writers, new_world() as world:
        yield from ledger_growth.tail(world, effort, writers)


GROUPS: dict[str, Group] = {
    "append": _writes,
    "command": _commands,
    "crowd": _crowds,
    "maintenance": _maintenance,
    "payroll": _bulk,
    "read": _reads,
    "proof": _proof,
    "growth": _growth,
    "tail": _tail,
}


def measures(effort: Effort, only: str) -> Iterator[Measure]:
    """All groups, or those whose name holds a text."""
    for name, group in GROUPS.items():
        if only in name:
            yield from group(effort)
