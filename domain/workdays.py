"""On which day does a deadline (期限) end, in calendar days (日/天) or in working days (工作日)?

In both the day that starts the count is not counted: seven days from 1 March end on 8 March. Working
days follow the State Council's yearly arrangement of holidays and make-up days, which the library
chinesecalendar carries; a year that it does not know yet is an answer of its own, never a guess.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

import chinese_calendar  # type: ignore[import-untyped]  # ships no type information
import msgspec

_ONE_DAY = timedelta(days=1)


class DayUnit(StrEnum):
    """Which days a period counts."""

    CALENDAR_DAY = "calendar_day"  # 日、天
    WORKING_DAY = "working_day"  # 工作日


class UnknownYear(msgspec.Struct, frozen=True):
    """The holidays of this year are not known: the State Council's arrangement is not in the calendar."""

    year: int


def is_working_day(day: date) -> bool | UnknownYear:
    """Whether offices are open: a weekday that is no holiday, or a make-up day (调休上班)."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return UnknownYear(day.year)


def working_days_after(day: date, count: int) -> date | UnknownYear:
    """The `count`-th working day after `day`, which is not counted itself; zero is the day itself."""
    if count < 0:
        raise ValueError("A deadline counts forward.")
    reached = day
    while count:
        reached += _ONE_DAY
        open_that_day = is_working_day(reached)
        if isinstance(open_that_day, UnknownYear):
            return open_that_day
        count -= open_that_day
    return reached


def days_after(day: date, count: int, unit: DayUnit) -> date | UnknownYear:
    """The last day of a period of so many days of that unit which begins with `day`, not counted."""
    match unit:
        case DayUnit.WORKING_DAY:
            return working_days_after(day, count)
        case DayUnit.CALENDAR_DAY:
            return notice_last_day(day, count)
        case _:
            assert_never(unit)


def notice_last_day(first_day: date, days: int) -> date:
    """The last day a public notice (公示) of so many calendar days must hang; it may close on the next.

    The day of posting is not counted: seven days posted on 1 March run to 8 March and may close on the 9th.
    """
    if days < 0:
        raise ValueError("A notice counts forward.")
    return first_day + timedelta(days=days)
