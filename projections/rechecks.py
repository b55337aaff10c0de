"""Which rechecks (复核) fall due, which are open, and which are overdue?"""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.determination import DecisionConfirmed
from hudang.domain.entitlement import (
    EntitlementChanged,
    EntitlementEnded,
    EntitlementKept,
    EntitlementStarted,
    ExistingEntitlementRegistered,
    HouseholdClass,
)
from hudang.domain.month import Month
from hudang.domain.notification import NotificationDelivered
from hudang.domain.outcomes import ADVERSE, DecisionOutcome
from hudang.domain.recheck import RecheckJoined, RecheckOpened
from hudang.domain.transfer import TransferredOut
from hudang.domain.values import CaseId, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, area_prefix, fetch

HOUSEHOLDS = directory("rechecks", version=1)

DUE = Table(
    "rechecks_due_v1",
    """
    ledger          text NOT NULL,
    household       text COLLATE "C" NOT NULL,
    programme       text NOT NULL,
    household_class text NOT NULL,
    from_month      date NOT NULL,
    last_month      date, -- once the entitlement has ended
    next_recheck_on date NOT NULL,
    position        bigint NOT NULL
    """,
    key="ledger, household, programme",
    indexes=("ledger, next_recheck_on",),
)

RECHECKS = Table(
    "rechecks_v1",
    """
    ledger       text NOT NULL,
    case_id      text COLLATE "C" NOT NULL,
    household    text COLLATE "C" NOT NULL,
    programme    text NOT NULL,
    due_on       date NOT NULL,
    opened_on    date NOT NULL,
    campaign     text,
    outcome      text,
    decided_on   date,
    concluded_on date, -- a cut or an end is concluded once it was notified
    position     bigint NOT NULL
    """,
    key="ledger, case_id",
    indexes=("ledger, household, programme", "ledger, due_on"),
)

rechecks = ReadModel("rechecks", version=1, tables=(HOUSEHOLDS, DUE, RECHECKS))
keep_directory(rechecks, HOUSEHOLDS)


class DueRecheck(msgspec.Struct, frozen=True, kw_only=True):
    """A recheck to be opened: with `due_on`, what the command to open it needs."""

    household: StreamId
    number: str
    area: str
    programme: str
    household_class: HouseholdClass
    due_on: date


class RecheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recheck that was opened, by class or in an annual review."""

    case_id: CaseId
    household: StreamId
    number: str
    area: str
    programme: str
    due_on: date
    opened_on: date
    campaign: StreamId | None
    outcome: DecisionOutcome | None
    decided_on: date | None
    concluded_on: date | None
    position: int


@rechecks.on(ExistingEntitlementRegistered, EntitlementStarted)
def begun(
    cursor: Cursor[Any], event: ExistingEntitlementRegistered | EntitlementStarted, recorded: Recorded
) -> None:
    DUE.put(
        cursor,
        ledger=recorded.ledger,
        household=recorded.stream,
        programme=event.programme,
        household_class=event.household_class,
        from_month=event.from_month,
        last_month=None,
        next_recheck_on=event.next_recheck_on,
        position=recorded.position,
    )


@rechecks.on(EntitlementChanged, EntitlementKept)
def rechecked(cursor: Cursor[Any], event: EntitlementChanged | EntitlementKept, recorded: Recorded) -> None:
    DUE.change(
        cursor,
        {"ledger": recorded.ledger, "household": recorded.stream, "programme": event.programme},
        household_class=event.household_class,
        next_recheck_on=event.next_recheck_on,
        position=recorded.position,
    )


@rechecks.on(EntitlementEnded)
def ended(cursor: Cursor[Any], event: EntitlementEnded, recorded: Recorded) -> None:
    DUE.change(
        cursor,
        {"ledger": recorded.ledger, "household": recorded.stream, "programme": event.programme},
        last_month=event.last_month,
        position=recorded.position,
    )


@rechecks.on(TransferredOut)
def moved_away(cursor: Cursor[Any], event: TransferredOut, recorded: Recorded) -> None:
    for gone in event.entitlements:
        DUE.change(
            cursor,
            {"ledger": recorded.ledger, "household": recorded.stream, "programme": gone.programme},
            last_month=gone.paid_through,
            position=recorded.position,
        )


@rechecks.on(RecheckOpened)
def opened(cursor: Cursor[Any], event: RecheckOpened, recorded: Recorded) -> None:
    RECHECKS.put(
        cursor,
        ledger=recorded.ledger,
        case_id=event.case,
        household=recorded.stream,
        programme=event.programme,
        due_on=event.due_on,
        opened_on=recorded.happened_on,
        campaign=event.campaign,
        position=recorded.position,
    )


@rechecks.on(RecheckJoined)
def joined(cursor: Cursor[Any], event: RecheckJoined, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, campaign=event.campaign)


@rechecks.on(DecisionConfirmed)
def decided(cursor: Cursor[Any], event: DecisionConfirmed, recorded: Recorded) -> None:
    """A decision on an application changes nothing here."""
    concluded_on = None if event.outcome in ADVERSE else recorded.happened_on
    _set(
        cursor,
        recorded,
        event.case,
        outcome=event.outcome,
        decided_on=recorded.happened_on,
        concluded_on=concluded_on,
    )


@rechecks.on(NotificationDelivered)
def notified(cursor: Cursor[Any], event: NotificationDelivered, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.rechecks_v1 SET concluded_on = %s, position = %s"
        " WHERE (ledger, case_id) = (%s, %s) AND concluded_on IS NULL",
        (recorded.happened_on, recorded.position, recorded.ledger, event.case),
    )


def _set(cursor: Cursor[Any], recorded: Recorded, case: CaseId, **values: Any) -> None:
    where = {"ledger": recorded.ledger, "case_id": case}
    RECHECKS.change(cursor, where, position=recorded.position, **values)


def falling_due(source: Source, ledger: str, day: date, *, area: str = "") -> tuple[DueRecheck, ...]:
    """The rechecks due on a day or before it that nobody has opened, while the household is entitled."""
    return fetch(
        source,
        DueRecheck,
        """
        SELECT d.household, h.number, h.area, d.programme, d.household_class, d.next_recheck_on AS due_on
        FROM projections.rechecks_due_v1 d JOIN projections.rechecks_households_v1 h USING (ledger, household)
        WHERE d.ledger = %(ledger)s AND d.next_recheck_on <= %(day)s AND starts_with(h.area, %(area)s)
          AND d.from_month <= %(month)s AND COALESCE(d.last_month, 'infinity') >= %(month)s
          AND NOT EXISTS (
              SELECT FROM projections.rechecks_v1 r
              WHERE (r.ledger, r.household, r.programme) = (d.ledger, d.household, d.programme)
                AND r.concluded_on IS NULL)
        ORDER BY d.next_recheck_on, h.number
        """,
        {"ledger": ledger, "day": day, "month": Month.of(day), "area": area_prefix(area)},
    )


_RECHECK: Final = """
    SELECT r.case_id, r.household, h.number, h.area, r.programme, r.due_on, r.opened_on, r.campaign,
           r.outcome, r.decided_on, r.concluded_on, r.position
    FROM projections.rechecks_v1 r JOIN projections.rechecks_households_v1 h USING (ledger, household)
    WHERE r.ledger = %(ledger)s
"""


def open_rechecks(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[RecheckRow, ...]:
    """The rechecks not yet concluded, by household number and case; a page continues after `number/case`."""
    number, _, case = page.after.rpartition("/")
    return fetch(
        source,
        RecheckRow,
        _RECHECK + "AND r.concluded_on IS NULL AND starts_with(h.area, %(area)s)"
        " AND r.programme = COALESCE(%(programme)s, r.programme)"
        " AND (h.number, r.case_id) > (%(number)s, %(case)s)"
        " ORDER BY h.number, r.case_id LIMIT %(limit)s",
        {**scope.parameters, "number": number, "case": case, "limit": page.limit},
    )


def overdue(source: Source, scope: Scope, day: date) -> tuple[RecheckRow, ...]:
    """The rechecks that were due before a day and are not concluded, the longest overdue first."""
    return fetch(
        source,
        RecheckRow,
        _RECHECK + "AND r.concluded_on IS NULL AND r.due_on < %(day)s AND starts_with(h.area, %(area)s)"
        " AND r.programme = COALESCE(%(programme)s, r.programme) ORDER BY r.due_on, h.number",
        {**scope.parameters, "day": day},
    )


def of_household(source: Source, ledger: str, household: StreamId) -> tuple[RecheckRow, ...]:
    """Every recheck of a household, oldest first."""
    return fetch(
        source,
        RecheckRow,
        _RECHECK + "AND r.household = %(household)s ORDER BY r.opened_on, r.case_id",
        {"ledger": ledger, "household": household},
    )
