"""Gap payment and supplement: never negative, bounded, the same bytes again."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain.decision import Refusal
from hudang.domain.formula import Computation, GapPayment, gap_payment, supplement_per_person
from hudang.domain.money import Rounding, RoundingMode, RoundingUnit, round_fen
from hudang.domain.policy_file import Source
from hudang.domain.policy_terms import Basis
from hudang.domain.values import Fen

COUNTY = Source(hash="sha256:c0", document="测试〔2013〕1号", article="2", basis=Basis.INVENTED)
NATION = Source(hash="sha256:na", document="民发〔2012〕220号", article="27", basis=Basis.RULE)

roundings = st.builds(Rounding, st.sampled_from(RoundingUnit), st.sampled_from(RoundingMode))
lines = st.integers(0, 500_000)
incomes = st.integers(0, 5_000_000).map(Fen)
households = st.integers(1, 15)


def rule(line_fen: int = 65000, rounding: Rounding | None = None) -> GapPayment:
    return GapPayment(
        line_fen=Fen(line_fen),
        line_source=COUNTY,
        formula_source=NATION,
        rounding=rounding or Rounding(RoundingUnit.YUAN, RoundingMode.HALF_UP),
        rounding_source=COUNTY,
    )


def computed(rule: GapPayment, persons: int, income: Any) -> Computation:
    outcome = gap_payment(rule, persons=persons, income_fen=income)
    assert isinstance(outcome, Computation)
    return outcome


class TestAGapPayment:
    def test_is_line_times_persons_less_income_rounded(self) -> None:
        computation = computed(rule(), 3, 32033)

        assert computation.result_fen == 163000
        assert [line.formula for line in computation.lines] == [
            "650.00 元 × 3 人 = 1,950.00 元",
            "1,950.00 元 - 320.33 元 = 1,629.67 元",
            "1,629.67 元 四舍五入到元 = 1,630.00 元",
        ]

    def test_says_for_each_line_which_rule_commands_it(self) -> None:
        computation = computed(rule(), 3, 32033)

        assert [line.source.article for line in computation.lines] == ["2", "27", "2"]
        assert [line.label_zh for line in computation.lines] == ["家庭保障标准", "补差", "月保障金额"]
        assert [value.value for line in computation.lines for value in line.inputs] == [
            65000,
            3,
            195000,
            32033,
            162967,
        ]

    def test_of_who_has_more_than_the_line_is_nothing_and_says_why(self) -> None:
        computation = computed(rule(), 1, 65001)

        assert computation.result_fen == 0
        assert computation.lines[1].formula == "650.00 元 - 650.01 元 = 0.00 元(收入高于标准,按零计)"

    @given(lines, households, incomes, roundings)
    def test_is_never_negative_nor_more_than_the_line_for_all(
        self, line: int, persons: int, income: Fen, rounding: Rounding
    ) -> None:
        amount = computed(rule(line, rounding), persons, income).result_fen

        assert 0 <= amount <= round_fen(line * persons, rounding)

    @given(lines, households, incomes, incomes, roundings)
    def test_never_grows_with_income(
        self, line: int, persons: int, one: Fen, other: Fen, rounding: Rounding
    ) -> None:
        poorer, richer = sorted((one, other))
        terms = rule(line, rounding)

        assert computed(terms, persons, poorer).result_fen >= computed(terms, persons, richer).result_fen

    @given(lines, households, incomes)
    def test_to_the_fen_brings_the_household_exactly_to_the_line(
        self, line: int, persons: int, income: Fen
    ) -> None:
        exact = rule(line, Rounding(RoundingUnit.FEN, RoundingMode.DOWN))

        assert income + computed(exact, persons, income).result_fen == max(income, line * persons)

    @given(lines, households, incomes, roundings)
    def test_again_gives_the_same_bytes_and_reads_back(
        self, line: int, persons: int, income: Fen, rounding: Rounding
    ) -> None:
        first = msgspec.json.encode(computed(rule(line, rounding), persons, income))
        again = msgspec.json.encode(computed(rule(line, rounding), persons, income))

        assert first == again
        assert msgspec.json.encode(msgspec.json.decode(first, type=Computation)) == first

    @given(lines, households, incomes, roundings)
    def test_ends_with_its_result_and_chains_its_lines(
        self, line: int, persons: int, income: Fen, rounding: Rounding
    ) -> None:
        computation = computed(rule(line, rounding), persons, income)
        standard, gap, rounded = computation.lines

        assert gap.inputs[0].value == standard.result_fen
        assert rounded.inputs[0].value == gap.result_fen
        assert computation.result_fen == rounded.result_fen

    @pytest.mark.parametrize(
        ("persons", "income", "code"),
        [(0, 0, "no_persons"), (-1, 0, "no_persons"), (1, -1, "income_negative")],
    )
    def test_of_impossible_facts_is_refused(self, persons: int, income: int, code: str) -> None:
        outcome = gap_payment(rule(), persons=persons, income_fen=Fen(income))

        assert isinstance(outcome, Refusal)
        assert outcome.code == code


class TestASupplementPerPerson:
    def test_is_the_sum_for_each_of_them(self) -> None:
        computation = supplement_per_person(Fen(30000), COUNTY, persons=78)

        assert isinstance(computation, Computation)
        assert computation.result_fen == 2_340_000
        assert computation.lines[0].formula == "300.00 元 × 78 人 = 23,400.00 元"
        assert computation.lines[0].source is COUNTY

    def test_for_nobody_is_refused(self) -> None:
        outcome = supplement_per_person(Fen(30000), COUNTY, persons=0)

        assert isinstance(outcome, Refusal)
        assert outcome.code == "no_persons"
