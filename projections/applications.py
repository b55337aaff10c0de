"""Who applied, what is still missing and until when, and what became of each application? (申请台账)"""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.application import (
    ApplicationAccepted,
    ApplicationLapsed,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    PapersReceived,
    SupplementRequested,
)
from hudang.domain.case import CaseEnd
from hudang.domain.decision import Recorded
from hudang.domain.determination import DecisionRefused
from hudang.domain.entitlement import EntitlementStarted
from hudang.domain.month import Month
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch

HOUSEHOLDS = directory("applications", version=1)

APPLICATIONS = Table(
    "applications_v1",
    """
    ledger        text NOT NULL,
    case_id       text COLLATE "C" NOT NULL,
    household     text COLLATE "C" NOT NULL,
    programme     text NOT NULL,
    submitted_on  date NOT NULL,
    persons       integer NOT NULL,
    papers        text[] NOT NULL, -- the kinds handed in
    asked_for     text[], -- the single complete list of what was missing
    papers_due_on date,
    accepted_on   date,
    ended_as      text,
    ended_on      date,
    amount_fen    bigint,
    from_month    date,
    position      bigint NOT NULL
    """,
    key="ledger, case_id",
    indexes=("ledger, household", "ledger, submitted_on"),
)

applications_model = ReadModel("applications", version=1, tables=(HOUSEHOLDS, APPLICATIONS))
keep_directory(applications_model, HOUSEHOLDS)


class ApplicationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One application; amount (fen a month) and month of effect once it was approved."""

    case_id: CaseId
    household: StreamId
    number: str
    area: str
    programme: str
    submitted_on: date
    persons: int
    papers: tuple[str, ...]
    asked_for: tuple[str, ...] | None
    papers_due_on: date | None
    accepted_on: date | None
    ended_as: CaseEnd | None
    ended_on: date | None
    amount_fen: Fen | None
    from_month: Month | None
    position: int


class OverdueSupplement(msgspec.Struct, frozen=True, kw_only=True):
    """An application whose missing papers did not come: what the command to let it lapse needs."""

    household: StreamId
    case: CaseId
    papers_due_on: date
    missing: tuple[str, ...]


class ApplicationCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the applications submitted in a period."""

    submitted: int
    accepted: int
    lapsed: int
    withdrawn: int
    approved: int
    refused: int
    open: int


@applications_model.on(ApplicationSubmitted)
def submitted(cursor: Cursor[Any], event: ApplicationSubmitted, recorded: Recorded) -> None:
    APPLICATIONS.put(
        cursor,
        ledger=recorded.ledger,
        case_id=event.case,
        household=recorded.stream,
        programme=event.programme,
        submitted_on=recorded.happened_on,
        persons=len(event.persons),
        papers=sorted({paper.kind for paper in event.papers}),
        position=recorded.position,
    )


@applications_model.on(SupplementRequested)
def supplement_requested(cursor: Cursor[Any], event: SupplementRequested, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, asked_for=event.missing, papers_due_on=event.due_on)


@applications_model.on(PapersReceived)
def papers_received(cursor: Cursor[Any], event: PapersReceived, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.applications_v1 SET position = %s, papers = ARRAY("
        "SELECT DISTINCT kind FROM unnest(papers || %s::text[]) AS k (kind) ORDER BY kind)"
        " WHERE (ledger, case_id) = (%s, %s)",
        (recorded.position, [paper.kind for paper in event.papers], recorded.ledger, event.case),
    )


@applications_model.on(ApplicationAccepted)
def accepted(cursor: Cursor[Any], event: ApplicationAccepted, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, accepted_on=recorded.happened_on)


@applications_model.on(ApplicationLapsed)
def lapsed(cursor: Cursor[Any], event: ApplicationLapsed, recorded: Recorded) -> None:
    _end(cursor, recorded, event.case, CaseEnd.LAPSED)


@applications_model.on(ApplicationWithdrawn)
def withdrawn(cursor: Cursor[Any], event: ApplicationWithdrawn, recorded: Recorded) -> None:
    _end(cursor, recorded, event.case, CaseEnd.WITHDRAWN)


@applications_model.on(DecisionRefused)
def refused(cursor: Cursor[Any], event: DecisionRefused, recorded: Recorded) -> None:
    _end(cursor, recorded, event.case, CaseEnd.REFUSED)


@applications_model.on(EntitlementStarted)
def approved(cursor: Cursor[Any], event: EntitlementStarted, recorded: Recorded) -> None:
    """An approval and the entitlement that follows from it are recorded together."""
    _end(cursor, recorded, event.case, CaseEnd.APPROVED)
    _set(cursor, recorded, event.case, amount_fen=event.amount_fen, from_month=event.from_month)


def _set(cursor: Cursor[Any], recorded: Recorded, case: CaseId, **values: Any) -> None:
    where = {"ledger": recorded.ledger, "case_id": case}
    APPLICATIONS.change(cursor, where, position=recorded.position, **values)


def _end(cursor: Cursor[Any], recorded: Recorded, case: CaseId, end: CaseEnd) -> None:
    _set(cursor, recorded, case, ended_as=end, ended_on=recorded.happened_on)


def overdue_supplements(source: Source, ledger: str, day: date) -> tuple[OverdueSupplement, ...]:
    """The applications whose missing papers were due before a day and have not all come."""
    return fetch(
        source,
        OverdueSupplement,
        """
        SELECT household, case_id AS case, papers_due_on,
               ARRAY(SELECT kind FROM unnest(asked_for) AS k (kind) WHERE kind <> ALL (papers)) AS missing
        FROM projections.applications_v1
        WHERE ledger = %(ledger)s AND ended_as IS NULL AND accepted_on IS NULL
          AND papers_due_on < %(day)s AND NOT asked_for <@ papers
        ORDER BY papers_due_on, case_id
        """,
        {"ledger": ledger, "day": day},
    )


_APPLICATION: Final = """
    SELECT a.case_id, a.household, h.number, h.area, a.programme, a.submitted_on, a.persons, a.papers,
           a.asked_for, a.papers_due_on, a.accepted_on, a.ended_as, a.ended_on, a.amount_fen, a.from_month,
           a.position
    FROM projections.applications_v1 a JOIN projections.applications_households_v1 h USING (ledger, household)
    WHERE a.ledger = %(ledger)s
"""


def applications(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[ApplicationRow, ...]:
    """The applications, by household number and case; a page continues after `number/case`."""
    number, _, case = page.after.rpartition("/")
    return fetch(
        source,
        ApplicationRow,
        _APPLICATION
        + "AND starts_with(h.area, %(area)s) AND a.programme = COALESCE(%(programme)s, a.programme)"
        " AND (h.number, a.case_id) > (%(number)s, %(case)s) ORDER BY h.number, a.case_id LIMIT %(limit)s",
        {**scope.parameters, "number": number, "case": case, "limit": page.limit},
    )


def of_household(source: Source, ledger: str, household: StreamId) -> tuple[ApplicationRow, ...]:
    """Every application of a household, oldest first."""
    return fetch(
        source,
        ApplicationRow,
        _APPLICATION + "AND a.household = %(household)s ORDER BY a.submitted_on, a.case_id",
        {"ledger": ledger, "household": household},
    )


def counts(source: Source, scope: Scope, first_day: date, last_day: date) -> ApplicationCounts:
    """What became of the applications submitted from one day to another."""
    (counted,) = fetch(
        source,
        ApplicationCounts,
        """
        SELECT count(*) AS submitted, count(a.accepted_on) AS accepted,
               count(*) FILTER (WHERE a.ended_as = 'lapsed') AS lapsed,
               count(*) FILTER (WHERE a.ended_as = 'withdrawn') AS withdrawn,
               count(*) FILTER (WHERE a.ended_as = 'approved') AS approved,
               count(*) FILTER (WHERE a.ended_as = 'refused') AS refused,
               count(*) FILTER (WHERE a.ended_as IS NULL) AS open
        FROM projections.applications_v1 a
        JOIN projections.applications_households_v1 h USING (ledger, household)
        WHERE a.ledger = %(ledger)s AND starts_with(h.area, %(area)s)
          AND a.programme = COALESCE(%(programme)s, a.programme)
          AND a.submitted_on BETWEEN %(first)s AND %(last)s
        """,
        {**scope.parameters, "first": first_day, "last": last_day},
    )
    return counted
