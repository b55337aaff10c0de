"""Which year do the read models of these tests fold? One with everything in it that they must understand."""

from datetime import date

from hudang.domain.allotment import (
    AidPurpose,
    AllotmentDrawn,
    AllotmentGranted,
    DrawReturnCause,
    DrawReturned,
)
from hudang.domain.case import Step
from hudang.domain.evidence import Evidence
from hudang.domain.month import Month
from hudang.domain.survey import VisitLevel
from hudang.domain.values import Fen
from tests.projections.history import History
from tests.projections.recording import VILLAGE

MARCH, APRIL, MAY, NOVEMBER, DECEMBER = (Month(2013, month) for month in (3, 4, 5, 11, 12))


def a_year(history: History) -> None:
    """Numbers 1 and 2 were entitled before; 3 is approved after a dispute, an objection and a second notice.

    4 is approved by ballots after a return; 5 lapses, 6 withdraws, 7 is refused. The annual review keeps 1,
    lowers 2, raises 3 and ends 4.
    """
    _before(history)
    _apply(history)
    _appraise(history)
    _decide(history)
    _pay_april(history)
    _review(history)
    _draw(history)


def _before(history: History) -> None:
    history.existing("0001", 62_000)
    history.existing("0002", 94_000, members=2)
    history.name_account("0001")
    for number in ("0003", "0004", "0005", "0006", "0007"):
        history.register(number, members=2)
    history.join("0003", 2)
    history.leave("0003", 1)
    run = history.prepare_payroll("run-march", MARCH, {"0001": 62_000, "0002": 94_000}, supplement=30_000)
    history.instruct(run, MARCH, {"0001": 62_000, "0002": 94_000}, supplement=30_000)
    history.confirm("0001", run)
    history.send_money_back("0002", run)
    history.reissue("0002", run, MARCH, 94_000)


def _apply(history: History) -> None:
    for number in ("0003", "0004", "0005", "0006", "0007"):
        history.submit(number, "申请书", members=2)
    history.ask_for("0004", "收入证明", due_on=date(2013, 4, 1))
    history.receive("0004", "收入证明")
    history.ask_for("0005", "收入证明", "身份证", due_on=date(2013, 4, 1))
    history.lapse("0005", "收入证明", "身份证")
    history.withdraw("0006")
    history.refuse("0007")
    history.accept_and_survey("0003", income=36_000)
    history.accept_and_survey("0004", income=40_000)


def _appraise(history: History) -> None:
    first = history.meet("meeting-1", "0003", "0004")
    history.sign(first)
    history.vote("0003", first, "+--", undone=(Step.SURVEY,))
    history.ballot("0004", first, "++0")
    history.survey("0003", income=35_000)
    history.survey("0003", income=35_000, level=VisitLevel.COUNTY)
    second = history.meet("meeting-2", "0003")
    history.sign(second)
    history.vote("0003", second, "++0")
    history.opine("0003", 94_000, members=2)
    history.opine("0004", 88_000, members=2)
    history.send_back("0004", Step.OPINION)
    history.opine("0004", 90_000, members=2)


def _decide(history: History) -> None:
    poster = history.post("poster-1", 1, {"0003": 94_000, "0004": 90_000}, members=2)
    history.object_to("0003", poster, 1)
    history.answer("0003", upheld=False)
    history.close_notice("0004", poster, 1)
    history.take_down(poster)
    again = history.post("poster-2", 1, {"0003": 94_000}, members=2)
    history.close_notice("0003", again, 1)
    history.propose("0003", 94_000, members=2)
    history.propose("0004", 90_000, members=2)
    last = history.post("poster-3", 2, {"0003": 94_000, "0004": 90_000}, members=2)
    history.close_notice("0003", last, 2)
    history.close_notice("0004", last, 2)
    history.approve("0003", 94_000, MAY, members=2)
    history.approve("0004", 90_000, MAY, members=2)


def _pay_april(history: History) -> None:
    listed = {"0001": 62_000, "0002": 94_000}
    run = history.prepare_payroll("run-april", APRIL, listed)
    history.instruct(run, APRIL, {"0001": 62_000})


def _review(history: History) -> None:
    history.open_recheck("0001", date(2013, 11, 4))
    review = history.open_campaign(
        "review",
        NOVEMBER,
        {"0001": (1, 62_000), "0002": (2, 94_000), "0003": (2, 94_000), "0004": (2, 90_000)},
        joining=frozenset({"0001"}),
    )
    history.keep("0001", 62_000, NOVEMBER + 1)
    history.change("0002", 94_000, 80_000, NOVEMBER + 1, members=2)
    history.change("0003", 94_000, 99_000, NOVEMBER + 1, members=2)
    history.end("0004", 90_000, NOVEMBER, members=2)
    history.close_campaign(review, {"kept": 1, "lowered": 1, "raised": 1, "ended": 1})


def _draw(history: History) -> None:
    """Number 1 is given temporary assistance out of its group's allotment, and the sum goes back."""
    allotment, (head, *_) = history.stream("allotment"), history.persons("0001")
    granted = AllotmentGranted(
        programme="temporary-assistance",
        area=VILLAGE,
        group="第一片组",
        first_month=Month(2013, 4),
        last_month=Month(2013, 6),
        amount_fen=Fen(100_000),
        source=Evidence(kind="资金分配名单", sha256="ab" * 32),
    )
    drawn = AllotmentDrawn(
        draw="draw-1",
        household=history.household("0001"),
        recipient=head,
        amount_fen=Fen(70_000),
        purpose=AidPurpose.LIVING,
    )
    reason = history.sealed("测试退回", head, f"{allotment}:3:reason")
    returned = DrawReturned(draw="draw-1", cause=DrawReturnCause.NOT_PAID_OUT, reason=reason)
    for event in (granted, drawn, returned):
        history.record({allotment: event})
