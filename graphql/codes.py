"""Which codes does the API speak in, and what does a person of the field call them? (代码表)"""

from enum import StrEnum
from typing import Final

import strawberry

from hudang.domain.allotment import AidPurpose, DrawReturnCause
from hudang.domain.case import CaseEnd, CaseKind, Step
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.erasure import Ground
from hudang.domain.grounds import DecisionGround, MemberCause, PayoutReturnCause
from hudang.domain.hold import HoldKind
from hudang.domain.identity import Relation
from hudang.domain.jurisdiction import AreaLevel, LedgerClock
from hudang.domain.meeting import AttendeePart
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.domain.policy_terms import Basis, NoticeField, Place, Register, VoteForm
from hudang.domain.roles import LABELS_ZH, Role
from hudang.domain.survey import IncomeKind, VisitLevel
from hudang.domain.verification import CrossCheckResult
from hudang.domain.voting import Choice
from hudang.projections import labels
from hudang.projections.entitlements import Change
from hudang.projections.transfers import Direction, TransferState
from hudang.projections.work_queue import Task


class ReplayOutcome(StrEnum):
    """What recomputing a recorded assessment from its recorded inputs and rules gave."""

    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    UNKNOWN_INPUT = "unknown_input"
    ERASED = "erased"
    DECIDED_BEFORE_LEDGER = "decided_before_ledger"


class RecheckState(StrEnum):
    """Where the rechecks of a list stand."""

    DUE = "due"
    OPEN = "open"
    OVERDUE = "overdue"


class CodeList(StrEnum):
    """The lists of codes."""

    ROLE = "Role"
    REGISTER = "Register"
    RELATION = "Relation"
    CASE_KIND = "CaseKind"
    STEP = "Step"
    CASE_END = "CaseEnd"
    DECISION_OUTCOME = "DecisionOutcome"
    DECISION_GROUND = "DecisionGround"
    MEMBER_CAUSE = "MemberCause"
    HOUSEHOLD_CLASS = "HouseholdClass"
    CROSS_CHECK_RESULT = "CrossCheckResult"
    VISIT_LEVEL = "VisitLevel"
    INCOME_KIND = "IncomeKind"
    ATTENDEE_PART = "AttendeePart"
    VOTE_FORM = "VoteForm"
    CHOICE = "Choice"
    PLACE = "Place"
    NOTICE_FIELD = "NoticeField"
    PAYOUT_KIND = "PayoutKind"
    PAYOUT_STATE = "PayoutState"
    AID_PURPOSE = "AidPurpose"
    DRAW_RETURN_CAUSE = "DrawReturnCause"
    PAYOUT_RETURN_CAUSE = "PayoutReturnCause"
    AREA_LEVEL = "AreaLevel"
    LEDGER_CLOCK = "LedgerClock"
    BASIS = "Basis"
    REPLAY_OUTCOME = "ReplayOutcome"
    TASK = "Task"
    CHANGE = "Change"
    RECHECK_STATE = "RecheckState"
    TRANSFER_DIRECTION = "Direction"
    TRANSFER_STATE = "TransferState"
    ERASURE_GROUND = "Ground"
    HOLD_KIND = "HoldKind"


def _told(enumeration: type[StrEnum]) -> dict[str, str]:
    """The labels that the read models use too."""
    return {code.value: labels.label_zh(code) for code in enumeration}


LABELS: Final[dict[type[StrEnum], tuple[str, dict[str, str]]]] = {
    Role: ("经办角色", {role.value: label for role, label in LABELS_ZH.items()}),
    Register: ("户籍类别", {"urban": "城市", "rural": "农村"}),
    Relation: ("与户主关系", {relation.value: relation.label_zh for relation in Relation}),
    CaseKind: ("案件类别", _told(CaseKind)),
    Step: ("办理环节", _told(Step)),
    CaseEnd: ("办理结果", _told(CaseEnd)),
    DecisionOutcome: ("审批结果", _told(DecisionOutcome)),
    DecisionGround: ("决定事由", {ground.value: ground.label_zh for ground in DecisionGround}),
    MemberCause: ("人口增减原因", {cause.value: cause.label_zh for cause in MemberCause}),
    HouseholdClass: (
        "家庭分类",
        {"A": "收入基本无变化", "B": "收入相对稳定", "C": "收入不稳定或有劳动能力"},
    ),
    CrossCheckResult: ("核对结果", _told(CrossCheckResult)),
    VisitLevel: ("入户层级", _told(VisitLevel)),
    IncomeKind: (
        "收入类别",
        {"wages": "工资性收入", "business": "经营净收入", "property": "财产净收入", "transfer": "转移净收入"},
    ),
    AttendeePart: (
        "参会身份",
        {
            "township_staff": "乡镇(街道)工作人员",
            "committee": "村(居)党组织和村(居)委会成员",
            "party_representative": "党员代表",
            "resident_representative": "村(居)民代表",
        },
    ),
    VoteForm: ("表决方式", _told(VoteForm)),
    Choice: ("表决意见", _told(Choice)),
    Place: ("公示地点", _told(Place)),
    NoticeField: (
        "公示内容",
        {
            "applicant_name": "申请人姓名",
            "member_count": "家庭成员数量",
            "members": "家庭成员",
            "survey_result": "入户调查结果",
            "appraisal_result": "民主评议结果",
            "opinion": "审核意见",
            "amount": "拟保障金额",
        },
    ),
    PayoutKind: ("发放类别", _told(PayoutKind)),
    PayoutState: ("发放状态", _told(PayoutState)),
    AidPurpose: ("救助类型", {purpose.value: purpose.label_zh for purpose in AidPurpose}),
    DrawReturnCause: ("额度退回原因", {cause.value: cause.label_zh for cause in DrawReturnCause}),
    PayoutReturnCause: ("退票原因", {cause.value: cause.label_zh for cause in PayoutReturnCause}),
    AreaLevel: (
        "行政级别",
        {
            "province": "省",
            "prefecture": "市",
            "county": "县(区)",
            "township": "乡镇(街道)",
            "village": "村(社区)",
        },
    ),
    LedgerClock: ("台账时钟", {"server": "服务器时间", "simulated": "模拟时间"}),
    Basis: (
        "依据类别",
        {"rule": "文件条文", "report": "工作报告", "house": "内控要求", "invented": "演示假设"},
    ),
    ReplayOutcome: (
        "复算结果",
        {
            "reproduced": "复算一致",
            "differs": "复算不一致",
            "unknown_input": "依据不全",
            "erased": "数据已删除",
            "decided_before_ledger": "建账前决定",
        },
    ),
    Task: (
        "待办类别",
        {
            "take_step": "办理",
            "await_papers": "等待补交材料",
            "post_notice": "张榜公示",
            "close_notice": "公示期满",
            "answer_objection": "异议处理",
        },
    ),
    Change: (
        "待遇变动类别",
        {
            "registered": "存量录入",
            "started": "新增",
            "raised": "增标",
            "lowered": "减标",
            "kept": "维持",
            "ended": "取消",
            "moved_away": "迁出",
        },
    ),
    Direction: ("迁移方向", {"out": "迁出", "in": "迁入"}),
    TransferState: ("迁移状态", {"open": "办理中", "completed": "已办结"}),
    Ground: ("删除依据", _told(Ground)),
    HoldKind: ("暂停销毁事由", _told(HoldKind)),
    RecheckState: ("复核状态", {"due": "到期", "open": "办理中", "overdue": "逾期"}),
}
"""Every enumeration of the schema: its Chinese name, and the Chinese label of each value."""


def label_zh(code: StrEnum) -> str:
    """What a person of the field calls a code."""
    return LABELS[type(code)][1][code.value]


def label_en(code: StrEnum) -> str:
    """The code in plain English."""
    return code.value.replace("_", " ")


@strawberry.type(description="A code with its names (代码).")
class Code:
    code: str = strawberry.field(description="The code as the schema writes it (代码).")
    zh: str = strawberry.field(description="What a person of the field calls it (中文名称).")
    en: str = strawberry.field(description="The same in English (英文名称).")


def codes_of(wanted: CodeList) -> list[Code]:
    """Every code of a list, in the order of the procedure."""
    enumeration = next(known for known in LABELS if known.__name__ == wanted.value)
    return [Code(code=code.name, zh=label_zh(code), en=label_en(code)) for code in enumeration]


def _publish(enumeration: type[StrEnum], title_zh: str, labels: dict[str, str]) -> None:
    """Make a domain enumeration an enum of the schema, described value by value."""
    rule = (enumeration.__doc__ or "").strip().split("\n")[0].rstrip(".")
    title = "" if title_zh in rule else f" ({title_zh})"
    published = strawberry.enum(enumeration, description=f"{rule}{title}.")
    for value in published.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by strawberry
        code = enumeration[value.name]
        value.description = f"{label_en(code)} ({labels[code.value]})"


for _enumeration, (_title, _labels) in LABELS.items():
    _publish(_enumeration, _title, _labels)

strawberry.enum(CodeList, description="The lists of codes (代码表).")
for _listed in CodeList.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by strawberry
    _listed.description = f"The codes of {CodeList[_listed.name].value} (代码表)."
