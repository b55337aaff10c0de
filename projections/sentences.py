"""What happened, in one Chinese and one English sentence, without a word that names a person?

Amounts, months, days, steps and counts are told; names and what somebody wrote in their own words are not.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec

from hudang.domain import (
    allotment,
    application,
    appraisal,
    arrival,
    campaign,
    determination,
    entitlement,
    erasure,
    hold,
    jurisdiction,
    meeting,
    notice,
    notification,
    objection,
    opinion,
    payout,
    payroll,
    person,
    posting,
    proposal,
    recheck,
    registration,
    returning,
    survey,
    transfer,
    verification,
    voting,
)
from hudang.domain.decision import Event
from hudang.domain.money import format_yuan
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.payout import PayoutPart
from hudang.domain.values import Fen
from hudang.projections.labels import label_zh, programme_zh


class Sentence(msgspec.Struct, frozen=True):
    """One event, told twice."""

    zh: str
    en: str


def sentence(event: Event) -> Sentence:
    """Tell an event; one of a type that has no sentence is told by its topic."""
    tell = SENTENCES.get(type(event))
    return Sentence(*tell(event)) if tell else Sentence(event.TOPIC, event.TOPIC)


def _said(code: StrEnum) -> str:
    """A code as an English phrase: `secret_ballot` is "secret ballot"."""
    return code.value.replace("_", " ")


def _yuan(amount: Fen) -> str:
    """An amount in an English sentence."""
    return f"{format_yuan(amount).removesuffix('元').strip()} yuan"


def _ground_zh(decided: determination.DecisionConfirmed) -> str:
    """The ground of a decision; that of an approval goes without saying."""
    return "" if decided.outcome is DecisionOutcome.APPROVE else f" ({decided.ground.label_zh})"


def _ground_en(decided: determination.DecisionConfirmed) -> str:
    return "" if decided.outcome is DecisionOutcome.APPROVE else f" ({_said(decided.ground)})"


def _months(parts: tuple[PayoutPart, ...]) -> str:
    """The months that a payment is for, each once."""
    return "、".join(dict.fromkeys(str(part.month) for part in parts))


SENTENCES: Final[Mapping[type[Event], Callable[[Any], tuple[str, str]]]] = MappingProxyType(
    {
        jurisdiction.LedgerOpened: lambda e: ("建立台账", "The ledger was opened."),
        jurisdiction.AreaEstablished: lambda e: (
            f"登记区划 {e.area}",
            f"Area {e.area} was entered.",
        ),
        jurisdiction.PolicyAdopted: lambda e: (
            f"采用{programme_zh(e.programme)}政策 {e.version}, 自 {e.in_force_from} 起",
            f"Rules {e.version} of {e.programme} were adopted, in force from {e.in_force_from}.",
        ),
        person.PersonRegistered: lambda e: ("人员登记", "A person became known to the ledger."),
        registration.HouseholdRegistered: lambda e: (
            f"建立户档, 家庭成员 {len(e.members)} 人",
            f"The household file was opened with {len(e.members)} members.",
        ),
        registration.MemberJoined: lambda e: (
            f"增加家庭成员 ({e.relation.label_zh})",
            f"A member joined the household ({_said(e.relation)}).",
        ),
        registration.MemberLeft: lambda e: ("减少家庭成员", "A member left the household."),
        registration.AccountNamed: lambda e: ("登记发放账户", "The household named its account."),
        entitlement.ExistingEntitlementRegistered: lambda e: (
            f"存量录入: {programme_zh(e.programme)} {len(e.persons)} 人, 每月 {format_yuan(e.amount_fen)}, "
            f"自 {e.from_month} 起 (台账建立前审批)",
            f"An entitlement decided before this ledger was entered: {e.programme}, {len(e.persons)} persons,"
            f" {_yuan(e.amount_fen)} a month since {e.from_month}.",
        ),
        application.ApplicationSubmitted: lambda e: (
            f"提出{programme_zh(e.programme)}申请, 提交材料 {len(e.papers)} 份",
            f"The household applied for {e.programme} with {len(e.papers)} papers.",
        ),
        application.SupplementRequested: lambda e: (
            f"一次性告知缺少材料: {'、'.join(e.missing)}, 应于 {e.due_on} 前补齐",
            f"The applicant was told what is missing, due on {e.due_on}: {', '.join(e.missing)}.",
        ),
        application.PapersReceived: lambda e: (
            f"补交材料 {len(e.papers)} 份",
            f"The applicant handed in {len(e.papers)} further papers.",
        ),
        application.ApplicationAccepted: lambda e: ("申请受理", "The application was accepted."),
        application.ApplicationLapsed: lambda e: (
            f"资料未交齐, 视为放弃申请: 缺{'、'.join(e.missing)}",
            f"The application lapsed; still missing: {', '.join(e.missing)}.",
        ),
        application.ApplicationWithdrawn: lambda e: ("撤回申请", "The applicant withdrew the application."),
        verification.VerificationConsentGiven: lambda e: (
            f"授权核查, {len(e.signers)} 人签字",
            f"{len(e.signers)} members authorised verification.",
        ),
        verification.CrossCheckReceived: lambda e: (
            f"信息核对: {label_zh(e.result)}, 数据截至 {e.data_as_of}",
            f"The cross-check came back: {_said(e.result)}, data as of {e.data_as_of}.",
        ),
        survey.HomeVisitRecorded: lambda e: (
            f"{label_zh(e.level)}入户调查, 调查人员 {len(e.surveyors)} 人, "
            f"家庭月收入 {format_yuan(Fen(sum(item.monthly_fen for item in e.incomes)))}",
            f"A {_said(e.level)} home visit by {len(e.surveyors)} surveyors found an income of "
            f"{_yuan(Fen(sum(item.monthly_fen for item in e.incomes)))} a month.",
        ),
        meeting.MeetingHeld: lambda e: (
            f"召开民主评议会, {len(e.attendees)} 人到会, 评议 {len(e.cases)} 户",
            f"An appraisal meeting of {len(e.attendees)} was held on {len(e.cases)} cases.",
        ),
        meeting.MinutesSigned: lambda e: (
            f"评议记录签字, {len(e.signers)} 人",
            f"{len(e.signers)} of those present signed the minutes.",
        ),
        voting.VoteCast: lambda e: (
            f"举手表决: {e.voter} {label_zh(e.choice)}",
            f"{e.voter} voted by show of hands: {_said(e.choice)}.",
        ),
        voting.BallotCast: lambda e: (f"无记名投票: {e.voter} 已投票", f"{e.voter} cast a secret ballot."),
        voting.BallotsCounted: lambda e: (
            f"计票: 同意 {e.in_favour}, 不同意 {e.against}, 弃权 {e.abstaining}",
            f"The ballots were counted: {e.in_favour} for, {e.against} against, {e.abstaining} abstaining.",
        ),
        appraisal.AppraisalClosed: lambda e: (
            f"民主评议{'通过' if e.passed else '未通过, 重新调查'} ({label_zh(e.form)}): 到会 {e.present} 人,"
            f" 同意 {e.in_favour}, 不同意 {e.against}, 弃权 {e.abstaining}",
            f"The appraisal found the survey {'true' if e.passed else 'in dispute'} by {_said(e.form)}: "
            f"{e.in_favour} for, {e.against} against, {e.abstaining} abstaining of {e.present} present.",
        ),
        opinion.PreliminaryOpinionGiven: lambda e: (
            f"审核意见: {'同意' if e.recommends else '不同意'}, {e.household_class} 类, "
            f"核算每月 {format_yuan(e.assessment.amount_fen)}",
            f"The township {'recommended' if e.recommends else 'advised against'} assistance, class "
            f"{e.household_class}, computed at {_yuan(e.assessment.amount_fen)} a month.",
        ),
        posting.PostingPutUp: lambda e: (
            f"第{e.round}榜张榜公示 {len(e.entries)} 户, {e.first_day} 至 {e.last_day}",
            f"Notice {e.round} was posted for {len(e.entries)} cases, {e.first_day} to {e.last_day}.",
        ),
        posting.PostingTakenDown: lambda e: ("公示结束撤榜", "The poster was taken down."),
        notice.NoticePosted: lambda e: (
            f"第{e.round}榜公示 ({label_zh(e.place)}), {e.first_day} 至 {e.last_day}",
            f"Notice {e.round} was posted ({_said(e.place)}), {e.first_day} to {e.last_day}.",
        ),
        notice.NoticeClosed: lambda e: (
            f"第{e.round}榜公示期满, 异议 {e.objections} 件",
            f"Notice {e.round} closed with {e.objections} objections.",
        ),
        objection.ObjectionRaised: lambda e: (
            f"第{e.round}榜公示期间提出异议",
            f"An objection was raised to notice {e.round}.",
        ),
        objection.ObjectionResolved: lambda e: (
            f"异议{'成立' if e.upheld else '不成立'}" + (f", 退回{label_zh(e.back_to)}" if e.back_to else ""),
            f"The objection was {'upheld' if e.upheld else 'not upheld'}"
            + (f"; the case went back to {_said(e.back_to)}." if e.back_to else "."),
        ),
        returning.ReturnedToStage: lambda e: (
            f"退回{label_zh(e.back_to)}",
            f"The case was returned to {_said(e.back_to)}.",
        ),
        proposal.CountyProposalMade: lambda e: (
            f"县级拟批: {e.household_class} 类, 每月 {format_yuan(e.assessment.amount_fen)}",
            f"The county proposed {_yuan(e.assessment.amount_fen)} a month, class {e.household_class}.",
        ),
        determination.DecisionConfirmed: lambda e: (
            f"审批决定: {label_zh(e.outcome)}{_ground_zh(e)}, 每月 {format_yuan(e.amount_fen)}, "
            f"自 {e.effective_from} 起",
            f"The county decided to {_said(e.outcome)}{_ground_en(e)}: {_yuan(e.amount_fen)} a month from "
            f"{e.effective_from}.",
        ),
        determination.DecisionRefused: lambda e: (
            f"审批决定: 不予批准 ({e.ground.label_zh})",
            f"The county refused the application ({_said(e.ground)}).",
        ),
        notification.NotificationDelivered: lambda e: (
            "书面通知送达",
            "The written notice of the decision was delivered.",
        ),
        entitlement.EntitlementStarted: lambda e: (
            f"{programme_zh(e.programme)}待遇开始: {len(e.persons)} 人, 每月 {format_yuan(e.amount_fen)}, "
            f"自 {e.from_month} 起",
            f"The entitlement to {e.programme} started: {len(e.persons)} persons, {_yuan(e.amount_fen)} "
            f"a month from {e.from_month}.",
        ),
        entitlement.EntitlementChanged: lambda e: (
            f"{'增标' if e.amount_fen > e.before_fen else '减标'}: 每月 {format_yuan(e.before_fen)} 调整为 "
            f"{format_yuan(e.amount_fen)}, 自 {e.from_month} 起",
            f"The amount was {'raised' if e.amount_fen > e.before_fen else 'lowered'} from "
            f"{_yuan(e.before_fen)} to {_yuan(e.amount_fen)} a month from {e.from_month}.",
        ),
        entitlement.EntitlementKept: lambda e: (
            f"复核维持: 每月 {format_yuan(e.amount_fen)}, 下次复核 {e.next_recheck_on}",
            f"The entitlement was kept at {_yuan(e.amount_fen)} a month; next recheck on"
            f" {e.next_recheck_on}.",
        ),
        entitlement.EntitlementEnded: lambda e: (
            f"待遇取消 ({e.ground.label_zh}): 每月 {format_yuan(e.amount_fen)}, 发放至 {e.last_month}",
            f"The entitlement of {_yuan(e.amount_fen)} a month ended after {e.last_month} "
            f"({_said(e.ground)}).",
        ),
        recheck.RecheckOpened: lambda e: (
            f"开启{'年审' if e.campaign else '复核'}, 应于 {e.due_on} 进行",
            f"{'An annual review' if e.campaign else 'A recheck'} due on {e.due_on} was opened.",
        ),
        recheck.RecheckJoined: lambda e: (
            "复核并入年审",
            "The open recheck became part of an annual review.",
        ),
        campaign.CampaignOpened: lambda e: (
            f"开展年审, {e.roster_month} 名册 {len(e.roster)} 户",
            f"An annual review of the {len(e.roster)} households of {e.roster_month} began.",
        ),
        campaign.CampaignClosed: lambda e: (
            f"年审结束, {sum(e.results.values())} 户均有结果",
            f"The annual review closed with {sum(e.results.values())} results.",
        ),
        payroll.PayrollPrepared: lambda e: (
            f"编制 {e.month} 发放花名册: {len(e.lines)} 户, {format_yuan(e.total_fen)}",
            f"The payroll of {e.month} was fixed: {len(e.lines)} households, {_yuan(e.total_fen)}.",
        ),
        payroll.PayrollInstructed: lambda e: (
            f"下达发放指令 {len(e.households)} 户",
            f"Payment of {len(e.households)} households was instructed.",
        ),
        payout.PayoutInstructed: lambda e: (
            f"{'重发' if e.reissue_of else '下达发放'} {_months(e.parts)}: {format_yuan(e.amount_fen)}",
            f"{_yuan(e.amount_fen)} for {_months(e.parts)} were "
            f"{'re-issued' if e.reissue_of else 'instructed'}.",
        ),
        payout.PayoutConfirmed: lambda e: ("发放到账", "The bank confirmed the payment."),
        allotment.AllotmentGranted: lambda e: (
            f"下达分配额度 {format_yuan(e.amount_fen)}, {e.first_month} 至 {e.last_month}",
            f"{_yuan(e.amount_fen)} were allotted for {e.first_month} to {e.last_month}.",
        ),
        allotment.AllotmentDrawn: lambda e: (
            f"使用分配额度 {format_yuan(e.amount_fen)} ({e.purpose.label_zh})",
            f"{_yuan(e.amount_fen)} were drawn on the allotment ({_said(e.purpose)}).",
        ),
        allotment.DrawReturned: lambda e: (
            f"退回分配额度 ({e.cause.label_zh})",
            f"A draw was given back to the allotment ({_said(e.cause)}).",
        ),
        transfer.TransferredOut: lambda e: (
            f"迁出至 {e.to_ledger}, {len(e.members)} 人",
            f"The household of {len(e.members)} moved to ledger {e.to_ledger}.",
        ),
        transfer.TransferCompleted: lambda e: (
            f"迁出完成, 对方于 {e.accepted_on} 办理迁入",
            f"The other ledger took the household in on {e.accepted_on}.",
        ),
        arrival.TransferAnnounced: lambda e: (
            f"待迁入: 自 {e.from_ledger} 迁来, {len(e.members)} 人",
            f"Ledger {e.from_ledger} announced a household of {len(e.members)} that moves here.",
        ),
        arrival.TransferAccepted: lambda e: ("办理迁入", "The household that was announced got its file."),
        arrival.TransferredIn: lambda e: (
            f"自 {e.from_ledger} 迁入",
            f"The household came from ledger {e.from_ledger}.",
        ),
        hold.HoldPlaced: lambda e: (
            f"暂停销毁: {label_zh(e.kind)}",
            f"The person's data are kept readable for: {_said(e.kind)}.",
        ),
        hold.HoldLifted: lambda e: ("解除暂停销毁", "A matter is closed for which the data were kept."),
        erasure.ErasureProposed: lambda e: (
            f"提出删除个人信息: {label_zh(e.ground)}",
            f"An officer proposed to erase the person's data: {_said(e.ground)}.",
        ),
        erasure.ErasureWithdrawn: lambda e: (
            "撤回删除个人信息",
            "The proposal to erase the person's data was taken back.",
        ),
        erasure.PersonErased: lambda e: (
            f"删除个人信息: {label_zh(e.ground)}",
            f"The person's data were erased: {_said(e.ground)}.",
        ),
        payroll.PayrollLinesDropped: lambda e: (
            f"已迁出, 不再发放 {len(e.households)} 户",
            f"{len(e.households)} households moved away before they were paid.",
        ),
        payout.PayoutReturned: lambda e: (
            f"发放退回 ({e.cause.label_zh})",
            f"The bank returned the payment ({_said(e.cause)}).",
        ),
    }
)
