"""Which rules can a policy file (政策文件) state, and in which words?

Every table of a file says where its values stand (`article`) and how far to trust them (`basis`). The types
here are rules whose every value is known; what a file marks as `unknown` never becomes one of them.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from hudang.domain.case import Step
from hudang.domain.identity import Relation
from hudang.domain.money import Rounding, RoundingMode, RoundingUnit
from hudang.domain.month import Month
from hudang.domain.roles import Role
from hudang.domain.workdays import DayUnit

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
AmountFen = Annotated[int, msgspec.Meta(ge=0)]
DayOfMonth = Annotated[int, msgspec.Meta(ge=1, le=28)]


class Basis(StrEnum):
    """How far a value can be trusted."""

    RULE = "rule"  # 文件条文: the cited document says so
    REPORT = "report"  # 工作报告: a work report says that it was so
    HOUSE = "house"  # 内控要求: no document says so; Hudang's own safeguard
    INVENTED = "invented"  # 演示假设: made up for a demonstration


class Stated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of rules, and where they stand: the article of the file's document, and their basis."""

    article: str = ""
    basis: Basis = Basis.RULE


class Register(StrEnum):
    """Which Dibao the household is registered for."""

    URBAN = "urban"  # 城市低保
    RURAL = "rural"  # 农村低保


class Named(Stated, frozen=True, kw_only=True):
    """A table known by its own name in the file."""

    name: str = ""


class Anchor(StrEnum):
    """What starts a period: a step of the case (equal to that `Step`), or another dated act."""

    SUPPLEMENT_REQUEST = "supplement_request"  # 一次性告知
    OBJECTION = "objection"  # 提出异议
    ACCEPTANCE = "acceptance"
    CONSENT = "consent"
    CROSS_CHECK = "cross_check"
    SURVEY = "survey"
    APPRAISAL = "appraisal"
    OPINION = "opinion"
    NOTICE_1 = "notice_1"
    PROPOSAL = "proposal"
    NOTICE_2 = "notice_2"
    DECISION = "decision"


class Deadline(Stated, frozen=True, kw_only=True):
    """A period: so many days of a unit after a step; `n` is None where the length is unknown."""

    n: Count | None = None
    unit: DayUnit
    start: Anchor = msgspec.field(name="from")


class When(StrEnum):
    """In which cases a step is taken."""

    ALWAYS = "always"
    IN_CAMPAIGN = "in_campaign"  # 年审: an annual review over a roster
    AFTER_OBJECTION = "after_objection"  # 公示有异议时
    ON_CUT_OR_END = "on_cut_or_end"  # 减发、停发时


class StepRule(Named, frozen=True, kw_only=True):
    """One step of a procedure: who takes it, when, and by which day."""

    by: tuple[Role, ...]
    when: When = When.ALWAYS
    start_within: Deadline | None = None
    deadline: Deadline | None = None


class Procedure(Stated, frozen=True, kw_only=True):
    """The steps of one kind of case, in order; `whole_case` limits them all together."""

    order: tuple[Step, ...]
    steps: dict[str, StepRule]
    whole_case: Deadline | None = None
    whole_case_extended: Deadline | None = None


class PaperRule(Stated, frozen=True, kw_only=True):
    """A paper that an application needs; `filed_as` is its kind in the household file (申请书)."""

    filed_as: str
    required: bool = True


class SupplementRule(Stated, frozen=True, kw_only=True):
    """By when missing papers must come, after the single complete notice of them (一次性告知)."""

    within: Deadline


class SurveyRule(Stated, frozen=True, kw_only=True):
    """How a home visit is made."""

    min_surveyors: Positive


class Share(Stated, frozen=True, kw_only=True):
    """A share such as two thirds, exact."""

    numerator: Count
    denominator: Positive

    def reached_by(self, part: int, whole: int) -> bool:
        """Whether `part` of `whole` is at least this share."""
        return part * self.denominator >= whole * self.numerator


class PassRule(StrEnum):
    """When an appraisal finds the survey true."""

    MAJORITY_OF_VOTES_CAST = "majority_of_votes_cast"  # 赞成票超过所投票数的一半
    MAJORITY_OF_PRESENT = "majority_of_present"  # 赞成票超过到会人数的一半


class VoteForm(StrEnum):
    """How an appraisal votes."""

    SHOW_OF_HANDS = "show_of_hands"  # 举手表决
    SECRET_BALLOT = "secret_ballot"  # 无记名投票


class Recusal(StrEnum):
    """Who takes no part in the appraisal of a household."""

    APPLICANT = "applicant"  # 申请家庭成员
    RELATIVES = "relatives"  # 近亲属


class AppraisalRule(Stated, frozen=True, kw_only=True):
    """Composition and quorum of a democratic appraisal (民主评议), and when it passes."""

    representatives_share: Share
    min_attendance: Positive
    min_signatures: Positive | Literal["all_present"]
    pass_rule: PassRule
    vote_forms: tuple[VoteForm, ...]
    recusal: tuple[Recusal, ...]

    def signatures_needed(self, present: int) -> int:
        """How many of those present must have signed the record."""
        return present if self.min_signatures == "all_present" else self.min_signatures

    def passes(self, votes_for: int, votes_against: int, present: int) -> bool:
        """Whether the votes find the survey true; abstentions are not votes cast."""
        of = present if self.pass_rule is PassRule.MAJORITY_OF_PRESENT else votes_for + votes_against
        return votes_for * 2 > of


class NoticeField(StrEnum):
    """What a public notice may show; nothing else leaves the file."""

    APPLICANT_NAME = "applicant_name"  # 申请人姓名
    MEMBER_COUNT = "member_count"  # 家庭成员数量
    MEMBERS = "members"  # 家庭成员
    SURVEY_RESULT = "survey_result"  # 入户调查结果
    APPRAISAL_RESULT = "appraisal_result"  # 民主评议结果
    OPINION = "opinion"  # 审核(初审)意见
    AMOUNT = "amount"  # 拟保障金额


class Place(StrEnum):
    """Where a notice hangs."""

    VILLAGE_BOARD = "village_board"  # 村(居)务公开栏
    TOWNSHIP_BOARD = "township_board"  # 乡镇(街道)政务公开栏
    SERVICE_HALL_SCREEN = "service_hall_screen"  # 政务大厅电子屏


class Length(Stated, frozen=True, kw_only=True):
    """How long something lasts."""

    n: Count
    unit: DayUnit


class NoticeRule(Stated, frozen=True, kw_only=True):
    """One round of public notice (公示): how long, where, and exactly what it shows."""

    length: Length
    places: tuple[Place, ...]
    fields: tuple[NoticeField, ...]


class PublicationRule(Stated, frozen=True, kw_only=True):
    """What is published after the decision (公布、长期公示)."""

    fields: tuple[NoticeField, ...]
    long_term: bool


class Remedy(StrEnum):
    """What an objection (异议) to a notice leads to."""

    RESURVEY = "resurvey"  # 重新调查核实
    APPRAISAL = "appraisal"  # 民主评议


class ObjectionRule(Stated, frozen=True, kw_only=True):
    """What follows an objection: how it is looked into, by when decided, whether notice is repeated."""

    remedies: tuple[Remedy, ...]
    renotice: bool
    decide_within: Deadline | None = None


class SeparationRule(Stated, frozen=True, kw_only=True):
    """Whether who proposed an amount may also approve it."""

    proposer_must_differ_from_approver: bool


class RelativesRule(Stated, frozen=True, kw_only=True):
    """Which relatives (近亲属) of officials are registered apart, and whether the county visits each."""

    relations: tuple[Relation, ...]
    county_visit_required: bool


class SamplingRule(Stated, frozen=True, kw_only=True):
    """The least share of cases that the county visits itself (入户抽查)."""

    share: Share


class BenefitKind(StrEnum):
    """How an amount is computed."""

    GAP_PAYMENT = "gap_payment"  # 补差: line times persons, less income


class LineRule(Stated, frozen=True, kw_only=True):
    """The Dibao line (低保标准), in fen per person and month."""

    fen_per_person_month: AmountFen


class RoundingRule(Stated, frozen=True, kw_only=True):
    """How the household's monthly amount is rounded."""

    to: RoundingUnit
    mode: RoundingMode

    @property
    def rounding(self) -> Rounding:
        return Rounding(self.to, self.mode)


class BenefitRule(Stated, frozen=True, kw_only=True):
    """The formula of the monthly amount, and its numbers."""

    kind: BenefitKind
    line: LineRule
    rounding: RoundingRule


class ReviewRule(Stated, frozen=True, kw_only=True):
    """How often a class of households is rechecked (复核), in months."""

    label: str
    urban_months: Positive
    rural_months: Positive

    def months(self, register: Register) -> int:
        """The interval for an urban or a rural household."""
        return self.urban_months if register is Register.URBAN else self.rural_months


class Frequency(StrEnum):
    """How often benefits are paid out."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class EffectMonth(StrEnum):
    """From which month a decision takes effect."""

    THIS_MONTH = "this_month"
    NEXT_MONTH = "next_month"

    def after(self, decided_on: date) -> Month:
        """The first month of effect of a decision of that day."""
        return Month.of(decided_on) + (1 if self is EffectMonth.NEXT_MONTH else 0)


class EffectRule(Stated, frozen=True, kw_only=True):
    """From which month an entitlement starts, and a raise, cut or end counts."""

    start_month: EffectMonth
    change: EffectMonth


class PaymentRule(Stated, frozen=True, kw_only=True):
    """How often benefits are paid, and by which day of the month."""

    frequency: Frequency
    pay_by_day: DayOfMonth


class PrepaymentRule(Named, frozen=True, kw_only=True):
    """Months paid together and early, with a supplement per person (春节前一次性发放)."""

    months: tuple[Month, ...]
    pay_before: date
    supplement_fen_per_person: AmountFen


class RecordType(StrEnum):
    """What a file is made of, by how long it is kept."""

    APPROVAL_FILE = "approval_file"  # 审批档案
    DAILY_MANAGEMENT = "daily_management"  # 日常管理档案


class RetentionRule(Stated, frozen=True, kw_only=True):
    """How many years records are kept at least, once the household has left the programme (档案保管期限)."""

    years: Positive


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every table of rules that a file may state; what binds an area is put together from several files."""

    procedures: dict[str, Procedure] = {}
    papers: dict[str, PaperRule] = {}
    supplement: SupplementRule | None = None
    survey: SurveyRule | None = None
    appraisal: AppraisalRule | None = None
    notices: dict[str, NoticeRule] = {}
    publication: PublicationRule | None = None
    objection: ObjectionRule | None = None
    separation: SeparationRule | None = None
    relatives: RelativesRule | None = None
    sampling: SamplingRule | None = None
    benefit: BenefitRule | None = None
    review: dict[str, ReviewRule] = {}
    payment: PaymentRule | None = None
    effect: EffectRule | None = None
    prepayments: dict[str, PrepaymentRule] = {}
    retention: dict[str, RetentionRule] = {}
