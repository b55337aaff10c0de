"""What became of a case on its way: papers, visits, votes, appraisals, notices, objections, decision."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

import strawberry

from hudang.domain import appraisal, determination, notice, objection, opinion, proposal, survey, voting
from hudang.domain.case import Case
from hudang.domain.decision import Event, Recorded
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Personal
from hudang.domain.policy_terms import NoticeField, Place, VoteForm
from hudang.domain.survey import IncomeKind, VisitLevel
from hudang.domain.values import Fen
from hudang.graphql import ids
from hudang.graphql.codes import label_zh
from hudang.graphql.computations import Assessment, Computation
from hudang.graphql.context import Info
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.papers import Evidence
from hudang.graphql.people import opened
from hudang.graphql.scalars import Position

E = TypeVar("E", bound=Event)


@output("A vote by show of hands; whoever voted goes by a label (举手表决).")
class Vote:
    """One voter's choice."""

    meeting_id: strawberry.ID
    voter: str
    choice: voting.Choice
    happened_on: date
    position: Position


@output("A secret ballot: that it was cast, never what it said (无记名投票).")
class Ballot:
    """One ballot."""

    meeting_id: strawberry.ID
    voter: str
    happened_on: date
    position: Position


@output("The appraisal of the case at one meeting (民主评议).")
class Appraisal:
    """How a meeting appraised the case."""

    ledger_tag: strawberry.Private[str]
    made: strawberry.Private[appraisal.Appraisal]
    meeting_id: strawberry.ID
    form: VoteForm
    in_favour: int
    against: int
    abstaining: int
    recused: list[str]
    passed: bool | None
    closed_on: date | None
    superseded: bool

    @strawberry.field(description="The conclusion of the appraisal, opened for case work (评议结论).")
    async def conclusion(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.made.conclusion)

    @strawberry.field(description="What was said against the conclusion, opened for case work (不同意见).")
    async def dissent(self, info: Info) -> list[str | None]:
        return list(await info.context.open_all(self.ledger_tag, self.made.dissent))

    @classmethod
    def of(cls, made: appraisal.Appraisal, ledger: str) -> "Appraisal":
        return cls(
            ledger_tag=ledger,
            made=made,
            meeting_id=ids.write(Kind.MEETING, made.meeting),
            form=made.form,
            in_favour=made.in_favour,
            against=made.against,
            abstaining=made.abstaining,
            recused=list(made.recused),
            passed=made.passed,
            closed_on=made.closed_on,
            superseded=made.superseded,
        )


@output("A public notice of the case (公示).")
class Notice:
    """One notice of the case."""

    posting_id: strawberry.ID
    round: int
    place: Place
    first_day: date
    last_day: date
    shows: list[NoticeField]
    closed_on: date | None
    superseded: bool

    @classmethod
    def of(cls, made: notice.Notice) -> "Notice":
        return cls(
            posting_id=ids.write(Kind.POSTING, made.posting),
            round=made.round,
            place=made.place,
            first_day=made.first_day,
            last_day=made.last_day,
            shows=list(made.shows),
            closed_on=made.closed_on,
            superseded=made.superseded,
        )


@output("An objection to a notice (异议).")
class Objection:
    """One objection and its answer."""

    ledger_tag: strawberry.Private[str]
    raised: strawberry.Private[objection.ObjectionRaised | None]
    resolved: strawberry.Private[objection.ObjectionResolved | None]
    reference: str
    posting_id: strawberry.ID
    round: int
    raised_on: date
    decide_by: date | None
    resolved_on: date | None
    upheld: bool | None

    @strawberry.field(description="What was said, opened for case work (异议内容).")
    async def content(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.raised.content if self.raised else None)

    @strawberry.field(description="Who objected, if they said; opened for case work (异议人).")
    async def objector(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.raised.objector if self.raised else None)

    @strawberry.field(description="What the inquiry found, opened for case work (核查结论).")
    async def finding(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.resolved.finding if self.resolved else None)


@output("Counted income of one member (收入).")
class Income:
    """Income of one member, fen a month."""

    person_id: strawberry.ID
    kind: IncomeKind
    monthly_fen: Fen


@output("A home visit and what it found (入户调查).")
class Visit:
    """One visit."""

    ledger_tag: strawberry.Private[str]
    sealed: strawberry.Private[Personal]
    level: VisitLevel
    visited_on: date
    surveyors: list[str]
    incomes: list[Income]
    income_fen: Fen
    assets_within_limits: bool
    neighbours_asked: int
    sheet: Evidence
    position: Position

    @strawberry.field(description="The household's circumstances, opened for case work (家庭情况).")
    async def circumstances(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.sealed)


@output("The township's opinion (审核意见).")
class Opinion:
    """The township's opinion as it stands."""

    ledger_tag: strawberry.Private[str]
    sealed: strawberry.Private[Personal]
    recommends: bool
    household_class: HouseholdClass
    ground: DecisionGround
    ground_zh: str
    assessment: Assessment
    given_by: str
    given_on: date

    @strawberry.field(description="The township's reasons, opened for case work (理由).")
    async def reasons(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.sealed)

    @classmethod
    def of(cls, made: opinion.Opinion, ledger: str) -> "Opinion":
        return cls(
            ledger_tag=ledger,
            sealed=made.reasons,
            recommends=made.recommends,
            household_class=made.household_class,
            ground=made.ground,
            ground_zh=label_zh(made.ground),
            assessment=Assessment.of(made.assessment),
            given_by=made.given_by,
            given_on=made.given_on,
        )


@output("The county's proposal (县级拟批意见).")
class Proposal:
    """The county's proposal as it stands."""

    household_class: HouseholdClass
    assessment: Assessment
    made_by: str
    made_on: date

    @classmethod
    def of(cls, made: proposal.Proposal) -> "Proposal":
        return cls(
            household_class=made.household_class,
            assessment=Assessment.of(made.assessment),
            made_by=made.made_by,
            made_on=made.made_on,
        )


@output("The county's decision, with rules, inputs and computation (审批决定).")
class Decision:
    """The county's decision."""

    ledger_tag: strawberry.Private[str]
    sealed: strawberry.Private[Personal]
    outcome: DecisionOutcome
    outcome_zh: str
    amount_fen: Fen | None
    household_class: HouseholdClass | None
    effective_from: Month | None
    next_recheck_on: date | None
    ground: DecisionGround
    ground_zh: str
    decided_by: str
    decided_on: date
    notified_on: date | None
    policy_hashes: list[str]
    assessment: Assessment | None
    computation: Computation | None

    @strawberry.field(description="The county's reasons, opened for case work (理由).")
    async def reasons(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.sealed)

    @classmethod
    def of(cls, made: determination.Determination, ledger: str) -> "Decision":
        decided = made.decision
        confirmed = decided if isinstance(decided, determination.DecisionConfirmed) else None
        assessment = Assessment.of(confirmed.assessment) if confirmed else None
        return cls(
            ledger_tag=ledger,
            sealed=decided.reasons,
            outcome=made.outcome,
            outcome_zh=label_zh(made.outcome),
            amount_fen=confirmed.amount_fen if confirmed else None,
            household_class=confirmed.household_class if confirmed else None,
            effective_from=confirmed.effective_from if confirmed else None,
            next_recheck_on=confirmed.next_recheck_on if confirmed else None,
            ground=decided.ground,
            ground_zh=label_zh(decided.ground),
            decided_by=made.decided_by,
            decided_on=made.decided_on,
            notified_on=made.notified_on,
            policy_hashes=list(confirmed.assessment.policies) if confirmed else [],
            assessment=assessment,
            computation=assessment.computation if assessment else None,
        )


def of_case(events: Sequence[Recorded], case: Case, kind: type[E]) -> list[tuple[Recorded, E]]:
    """The events of one type that speak of a case."""
    return [
        (recorded, recorded.event)
        for recorded in events
        if isinstance(recorded.event, kind) and getattr(recorded.event, "case", None) == case.id
    ]


def votes_of(events: Sequence[Recorded], case: Case) -> list[Vote]:
    """Every vote by show of hands."""
    return [
        Vote(
            meeting_id=ids.write(Kind.MEETING, cast.meeting),
            voter=cast.voter,
            choice=cast.choice,
            happened_on=recorded.happened_on,
            position=Position(recorded.position),
        )
        for recorded, cast in of_case(events, case, voting.VoteCast)
    ]


def ballots_of(events: Sequence[Recorded], case: Case) -> list[Ballot]:
    """Every secret ballot."""
    return [
        Ballot(
            meeting_id=ids.write(Kind.MEETING, cast.meeting),
            voter=cast.voter,
            happened_on=recorded.happened_on,
            position=Position(recorded.position),
        )
        for recorded, cast in of_case(events, case, voting.BallotCast)
    ]


def visits_of(events: Sequence[Recorded], case: Case) -> list[Visit]:
    """Every home visit."""
    return [
        Visit(
            ledger_tag=recorded.ledger,
            sealed=visit.circumstances,
            level=visit.level,
            visited_on=recorded.happened_on,
            surveyors=list(visit.surveyors),
            incomes=[_income(item) for item in visit.incomes],
            income_fen=Fen(sum(item.monthly_fen for item in visit.incomes)),
            assets_within_limits=visit.assets_within_limits,
            neighbours_asked=visit.neighbours_asked,
            sheet=Evidence.of(visit.sheet),
            position=Position(recorded.position),
        )
        for recorded, visit in of_case(events, case, survey.HomeVisitRecorded)
    ]


def objections_of(events: Sequence[Recorded], case: Case, ledger: str) -> list[Objection]:
    """Every objection with its answer."""
    raised = {event.objection: event for _, event in of_case(events, case, objection.ObjectionRaised)}
    answers = {event.objection: event for _, event in of_case(events, case, objection.ObjectionResolved)}
    return [
        Objection(
            ledger_tag=ledger,
            raised=raised.get(known.id),
            resolved=answers.get(known.id),
            reference=known.id,
            posting_id=ids.write(Kind.POSTING, known.posting),
            round=known.round,
            raised_on=known.raised_on,
            decide_by=known.decide_by,
            resolved_on=known.resolved_on,
            upheld=known.upheld,
        )
        for known in case.objections
    ]


def _income(item: survey.IncomeItem) -> Income:
    return Income(person_id=ids.write(Kind.PERSON, item.person), kind=item.kind, monthly_fen=item.monthly_fen)
