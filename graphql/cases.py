"""What does a case look like to those who work on it? Steps, findings, decisions, what may be done."""

from datetime import date

import strawberry

from hudang.domain import case as domain
from hudang.domain import household
from hudang.domain.case import CaseEnd, CaseKind, Step, next_step
from hudang.domain.decision import Given, Recorded, Refusal
from hudang.domain.policy import Policy
from hudang.graphql import ids
from hudang.graphql.availability import AvailableCommand, available_commands
from hudang.graphql.case_parts import (
    Appraisal,
    Ballot,
    Decision,
    Notice,
    Objection,
    Opinion,
    Proposal,
    Visit,
    Vote,
    ballots_of,
    objections_of,
    visits_of,
    votes_of,
)
from hudang.graphql.codes import label_zh
from hudang.graphql.context import File, Info
from hudang.graphql.described import output
from hudang.graphql.history import HistoryEntry, history_page
from hudang.graphql.ids import Kind
from hudang.graphql.nodes import Connection, Node
from hudang.graphql.papers import Evidence
from hudang.graphql.replay import ReplayStep, replayed
from hudang.graphql.steps import CaseStep, case_steps


@output("One case, an application or a recheck, of a household (案件).")
class Case(Node):
    """One case of a household's file."""

    file: strawberry.Private[File]
    made: strawberry.Private[domain.Case]
    household_id: strawberry.ID
    kind: CaseKind
    kind_zh: str
    programme: str
    opened_on: date
    opened_by: str
    due_on: date | None
    applicant_id: strawberry.ID | None
    campaign_id: strawberry.ID | None
    end: CaseEnd | None
    end_zh: str | None
    papers: list[Evidence]
    missing_papers: list[str]
    papers_due_on: date | None
    relatives_of_officials: list[str]

    @strawberry.field
    async def steps(self, info: Info) -> list[CaseStep]:
        policy = await info.context.run(self._policy, info)
        return case_steps(self.made, policy, self.file.steps_taken.get(self.made.id, {}))

    @strawberry.field
    async def next_step(self, info: Info) -> Step | None:
        policy = await info.context.run(self._policy, info)
        if isinstance(policy, Refusal) or self.made.end is not None:
            return None
        rule = next_step(self.made, policy)
        return Step(rule.name) if rule else None

    @strawberry.field
    def visits(self) -> list[Visit]:
        return visits_of(self.file.events, self.made)

    @strawberry.field
    def votes(self) -> list[Vote]:
        return votes_of(self.file.events, self.made)

    @strawberry.field
    def ballots(self) -> list[Ballot]:
        return ballots_of(self.file.events, self.made)

    @strawberry.field
    def appraisals(self) -> list[Appraisal]:
        return [Appraisal.of(made, self.file.ledger) for made in self.made.appraisals]

    @strawberry.field
    def notices(self) -> list[Notice]:
        return [Notice.of(made) for made in self.made.notices]

    @strawberry.field
    def objections(self) -> list[Objection]:
        return objections_of(self.file.events, self.made, self.file.ledger)

    @strawberry.field
    def opinion(self) -> Opinion | None:
        return Opinion.of(self.made.opinion, self.file.ledger) if self.made.opinion else None

    @strawberry.field
    def proposal(self) -> Proposal | None:
        return Proposal.of(self.made.proposal) if self.made.proposal else None

    @strawberry.field
    def decision(self) -> Decision | None:
        return Decision.of(self.made.determination, self.file.ledger) if self.made.determination else None

    @strawberry.field
    def history(self, first: int, after: str | None = None) -> Connection[HistoryEntry]:
        return history_page(self._events(), first, after)

    @strawberry.field
    async def available_commands(self, info: Info) -> list[AvailableCommand]:
        given = await info.context.run(info.context.given, self.file.ledger)
        return await info.context.run(available_commands, self.file.state, self.made, given)

    @strawberry.field
    async def replay(self, info: Info) -> list[ReplayStep]:
        policies = info.context.api.casebook.policies
        return await info.context.run(replayed, self.file.state, self.made, self.file.events, policies)

    def _policy(self, info: Info) -> Policy | Refusal:
        given: Given = info.context.given(self.file.ledger)
        return domain.policy_of(self.file.state, self.made, given)

    def _events(self) -> list[Recorded]:
        return [
            recorded for recorded in self.file.events if getattr(recorded.event, "case", None) == self.made.id
        ]

    @classmethod
    def of(cls, file: File, made: domain.Case) -> "Case":
        intake = made.intake
        return cls(
            id=ids.write_case(file.stream, made.id),
            file=file,
            made=made,
            household_id=ids.write(Kind.HOUSEHOLD, file.stream),
            kind=made.kind,
            kind_zh=label_zh(made.kind),
            programme=made.programme,
            opened_on=made.opened_on,
            opened_by=made.opened_by,
            due_on=made.due_on,
            applicant_id=ids.write(Kind.PERSON, made.applicant) if made.applicant else None,
            campaign_id=ids.write(Kind.CAMPAIGN, made.campaign) if made.campaign else None,
            end=made.end,
            end_zh=label_zh(made.end) if made.end else None,
            papers=[Evidence.of(paper) for paper in intake.papers] if intake else [],
            missing_papers=list(intake.missing or ()) if intake else [],
            papers_due_on=intake.papers_due_on if intake else None,
            relatives_of_officials=list(made.relatives_of_officials),
        )


def cases_of(file: File) -> list[Case]:
    """The cases of a household, oldest first."""
    state: household.Household = file.state
    return [Case.of(file, made) for made in state.cases.values()]
