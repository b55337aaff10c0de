from datetime import date
from typing import Any
from uuid import uuid5

import pytest

from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.household import Household
from hudang.domain.notice import NoticeClosed
from hudang.domain.objection import ObjectionRaised, ObjectionResolved, RaiseObjection, ResolveObjection
from hudang.domain.personal import Open
from hudang.domain.roles import Role
from hudang.domain.values import PersonId
from tests.domain.cases import (
    CASE,
    COMMAND_ID,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
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
    visited,
)

RAISED_ON = date(2013, 3, 18)
RESOLVED_ON = date(2013, 3, 20)
OBJECTION = str(uuid5(COMMAND_ID, "objection"))
FIRST_FIVE = (Step.ACCEPTANCE, Step.CONSENT, Step.CROSS_CHECK, Step.SURVEY, Step.APPRAISAL)


def hanging(*more: At) -> Household:
    """A case whose first notice hangs from 14 through 21 March."""
    household: Household = given(posted(1), *more, state=due(Step.NOTICE_1))
    return household


def raising(content: str = "家中有车", objector: str | None = None) -> RaiseObjection:
    return RaiseObjection(
        household=HOUSEHOLD,
        case=CASE,
        posting=POSTING,
        content=Open(content),
        objector=Open(objector) if objector else None,
    )


def send(household: Household, command: Any, on: date, by: Role = Role.TOWNSHIP_CLERK) -> Changes | Refusal:
    return decide(household, command, by=by, on=on)


def answer(*, upheld: bool = False, **changed: Any) -> ResolveObjection:
    fields: dict[str, Any] = {
        "household": HOUSEHOLD,
        "case": CASE,
        "objection": "first",
        "upheld": upheld,
        "finding": Open("经核实"),
        "papers": (paper("异议核查报告"),),
    }
    return ResolveObjection(**{**fields, **changed})


class TestRaisingAnObjection:
    def test_seals_what_was_said_and_by_whom_under_a_key_of_its_own(self) -> None:
        outcome = send(hanging(), raising(objector="测试乙"), RAISED_ON)

        key = PersonId(f"{HOUSEHOLD}/{OBJECTION}")
        assert recorded(outcome) == (
            ObjectionRaised(
                case=CASE,
                objection=OBJECTION,
                posting=POSTING,
                round=1,
                content=Open("家中有车", of=key),
                objector=Open("测试乙", of=key),
                decide_by=date(2013, 4, 16),
            ),
        )

    def test_is_to_be_decided_within_twenty_working_days(self) -> None:
        """From Monday 18 March 2013, over Qingming (4 to 6 April off, Sunday the 7th worked), to 16 April."""
        (event,) = recorded(send(hanging(), raising(), RAISED_ON))

        assert isinstance(event, ObjectionRaised)
        assert event.decide_by == date(2013, 4, 16)

    def test_needs_no_name(self) -> None:
        (event,) = recorded(send(hanging(), raising(), RAISED_ON))

        assert isinstance(event, ObjectionRaised)
        assert event.objector is None

    @pytest.mark.parametrize("day", [date(2013, 3, 14), date(2013, 3, 21)])
    def test_is_possible_on_the_first_day_and_on_the_last(self, day: date) -> None:
        assert len(recorded(send(hanging(), raising(), day))) == 1

    def test_takes_no_step(self) -> None:
        household = hanging()

        after = then(household, send(household, raising(), RAISED_ON), on=RAISED_ON, by=Role.TOWNSHIP_CLERK)

        assert after.cases[CASE].done == household.cases[CASE].done
        assert after.cases[CASE].objections[0].resolved_on is None

    def test_is_refused_after_the_last_day(self) -> None:
        assert refused(send(hanging(), raising(), date(2013, 3, 22))) == "notice_not_up"

    def test_is_refused_without_content(self) -> None:
        assert refused(send(hanging(), raising(" "), RAISED_ON)) == "content_missing"

    def test_is_refused_once_the_notice_is_closed(self) -> None:
        closed = At(NoticeClosed(case=CASE, posting=POSTING, round=1, objections=0), on=date(2013, 3, 22))

        assert refused(send(hanging(closed), raising(), date(2013, 3, 22))) == "notice_closed"

    def test_is_refused_when_the_case_is_on_no_such_poster(self) -> None:
        assert refused(send(due(Step.NOTICE_1), raising(), RAISED_ON)) == "notice_not_found"

    def test_is_refused_once_the_notice_no_longer_counts(self) -> None:
        household = hanging(*objected(upheld=False))

        assert refused(send(household, raising(), RESOLVED_ON)) == "notice_superseded"


class TestAnObjectionUpheld:
    def test_sends_the_case_back_to_the_survey(self) -> None:
        household = hanging(objected(upheld=True)[0])

        outcome = send(household, answer(upheld=True), RESOLVED_ON)

        assert recorded(outcome) == (
            ObjectionResolved(
                case=CASE,
                objection="first",
                upheld=True,
                finding=Open("经核实", of=HEAD),
                papers=(paper("异议核查报告"),),
                back_to=Step.SURVEY,
                undone=(Step.SURVEY, Step.APPRAISAL, Step.OPINION),
                renotice=True,
            ),
        )
        case = then(household, outcome, on=RESOLVED_ON, by=Role.TOWNSHIP_CLERK).cases[CASE]
        assert case.done == (Step.ACCEPTANCE, Step.CONSENT, Step.CROSS_CHECK)
        assert case.notices[0].superseded
        assert case.appraisals[0].superseded

    def test_undoes_the_first_notice_too_when_it_met_the_second(self) -> None:
        raised, _ = objected(upheld=True, number=2)
        household = given(posted(2), raised, state=due(Step.NOTICE_2))

        outcome = send(household, answer(upheld=True), date(2013, 4, 2), Role.COUNTY_OFFICER)

        (event,) = recorded(outcome)
        assert isinstance(event, ObjectionResolved)
        assert event.undone == (
            Step.SURVEY,
            Step.APPRAISAL,
            Step.OPINION,
            Step.NOTICE_1,
            Step.PROPOSAL,
        )
        case = then(household, outcome, on=date(2013, 4, 2), by=Role.COUNTY_OFFICER).cases[CASE]
        assert all(notice.superseded for notice in case.notices)

    def test_does_not_send_the_case_back_twice(self) -> None:
        """The first of two objections sent it back, and it was surveyed again: the second undoes nothing."""
        first, upheld = objected(upheld=True)
        second, _ = objected("second", upheld=True)
        household = hanging(first, second, upheld, At(visited(), on=RESOLVED_ON))

        outcome = send(household, answer(upheld=True, objection="second"), RESOLVED_ON)

        (event,) = recorded(outcome)
        assert isinstance(event, ObjectionResolved)
        assert (event.back_to, event.undone) == (None, ())
        case = then(household, outcome, on=RESOLVED_ON, by=Role.TOWNSHIP_CLERK).cases[CASE]
        assert case.done[-1] is Step.SURVEY


class TestAnObjectionNotUpheld:
    def test_leaves_the_steps_and_takes_the_force_of_the_notice(self) -> None:
        household = hanging(objected(upheld=False)[0])

        outcome = send(household, answer(), RESOLVED_ON)

        (event,) = recorded(outcome)
        assert isinstance(event, ObjectionResolved)
        assert (event.back_to, event.undone, event.renotice) == (None, (), True)
        case = then(household, outcome, on=RESOLVED_ON, by=Role.TOWNSHIP_CLERK).cases[CASE]
        assert case.done == (*FIRST_FIVE, Step.OPINION)
        assert case.notices[0].superseded
        assert case.objections[0].upheld is False

    def test_keeps_a_notice_posted_again(self) -> None:
        """A late answer to an objection against the first poster does not touch the second."""
        case = hanging(*objected(upheld=False), posted(1, posting=SECOND_POSTING, on=RESOLVED_ON)).cases[CASE]

        assert [notice.up for notice in case.notices] == [False, True]


class TestResolvingAnObjection:
    def test_is_refused_to_the_county_in_the_first_round(self) -> None:
        household = hanging(objected(upheld=False)[0])

        assert refused(send(household, answer(), RESOLVED_ON, Role.COUNTY_OFFICER)) == "role_not_allowed"

    def test_is_refused_to_the_township_in_the_second_round(self) -> None:
        household = given(posted(2), objected(upheld=False, number=2)[0], state=due(Step.NOTICE_2))

        assert refused(send(household, answer(), date(2013, 4, 2))) == "role_not_allowed"

    def test_is_refused_a_second_time(self) -> None:
        household = hanging(*objected(upheld=False))

        assert refused(send(household, answer(), RESOLVED_ON)) == "objection_already_resolved"

    def test_is_refused_for_an_objection_nobody_raised(self) -> None:
        assert refused(send(hanging(), answer(), RESOLVED_ON)) == "objection_not_found"

    def test_is_refused_without_a_finding(self) -> None:
        household = hanging(objected(upheld=False)[0])

        assert refused(send(household, answer(finding=Open(" ")), RESOLVED_ON)) == "finding_missing"

    def test_is_refused_before_it_was_raised(self) -> None:
        household = hanging(objected(upheld=False)[0])

        assert refused(send(household, answer(), date(2013, 3, 17))) == "fact_before_objection"

    def test_is_refused_with_an_unreadable_paper(self) -> None:
        household = hanging(objected(upheld=False)[0])

        assert refused(send(household, answer(papers=(MALFORMED,)), RESOLVED_ON)) == "evidence_malformed"
