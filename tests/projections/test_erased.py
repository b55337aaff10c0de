"""Does a name that hangs in clear go when its person is erased, also when everything is folded again?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from hudang.domain.erasure import Ground, PersonErased
from hudang.domain.values import PersonId, StreamId
from hudang.projections import notice_board
from hudang.projections.models import MODELS
from tests.projections.history import History
from tests.projections.recording import LEDGER

if TYPE_CHECKING:
    from tests.projections.conftest import NewEngine


def erase(history: History, person: PersonId) -> None:
    """The erasure as it is recorded; the rules would have waited until nothing hangs any more."""
    erased = PersonErased(
        person=person,
        proposal="p",
        ground=Ground.COURT_ORDER,
        basis="测试裁判",
        proposed_by="officer-1",
        kept_until=date(2013, 1, 1),
    )
    history.record({StreamId(person): erased})


class TestTheNoticeBoard:
    def test_drops_the_names_of_a_household_whose_member_was_erased(
        self, history: History, new_engine: NewEngine, reading: Connection[Any]
    ) -> None:
        for number in ("0001", "0002"):
            history.register(number, members=2)
            history.submit(number, "申请书", members=2)
            history.accept_and_survey(number, income=36_000)
        meeting = history.meet("meeting-1", "0001", "0002")
        for number in ("0001", "0002"):
            history.vote(number, meeting, "++0")
            history.opine(number, 94_000, members=2)
        poster = history.post("poster-1", 1, {"0001": 94_000, "0002": 94_000}, members=2)
        engine = new_engine(*MODELS)
        engine.catch_up()
        assert names_on(reading, poster) == ["测试0001之0", "测试0002之0"]

        erase(history, history.persons("0001")[0])
        engine.catch_up()
        live = names_on(reading, poster)
        engine.rebuild(notice_board.notice_board.name)
        engine.catch_up()

        assert live == names_on(reading, poster) == [None, "测试0002之0"]


def names_on(reading: Connection[Any], poster: StreamId) -> list[str | None]:
    return [line.applicant_name for line in notice_board.on_poster(reading, LEDGER, poster)]
