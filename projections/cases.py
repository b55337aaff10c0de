"""Which cases are there, which steps have they taken, and what are the open ones waiting for?

A step that was undone by a dispute, an objection or a return stays in the list, marked with what undid it.
Which step is due is a matter of policy, so the work queue is made of these rows and the rules (`work_queue`).
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.application import (
    ApplicationAccepted,
    ApplicationLapsed,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    SupplementRequested,
)
from hudang.domain.appraisal import AppraisalClosed
from hudang.domain.case import CaseEnd, CaseKind, Step
from hudang.domain.decision import Event, Recorded
from hudang.domain.determination import DecisionConfirmed, DecisionRefused
from hudang.domain.notice import NOTICE_STEPS, NoticeClosed, NoticePosted
from hudang.domain.notification import NotificationDelivered
from hudang.domain.objection import ObjectionRaised, ObjectionResolved
from hudang.domain.opinion import PreliminaryOpinionGiven
from hudang.domain.outcomes import ADVERSE, DecisionOutcome
from hudang.domain.policy_terms import Register
from hudang.domain.proposal import CountyProposalMade
from hudang.domain.recheck import RecheckJoined, RecheckOpened
from hudang.domain.returning import ReturnedToStage
from hudang.domain.roles import Role
from hudang.domain.survey import HomeVisitRecorded, VisitLevel
from hudang.domain.values import CaseId, StreamId
from hudang.domain.verification import CrossCheckReceived, VerificationConsentGiven
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch, fetch_one

HOUSEHOLDS = directory("cases", version=1)

CASES = Table(
    "cases_v1",
    """
    ledger         text NOT NULL,
    case_id        text COLLATE "C" NOT NULL,
    household      text COLLATE "C" NOT NULL,
    kind           text NOT NULL,
    programme      text NOT NULL,
    opened_on      date NOT NULL,
    in_force_on    date NOT NULL, -- the day that picks the rules
    last_step_on   date NOT NULL,
    campaign       text,
    due_on         date, -- of a recheck
    papers_due_on  date,
    notice_ends_on date, -- of the notice that is up
    objections     text[] NOT NULL DEFAULT '{}', -- those that wait for an answer
    outcome        text, -- what the county decided
    notified_on    date,
    ended_as       text,
    ended_on       date,
    position       bigint NOT NULL -- of the newest event that changed the row
    """,
    key="ledger, case_id",
    indexes=("ledger, household", "ledger, ended_as"),
)

STEPS = Table(
    "cases_steps_v1",
    """
    ledger    text NOT NULL,
    case_id   text COLLATE "C" NOT NULL,
    position  bigint NOT NULL,
    step      text NOT NULL,
    done_on   date NOT NULL,
    done_by   text NOT NULL,
    done_role text NOT NULL,
    undone_at bigint -- the position of what undid it
    """,
    key="ledger, case_id, position",
)

cases = ReadModel("cases", version=1, tables=(HOUSEHOLDS, CASES, STEPS))
keep_directory(cases, HOUSEHOLDS)

_ENDS: Final = MappingProxyType(
    {
        DecisionOutcome.APPROVE: CaseEnd.APPROVED,
        DecisionOutcome.REFUSE: CaseEnd.REFUSED,
        DecisionOutcome.KEEP: CaseEnd.KEPT,
        DecisionOutcome.RAISE: CaseEnd.RAISED,
        DecisionOutcome.LOWER: CaseEnd.LOWERED,
        DecisionOutcome.END: CaseEnd.ENDED,
    }
)


_StepTaken = VerificationConsentGiven | CrossCheckReceived | PreliminaryOpinionGiven | CountyProposalMade
_TAKES: Final[Mapping[type[Event], Step]] = MappingProxyType(
    {
        VerificationConsentGiven: Step.CONSENT,
        CrossCheckReceived: Step.CROSS_CHECK,
        PreliminaryOpinionGiven: Step.OPINION,
        CountyProposalMade: Step.PROPOSAL,
    }
)


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case of one household; `done` are the steps that stand, in the order they were taken."""

    case_id: CaseId
    household: StreamId
    number: str
    area: str
    register: Register
    kind: CaseKind
    programme: str
    opened_on: date
    in_force_on: date
    last_step_on: date
    done: tuple[Step, ...]
    done_on: tuple[date, ...]
    campaign: StreamId | None
    due_on: date | None
    papers_due_on: date | None
    notice_ends_on: date | None
    objections: tuple[str, ...]
    outcome: DecisionOutcome | None
    notified_on: date | None
    ended_as: CaseEnd | None
    ended_on: date | None
    position: int


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a case took; `undone_at` is the position of the event that undid it."""

    step: Step
    done_on: date
    done_by: str
    done_role: Role
    position: int
    undone_at: int | None


@cases.on(ApplicationSubmitted)
def submitted(cursor: Cursor[Any], event: ApplicationSubmitted, recorded: Recorded) -> None:
    _open(cursor, recorded, event.case, kind=CaseKind.APPLICATION, programme=event.programme)


@cases.on(RecheckOpened)
def recheck_opened(cursor: Cursor[Any], event: RecheckOpened, recorded: Recorded) -> None:
    _open(
        cursor,
        recorded,
        event.case,
        kind=CaseKind.RECHECK,
        programme=event.programme,
        campaign=event.campaign,
        due_on=event.due_on,
    )


@cases.on(RecheckJoined)
def recheck_joined(cursor: Cursor[Any], event: RecheckJoined, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, campaign=event.campaign)


@cases.on(SupplementRequested)
def supplement_requested(cursor: Cursor[Any], event: SupplementRequested, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, papers_due_on=event.due_on)


@cases.on(ApplicationAccepted)
def accepted(cursor: Cursor[Any], event: ApplicationAccepted, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, in_force_on=recorded.happened_on, papers_due_on=None)
    _take(cursor, recorded, event.case, Step.ACCEPTANCE)


@cases.on(ApplicationLapsed, ApplicationWithdrawn)
def given_up(
    cursor: Cursor[Any], event: ApplicationLapsed | ApplicationWithdrawn, recorded: Recorded
) -> None:
    lapsed = isinstance(event, ApplicationLapsed)
    _end(cursor, recorded, event.case, CaseEnd.LAPSED if lapsed else CaseEnd.WITHDRAWN)


@cases.on(*_TAKES)
def step_taken(cursor: Cursor[Any], event: _StepTaken, recorded: Recorded) -> None:
    _take(cursor, recorded, event.case, _TAKES[type(event)])


@cases.on(HomeVisitRecorded)
def visited(cursor: Cursor[Any], event: HomeVisitRecorded, recorded: Recorded) -> None:
    """The county's own visit takes no step."""
    if event.level is VisitLevel.TOWNSHIP:
        _take(cursor, recorded, event.case, Step.SURVEY)


@cases.on(AppraisalClosed)
def appraised(cursor: Cursor[Any], event: AppraisalClosed, recorded: Recorded) -> None:
    if event.back_to is None:
        _take(cursor, recorded, event.case, Step.APPRAISAL)
    else:
        _undo(cursor, recorded, event.case, (event.back_to, *event.undone))


@cases.on(NoticePosted)
def posted(cursor: Cursor[Any], event: NoticePosted, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, notice_ends_on=event.last_day)


@cases.on(NoticeClosed)
def notice_closed(cursor: Cursor[Any], event: NoticeClosed, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, notice_ends_on=None)
    _take(cursor, recorded, event.case, NOTICE_STEPS[event.round])


@cases.on(ObjectionRaised)
def objected(cursor: Cursor[Any], event: ObjectionRaised, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.cases_v1 SET position = %(position)s,"
        " objections = array_append(array_remove(objections, %(objection)s), %(objection)s)"
        " WHERE (ledger, case_id) = (%(ledger)s, %(case)s)",
        _objection(event, recorded),
    )


@cases.on(ObjectionResolved)
def objection_resolved(cursor: Cursor[Any], event: ObjectionResolved, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.cases_v1 SET position = %(position)s,"
        " objections = array_remove(objections, %(objection)s),"
        " last_step_on = GREATEST(last_step_on, %(on)s) WHERE (ledger, case_id) = (%(ledger)s, %(case)s)",
        _objection(event, recorded),
    )
    if event.renotice:
        _set(cursor, recorded, event.case, notice_ends_on=None)
    if event.back_to is not None:
        _undo(cursor, recorded, event.case, (event.back_to, *event.undone))


@cases.on(ReturnedToStage)
def returned(cursor: Cursor[Any], event: ReturnedToStage, recorded: Recorded) -> None:
    _undo(cursor, recorded, event.case, (event.back_to, *event.undone))


@cases.on(DecisionConfirmed, DecisionRefused)
def decided(cursor: Cursor[Any], event: DecisionConfirmed | DecisionRefused, recorded: Recorded) -> None:
    """A cut or an end closes the case only once it has been notified (art 32)."""
    outcome = event.outcome if isinstance(event, DecisionConfirmed) else DecisionOutcome.REFUSE
    _take(cursor, recorded, event.case, Step.DECISION)
    _set(cursor, recorded, event.case, outcome=outcome)
    if outcome not in ADVERSE:
        _end(cursor, recorded, event.case, _ENDS[outcome])


@cases.on(NotificationDelivered)
def notified(cursor: Cursor[Any], event: NotificationDelivered, recorded: Recorded) -> None:
    _take(cursor, recorded, event.case, Step.NOTIFICATION)
    _set(cursor, recorded, event.case, notified_on=recorded.happened_on)
    row = cursor.execute(
        "SELECT outcome FROM projections.cases_v1 WHERE (ledger, case_id) = (%s, %s) AND ended_as IS NULL",
        (recorded.ledger, event.case),
    ).fetchone()
    if row is not None:
        _end(cursor, recorded, event.case, _ENDS[DecisionOutcome(row[0])])


def _objection(event: ObjectionRaised | ObjectionResolved, recorded: Recorded) -> dict[str, Any]:
    return {
        "ledger": recorded.ledger,
        "case": event.case,
        "objection": event.objection,
        "on": recorded.happened_on,
        "position": recorded.position,
    }


def _open(cursor: Cursor[Any], recorded: Recorded, case: CaseId, **values: Any) -> None:
    CASES.put(
        cursor,
        ledger=recorded.ledger,
        case_id=case,
        household=recorded.stream,
        opened_on=recorded.happened_on,
        in_force_on=recorded.happened_on,
        last_step_on=recorded.happened_on,
        position=recorded.position,
        **values,
    )


def _set(cursor: Cursor[Any], recorded: Recorded, case: CaseId, **values: Any) -> None:
    CASES.change(cursor, {"ledger": recorded.ledger, "case_id": case}, position=recorded.position, **values)


def _end(cursor: Cursor[Any], recorded: Recorded, case: CaseId, end: CaseEnd) -> None:
    _set(cursor, recorded, case, ended_as=end, ended_on=recorded.happened_on, notice_ends_on=None)


def _take(cursor: Cursor[Any], recorded: Recorded, case: CaseId, step: Step) -> None:
    STEPS.put(
        cursor,
        ledger=recorded.ledger,
        case_id=case,
        position=recorded.position,
        step=step,
        done_on=recorded.happened_on,
        done_by=recorded.actor.person,
        done_role=recorded.actor.role,
    )
    _set(cursor, recorded, case, last_step_on=recorded.happened_on)


def _undo(cursor: Cursor[Any], recorded: Recorded, case: CaseId, undone: tuple[Step, ...]) -> None:
    """The case went back: these steps are due again, and a notice that is up must be given again."""
    cursor.execute(
        "UPDATE projections.cases_steps_v1 SET undone_at = %s"
        " WHERE (ledger, case_id) = (%s, %s) AND step = ANY (%s) AND undone_at IS NULL AND position < %s",
        (recorded.position, recorded.ledger, case, list(undone), recorded.position),
    )
    _set(cursor, recorded, case, last_step_on=recorded.happened_on, notice_ends_on=None)


_CASE: Final = """
    SELECT c.case_id, c.household, h.number, h.area, h.register, c.kind, c.programme, c.opened_on,
           c.in_force_on, c.last_step_on, c.campaign, c.due_on, c.papers_due_on, c.notice_ends_on,
           c.objections, c.outcome, c.notified_on, c.ended_as, c.ended_on, c.position,
           taken.done, taken.done_on
    FROM projections.cases_v1 c JOIN projections.cases_households_v1 h USING (ledger, household)
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(s.step ORDER BY s.position), '{}') AS done,
               COALESCE(array_agg(s.done_on ORDER BY s.position), '{}') AS done_on
        FROM projections.cases_steps_v1 s
        WHERE (s.ledger, s.case_id) = (c.ledger, c.case_id) AND s.undone_at IS NULL) taken
"""


def case(source: Source, ledger: str, case_id: CaseId) -> CaseRow | None:
    """One case by its id."""
    return fetch_one(
        source,
        CaseRow,
        _CASE + "WHERE (c.ledger, c.case_id) = (%(ledger)s, %(case)s)",
        {"ledger": ledger, "case": case_id},
    )


def of_household(source: Source, ledger: str, household: StreamId) -> tuple[CaseRow, ...]:
    """Every case of a household, in the order in which they were opened."""
    return fetch(
        source,
        CaseRow,
        _CASE + "WHERE (c.ledger, c.household) = (%(ledger)s, %(household)s) ORDER BY c.opened_on, c.case_id",
        {"ledger": ledger, "household": household},
    )


def open_cases(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[CaseRow, ...]:
    """The cases that wait for somebody, by household number and case; a page continues after `number/case`.

    A refused application has ended, but its written notice has still to be delivered (art 26).
    """
    number, _, case_id = page.after.rpartition("/")
    return fetch(
        source,
        CaseRow,
        _CASE
        + """
        WHERE h.ledger = %(ledger)s AND starts_with(h.area, %(area)s)
          AND (c.ended_as IS NULL OR c.ended_as = 'refused' AND c.notified_on IS NULL)
          AND c.programme = COALESCE(%(programme)s, c.programme)
          AND (h.number, c.case_id) > (%(number)s, %(case)s)
        ORDER BY h.number, c.case_id LIMIT %(limit)s
        """,
        {**scope.parameters, "number": number, "case": case_id, "limit": page.limit},
    )


def steps(source: Source, ledger: str, case_id: CaseId) -> tuple[StepRow, ...]:
    """Every step that a case took, also those undone, in order."""
    return fetch(
        source,
        StepRow,
        "SELECT step, done_on, done_by, done_role, position, undone_at FROM projections.cases_steps_v1"
        " WHERE (ledger, case_id) = (%(ledger)s, %(case)s) ORDER BY position",
        {"ledger": ledger, "case": case_id},
    )
