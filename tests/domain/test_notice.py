from datetime import date

import pytest

from hudang.domain.application import ApplicationWithdrawn
from hudang.domain.case import CaseEnd, Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.household import Household
from hudang.domain.notice import CloseNotice, NoticeClosed
from hudang.domain.roles import Role
from hudang.domain.values import StreamId
from tests.domain.cases import (
    CASE,
    HOUSEHOLD,
    POSTING,
    SECOND_POSTING,
    At,
    decide,
    due,
    given,
    objected,
    paper,
    posted,
    recorded,
    refused,
    then,
)

LAST_DAY = date(2013, 3, 21)
AFTER = date(2013, 3, 22)


def hanging(number: int = 1, *more: At) -> Household:
    """A case whose notice of that round is up."""
    step = Step.NOTICE_1 if number == 1 else Step.NOTICE_2
    household: Household = given(posted(number), *more, state=due(step))
    return household


def close(
    household: Household, on: date, posting: StreamId = POSTING, by: Role = Role.SYSTEM
) -> Changes | Refusal:
    return decide(household, CloseNotice(household=HOUSEHOLD, case=CASE, posting=posting), by=by, on=on)


class TestClosingANotice:
    def test_takes_the_step_on_the_day_after_its_seven_days(self) -> None:
        outcome = close(hanging(), AFTER)

        assert recorded(outcome) == (NoticeClosed(case=CASE, posting=POSTING, round=1, objections=0),)
        case = then(hanging(), outcome, on=AFTER, by=Role.SYSTEM).cases[CASE]
        assert case.done[-1] is Step.NOTICE_1
        assert case.notices[0].closed_on == AFTER

    def test_counts_the_seven_days_from_the_day_after_posting(self) -> None:
        """Seven days posted on the 1st run to the 8th; the notice may close on the 9th."""
        household = given(posted(2, on=date(2013, 4, 1)), state=due(Step.NOTICE_2))

        assert refused(close(household, date(2013, 4, 8))) == "notice_still_up"
        assert recorded(close(household, date(2013, 4, 9)))

    @pytest.mark.parametrize("by", [Role.SYSTEM, Role.TOWNSHIP_CLERK])
    def test_is_the_business_of_the_clock_and_of_the_township(self, by: Role) -> None:
        assert len(recorded(close(hanging(), AFTER, by=by))) == 1

    def test_counts_the_objections_of_its_round(self) -> None:
        household = hanging(1, *objected(upheld=False), posted(1, posting=SECOND_POSTING, on=LAST_DAY))

        outcome = close(household, date(2013, 3, 29), SECOND_POSTING)

        assert recorded(outcome) == (NoticeClosed(case=CASE, posting=SECOND_POSTING, round=1, objections=1),)

    def test_is_refused_on_its_last_day(self) -> None:
        assert refused(close(hanging(), LAST_DAY)) == "notice_still_up"

    def test_is_refused_while_an_objection_waits(self) -> None:
        raised, _ = objected(upheld=True)

        assert refused(close(hanging(1, raised), AFTER)) == "objection_unresolved"

    def test_is_refused_once_an_objection_has_been_answered(self) -> None:
        assert refused(close(hanging(1, *objected(upheld=False)), AFTER)) == "notice_superseded"

    def test_is_refused_a_second_time(self) -> None:
        closed = At(NoticeClosed(case=CASE, posting=POSTING, round=1, objections=0), on=AFTER)

        assert refused(close(hanging(1, closed), AFTER)) == "notice_closed"

    def test_is_refused_for_a_poster_that_does_not_name_the_case(self) -> None:
        assert refused(close(hanging(), AFTER, SECOND_POSTING)) == "notice_not_found"

    def test_is_refused_for_a_case_that_has_ended(self) -> None:
        withdrawn = At(ApplicationWithdrawn(case=CASE, statement=paper("撤回声明")), on=LAST_DAY)

        household = hanging(1, withdrawn)

        assert household.cases[CASE].end is CaseEnd.WITHDRAWN
        assert refused(close(household, AFTER)) == "case_closed"
