from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from hudang.domain.allotment import (
    AidPurpose,
    Allotment,
    AllotmentDrawn,
    AllotmentGranted,
    DrawOnAllotment,
    DrawReturnCause,
    DrawReturned,
    GrantAllotment,
    ReturnDraw,
)
from hudang.domain.decision import Changes, Refusal
from hudang.domain.month import Month
from hudang.domain.personal import Open
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId
from tests.domain.cases import (
    COUNTY,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
    NEIGHBOUR,
    NEW_STREAM,
    VILLAGE,
    decide,
    given,
    paper,
    recorded,
    refused,
    registered,
)

OFFICER = Role.COUNTY_OFFICER
AID = "temporary-assistance"
TOWNSHIP = "430304001"
APRIL, JUNE = Month(2015, 4), Month(2015, 6)
ON = date(2015, 5, 20)
ALLOTMENT = StreamId("L0001-allotment-1")
DRAW = "draw-1"
FUGU_FEN = Fen(33_000_000)
"""The 330,000 yuan of a quarter (T1)."""


def granted(amount_fen: int = FUGU_FEN, *, area: str = TOWNSHIP, group: str | None = "第一片组") -> Any:
    """An allotment for the second quarter of 2015."""
    event = AllotmentGranted(
        programme=AID,
        area=area,
        group=group,
        first_month=APRIL,
        last_month=JUNE,
        amount_fen=Fen(amount_fen),
        source=paper("资金分配名单"),
    )
    return given(event, stream=ALLOTMENT)


def grant(**changes: Any) -> Changes | Refusal:
    asked: dict[str, Any] = {
        "programme": AID,
        "area": TOWNSHIP,
        "group": "第一片组",
        "first_month": APRIL,
        "last_month": JUNE,
        "amount_fen": FUGU_FEN,
        "source": paper("资金分配名单"),
        **changes,
    }
    return decide(None, GrantAllotment(**asked), by=OFFICER, on=ON)


def draw(allotment: Allotment, amount_fen: int, *, household: Any = None, on: date = ON) -> Changes | Refusal:
    states = {ALLOTMENT: allotment, HOUSEHOLD: household or given(registered())}
    command = DrawOnAllotment(
        allotment=ALLOTMENT, household=HOUSEHOLD, amount_fen=Fen(amount_fen), purpose=AidPurpose.LIVING
    )
    return decide(states, command, by=Role.TOWNSHIP_CLERK, on=on)


def drew(allotment: Allotment, amount_fen: int, name: str = DRAW) -> Allotment:
    event = AllotmentDrawn(
        draw=name, household=HOUSEHOLD, recipient=HEAD, amount_fen=Fen(amount_fen), purpose=AidPurpose.LIVING
    )
    after: Allotment = given(event, stream=ALLOTMENT, state=allotment)
    return after


def give_back(allotment: Allotment, name: str = DRAW, reason: str = "重复录入") -> Changes | Refusal:
    command = ReturnDraw(
        allotment=ALLOTMENT, draw=name, cause=DrawReturnCause.ENTERED_IN_ERROR, reason=Open(reason)
    )
    return decide(allotment, command, by=OFFICER, on=ON)


def after(allotment: Allotment, outcome: Changes | Refusal) -> Allotment:
    state: Allotment = given(*recorded(outcome, ALLOTMENT), stream=ALLOTMENT, state=allotment)
    return state


class TestGranting:
    def test_sets_a_sum_aside(self) -> None:
        (event,) = recorded(grant())

        assert event == AllotmentGranted(
            programme=AID,
            area=TOWNSHIP,
            group="第一片组",
            first_month=APRIL,
            last_month=JUNE,
            amount_fen=FUGU_FEN,
            source=paper("资金分配名单"),
        )
        assert given(event, stream=ALLOTMENT).left_fen == FUGU_FEN

    def test_is_done_once_for_a_group_and_month(self) -> None:
        (event,) = recorded(grant())

        assert [claim.key for claim in event.takes(NEW_STREAM)] == [
            f"allotment/{AID}/{TOWNSHIP}/第一片组/2015-0{month}" for month in (4, 5, 6)
        ]
        assert event.frees() == ()

    def test_may_be_for_the_whole_area(self) -> None:
        (event,) = recorded(grant(group=None))

        assert event.takes(NEW_STREAM)[0].key == f"allotment/{AID}/{TOWNSHIP}//2015-04"

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"area": "4303040"}, "area_malformed"),
            ({"area": "某某镇"}, "area_malformed"),
            ({"first_month": JUNE, "last_month": APRIL}, "months_malformed"),
            ({"last_month": APRIL + 12}, "months_malformed"),
            ({"programme": " "}, "name_missing"),
            ({"group": ""}, "name_missing"),
            ({"amount_fen": Fen(0)}, "amount_not_positive"),
            ({"amount_fen": Fen(-1)}, "amount_not_positive"),
            ({"source": MALFORMED}, "evidence_malformed"),
        ],
    )
    def test_is_refused_if_malformed(self, changed: dict[str, Any], code: str) -> None:
        assert refused(grant(**changed)) == code

    def test_is_for_the_county(self) -> None:
        command = GrantAllotment(
            programme=AID,
            area=TOWNSHIP,
            first_month=APRIL,
            last_month=JUNE,
            amount_fen=FUGU_FEN,
            source=paper("资金分配名单"),
        )

        assert refused(decide(None, command, by=Role.TOWNSHIP_CLERK, on=ON)) == "role_not_allowed"


class TestDrawing:
    def test_names_household_recipient_and_purpose(self) -> None:
        (event,) = recorded(draw(granted(), 70_000))

        assert isinstance(event, AllotmentDrawn)
        assert (event.household, event.recipient) == (HOUSEHOLD, HEAD)
        assert (event.amount_fen, event.purpose) == (70_000, AidPurpose.LIVING)

    def test_leaves_the_rest(self) -> None:
        assert after(granted(), draw(granted(), 70_000)).left_fen == FUGU_FEN - 70_000

    def test_may_take_all_that_is_left(self) -> None:
        allotment = drew(granted(100), 60)

        assert after(allotment, draw(allotment, 40)).left_fen == 0

    def test_is_refused_beyond_what_is_left_and_says_what_is_left(self) -> None:
        outcome = draw(drew(granted(100), 60), 41)

        assert refused(outcome) == "allotment_exhausted"
        assert isinstance(outcome, Refusal)
        assert "40 fen" in outcome.message

    @pytest.mark.parametrize("on", [date(2015, 3, 31), date(2015, 7, 1)])
    def test_is_refused_outside_its_months(self, on: date) -> None:
        assert refused(draw(granted(), 1, on=on)) == "allotment_not_current"

    @pytest.mark.parametrize("on", [date(2015, 4, 1), date(2015, 6, 30)])
    def test_is_open_from_its_first_day_to_its_last(self, on: date) -> None:
        assert recorded(draw(granted(), 1, on=on))

    def test_is_for_households_of_its_area(self) -> None:
        assert refused(draw(granted(area="430304002"), 1)) == "outside_area"
        assert recorded(draw(granted(area=COUNTY), 1))
        assert recorded(draw(granted(area=VILLAGE), 1))

    def test_is_for_households(self) -> None:
        assert refused(draw(granted(), 1, household=granted())) == "outside_area"

    @pytest.mark.parametrize("amount_fen", [0, -1])
    def test_takes_something(self, amount_fen: int) -> None:
        assert refused(draw(granted(), amount_fen)) == "amount_not_positive"

    def test_needs_an_allotment(self) -> None:
        command = DrawOnAllotment(
            allotment=NEIGHBOUR, household=HOUSEHOLD, amount_fen=Fen(1), purpose=AidPurpose.OTHER
        )

        assert refused(decide({}, command, by=OFFICER, on=ON)) == "not_found"


class TestReturning:
    def test_gives_the_sum_back(self) -> None:
        allotment = drew(granted(), 70_000)
        outcome = give_back(allotment)

        assert recorded(outcome) == (
            DrawReturned(
                draw=DRAW, cause=DrawReturnCause.ENTERED_IN_ERROR, reason=Open("重复录入").about(HEAD)
            ),
        )
        assert after(allotment, outcome).left_fen == FUGU_FEN

    def test_happens_once(self) -> None:
        allotment = drew(granted(), 70_000)

        assert refused(give_back(after(allotment, give_back(allotment)))) == "draw_already_returned"

    def test_names_its_draw(self) -> None:
        assert refused(give_back(granted())) == "draw_not_found"

    def test_has_a_reason(self) -> None:
        assert refused(give_back(drew(granted(), 1), reason=" ")) == "reason_missing"


class Step(NamedTuple):
    """A draw of so much, or, where it is None, the return of the oldest draw that stands."""

    amount_fen: int | None


STEPS = st.lists(st.one_of(st.integers(1, 60), st.none()).map(Step), max_size=25)


class TestWhateverIsDrawn:
    @drawn(total=st.integers(1, 200), steps=STEPS)
    def test_the_draws_never_exceed_the_sum(self, total: int, steps: Iterable[Step]) -> None:
        allotment = granted(total)
        standing: dict[str, int] = {}
        for nth, step in enumerate(steps):
            before = total - sum(standing.values())
            if step.amount_fen is None:
                if standing:
                    name = next(iter(standing))
                    allotment = after(allotment, give_back(allotment, name))
                    del standing[name]
            elif isinstance(outcome := draw(allotment, step.amount_fen), Refusal):
                assert (outcome.code, step.amount_fen > before) == ("allotment_exhausted", True)
            else:
                allotment = drew(allotment, step.amount_fen, f"draw-{nth}")
                standing[f"draw-{nth}"] = step.amount_fen
            assert allotment.left_fen == total - sum(standing.values()) >= 0

    @drawn(total=st.integers(1, 10_000), each=st.integers(1, 500))
    def test_equal_draws_succeed_as_often_as_they_fit(self, total: int, each: int) -> None:
        allotment, succeeded = granted(total), 0
        while not isinstance(draw(allotment, each), Refusal):
            allotment = drew(allotment, each, f"draw-{succeeded}")
            succeeded += 1
            if succeeded > 40:
                return

        assert succeeded == total // each
