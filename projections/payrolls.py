"""Which payment runs (发放花名册) were fixed, which are unfinished, and who is entitled but on no list?"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.month import Month
from hudang.domain.payout import PayoutKind
from hudang.domain.payroll import PayrollInstructed, PayrollLinesDropped, PayrollPrepared
from hudang.domain.values import Fen, StreamId
from hudang.projections.model import ReadModel
from hudang.projections.rows import (
    FIRST_PAGE,
    HouseholdOf,
    Page,
    Scope,
    Source,
    Table,
    fetch,
    fetch_one,
)

PAYROLLS = Table(
    "payrolls_v1",
    """
    ledger       text NOT NULL,
    payroll      text COLLATE "C" NOT NULL,
    programme    text NOT NULL,
    area         text COLLATE "C" NOT NULL,
    month        date NOT NULL,
    prepared_on  date NOT NULL,
    households   integer NOT NULL,
    total_fen    bigint NOT NULL,
    digest       text NOT NULL,
    position     bigint NOT NULL
    """,
    key="ledger, payroll",
)

LINES = Table(
    "payrolls_lines_v1",
    """
    ledger        text NOT NULL,
    payroll       text COLLATE "C" NOT NULL,
    household     text COLLATE "C" NOT NULL,
    line          integer NOT NULL,
    amount_fen    bigint NOT NULL,
    instructed_on date,
    dropped_on    date -- the household moved away before it was paid
    """,
    key="ledger, payroll, household",
    indexes=("ledger, payroll, line",),
)

PARTS = Table(
    "payrolls_parts_v1",
    """
    ledger     text NOT NULL,
    household  text COLLATE "C" NOT NULL,
    programme  text NOT NULL,
    month      date NOT NULL,
    kind       text NOT NULL,
    payroll    text COLLATE "C" NOT NULL,
    amount_fen bigint NOT NULL,
    persons    integer NOT NULL
    """,
    key="ledger, household, programme, month, kind, payroll",
    indexes=("ledger, payroll",),
)

payrolls_model = ReadModel("payrolls", version=1, tables=(PAYROLLS, LINES, PARTS))


class PayrollRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment run; `left` are the households whose payment is still to be instructed."""

    payroll: StreamId
    programme: str
    area: str
    month: Month
    prepared_on: date
    households: int
    total_fen: Fen
    digest: str
    left: tuple[StreamId, ...]
    position: int


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one household is paid in a run, in fen."""

    household: StreamId
    line: int
    amount_fen: Fen
    instructed_on: date | None


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a line holds for one month and kind, in fen."""

    household: StreamId
    month: Month
    kind: PayoutKind
    amount_fen: Fen
    persons: int


@payrolls_model.on(PayrollPrepared)
def prepared(cursor: Cursor[Any], event: PayrollPrepared, recorded: Recorded) -> None:
    key = {"ledger": recorded.ledger, "payroll": recorded.stream}
    PAYROLLS.put(
        cursor,
        **key,
        programme=event.programme,
        area=event.area,
        month=event.month,
        prepared_on=recorded.happened_on,
        households=len(event.lines),
        total_fen=event.total_fen,
        digest=event.digest,
        position=recorded.position,
    )
    LINES.put_all(
        cursor,
        (
            {**key, "household": line.household, "line": number, "amount_fen": line.amount_fen}
            for number, line in enumerate(event.lines, start=1)
        ),
    )
    PARTS.put_all(
        cursor,
        (
            {
                **key,
                "household": line.household,
                "programme": event.programme,
                "month": part.month,
                "kind": part.kind,
                "amount_fen": part.amount_fen,
                "persons": part.persons,
            }
            for line in event.lines
            for part in line.parts
        ),
    )


@payrolls_model.on(PayrollInstructed)
def instructed(cursor: Cursor[Any], event: PayrollInstructed, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.payrolls_lines_v1 SET instructed_on = %s"
        " WHERE (ledger, payroll) = (%s, %s) AND household = ANY (%s)",
        (recorded.happened_on, recorded.ledger, recorded.stream, list(event.households)),
    )


@payrolls_model.on(PayrollLinesDropped)
def dropped(cursor: Cursor[Any], event: PayrollLinesDropped, recorded: Recorded) -> None:
    """What was on the list stays there to be seen; nothing is left to do about it."""
    cursor.execute(
        "UPDATE projections.payrolls_lines_v1 SET dropped_on = %s"
        " WHERE (ledger, payroll) = (%s, %s) AND household = ANY (%s)",
        (recorded.happened_on, recorded.ledger, recorded.stream, list(event.households)),
    )


_PAYROLL: Final = """
    SELECT p.payroll, p.programme, p.area, p.month, p.prepared_on, p.households, p.total_fen, p.digest,
           p.position,
           ARRAY(SELECT l.household FROM projections.payrolls_lines_v1 l
                 WHERE (l.ledger, l.payroll) = (p.ledger, p.payroll) AND l.instructed_on IS NULL
                   AND l.dropped_on IS NULL
                 ORDER BY l.line) AS left
    FROM projections.payrolls_v1 p WHERE p.ledger = %(ledger)s
"""


def payroll(source: Source, ledger: str, payroll: StreamId) -> PayrollRow | None:
    """One payment run by its id."""
    return fetch_one(
        source, PayrollRow, _PAYROLL + "AND p.payroll = %(payroll)s", {"ledger": ledger, "payroll": payroll}
    )


def payrolls(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[PayrollRow, ...]:
    """The payment runs, in the order of the ledger; a page continues after a position."""
    return fetch(
        source,
        PayrollRow,
        _PAYROLL + "AND starts_with(p.area, %(area)s) AND p.programme = COALESCE(%(programme)s, p.programme)"
        " AND p.position > %(after)s ORDER BY p.position LIMIT %(limit)s",
        {**scope.parameters, "after": int(page.after or 0), "limit": page.limit},
    )


def unfinished(source: Source, ledger: str) -> tuple[PayrollRow, ...]:
    """The payment runs with households whose payment has not been instructed, oldest first."""
    return tuple(
        run
        for run in fetch(source, PayrollRow, _PAYROLL + "ORDER BY p.position", {"ledger": ledger})
        if run.left
    )


def lines(source: Source, ledger: str, payroll: StreamId) -> tuple[LineRow, ...]:
    """The list of a payment run, as fixed."""
    return fetch(
        source,
        LineRow,
        "SELECT household, line, amount_fen, instructed_on FROM projections.payrolls_lines_v1"
        " WHERE (ledger, payroll) = (%(ledger)s, %(payroll)s) ORDER BY line",
        {"ledger": ledger, "payroll": payroll},
    )


def parts(source: Source, ledger: str, payroll: StreamId) -> tuple[PartRow, ...]:
    """What the lines of a payment run hold, month by month and kind by kind."""
    return fetch(
        source,
        PartRow,
        "SELECT household, month, kind, amount_fen, persons FROM projections.payrolls_parts_v1"
        " WHERE (ledger, payroll) = (%(ledger)s, %(payroll)s) ORDER BY household, month, kind",
        {"ledger": ledger, "payroll": payroll},
    )


def entitled_but_not_listed(
    source: Source, ledger: str, programme: str, months: Sequence[Month]
) -> tuple[StreamId, ...]:
    """Who is entitled in one of these months, by the roster, and on no list for it; by household number."""
    found = fetch(
        source,
        HouseholdOf,
        """
        SELECT DISTINCT h.number, h.household
        FROM projections.roster_households_v1 h JOIN projections.roster_v1 s USING (ledger, household)
        CROSS JOIN unnest(%(months)s::date[]) AS m (month)
        WHERE h.ledger = %(ledger)s AND s.programme = %(programme)s
          AND s.from_month <= m.month AND COALESCE(s.to_month, 'infinity') >= m.month
          AND NOT EXISTS (
              SELECT FROM projections.payrolls_parts_v1 p
              WHERE (p.ledger, p.household, p.programme, p.month, p.kind)
                  = (s.ledger, s.household, s.programme, m.month, 'regular'))
        ORDER BY h.number
        """,
        {"ledger": ledger, "programme": programme, "months": tuple(months)},
    )
    return tuple(row.household for row in found)
