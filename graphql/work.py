"""What has to be done: tasks by office and role, rechecks, applications?"""
# ruff: noqa: PLR0913, PLR0917 -- a field of the schema takes its arguments one by one

from collections.abc import Sequence
from datetime import date

import strawberry

from hudang.domain.case import CaseEnd, CaseKind, Step
from hudang.domain.decision import Refusal
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.policy import Policy
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.graphql import ids
from hudang.graphql.codes import RecheckState, label_zh
from hudang.graphql.context import Info, RequestContext
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.lists import BY_NUMBER_AND_CASE, list_of, listed, page_after, scope_of
from hudang.graphql.nodes import Connection
from hudang.projections import applications, rechecks
from hudang.projections.cases import CaseRow, open_cases
from hudang.projections.objections import unanswered
from hudang.projections.rows import Page, Scope, Source
from hudang.projections.work_queue import FindPolicy, Task, WorkItem, work_item

_BATCH = 200
_FARTHEST = 2_000
"""How many open cases are looked at for one page of a role's tasks."""


@output("The next task on an open case (待办事项).")
class WorkTask:
    """What is to be done next, by which roles and by when."""

    household_id: strawberry.ID
    case_id: strawberry.ID
    number: str
    area: str
    programme: str
    kind: CaseKind
    task: Task
    task_zh: str
    step: Step
    step_zh: str
    must_act: list[Role]
    opened_on: date
    due_on: date | None
    not_before: date | None
    overdue: bool
    objection: str | None


@output("A recheck that is due, open or overdue (复核).")
class Recheck:
    """A recheck; it has no case before it is opened."""

    household_id: strawberry.ID
    case_id: strawberry.ID | None
    number: str
    area: str
    programme: str
    due_on: date
    opened_on: date | None
    campaign_id: strawberry.ID | None
    outcome: DecisionOutcome | None


@output("An application and what became of it (申请).")
class Application:
    """One line of the register of applications."""

    household_id: strawberry.ID
    case_id: strawberry.ID
    number: str
    area: str
    programme: str
    submitted_on: date
    persons: int
    missing_papers: list[str]
    papers_due_on: date | None
    accepted_on: date | None
    end: CaseEnd | None
    end_zh: str | None
    ended_on: date | None
    amount_fen: Fen | None
    from_month: Month | None


@output("What became of the applications of a period (申请统计).")
class ApplicationCounts:
    """How many were submitted, and how many of those had each result."""

    submitted: int
    accepted: int
    lapsed: int
    withdrawn: int
    approved: int
    refused: int
    open: int


@output("Tasks, rechecks and applications (待办).", name="Query")
class WorkQueries:
    """What may be asked about what has to be done."""

    @strawberry.field
    async def work_queue(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        role: Role | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[WorkTask]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("work queue", scope, role)
        page = page_after(of, first, after, BY_NUMBER_AND_CASE)
        find = await info.context.run(_policies, info.context, scope.ledger)
        items = await info.context.query(_tasks, scope, find, role, page)
        today = info.context.today(scope.ledger)
        return listed(of, items, first, _task_key, lambda item: _task(item, today))

    @strawberry.field
    async def rechecks(
        self,
        info: Info,
        state: RecheckState,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[Recheck]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("rechecks", scope, state)
        page = page_after(of, first, after, BY_NUMBER_AND_CASE)
        day = info.context.today(scope.ledger)
        if state is RecheckState.OPEN:
            opened = await info.context.query(rechecks.open_rechecks, scope, page)
            return listed(of, opened, first, lambda row: f"{row.number}/{row.case_id}", _opened)
        if state is RecheckState.OVERDUE:
            overdue = await info.context.query(rechecks.overdue, scope, day)
            return listed(of, _from(overdue, page), first, _recheck_key, _opened)
        due = await info.context.query(rechecks.falling_due, scope.ledger, day, area=scope.area)
        wanted = [row for row in due if programme in (None, row.programme)]
        return listed(of, _from(wanted, page), first, _recheck_key, _opened)

    @strawberry.field
    async def applications(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[Application]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("applications", scope)
        page = page_after(of, first, after, BY_NUMBER_AND_CASE)
        rows = await info.context.query(applications.applications, scope, page)
        return listed(of, rows, first, lambda row: f"{row.number}/{row.case_id}", _application)

    @strawberry.field
    async def application_counts(
        self,
        info: Info,
        first_day: date,
        last_day: date,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> ApplicationCounts:
        scope = scope_of(info, ledger, area, programme)
        counted = await info.context.query(applications.counts, scope, first_day, last_day)
        return ApplicationCounts(
            submitted=counted.submitted,
            accepted=counted.accepted,
            lapsed=counted.lapsed,
            withdrawn=counted.withdrawn,
            approved=counted.approved,
            refused=counted.refused,
            open=counted.open,
        )


def _policies(context: RequestContext, ledger: str) -> FindPolicy:
    """The rules that each case is decided under."""
    given = context.given(ledger)

    def find(row: CaseRow) -> Policy | Refusal:
        return given.policy(row.programme, row.area, row.in_force_on)

    return find


def _tasks(source: Source, scope: Scope, find: FindPolicy, role: Role | None, page: Page) -> list[WorkItem]:
    """Tasks enough for a page, of a role if one is named, in the order of the open cases."""
    waiting = {objection.case_id: objection for objection in reversed(unanswered(source, scope))}
    found: list[WorkItem] = []
    after, looked_at = page.after, 0
    while len(found) < page.limit and looked_at < _FARTHEST:
        rows = open_cases(source, scope, Page(after=after, limit=_BATCH))
        for row in rows:
            policy = find(row)
            item = None if isinstance(policy, Refusal) else work_item(row, policy, waiting.get(row.case_id))
            if item is not None and (role is None or role in item.by):
                found.append(item)
        if len(rows) < _BATCH:
            break
        after, looked_at = _case_key(rows[-1]), looked_at + len(rows)
    return found[: page.limit]


def _case_key(row: CaseRow) -> str:
    return f"{row.number}/{row.case_id}"


def _task_key(item: WorkItem) -> str:
    return _case_key(item.case)


def _recheck_key(row: rechecks.RecheckRow | rechecks.DueRecheck) -> str:
    return f"{row.due_on}/{row.number}/{row.programme}"


def _from(
    rows: Sequence[rechecks.RecheckRow] | Sequence[rechecks.DueRecheck], page: Page
) -> list[rechecks.RecheckRow | rechecks.DueRecheck]:
    """The rows of a page of a list that is read whole, the longest due first."""
    return [row for row in sorted(rows, key=_recheck_key) if _recheck_key(row) > page.after][: page.limit]


def _task(item: WorkItem, today: date) -> WorkTask:
    row = item.case
    return WorkTask(
        household_id=_household(row.household),
        case_id=_case(row.household, row.case_id),
        number=row.number,
        area=row.area,
        programme=row.programme,
        kind=row.kind,
        task=item.task,
        task_zh=label_zh(item.task),
        step=item.step,
        step_zh=label_zh(item.step),
        must_act=list(item.by),
        opened_on=row.opened_on,
        due_on=item.due_on,
        not_before=item.not_before,
        overdue=item.due_on is not None and item.due_on < today,
        objection=item.objection,
    )


def _opened(row: rechecks.RecheckRow | rechecks.DueRecheck) -> Recheck:
    if isinstance(row, rechecks.DueRecheck):
        return _due(row)
    return Recheck(
        household_id=_household(row.household),
        case_id=_case(row.household, row.case_id),
        number=row.number,
        area=row.area,
        programme=row.programme,
        due_on=row.due_on,
        opened_on=row.opened_on,
        campaign_id=ids.write(Kind.CAMPAIGN, row.campaign) if row.campaign else None,
        outcome=row.outcome,
    )


def _due(row: rechecks.DueRecheck) -> Recheck:
    return Recheck(
        household_id=_household(row.household),
        case_id=None,
        number=row.number,
        area=row.area,
        programme=row.programme,
        due_on=row.due_on,
        opened_on=None,
        campaign_id=None,
        outcome=None,
    )


def _application(row: applications.ApplicationRow) -> Application:
    return Application(
        household_id=_household(row.household),
        case_id=_case(row.household, row.case_id),
        number=row.number,
        area=row.area,
        programme=row.programme,
        submitted_on=row.submitted_on,
        persons=row.persons,
        missing_papers=list(row.asked_for or ()),
        papers_due_on=row.papers_due_on,
        accepted_on=row.accepted_on,
        end=row.ended_as,
        end_zh=label_zh(row.ended_as) if row.ended_as else None,
        ended_on=row.ended_on,
        amount_fen=row.amount_fen,
        from_month=row.from_month,
    )


def _household(household: StreamId) -> strawberry.ID:
    return ids.write(Kind.HOUSEHOLD, household)


def _case(household: StreamId, case: CaseId) -> strawberry.ID:
    return ids.write_case(household, case)
