"""Deadlines: calendar days, working days, holidays and make-up days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hudang.domain.workdays import (
    DayUnit,
    UnknownYear,
    days_after,
    is_working_day,
    notice_last_day,
    working_days_after,
)

known_days = st.dates(date(2005, 1, 1), date(2023, 12, 31))


class TestANotice:
    def test_of_seven_days_from_1_march_runs_to_8_march(self) -> None:
        assert notice_last_day(date(2013, 3, 1), 7) == date(2013, 3, 8)

    def test_counts_holidays_like_any_day(self) -> None:
        assert notice_last_day(date(2013, 2, 8), 7) == date(2013, 2, 15)

    def test_in_working_days_is_longer(self) -> None:
        assert days_after(date(2013, 3, 1), 7, DayUnit.WORKING_DAY) == date(2013, 3, 12)
        assert days_after(date(2013, 3, 1), 7, DayUnit.CALENDAR_DAY) == date(2013, 3, 8)


class TestAWorkingDay:
    @pytest.mark.parametrize(
        ("day", "working"),
        [
            (date(2013, 2, 8), True),
            (date(2013, 2, 9), False),
            (date(2013, 2, 15), False),
            (date(2013, 2, 16), True),
            (date(2013, 2, 17), True),
            (date(2013, 3, 2), False),
            (date(2013, 10, 1), False),
            (date(2013, 10, 12), True),
        ],
    )
    def test_follows_holidays_and_make_up_days(self, day: date, working: bool) -> None:
        assert is_working_day(day) is working

    def test_of_a_year_without_an_arrangement_is_unknown(self) -> None:
        assert is_working_day(date(2090, 1, 1)) == UnknownYear(2090)
        assert is_working_day(date(1990, 1, 1)) == UnknownYear(1990)


class TestCountingWorkingDays:
    def test_skips_spring_festival_and_counts_the_weekend_worked_for_it(self) -> None:
        assert working_days_after(date(2013, 2, 8), 1) == date(2013, 2, 16)
        assert working_days_after(date(2013, 2, 8), 5) == date(2013, 2, 20)

    def test_of_none_is_the_day_itself(self) -> None:
        assert working_days_after(date(2013, 2, 10), 0) == date(2013, 2, 10)

    def test_into_an_unknown_year_says_which(self) -> None:
        assert working_days_after(date(2004, 1, 1) - timedelta(days=30), 1) == UnknownYear(2003)
        assert working_days_after(date(2089, 12, 1), 30) == UnknownYear(2089)

    def test_backwards_is_a_fault(self) -> None:
        with pytest.raises(ValueError, match="forward"):
            working_days_after(date(2013, 3, 1), -1)
        with pytest.raises(ValueError, match="forward"):
            notice_last_day(date(2013, 3, 1), -1)

    @given(known_days, st.integers(1, 45))
    def test_ends_on_a_working_day_and_adds_up(self, day: date, count: int) -> None:
        end = working_days_after(day, count)

        assert isinstance(end, date)
        assert is_working_day(end) is True
        assert working_days_after(end, 1) == working_days_after(day, count + 1)

    @given(known_days, st.integers(0, 45))
    def test_is_never_shorter_than_the_same_number_of_calendar_days(self, day: date, count: int) -> None:
        end = working_days_after(day, count)

        assert isinstance(end, date)
        assert end >= notice_last_day(day, count)
