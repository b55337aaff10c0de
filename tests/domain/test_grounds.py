"""Which grounds go with which result, and which causes with joining and leaving?"""

import re
from enum import StrEnum

import pytest

from hudang.domain.grounds import (
    GROUNDS,
    JOINING,
    LEAVING,
    DecisionGround,
    MemberCause,
    PayoutReturnCause,
    refuse_cause,
    refuse_ground,
)
from hudang.domain.outcomes import DecisionOutcome

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
CODES: tuple[type[DecisionGround | MemberCause | PayoutReturnCause], ...] = (
    DecisionGround,
    MemberCause,
    PayoutReturnCause,
)


class TestTheCodes:
    @pytest.mark.parametrize("codes", CODES, ids=lambda codes: codes.__name__)
    def test_have_a_chinese_label_each(
        self, codes: type[DecisionGround | MemberCause | PayoutReturnCause]
    ) -> None:
        labels = [code.label_zh for code in codes]

        assert all(CHINESE.fullmatch(label) for label in labels)
        assert len(set(labels)) == len(labels)

    @pytest.mark.parametrize("codes", CODES, ids=lambda codes: codes.__name__)
    def test_leave_room_for_what_nobody_thought_of(self, codes: type[StrEnum]) -> None:
        assert "other" in {code.value for code in codes}


class TestTheGroundOfADecision:
    @pytest.mark.parametrize(
        ("outcome", "ground"),
        [
            (DecisionOutcome.APPROVE, DecisionGround.ENTITLED),
            (DecisionOutcome.REFUSE, DecisionGround.INCOME_ABOVE_LINE),
            (DecisionOutcome.REFUSE, DecisionGround.NOT_COOPERATING),
            (DecisionOutcome.KEEP, DecisionGround.UNCHANGED),
            (DecisionOutcome.KEEP, DecisionGround.MEMBERS_CHANGED),
            (DecisionOutcome.RAISE, DecisionGround.STANDARD_CHANGED),
            (DecisionOutcome.LOWER, DecisionGround.INCOME_CHANGED),
            (DecisionOutcome.LOWER, DecisionGround.WORK_REFUSED),
            (DecisionOutcome.END, DecisionGround.DIED),
            (DecisionOutcome.END, DecisionGround.OWN_REQUEST),
        ],
    )
    def test_may_be_what_agrees_with_the_result(
        self, outcome: DecisionOutcome, ground: DecisionGround
    ) -> None:
        assert refuse_ground(ground, outcome) is None

    @pytest.mark.parametrize(
        ("outcome", "ground"),
        [
            (DecisionOutcome.APPROVE, DecisionGround.INCOME_ABOVE_LINE),
            (DecisionOutcome.REFUSE, DecisionGround.ENTITLED),
            (DecisionOutcome.REFUSE, DecisionGround.OWN_REQUEST),
            (DecisionOutcome.KEEP, DecisionGround.DIED),
            (DecisionOutcome.RAISE, DecisionGround.WORK_REFUSED),
            (DecisionOutcome.LOWER, DecisionGround.UNCHANGED),
            (DecisionOutcome.END, DecisionGround.UNCHANGED),
            (DecisionOutcome.END, DecisionGround.ENTITLED),
        ],
    )
    def test_is_refused_where_it_contradicts_the_result(
        self, outcome: DecisionOutcome, ground: DecisionGround
    ) -> None:
        refusal = refuse_ground(ground, outcome)

        assert refusal is not None
        assert refusal.code == "ground_does_not_fit"
        assert outcome in refusal.message

    @pytest.mark.parametrize("outcome", list(DecisionOutcome))
    def test_is_named_in_the_refusal_where_it_would_do(self, outcome: DecisionOutcome) -> None:
        misfit = next(ground for ground in DecisionGround if ground not in GROUNDS[outcome])

        refusal = refuse_ground(misfit, outcome)

        assert refusal is not None
        assert all(ground in refusal.message for ground in GROUNDS[outcome])

    @pytest.mark.parametrize("outcome", list(DecisionOutcome))
    def test_may_always_be_another_one(self, outcome: DecisionOutcome) -> None:
        assert refuse_ground(DecisionGround.OTHER, outcome) is None

    def test_has_a_result_to_go_with(self) -> None:
        assert frozenset[DecisionGround]().union(*GROUNDS.values()) == frozenset(DecisionGround)

    def test_may_fit_one_of_several_results_still_possible(self) -> None:
        possible = (DecisionOutcome.KEEP, DecisionOutcome.LOWER)

        assert refuse_ground(DecisionGround.UNCHANGED, *possible) is None
        assert refuse_ground(DecisionGround.WORK_REFUSED, *possible) is None
        assert refuse_ground(DecisionGround.OWN_REQUEST, *possible) is not None


class TestTheCauseOfAChangeOfMembers:
    def test_belongs_to_joining_or_to_leaving(self) -> None:
        assert frozenset(MemberCause) == JOINING | LEAVING

    @pytest.mark.parametrize("cause", [MemberCause.BIRTH, MemberCause.RETURNED])
    def test_of_joining_is_none_of_leaving(self, cause: MemberCause) -> None:
        assert refuse_cause(cause, JOINING) is None
        refusal = refuse_cause(cause, LEAVING)
        assert refusal is not None
        assert refusal.code == "cause_does_not_fit"

    @pytest.mark.parametrize(
        "cause",
        [MemberCause.DEATH, MemberCause.MOVED_OUT, MemberCause.IMPRISONED, MemberCause.MISSING],
    )
    def test_of_leaving_is_none_of_joining(self, cause: MemberCause) -> None:
        assert refuse_cause(cause, LEAVING) is None
        assert refuse_cause(cause, JOINING) is not None
