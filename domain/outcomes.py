"""What can the county decide on a case, and how does the case end with it? (审批结果)"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hudang.domain.case import CaseEnd


class DecisionOutcome(StrEnum):
    """What the county decided."""

    APPROVE = "approve"  # 批准
    REFUSE = "refuse"  # 不予批准
    KEEP = "keep"  # 维持
    RAISE = "raise"  # 增标
    LOWER = "lower"  # 减标
    END = "end"  # 取消


ADVERSE: Final = frozenset({DecisionOutcome.LOWER, DecisionOutcome.END})
"""Outcomes that take effect only after written notice (art 32)."""

CASE_ENDS: Final = MappingProxyType(
    {
        DecisionOutcome.APPROVE: CaseEnd.APPROVED,
        DecisionOutcome.REFUSE: CaseEnd.REFUSED,
        DecisionOutcome.KEEP: CaseEnd.KEPT,
        DecisionOutcome.RAISE: CaseEnd.RAISED,
        DecisionOutcome.LOWER: CaseEnd.LOWERED,
        DecisionOutcome.END: CaseEnd.ENDED,
    }
)
"""How a case ends with each outcome."""
