"""What may be read on the boards, which notices may close, and how did the meetings vote?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection

from hudang.domain.case import Step
from hudang.domain.policy_terms import VoteForm
from hudang.domain.values import StreamId
from hudang.domain.voting import Choice
from hudang.projections import meetings, notice_board, postings
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from hudang.projections.rows import Scope
from tests.projections.history import History
from tests.projections.procedure import case_of
from tests.projections.recording import LEDGER, VILLAGE

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine, Year


class Board:
    """What hangs, asked for after each step."""

    def __init__(self, history: History, engine: Engine, reading: Connection[Any]) -> None:
        self.history = history
        self._engine = engine
        self._reading = reading

    def lines(self, *, after_days: int = 0, area: str = "") -> tuple[notice_board.PostedLine, ...]:
        self._engine.catch_up()
        day = self.history.day + timedelta(days=after_days)
        return notice_board.notices(self._reading, LEDGER, day, area=area)

    def closable(self, *, after_days: int) -> list[StreamId]:
        self._engine.catch_up()
        day = self.history.day + timedelta(days=after_days)
        return [notice.household for notice in postings.due_to_close(self._reading, LEDGER, day)]


@pytest.fixture
def board(history: History, new_engine: NewEngine, reading: Connection[Any]) -> Board:
    """Two households of two whose cases are ready for their first notice."""
    for number in ("0001", "0002"):
        history.register(number, members=2)
        history.submit(number, "申请书", members=2)
        history.accept_and_survey(number, income=36_000)
    meeting = history.meet("meeting-1", "0001", "0002")
    for number in ("0001", "0002"):
        history.vote(number, meeting, "++0")
        history.opine(number, 94_000, members=2)
    return Board(history, new_engine(*MODELS), reading)


class TestTheNoticeBoard:
    def test_shows_exactly_what_the_policy_names(self, board: Board) -> None:
        board.history.post("poster-1", 1, {"0001": 94_000}, members=2)

        (line,) = board.lines()

        assert line.applicant_name == "测试0001之0"
        assert (line.income_fen, line.recommends) == (36_000, True)
        assert (line.in_favour, line.against, line.abstaining, line.passed) == (2, 0, 1, True)
        assert (line.member_names, line.member_count, line.amount_fen) == (None, None, None)

    def test_shows_members_and_amount_in_the_second_round_and_no_findings(self, board: Board) -> None:
        board.history.leave("0001", 1)
        board.history.join("0001", 2)
        board.history.post("poster-2", 2, {"0001": 94_000}, members=2)

        (line,) = board.lines()

        assert line.member_names == ("测试0001之0", "测试0001之2")
        assert (line.member_count, line.amount_fen) == (2, 94_000)
        assert (line.income_fen, line.in_favour, line.passed, line.recommends) == (None, None, None, None)

    def test_shows_a_notice_from_its_first_day_through_its_last(self, board: Board) -> None:
        board.history.post("poster-1", 1, {"0001": 94_000}, members=2)

        hangs = {days: len(board.lines(after_days=days)) for days in (-1, 0, 7, 8)}

        assert hangs == {-1: 0, 0: 1, 7: 1, 8: 0}

    def test_is_cut_by_area(self, board: Board) -> None:
        board.history.post("poster-1", 1, {"0001": 94_000}, members=2)

        assert len(board.lines(area=VILLAGE[:9])) == 1
        assert board.lines(area="430304999") == ()

    @pytest.mark.parametrize("ends", ["closing", "answer", "return", "withdrawal", "taking_down"])
    def test_forgets_names_once_the_notice_is_over(
        self, board: Board, reading: Connection[Any], ends: str
    ) -> None:
        history = board.history
        poster = history.post("poster-1", 1, {"0001": 94_000}, members=2)
        match ends:
            case "closing":
                history.close_notice("0001", poster, 1)
            case "answer":
                history.object_to("0001", poster, 1)
                history.answer("0001", upheld=False)
            case "return":
                history.send_back("0001", Step.OPINION)
            case "withdrawal":
                history.withdraw("0001")
            case _:
                history.take_down(poster)

        assert board.lines() == ()
        assert reading.execute("SELECT count(*) FROM projections.notice_board_v1").fetchone() == (0,)


class TestPostings:
    def test_may_be_closed_the_day_after_the_last(self, board: Board) -> None:
        history = board.history
        history.post("poster-1", 1, {"0001": 94_000, "0002": 94_000}, members=2)

        assert board.closable(after_days=7) == []
        assert board.closable(after_days=8) == [history.household("0001"), history.household("0002")]

    def test_stay_open_while_an_objection_waits(self, board: Board) -> None:
        history = board.history
        poster = history.post("poster-1", 1, {"0001": 94_000, "0002": 94_000}, members=2)

        history.object_to("0001", poster, 1)

        assert board.closable(after_days=20) == [history.household("0002")]

    def test_must_be_given_again_after_an_objection(self, board: Board, reading: Connection[Any]) -> None:
        history = board.history
        poster = history.post("poster-1", 1, {"0001": 94_000, "0002": 94_000}, members=2)
        history.object_to("0001", poster, 1)
        history.answer("0001", upheld=False)
        history.close_notice("0002", poster, 1)

        assert board.closable(after_days=30) == []
        assert [line.state for line in postings.lines(reading, LEDGER, poster)] == [
            postings.LineState.SUPERSEDED,
            postings.LineState.CLOSED,
        ]

    def test_are_listed_with_where_and_how_long_they_hung(self, year: Year) -> None:
        told = postings.postings(year.reading, Scope(ledger=LEDGER, area=VILLAGE))

        assert [(row.round, row.entries) for row in told] == [(1, 2), (1, 1), (2, 2)]
        assert [row.taken_down_on is None for row in told] == [False, True, True]
        assert postings.posting(year.reading, LEDGER, told[0].posting) == told[0]


class TestMeetings:
    def test_tell_who_was_present_and_signed(self, year: Year) -> None:
        (first, _) = meetings.meetings(year.reading, Scope(ledger=LEDGER))

        present = meetings.attendees(year.reading, LEDGER, first.meeting)

        assert (first.present, first.resident_representatives) == (3, 2)
        assert first.signed_on is not None
        assert [(row.label, row.signed) for row in present] == [("r0", True), ("r1", True), ("r2", True)]
        assert meetings.meeting(year.reading, LEDGER, first.meeting) == first

    def test_tell_each_choice_of_a_show_of_hands(self, year: Year) -> None:
        told = meetings.votes(year.reading, LEDGER, year.history.stream("meeting-1"), case_of("0003"))

        assert [vote.choice for vote in told] == [Choice.FOR, Choice.AGAINST, Choice.AGAINST]

    def test_tell_no_choice_of_a_secret_ballot(self, year: Year) -> None:
        meeting = year.history.stream("meeting-1")

        told = meetings.votes(year.reading, LEDGER, meeting, case_of("0004"))
        counted = next(
            row for row in meetings.agenda(year.reading, LEDGER, meeting) if row.case_id == case_of("0004")
        )

        assert [vote.choice for vote in told] == [None, None, None]
        assert (counted.form, counted.in_favour, counted.abstaining) == (VoteForm.SECRET_BALLOT, 2, 1)

    def test_tell_how_a_case_fared_at_each(self, year: Year) -> None:
        told = meetings.appraisals(year.reading, LEDGER, case_of("0003"))

        assert [row.passed for row in told] == [False, True]
