"""Do offices act only on days on which they are open, and in time?"""

from datetime import date

from hudang.demo.plan import FIRST_DAY, LAST_DAY, calendar, working_days
from hudang.demo.story import the_story


class TestTheCalendar:
    def test_has_acts_on_working_days_only(self) -> None:
        open_days = set(working_days(FIRST_DAY, LAST_DAY))

        assert [day for day in calendar(the_story()) if day not in open_days] == []

    def test_knows_the_holidays_and_make_up_days_of_2013(self) -> None:
        days = set(working_days(date(2013, 2, 8), date(2013, 2, 18)))

        assert days == {date(2013, 2, 8), date(2013, 2, 16), date(2013, 2, 17), date(2013, 2, 18)}
