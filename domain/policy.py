"""Which rules bind an area on a day, put together from every level's files, and where does each value stand?

The nearest jurisdiction wins, value by value: nation, province, prefecture, county, township. What no file
states, or a file calls unknown, is answered with `UnknownParameter`, never with a guess.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

import msgspec

from hudang.domain.case import CaseKind, Step
from hudang.domain.decision import Refusal
from hudang.domain.formula import Computation, GapPayment, gap_payment, supplement_per_person
from hudang.domain.month import Month
from hudang.domain.policy_file import (
    Envelope,
    PolicyErrors,
    PolicyFile,
    Source,
    policy_hash,
    read_policy,
)
from hudang.domain.policy_tables import PolicyError, Table, build, table_at, unknown_in
from hudang.domain.policy_terms import (
    AppraisalRule,
    BenefitRule,
    Deadline,
    EffectRule,
    NoticeRule,
    ObjectionRule,
    PaperRule,
    PaymentRule,
    PrepaymentRule,
    Procedure,
    PublicationRule,
    RecordType,
    Register,
    RelativesRule,
    RetentionRule,
    ReviewRule,
    SamplingRule,
    SeparationRule,
    StepRule,
    SupplementRule,
    SurveyRule,
    When,
)
from hudang.domain.values import Area, Fen, jurisdictions
from hudang.domain.workdays import DayUnit, UnknownYear, days_after

__all__ = [
    "AppraisalRule",
    "BenefitRule",
    "Deadline",
    "EffectRule",
    "Envelope",
    "NoticeRule",
    "ObjectionRule",
    "PaymentRule",
    "Policy",
    "PolicyError",
    "PolicyErrors",
    "PolicyFile",
    "PrepaymentRule",
    "Procedure",
    "PublicationRule",
    "Register",
    "RelativesRule",
    "ReviewRule",
    "SamplingRule",
    "SeparationRule",
    "Source",
    "StepRule",
    "SupplementRule",
    "SurveyRule",
    "UnknownParameter",
    "policy_hash",
    "read_policy",
    "resolve",
]

R = TypeVar("R", bound=msgspec.Struct)


class UnknownParameter(Refusal, frozen=True):
    """A number that the work needs and no file states; `path` says which."""

    path: str = ""


def unknown_parameter(path: str) -> UnknownParameter:
    """The refusal to compute on a value that is unknown."""
    return UnknownParameter(
        code="unknown_parameter",
        rule="nothing is computed on an unknown number",
        message=f"No policy in force states {path}; adopt one that does.",
        path=path,
    )


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one programme that bind one area on one day.

    `hashes` names the files, nation first; `sources` says, for each path, which file's value won.
    """

    programme: str
    area: Area
    on: date
    hashes: tuple[str, ...]
    sources: Mapping[str, Source]
    procedures: Mapping[str, Procedure]
    papers: tuple[str, ...]
    """The kinds of paper that an application must bring, as they are filed (申请书)."""
    survey: SurveyRule
    separation: SeparationRule
    supplement: SupplementRule | UnknownParameter
    appraisal: AppraisalRule | UnknownParameter
    notices: Mapping[str, NoticeRule | UnknownParameter]
    publication: PublicationRule | UnknownParameter
    objection: ObjectionRule | UnknownParameter
    relatives: RelativesRule | UnknownParameter
    sampling: SamplingRule | UnknownParameter
    benefit: BenefitRule | UnknownParameter
    reviews: Mapping[str, ReviewRule | UnknownParameter]
    payment: PaymentRule | UnknownParameter
    effect: EffectRule | UnknownParameter
    prepayment_rules: Mapping[str, PrepaymentRule | UnknownParameter]
    retention: Mapping[str, RetentionRule | UnknownParameter]

    def steps(
        self, kind: CaseKind, *, campaign: bool = False, objected: bool = False
    ) -> tuple[StepRule, ...]:
        """The steps of a case in order: and those of an annual review or contested notice."""
        skipped = {When.IN_CAMPAIGN: not campaign, When.AFTER_OBJECTION: not objected}
        procedure = self.procedures[kind]
        every = (procedure.steps[name] for name in procedure.order)
        return tuple(rule for rule in every if not skipped.get(rule.when, False))

    def step(self, kind: CaseKind, name: Step) -> StepRule | None:
        """The rule of one step; None if this procedure has no such step."""
        procedure = self.procedures[kind]
        return procedure.steps[name] if name in procedure.order else None

    def deadline(self, kind: CaseKind, name: Step, since: date) -> date | Refusal | None:
        """The last day for a step, counted from the day its rule counts from; None if no rule limits it."""
        rule = self.step(kind, name)
        if rule is None or rule.deadline is None:
            return None
        return _last_day(rule.deadline, since, f"procedures.{kind}.steps.{name}.deadline.n")

    def whole_case_deadline(
        self, kind: CaseKind, since: date, *, extended: bool = False
    ) -> date | Refusal | None:
        """The last day for the whole case; None if no rule limits it (2021 art 22 does, 2012 does not)."""
        procedure = self.procedures[kind]
        period = procedure.whole_case_extended if extended else procedure.whole_case
        if period is None:
            return None
        return _last_day(period, since, f"procedures.{kind}.whole_case.n")

    def supplement_due_on(self, requested_on: date) -> date | Refusal:
        """The last day for missing papers after their single complete notice."""
        if isinstance(self.supplement, UnknownParameter):
            return self.supplement
        return _last_day(self.supplement.within, requested_on, "supplement.within.n")

    @property
    def min_surveyors(self) -> int:
        """How many people visit together at least."""
        return self.survey.min_surveyors

    @property
    def proposer_must_differ_from_approver(self) -> bool:
        return self.separation.proposer_must_differ_from_approver

    def notice(self, number: int) -> NoticeRule | Refusal:
        """The rule of one round of public notice, counted from 1."""
        rule = self.notices.get(str(number))
        if rule is not None:
            return rule
        return Refusal(
            code="no_such_notice",
            rule="notice is given in the rounds that the policy has",
            message=f"The policy has no notice round {number}.",
        )

    def notice_last_day(self, number: int, first_day: date) -> date | Refusal:
        """The last day a notice must hang, the day of posting not counted; it may close on the next."""
        rule = self.notice(number)
        if isinstance(rule, Refusal):
            return rule
        return _days_after(first_day, rule.length.n, rule.length.unit)

    def objection_decide_by(self, raised_on: date) -> date | Refusal | None:
        """The last day to decide a case whose notice met an objection; None if no rule limits it."""
        if isinstance(self.objection, UnknownParameter):
            return self.objection
        period = self.objection.decide_within
        return None if period is None else _last_day(period, raised_on, "objection.decide_within.n")

    def review_interval(self, household_class: str, register: Register) -> int | Refusal:
        """The months between rechecks of a household of that class."""
        rule = self.reviews.get(household_class, unknown_parameter(f"review.{household_class}"))
        return rule if isinstance(rule, UnknownParameter) else rule.months(register)

    def review_due_on(self, household_class: str, register: Register, last: date) -> date | Refusal:
        """The day of the next recheck: the same day of the month, or that month's last day."""
        months = self.review_interval(household_class, register)
        return months if isinstance(months, Refusal) else _months_after(last, months)

    def kept_until(self, left_on: date) -> date | Refusal:
        """The last day on which every kind of record of a household that left on a day must be kept."""
        rules = [
            self.retention.get(kind, unknown_parameter(f"retention.{kind}.years")) for kind in RecordType
        ]
        unknown = next((rule for rule in rules if isinstance(rule, UnknownParameter)), None)
        years = max((rule.years for rule in rules if isinstance(rule, RetentionRule)), default=0)
        return unknown or _months_after(left_on, 12 * years)

    def start_month(self, decided_on: date) -> Month | Refusal:
        """The first month of an entitlement decided on a day."""
        effect = self.effect
        return effect if isinstance(effect, UnknownParameter) else effect.start_month.after(decided_on)

    def month_of_effect(self, decided_on: date) -> Month | Refusal:
        """The first month in which a raise, cut or end decided on a day counts."""
        effect = self.effect
        return effect if isinstance(effect, UnknownParameter) else effect.change.after(decided_on)

    def monthly_benefit(self, *, persons: int, income_fen: Fen) -> Computation | Refusal:
        """The amount a month, line by line, for so many persons with that income, fen a month."""
        if isinstance(self.benefit, UnknownParameter):
            return self.benefit
        rule = GapPayment(
            line_fen=Fen(self.benefit.line.fen_per_person_month),
            line_source=self.sources["benefit.line.fen_per_person_month"],
            formula_source=self.sources["benefit.kind"],
            rounding=self.benefit.rounding.rounding,
            rounding_source=self.sources["benefit.rounding.to"],
        )
        return gap_payment(rule, persons=persons, income_fen=income_fen)

    @property
    def prepayments(self) -> tuple[PrepaymentRule, ...] | UnknownParameter:
        """Every prepayment the rules order, in the order of the files."""
        rules = _all_known(self.prepayment_rules)
        return rules if isinstance(rules, UnknownParameter) else tuple(rules.values())

    def prepayment_supplement(self, name: str, *, persons: int) -> Computation | Refusal:
        """The supplement that goes with a prepayment, for a household of that many persons."""
        rule = self.prepayment_rules.get(name, unknown_parameter(f"prepayments.{name}"))
        if isinstance(rule, UnknownParameter):
            return rule
        path = f"prepayments.{name}.supplement_fen_per_person"
        return supplement_per_person(Fen(rule.supplement_fen_per_person), self.sources[path], persons=persons)

    def source(self, path: str) -> Source | None:
        """Where the value at a path stands, such as "benefit.line.fen_per_person_month"."""
        return self.sources.get(path)


def resolve(files: Sequence[PolicyFile], programme: str, area: Area, on: date) -> Policy | Refusal:
    """The rules that bind an area on a day, from the files that its county has adopted.

    `on` is the day that the files apply to: for procedures the day the case was accepted. A draft never
    binds; a repealed file binds the cases of its own time.
    """
    areas = jurisdictions(area)
    binding = sorted(
        (file for file in files if file.binds(programme, areas, on)),
        key=lambda file: len(file.envelope.jurisdiction.code),
    )
    codes = [file.envelope.jurisdiction.code for file in binding]
    if not binding:
        return Refusal(
            code="no_policy_in_force",
            rule="a decision names the policy it was made under",
            message=f"No adopted policy of this programme is in force on {on}; adopt one first.",
        )
    if len(set(codes)) < len(codes):
        return Refusal(
            code="policies_overlap",
            rule="one version of a programme is in force at a time at each level",
            message=f"Two policies of one level are in force on {on}; end the older before the newer begins.",
        )
    return _put_together(binding, area, on)


def _put_together(binding: Sequence[PolicyFile], area: Area, on: date) -> Policy | UnknownParameter:
    """The policy of these files, nation first; refused if its very procedure is unknown."""
    tree = _tree(binding)
    procedures = _all_known({kind.value: _procedure(tree, kind) for kind in CaseKind})
    papers = _all_known(_each(PaperRule, tree, "papers"))
    survey = _known(SurveyRule, tree, "survey")
    separation = _known(SeparationRule, tree, "separation")
    if isinstance(procedures, UnknownParameter):
        return procedures
    if isinstance(papers, UnknownParameter):
        return papers
    if isinstance(survey, UnknownParameter):
        return survey
    if isinstance(separation, UnknownParameter):
        return separation
    return Policy(
        programme=binding[0].envelope.programme,
        area=area,
        on=on,
        hashes=tuple(file.hash for file in binding),
        sources={path: value.source for file in binding for path, value in file.stated.items()},
        procedures=procedures,
        papers=tuple(paper.filed_as for paper in papers.values() if paper.required),
        survey=survey,
        separation=separation,
        supplement=_known(SupplementRule, tree, "supplement"),
        appraisal=_known(AppraisalRule, tree, "appraisal"),
        notices=_each(NoticeRule, tree, "notices"),
        publication=_known(PublicationRule, tree, "publication"),
        objection=_known(ObjectionRule, tree, "objection"),
        relatives=_known(RelativesRule, tree, "relatives"),
        sampling=_known(SamplingRule, tree, "sampling"),
        benefit=_known(BenefitRule, tree, "benefit"),
        reviews=_each(ReviewRule, tree, "review"),
        payment=_known(PaymentRule, tree, "payment"),
        effect=_known(EffectRule, tree, "effect"),
        prepayment_rules=_each(PrepaymentRule, tree, "prepayments"),
        retention=_each(RetentionRule, tree, "retention"),
    )


def _tree(binding: Sequence[PolicyFile]) -> Table:
    """All values in their tables; a nearer file's value and marks replace those of a farther one."""
    tree: Table = {}
    for file in binding:
        for path, value in file.stated.items():
            *tables, name = path.split(".")
            table = tree
            for inner in tables:
                table = table.setdefault(inner, {})
            table.update({name: value.value, "article": value.source.article, "basis": value.source.basis})
    return tree


def _known(type_: type[R], tree: Table, path: str) -> R | UnknownParameter:
    """The rule at a path, or the first of its values that is unknown."""
    table = tree
    for name in path.split("."):
        table = table_at(table, name)
    unknown = next(unknown_in(type_, table, path), None)
    return unknown_parameter(unknown) if unknown else build(type_, table, path.rsplit(".", maxsplit=1)[-1])


def _each(type_: type[R], tree: Table, block: str) -> dict[str, R | UnknownParameter]:
    """The rule of every table in a block, by name."""
    return {name: _known(type_, tree, f"{block}.{name}") for name in table_at(tree, block)}


def _procedure(tree: Table, kind: CaseKind) -> Procedure | UnknownParameter:
    """The procedure of a kind of case, with a table for every step of its order."""
    path = f"procedures.{kind}"
    procedure = _known(Procedure, tree, path)
    if isinstance(procedure, UnknownParameter):
        return procedure
    untold = next((name for name in procedure.order if name not in procedure.steps), None)
    return unknown_parameter(f"{path}.steps.{untold}") if untold else procedure


def _all_known(rules: Mapping[str, R | UnknownParameter]) -> dict[str, R] | UnknownParameter:
    """The rules by name, or the first unknown among them."""
    known: dict[str, R] = {}
    for name, rule in rules.items():
        if isinstance(rule, UnknownParameter):
            return rule
        known[name] = rule
    return known


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    later = Month.of(day) + months
    return date(later.year, later.month, min(day.day, monthrange(later.year, later.month)[1]))


def _last_day(period: Deadline, since: date, path: str) -> date | Refusal:
    return unknown_parameter(path) if period.n is None else _days_after(since, period.n, period.unit)


def _days_after(since: date, count: int, unit: DayUnit) -> date | Refusal:
    """The last day of a period, or why the calendar cannot tell."""
    day = days_after(since, count, unit)
    if not isinstance(day, UnknownYear):
        return day
    return Refusal(
        code="holidays_unknown",
        rule="working days follow the State Council's yearly arrangement",
        message=f"The holidays of {day.year} are not known yet; update the calendar.",
    )
