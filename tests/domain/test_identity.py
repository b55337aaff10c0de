"""Resident identity numbers and relations to the head. Every number here is invented."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain.identity import Reason, Relation, birth_date, check, check_digit, normalise

VALID = "11010519491231002X"  # the standard's own example


@st.composite
def numbers(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1900, 1, 1), date(2030, 12, 31)))
    area = draw(st.integers(110000, 659999))
    first_seventeen = f"{area}{born:%Y%m%d}{draw(st.integers(1, 999)):03d}"
    return first_seventeen + check_digit(first_seventeen)


class TestANumber:
    def test_of_the_standard_stands(self) -> None:
        assert check(VALID) is None
        assert birth_date(VALID) == date(1949, 12, 31)

    @given(numbers())
    def test_with_its_own_check_digit_stands(self, number: str) -> None:
        assert check(number) is None

    @given(numbers(), st.integers(0, 16), st.integers(1, 9))
    def test_with_one_digit_miscopied_is_refused(self, number: str, place: int, step: int) -> None:
        wrong = str((int(number[place]) + step) % 10)

        assert check(number[:place] + wrong + number[place + 1 :]) is not None

    @given(numbers(), st.integers(0, 15))
    def test_with_two_neighbours_swapped_is_refused(self, number: str, place: int) -> None:
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

        assert (check(swapped) is None) == (swapped == number)

    @pytest.mark.parametrize(
        ("number", "reason"),
        [
            ("", Reason.MISSING),
            ("   ", Reason.MISSING),
            ("0" * 18, Reason.PLACEHOLDER),
            ("9" * 15, Reason.PLACEHOLDER),
            ("43030419800101011N", Reason.PLACEHOLDER),
            ("B43030419800101", Reason.PLACEHOLDER),
            ("123456789012345678", Reason.PLACEHOLDER),
            ("110105491231002", Reason.FIFTEEN_DIGITS),
            ("11010519491231002", Reason.MALFORMED),
            ("1101051949123100XX", Reason.MALFORMED),
            ("11010519491231002XX", Reason.MALFORMED),
            ("11010519490229002X", Reason.IMPOSSIBLE_BIRTH_DATE),
            ("11010500000101002X", Reason.IMPOSSIBLE_BIRTH_DATE),
            ("110105194912310021", Reason.WRONG_CHECK_DIGIT),
        ],
    )
    def test_that_cannot_be_one_is_refused_with_its_reason(self, number: str, reason: Reason) -> None:
        assert check(number) is reason

    def test_of_somebody_not_yet_born_is_refused(self) -> None:
        assert check(VALID, on=date(1949, 12, 30)) is Reason.BORN_LATER
        assert check(VALID, on=date(1949, 12, 31)) is None

    @pytest.mark.parametrize("reason", list(Reason))
    def test_refused_tells_what_to_do_in_both_languages(self, reason: Reason) -> None:
        assert reason.message.endswith(".")
        assert reason.label_zh


class TestSpellingANumber:
    @pytest.mark.parametrize("spelling", [" 110105 19491231 002x ", "\uff11" + VALID[1:]])
    def test_differently_is_still_the_same_number(self, spelling: str) -> None:
        assert normalise(spelling) == VALID
        assert check(spelling) is None


class TestRelations:
    @pytest.mark.parametrize("relation", list(Relation))
    def test_have_a_chinese_label(self, relation: Relation) -> None:
        assert relation.label_zh

    def test_name_the_head_first(self) -> None:
        assert next(iter(Relation)) is Relation.HEAD
        assert Relation.HEAD.label_zh == "户主"
