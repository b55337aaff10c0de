"""Months: written, counted and compared."""

import copy
import operator
import pickle
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain.month import Month

months = st.builds(Month, st.integers(1000, 3000), st.integers(1, 12))


class TestWritingAMonth:
    def test_is_year_and_two_digits(self) -> None:
        assert str(Month(2013, 5)) == "2013-05"
        assert repr(Month(2013, 5)) == "Month(2013, 5)"

    @given(months)
    def test_reads_back_as_the_same_month(self, month: Month) -> None:
        assert Month.parse(str(month)) == month

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2013",
            "2013-5",
            "2013-13",
            "2013-00",
            "201305",
            "2013/05",
            "\uff12013-05",
            "0000-01",
            "-201-05",
        ],
    )
    def test_in_any_other_form_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="month"):
            Month.parse(text)


class TestCountingMonths:
    @given(months, st.integers(-500, 500))
    def test_forward_and_back_is_the_same_number(self, month: Month, steps: int) -> None:
        assert (month + steps) - month == steps
        assert (month + steps) - steps == month

    def test_crosses_the_year(self) -> None:
        assert Month(2012, 12) + 1 == Month(2013, 1)
        assert Month(2013, 1) - 1 == Month(2012, 12)
        assert Month(2013, 1) - Month(2012, 11) == 2

    def test_through_includes_both_ends(self) -> None:
        assert Month(2012, 12).through(Month(2013, 2)) == (Month(2012, 12), Month(2013, 1), Month(2013, 2))
        assert Month(2013, 2).through(Month(2013, 1)) == ()


class TestTheDaysOfAMonth:
    @given(st.dates())
    def test_lie_between_first_and_last(self, day: date) -> None:
        month = Month.of(day)

        assert month.first_day <= day <= month.last_day
        assert day in month

    def test_of_a_leap_february_are_29(self) -> None:
        assert Month(2012, 2).last_day == date(2012, 2, 29)
        assert date(2012, 3, 1) not in Month(2012, 2)


class TestComparingMonths:
    @given(months, months)
    def test_follows_the_calendar(self, one: Month, other: Month) -> None:
        assert (one < other) == (one.first_day < other.first_day)
        assert (one == other) == (one.first_day == other.first_day)

    @given(months)
    def test_equal_months_hash_alike(self, month: Month) -> None:
        assert hash(month) == hash(copy.deepcopy(month))
        assert pickle.loads(pickle.dumps(month)) == month

    def test_with_something_else_is_a_fault(self) -> None:
        with pytest.raises(TypeError):
            operator.lt(Month(2013, 5), 3)

    def test_never_changes(self) -> None:
        month = Month(2013, 5)

        with pytest.raises(AttributeError):
            month._number = 0
        with pytest.raises(AttributeError):
            del month._number


class TestStoringAMonth:
    def test_needs_the_ledgers_hook_and_is_never_encoded_by_accident(self) -> None:
        with pytest.raises(TypeError):
            msgspec.json.encode(Month(2013, 5))

        assert msgspec.json.encode(Month(2013, 5), enc_hook=str) == b'"2013-05"'
