"""Which checks agree, for which parts do the others fail, and where do the figures come from?"""

import msgspec
import pytest

from hudang.demo.figures import Applications, Change, Figures, MonthPaid, Totals
from hudang.demo.reconciliation import Basis, Check, reconcile
from hudang.demo.report import stated

CONSISTENT = Figures(
    before=Totals(households=53, persons=87, amount_fen=2_722_400),
    after=Totals(households=52, persons=86, amount_fen=2_640_000),
    reviewed_households=53,
    reviewed_persons=87,
    reviewed_amount_fen=2_722_400,
    kept=46,
    ended=Change(households=1, amount_fen=62_000),
    raised=Change(households=2, amount_fen=33_700),
    lowered=Change(households=4, amount_fen=54_100),
    started=Totals(households=6, persons=9, amount_fen=288_300),
    applications=Applications(submitted=9, accepted=6, lapsed=3, approved=6),
    payroll=(MonthPaid(month="2013-01", households=47, persons=78, amount_fen=31_339_200),),
    prepayment_fen=7_208_200,
)
"""The year of the domain brief, §1.8."""


def checks(figures: Figures = CONSISTENT) -> dict[str, Check]:
    return {check.check: check for check in reconcile(figures)}


def failing(check: Check) -> set[tuple[str, str, str]]:
    """The parts that do not agree: on which basis, stated and computed."""
    return {
        (part.basis.value, str(part.stated), str(part.computed)) for part in check.parts if not part.agrees
    }


class TestTheReconciliation:
    def test_agrees_on_the_households_alone(self) -> None:
        assert [name for name, check in checks().items() if check.agrees] == ["C1"]

    @pytest.mark.parametrize(
        ("check", "parts"),
        [
            ("C2", {("report", "91", "87"), ("events", "91", "87")}),
            (
                "C3",
                {("report", "26784", "24980"), ("report", "26784", "26400"), ("events", "26784", "26400")},
            ),
            ("C4", {("report", "-1", "1"), ("report", "980", "-824"), ("events", "980", "-824")}),
            (
                "C5",
                {
                    ("report", "25804", "27224"),
                    ("report", "25804", "27608"),
                    ("report", "27224", "27608"),
                    ("events", "25804", "27224"),
                },
            ),
            (
                "C6",
                {
                    ("report", "336.63", "311.44"),
                    ("report", "336.63", "306.98"),
                    ("events", "336.63", "306.98"),
                },
            ),
            ("C7", {("report", "50621", "51608"), ("events", "50621", "72082")}),
        ],
    )
    def test_fails_for_the_parts_that_contradict(self, check: str, parts: set[tuple[str, str, str]]) -> None:
        assert failing(checks()[check]) == parts

    def test_agrees_only_if_every_part_does(self) -> None:
        for check in checks().values():
            assert check.agrees is all(part.agrees for part in check.parts)

    def test_takes_what_is_stated_from_the_report_alone(self) -> None:
        figures = {(figure.value, figure.quote) for figure in stated().values()}

        assert all(
            (part.stated, part.quote) in figures for check in checks().values() for part in check.parts
        )

    def test_notices_when_the_events_add_up_otherwise(self) -> None:
        more = msgspec.structs.replace(
            CONSISTENT, after=Totals(households=53, persons=88, amount_fen=2_678_400)
        )

        assert not checks(more)["C1"].agrees
        assert {part.computed for part in checks(more)["C3"].parts if part.basis is Basis.EVENTS} >= {26_784}


class TestTheReport:
    def test_is_cited_for_every_figure(self) -> None:
        assert all(figure.section and figure.quote for figure in stated().values())

    def test_states_its_figures_in_its_words(self) -> None:
        derived = {"change", "direction"}
        unwritten = [
            name
            for name, figure in stated().items()
            if name not in derived and str(figure.value) not in figure.quote
        ]

        assert unwritten == []

    def test_states_a_rise_and_calls_it_a_fall(self) -> None:
        report = stated()

        assert report["change"].value == report["amount_after"].value - report["amount_before"].value
        assert report["change"].value > 0 > report["direction"].value
