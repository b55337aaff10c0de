"""How fast is it, beside a reference of the same moment?

Machines are noisy: a run of the reference goes before and after each run of ours, and what counts is the
median of the ratios, not the ratio of two numbers from different minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Run = Callable[[], float]
"""One run; it returns what is compared: a rate, or seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to look: seconds a run, runs a measure, and whether the large sizes are left out."""

    seconds: float
    rounds: int
    quick: bool


FULL = Effort(seconds=1.0, rounds=7, quick=False)
QUICK = Effort(seconds=0.4, rounds=3, quick=True)


@dataclass(frozen=True, slots=True)
class Paired:
    """Medians of ours, of the reference, and of their ratios."""

    ours: float
    against: float
    ratio: float


def rate(once: Callable[[], object], seconds: float, units: int = 1) -> float:
    """How many units a second, one call after the other."""
    calls = 0
    begin = perf_counter()
    end = begin + seconds
    while perf_counter() < end:
        once()
        calls += 1
    return calls * units / (perf_counter() - begin)


def times(once: Callable[[], object], calls: int) -> list[float]:
    """The seconds that each of so many calls took, sorted."""
    taken = []
    for _ in range(calls):
        begin = perf_counter()
        once()
        taken.append(perf_counter() - begin)
    return sorted(taken)


def seconds(once: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = perf_counter()
    once()
    return perf_counter() - begin


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the sorted values does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def paired(ours: Run, against: Run, rounds: int) -> Paired:
    """Reference, ours, reference, ours ... reference."""
    before = against()
    references, values, ratios = [before], [], []
    for _ in range(rounds):
        value = ours()
        after = against()
        references.append(after)
        values.append(value)
        ratios.append(2 * value / (before + after))
        before = after
    return Paired(median(values), median(references), median(ratios))
