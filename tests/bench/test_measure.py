"""Does a benchmark tell its ratios as promised, and compare what is to be compared?"""

import json

import pytest

from bench import ledger
from bench.measure import Measure, as_json, as_markdown, at_least, at_most
from bench.pace import paired, quantile, rate, times


def measure(ratio: float, **others: object) -> Measure:
    told: dict[str, object] = {
        "measure": "append",
        "ours": 1_234.5,
        "against": 4_000.0,
        "unit": "/s",
        "reference": "raw INSERT",
        "ratio": ratio,
        "goal": at_least(0.4),
        **others,
    }
    return Measure(**told)  # type: ignore[arg-type]  # each test names the fields it changes


class TestAMeasure:
    @pytest.mark.parametrize(
        ("goal", "ratio", "met"),
        [
            (at_least(0.4), 0.4, True),
            (at_least(0.4), 0.399, False),
            (at_most(2.5), 2.5, True),
            (at_most(2.5), 2.501, False),
            (at_most(0), 0.0, True),
        ],
    )
    def test_meets_its_goal_on_the_right_side(self, goal: object, ratio: float, met: bool) -> None:
        assert measure(ratio, goal=goal).ok is met

    def test_without_a_goal_is_neither_met_nor_missed(self) -> None:
        assert measure(0.1, goal=None).ok is None

    def test_is_told_in_json_with_these_fields(self) -> None:
        assert json.loads(as_json([measure(0.31)])) == [
            {
                "measure": "append",
                "ours": 1_234.5,
                "against": 4_000.0,
                "unit": "/s",
                "reference": "raw INSERT",
                "ratio": 0.31,
                "goal": ">= 0.4",
                "ok": False,
            }
        ]

    def test_is_a_line_of_the_table(self) -> None:
        table = as_markdown([measure(0.31)]).splitlines()

        assert table[-1] == "| append | 1,234 /s | 4,000 /s | raw INSERT | 0.31 | >= 0.4 | missed |"


class TestAPairedRun:
    def test_divides_by_the_reference_of_the_same_moment(self) -> None:
        """The machine slows down tenfold half way; the ratio stays."""
        order: list[str] = []
        pace = iter([100.0, 50.0, 100.0, 5.0, 10.0])

        def run(name: str) -> float:
            order.append(name)
            return next(pace)

        found = paired(lambda: run("ours"), lambda: run("against"), 2)

        assert order == ["against", "ours", "against", "ours", "against"]
        assert found.ratio == pytest.approx((50 / 100 + 5 / 55) / 2)
        assert (found.ours, found.against) == (27.5, 100.0)

    def test_counts_units_by_the_second(self) -> None:
        assert rate(lambda: None, 0.01, units=1_000) > 1_000

    def test_orders_the_times_that_calls_took(self) -> None:
        taken = times(lambda: None, 100)

        assert taken == sorted(taken)
        assert quantile(taken, 0.99) == taken[99]
        assert quantile([1.0], 0.5) == 1.0


def test_every_group_can_be_run_alone() -> None:
    assert set(ledger.GROUPS) == {
        "append",
        "command",
        "crowd",
        "maintenance",
        "payroll",
        "read",
        "proof",
        "growth",
        "tail",
    }
