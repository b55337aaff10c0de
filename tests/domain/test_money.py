"""Money: read, written, rounded; never a float, never a lost fen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain.money import Rounding, RoundingMode, RoundingUnit, format_yuan, parse_yuan, round_fen
from hudang.domain.values import Fen

amounts = st.integers(-(10**13), 10**13).map(Fen)
exact_amounts = st.fractions(-(10**9), 10**9)
roundings = st.builds(Rounding, st.sampled_from(RoundingUnit), st.sampled_from(RoundingMode))


class TestWritingAnAmount:
    @pytest.mark.parametrize(
        ("fen", "text"),
        [
            (288300, "2,883.00 元"),
            (0, "0.00 元"),
            (5, "0.05 元"),
            (-62000, "-620.00 元"),
            (31339200, "313,392.00 元"),
        ],
    )
    def test_is_yuan_with_two_decimals(self, fen: int, text: str) -> None:
        assert format_yuan(Fen(fen)) == text

    @given(amounts)
    def test_reads_back_as_the_same_amount(self, amount: Fen) -> None:
        assert parse_yuan(format_yuan(amount)) == amount


class TestReadingAnAmount:
    @pytest.mark.parametrize("text", ["2,883.00 元", "2883", "2883.0", "2883.00元", " 2,883 元 "])
    def test_accepts_what_people_write(self, text: str) -> None:
        assert parse_yuan(text) == 288300

    @pytest.mark.parametrize(
        "text", ["", "元", "2.883", "28,83", "2883.005", "1e3", "2 883", "--5", "xx", "unknown", "\uff12元"]
    )
    def test_refuses_what_could_mean_two_things(self, text: str) -> None:
        with pytest.raises(ValueError, match="amount"):
            parse_yuan(text)


class TestRounding:
    @pytest.mark.parametrize(
        ("fen", "to", "mode", "rounded"),
        [
            (Fraction(5, 2), RoundingUnit.FEN, RoundingMode.HALF_UP, 3),
            (Fraction(5, 2), RoundingUnit.FEN, RoundingMode.DOWN, 2),
            (Fraction(7, 3), RoundingUnit.FEN, RoundingMode.UP, 3),
            (31250, RoundingUnit.YUAN, RoundingMode.HALF_UP, 31300),
            (31249, RoundingUnit.YUAN, RoundingMode.HALF_UP, 31200),
            (31201, RoundingUnit.YUAN, RoundingMode.UP, 31300),
            (31299, RoundingUnit.YUAN, RoundingMode.DOWN, 31200),
            (31255, RoundingUnit.JIAO, RoundingMode.HALF_UP, 31260),
            (-31250, RoundingUnit.YUAN, RoundingMode.HALF_UP, -31300),
        ],
    )
    def test_follows_the_rule(
        self, fen: Fraction | int, to: RoundingUnit, mode: RoundingMode, rounded: int
    ) -> None:
        assert round_fen(fen, Rounding(to, mode)) == rounded

    @given(exact_amounts, roundings)
    def test_moves_less_than_one_unit_and_lands_on_a_unit(self, amount: Fraction, rounding: Rounding) -> None:
        rounded = round_fen(amount, rounding)

        assert abs(rounded - amount) < rounding.to.fen
        assert rounded % rounding.to.fen == 0
        assert type(rounded) is int

    @given(exact_amounts, st.sampled_from(RoundingUnit))
    def test_half_up_moves_at_most_half_a_unit(self, amount: Fraction, unit: RoundingUnit) -> None:
        assert abs(round_fen(amount, Rounding(unit, RoundingMode.HALF_UP)) - amount) * 2 <= unit.fen

    @given(exact_amounts, exact_amounts, roundings)
    def test_keeps_the_order(self, one: Fraction, other: Fraction, rounding: Rounding) -> None:
        low, high = sorted((one, other))

        assert round_fen(low, rounding) <= round_fen(high, rounding)

    @given(exact_amounts, roundings)
    def test_twice_is_once_and_a_debt_mirrors_a_claim(self, amount: Fraction, rounding: Rounding) -> None:
        rounded = round_fen(amount, rounding)

        assert round_fen(rounded, rounding) == rounded
        assert round_fen(-amount, rounding) == -rounded
