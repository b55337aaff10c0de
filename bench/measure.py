"""How is a measurement told, and what makes it good enough?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

AtLeast = Literal[">=", "<="]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The ratio that is asked for."""

    sign: AtLeast
    ratio: float

    def met_by(self, ratio: float) -> bool:
        """Whether a ratio is on the right side, as it is printed."""
        ratio = round(ratio, 3)
        return ratio >= self.ratio if self.sign == ">=" else ratio <= self.ratio

    def __str__(self) -> str:
        return f"{self.sign} {self.ratio:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line of a benchmark: `ours` and `against` in `unit`; without a goal it is told for reference."""

    measure: str
    ours: float
    against: float
    unit: str
    reference: str
    """What `against` is."""
    ratio: float
    goal: Goal | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.goal is None else self.goal.met_by(self.ratio)


def at_least(ratio: float) -> Goal:
    return Goal(sign=">=", ratio=ratio)


def at_most(ratio: float) -> Goal:
    return Goal(sign="<=", ratio=ratio)


def as_json(measures: Iterable[Measure]) -> str:
    """A list of `{measure, ours, against, ratio, goal, ok}`, with unit and reference beside them."""
    told = [
        {**asdict(each), "goal": None if each.goal is None else str(each.goal), "ok": each.ok}
        for each in measures
    ]
    return json.dumps(told, ensure_ascii=False, indent=1)


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if value >= 100:  # noqa: PLR2004 - beyond, the digits after the point mean nothing
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells(each: Measure) -> tuple[str, ...]:
    """A measure as a line of a table."""
    verdict = {True: "met", False: "missed", None: ""}[each.ok]
    return (
        each.measure,
        f"{number(each.ours)} {each.unit}",
        f"{number(each.against)} {each.unit}",
        each.reference,
        number(each.ratio),
        str(each.goal or ""),
        verdict,
    )


TITLES = ("measure", "ours", "against", "which is", "ratio", "goal", "")


def as_markdown(measures: Sequence[Measure]) -> str:
    """The table of docs/performance.md."""
    lines = [TITLES, ("---",) * len(TITLES), *map(cells, measures)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def print_table(measures: Sequence[Measure]) -> None:
    """The table for people."""
    table = Table(*TITLES, title_justify="left")
    for each in measures:
        table.add_row(*cells(each))
    Console(width=None).print(table)
