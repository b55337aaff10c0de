"""What do people of the field call a step, an outcome, a kind of payment? (Chinese labels of codes)"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hudang.domain.case import CaseEnd, CaseKind, Step
from hudang.domain.erasure import Ground
from hudang.domain.hold import HoldKind
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.domain.policy_terms import Place, VoteForm
from hudang.domain.survey import VisitLevel
from hudang.domain.verification import CrossCheckResult
from hudang.domain.voting import Choice

PROGRAMMES_ZH: Final = MappingProxyType({"dibao": "低保"})
"""The programmes known by a common name; any other goes by its code."""

LABELS_ZH: Final[MappingProxyType[StrEnum, str]] = MappingProxyType(
    {
        CaseKind.APPLICATION: "申请",
        CaseKind.RECHECK: "复核",
        Step.ACCEPTANCE: "受理",
        Step.CONSENT: "授权核查",
        Step.CROSS_CHECK: "信息核对",
        Step.SURVEY: "入户调查",
        Step.APPRAISAL: "民主评议",
        Step.OPINION: "审核意见",
        Step.NOTICE_1: "第一榜公示",
        Step.PROPOSAL: "拟批意见",
        Step.NOTICE_2: "第二榜公示",
        Step.DECISION: "审批",
        Step.NOTIFICATION: "书面通知",
        CaseEnd.APPROVED: "批准",
        CaseEnd.REFUSED: "不予批准",
        CaseEnd.LAPSED: "资料未交齐自动放弃",
        CaseEnd.WITHDRAWN: "撤回",
        CaseEnd.KEPT: "维持",
        CaseEnd.RAISED: "增标",
        CaseEnd.LOWERED: "减标",
        CaseEnd.ENDED: "取消",
        DecisionOutcome.APPROVE: "批准",
        DecisionOutcome.REFUSE: "不予批准",
        DecisionOutcome.KEEP: "维持",
        DecisionOutcome.RAISE: "增标",
        DecisionOutcome.LOWER: "减标",
        DecisionOutcome.END: "取消",
        PayoutKind.REGULAR: "月低保金",
        PayoutKind.SUPPLEMENT: "一次性补助",
        PayoutKind.ARREARS: "补发",
        PayoutState.INSTRUCTED: "已下达",
        PayoutState.CONFIRMED: "已到账",
        PayoutState.RETURNED: "已退回",
        CrossCheckResult.CONSISTENT: "相符",
        CrossCheckResult.DISCREPANCY: "不符",
        VisitLevel.TOWNSHIP: "乡镇(街道)",
        VisitLevel.COUNTY: "县级",
        VoteForm.SHOW_OF_HANDS: "举手表决",
        VoteForm.SECRET_BALLOT: "无记名投票",
        Choice.FOR: "同意",
        Choice.AGAINST: "不同意",
        Choice.ABSTAIN: "弃权",
        HoldKind.AUDIT: "审计",
        HoldKind.RECONSIDERATION: "行政复议",
        HoldKind.LITIGATION: "行政诉讼",
        Ground.RETENTION_ENDED: "保存期限届满",
        Ground.UNLAWFUL_PROCESSING: "违法处理",
        Ground.COURT_ORDER: "生效裁判",
        Place.VILLAGE_BOARD: "村(居)务公开栏",
        Place.TOWNSHIP_BOARD: "乡镇(街道)政务公开栏",
        Place.SERVICE_HALL_SCREEN: "政务大厅电子屏",
    }
)


def label_zh(code: StrEnum) -> str:
    """What people of the field call it."""
    return LABELS_ZH.get(code, code.value)


def programme_zh(programme: str) -> str:
    """What people of the field call a programme."""
    return PROGRAMMES_ZH.get(programme, programme)
