"""What does the report state? Its figures as it writes them, each with its section and its words."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final

from hudang.demo.story import Strict, read

SOURCE: Final = "source 001, 医疗救助工作汇报 篇十四a (岳塘区, 湘潭, 2013)"


class Figure(Strict, frozen=True, kw_only=True):
    """One figure: money in yuan, as the report has it; `section` is the report's own number (一 to 八)."""

    name: str
    value: Decimal
    unit: str
    section: str
    quote: str


class Report(Strict, frozen=True, kw_only=True):
    """All figures of `report.toml`."""

    figures: tuple[Figure, ...]


@cache
def stated() -> Mapping[str, Figure]:
    """The report's figures by name."""
    return {figure.name: figure for figure in read("report.toml", Report).figures}
