"""On which ground does an office decide, a member come or go, a payment come back? (事由代码)

What a clerk writes about it may name people and illnesses and is sealed; the ground beside it is a code in
the clear, so that registers and statistics say why without opening anything. A ground that contradicts the
result is refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hudang.domain.decision import Refusal
from hudang.domain.outcomes import DecisionOutcome


class DecisionGround(StrEnum):
    """Why an office decides as it does."""

    ENTITLED = "entitled"
    INCOME_CHANGED = "income_changed"
    MEMBERS_CHANGED = "members_changed"
    STANDARD_CHANGED = "standard_changed"
    INCOME_ABOVE_LINE = "income_above_line"
    ASSETS_ABOVE_LIMITS = "assets_above_limits"
    DIED = "died"
    MOVED_AWAY = "moved_away"
    NOT_COOPERATING = "not_cooperating"
    WORK_REFUSED = "work_refused"
    FALSE_STATEMENT = "false_statement"
    OWN_REQUEST = "own_request"
    UNCHANGED = "unchanged"
    OTHER = "other"

    @property
    def label_zh(self) -> str:
        """What people of the field call it."""
        return _GROUNDS_ZH[self]


class MemberCause(StrEnum):
    """Why somebody joined a household or left it."""

    BIRTH = "birth"
    ADOPTION = "adoption"
    MARRIAGE = "marriage"
    DIVORCE = "divorce"
    RETURNED = "returned"
    MOVED_OUT = "moved_out"
    IMPRISONED = "imprisoned"
    MISSING = "missing"
    DEATH = "death"
    OTHER = "other"

    @property
    def label_zh(self) -> str:
        """What people of the field call it."""
        return _MEMBER_CAUSES_ZH[self]


class PayoutReturnCause(StrEnum):
    """Why the bank sent a payment back."""

    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_WRONG = "account_wrong"
    NAME_MISMATCH = "name_mismatch"
    ACCOUNT_FROZEN = "account_frozen"
    OTHER = "other"

    @property
    def label_zh(self) -> str:
        """What people of the field call it."""
        return _RETURN_CAUSES_ZH[self]


_GROUNDS_ZH: Final = MappingProxyType(
    {
        DecisionGround.ENTITLED: "符合条件",
        DecisionGround.INCOME_CHANGED: "收入变化",
        DecisionGround.MEMBERS_CHANGED: "人口变化",
        DecisionGround.STANDARD_CHANGED: "标准调整",
        DecisionGround.INCOME_ABOVE_LINE: "收入超标",
        DecisionGround.ASSETS_ABOVE_LIMITS: "财产超标",
        DecisionGround.DIED: "死亡",
        DecisionGround.MOVED_AWAY: "迁出",
        DecisionGround.NOT_COOPERATING: "不配合核查",
        DecisionGround.WORK_REFUSED: "无正当理由拒绝就业",
        DecisionGround.FALSE_STATEMENT: "隐瞒虚报",
        DecisionGround.OWN_REQUEST: "本人申请停止",
        DecisionGround.UNCHANGED: "无变化",
        DecisionGround.OTHER: "其他",
    }
)

_MEMBER_CAUSES_ZH: Final = MappingProxyType(
    {
        MemberCause.BIRTH: "出生",
        MemberCause.ADOPTION: "收养",
        MemberCause.MARRIAGE: "结婚",
        MemberCause.DIVORCE: "离婚",
        MemberCause.RETURNED: "回迁",
        MemberCause.MOVED_OUT: "迁出",
        MemberCause.IMPRISONED: "服刑",
        MemberCause.MISSING: "失踪",
        MemberCause.DEATH: "死亡",
        MemberCause.OTHER: "其他",
    }
)

_RETURN_CAUSES_ZH: Final = MappingProxyType(
    {
        PayoutReturnCause.ACCOUNT_CLOSED: "账户已销户",
        PayoutReturnCause.ACCOUNT_WRONG: "账号有误",
        PayoutReturnCause.NAME_MISMATCH: "户名不符",
        PayoutReturnCause.ACCOUNT_FROZEN: "账户冻结",
        PayoutReturnCause.OTHER: "其他",
    }
)

_CHANGED: Final = frozenset(
    {DecisionGround.INCOME_CHANGED, DecisionGround.MEMBERS_CHANGED, DecisionGround.STANDARD_CHANGED}
)
_STANDS_AGAINST: Final = frozenset(
    {
        DecisionGround.INCOME_ABOVE_LINE,
        DecisionGround.ASSETS_ABOVE_LIMITS,
        DecisionGround.DIED,
        DecisionGround.MOVED_AWAY,
        DecisionGround.NOT_COOPERATING,
        DecisionGround.WORK_REFUSED,
        DecisionGround.FALSE_STATEMENT,
    }
)
"""What leaves a household without a right to assistance."""

GROUNDS: Final[Mapping[DecisionOutcome, frozenset[DecisionGround]]] = MappingProxyType(
    {
        DecisionOutcome.APPROVE: frozenset({DecisionGround.ENTITLED, DecisionGround.OTHER}),
        DecisionOutcome.REFUSE: _STANDS_AGAINST | {DecisionGround.OTHER},
        DecisionOutcome.KEEP: _CHANGED
        | {DecisionGround.UNCHANGED, DecisionGround.ENTITLED, DecisionGround.OTHER},
        DecisionOutcome.RAISE: _CHANGED | {DecisionGround.OTHER},
        DecisionOutcome.LOWER: _CHANGED
        | {
            DecisionGround.DIED,
            DecisionGround.MOVED_AWAY,
            DecisionGround.WORK_REFUSED,
            DecisionGround.FALSE_STATEMENT,
            DecisionGround.OTHER,
        },
        DecisionOutcome.END: _STANDS_AGAINST | {DecisionGround.OWN_REQUEST, DecisionGround.OTHER},
    }
)
"""The grounds that go with each outcome. A household of which one died or moved away may still get less."""

JOINING: Final = frozenset(
    {
        MemberCause.BIRTH,
        MemberCause.ADOPTION,
        MemberCause.MARRIAGE,
        MemberCause.DIVORCE,
        MemberCause.RETURNED,
        MemberCause.OTHER,
    }
)
"""Why somebody joins; after a divorce one may come back to the parents."""

LEAVING: Final = frozenset(MemberCause) - {MemberCause.BIRTH, MemberCause.RETURNED}
"""Why somebody leaves; a child may be given away for adoption."""


def refuse_ground(ground: DecisionGround, *outcomes: DecisionOutcome) -> Refusal | None:
    """The ground goes with the outcome, or with one of those still possible."""
    fitting = frozenset[DecisionGround]().union(*(GROUNDS[outcome] for outcome in outcomes))
    if ground in fitting:
        return None
    return Refusal(
        code="ground_does_not_fit",
        rule="art 26, 32: a decision states why, and its ground agrees with its result",
        message=f"With the result {_or(outcomes)} goes one of these grounds: {_listed(fitting)}.",
    )


def refuse_cause(cause: MemberCause, fitting: frozenset[MemberCause]) -> Refusal | None:
    """Nobody leaves by being born."""
    if cause in fitting:
        return None
    return Refusal(
        code="cause_does_not_fit",
        rule="who joins and who leaves does so for a cause that agrees with it",
        message=f"Give one of these causes: {_listed(fitting)}.",
    )


def _or(outcomes: tuple[DecisionOutcome, ...]) -> str:
    return " or ".join(outcomes)


def _listed(fitting: frozenset[DecisionGround] | frozenset[MemberCause]) -> str:
    return ", ".join(sorted(fitting))
