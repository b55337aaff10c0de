"""What do the lists of cases, applications and objections tell those who work on them?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection

from hudang.domain.case import CaseEnd, Step
from hudang.domain.decision import Refusal
from hudang.domain.policy import Policy
from hudang.domain.roles import Role
from hudang.domain.survey import VisitLevel
from hudang.projections import applications, cases, objections
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from hudang.projections.rows import Page, Scope
from hudang.projections.work_queue import Task, WorkItem, work_queue
from tests.domain.cases import find_policy
from tests.projections.history import History
from tests.projections.procedure import case_of
from tests.projections.recording import DIBAO, LEDGER
from tests.projections.year import MAY

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine, Year

ALL = Scope(ledger=LEDGER, programme=DIBAO)
YEAR = (date(2013, 1, 1), date(2013, 12, 31))


def rules(row: cases.CaseRow) -> Policy | Refusal:
    return find_policy(row.programme, row.area, row.in_force_on)


class Work:
    """A community whose next tasks are asked for after each step."""

    def __init__(self, history: History, engine: Engine, reading: Connection[Any]) -> None:
        self.history = history
        self._engine = engine
        self._reading = reading

    def queue(self) -> tuple[WorkItem, ...]:
        self._engine.catch_up()
        return work_queue(self._reading, ALL, rules)

    def next(self) -> WorkItem:
        (item,) = self.queue()
        return item


@pytest.fixture
def work(history: History, new_engine: NewEngine, reading: Connection[Any]) -> Work:
    """One household that has just applied."""
    history.day = date(2013, 3, 1)
    history.register("0001")
    history.submit("0001", "申请书")
    return Work(history, new_engine(*MODELS), reading)


class TestTheWorkQueue:
    def test_waits_for_papers_that_were_asked_for(self, work: Work) -> None:
        assert (work.next().task, work.next().step) == (Task.TAKE_STEP, Step.ACCEPTANCE)

        work.history.ask_for("0001", "收入证明", due_on=date(2013, 4, 1))

        assert (work.next().task, work.next().due_on) == (Task.AWAIT_PAPERS, date(2013, 4, 1))

    def test_names_the_step_its_office_and_its_last_day(self, work: Work) -> None:
        work.history.accept_and_survey("0001")

        item = work.next()

        assert (item.task, item.step, item.by) == (Task.TAKE_STEP, Step.APPRAISAL, (Role.TOWNSHIP_CLERK,))
        surveyed = item.case.done_on[-1]
        assert item.due_on is not None
        assert surveyed + timedelta(days=5) < item.due_on < surveyed + timedelta(days=12)

    def test_asks_for_a_notice_then_for_its_end(self, work: Work) -> None:
        history = work.history
        history.accept_and_survey("0001")
        history.vote("0001", history.meet("meeting-1", "0001"), "+++")
        history.opine("0001", 35_000)
        assert (work.next().task, work.next().step) == (Task.POST_NOTICE, Step.NOTICE_1)

        poster = history.post("poster-1", 1, {"0001": 35_000})

        item = work.next()
        assert (item.task, item.not_before) == (Task.CLOSE_NOTICE, history.day + timedelta(days=8))

        history.object_to("0001", poster, 1)

        item = work.next()
        assert (item.task, item.by, item.objection) == (
            Task.ANSWER_OBJECTION,
            (Role.TOWNSHIP_CLERK,),
            "objection-1",
        )

        history.answer("0001", upheld=True, undone=(Step.SURVEY, Step.APPRAISAL, Step.OPINION))

        assert (work.next().task, work.next().step) == (Task.TAKE_STEP, Step.SURVEY)

    def test_keeps_a_refusal_until_it_was_notified(self, work: Work) -> None:
        work.history.accept_and_survey("0001")
        work.history.refuse("0001")
        assert work.next().case.ended_as is CaseEnd.REFUSED

        work.history.notify("0001")

        assert work.queue() == ()

    def test_forgets_who_withdrew(self, work: Work) -> None:
        work.history.withdraw("0001")

        assert work.queue() == ()


class TestCases:
    def test_keep_the_steps_that_were_undone(self, year: Year) -> None:
        steps = cases.steps(year.reading, LEDGER, case_of("0003"))

        surveys = [step for step in steps if step.step is Step.SURVEY]
        assert [step.undone_at is None for step in surveys] == [False, True]
        assert [step.step for step in steps if step.undone_at is None][-1] is Step.DECISION

    def test_take_no_step_for_the_countys_own_visit(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        history.register("0001")
        history.submit("0001", "申请书")
        history.survey("0001", level=VisitLevel.COUNTY)
        new_engine(*MODELS).catch_up()

        row = cases.case(reading, LEDGER, case_of("0001"))

        assert row is not None
        assert row.done == ()

    def test_are_listed_page_by_page(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        for number in ("0001", "0002", "0003"):
            history.register(number)
            history.submit(number, "申请书")
        new_engine(*MODELS).catch_up()

        first = cases.open_cases(reading, ALL, Page(limit=2))
        rest = cases.open_cases(reading, ALL, Page(after=f"0002/{case_of('0002')}", limit=2))

        assert [row.number for row in (*first, *rest)] == ["0001", "0002", "0003"]


class TestApplications:
    def test_count_what_became_of_them(self, year: Year) -> None:
        counted = applications.counts(year.reading, ALL, *YEAR)

        assert (counted.submitted, counted.accepted, counted.approved) == (5, 2, 2)
        assert (counted.lapsed, counted.withdrawn, counted.refused, counted.open) == (1, 1, 1, 0)

    def test_tell_amount_and_month_once_approved(self, year: Year) -> None:
        (row,) = applications.of_household(year.reading, LEDGER, year_household("0003"))

        assert (row.ended_as, row.amount_fen, row.from_month) == (CaseEnd.APPROVED, 94_000, MAY)

    def test_are_overdue_the_day_after_and_only_while_something_is_missing(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        due_on = date(2013, 4, 1)
        for number in ("0001", "0002"):
            history.register(number)
            history.submit(number, "申请书")
            history.ask_for(number, "收入证明", "身份证", due_on=due_on)
        history.receive("0001", "收入证明")
        history.receive("0002", "身份证", "收入证明")
        new_engine(*MODELS).catch_up()

        assert applications.overdue_supplements(reading, LEDGER, due_on) == ()
        (overdue,) = applications.overdue_supplements(reading, LEDGER, due_on + timedelta(days=1))
        assert (overdue.household, overdue.case, overdue.missing) == (
            year_household("0001"),
            case_of("0001"),
            ("身份证",),
        )


class TestObjections:
    def test_wait_until_they_are_answered(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        household = history.register("0001")
        history.submit("0001", "申请书")
        poster = history.post("poster-1", 1, {"0001": 35_000})
        history.object_to("0001", poster, 1)
        engine = new_engine(*MODELS)
        engine.catch_up()
        (waiting,) = objections.unanswered(reading, ALL)
        assert (waiting.household, waiting.posting, waiting.upheld) == (household, poster, None)

        history.answer("0001", upheld=False)
        engine.catch_up()

        assert objections.unanswered(reading, ALL) == ()
        (answered,) = objections.of_case(reading, LEDGER, household, case_of("0001"))
        assert answered.upheld is False


def year_household(number: str) -> Any:
    return f"{LEDGER}-h{number}"
