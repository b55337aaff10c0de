"""Who is entitled to what in a month? (在册名册) Any month, past or to come, on what is known now."""

from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.entitlement import (
    EntitlementChanged,
    EntitlementEnded,
    EntitlementKept,
    EntitlementStarted,
    ExistingEntitlementRegistered,
    HouseholdClass,
)
from hudang.domain.month import Month
from hudang.domain.personal import Personal
from hudang.domain.policy_terms import Register
from hudang.domain.transfer import TransferredOut
from hudang.domain.values import Fen, PersonId, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, HouseholdOf, Page, Scope, Source, Table, fetch

HOUSEHOLDS = directory("roster", version=1)

SPANS = Table(
    "roster_v1",
    """
    ledger          text NOT NULL,
    household       text COLLATE "C" NOT NULL,
    programme       text NOT NULL,
    from_month      date NOT NULL,
    to_month        date, -- the last month; NULL while nothing ends it
    amount_fen      bigint NOT NULL,
    persons         integer NOT NULL,
    household_class text NOT NULL,
    position        bigint NOT NULL
    """,
    key="ledger, household, programme, from_month",
)

roster_model = ReadModel("roster", version=1, tables=(HOUSEHOLDS, SPANS))
keep_directory(roster_model, HOUSEHOLDS)


class RosterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One household on the roster of a month, and for which months the amount (fen a month) holds."""

    household: StreamId
    number: str
    area: str
    register: Register
    head: PersonId
    head_name: Personal
    programme: str
    from_month: Month
    to_month: Month | None
    amount_fen: Fen
    persons: int
    household_class: HouseholdClass
    position: int


class RosterTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What a roster adds up to: households, persons, fen a month."""

    households: int
    persons: int
    amount_fen: Fen


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From month to month, an amount for so many persons; without a last month while nothing ends it."""

    programme: str
    from_month: Month
    to_month: Month | None
    amount_fen: Fen
    persons: int
    household_class: HouseholdClass
    position: int


@roster_model.on(ExistingEntitlementRegistered, EntitlementStarted)
def begun(
    cursor: Cursor[Any], event: ExistingEntitlementRegistered | EntitlementStarted, recorded: Recorded
) -> None:
    _end_before(cursor, event.programme, event.from_month, recorded)
    _write(cursor, event, len(event.persons), recorded)


@roster_model.on(EntitlementChanged)
def changed(cursor: Cursor[Any], event: EntitlementChanged, recorded: Recorded) -> None:
    """Later spans are replaced; what held in earlier months stays as it was."""
    _end_before(cursor, event.programme, event.from_month, recorded)
    _write(cursor, event, event.persons, recorded)


@roster_model.on(EntitlementKept)
def kept(cursor: Cursor[Any], event: EntitlementKept, recorded: Recorded) -> None:
    """The amount stays; a new class holds from the month of the recheck on."""
    month = Month.of(recorded.happened_on)
    key = {"ledger": recorded.ledger, "household": recorded.stream, "programme": event.programme}
    cursor.execute(
        """
        INSERT INTO projections.roster_v1
        SELECT ledger, household, programme, %(month)s, to_month, amount_fen, persons, %(class)s, %(position)s
        FROM projections.roster_v1
        WHERE (ledger, household, programme) = (%(ledger)s, %(household)s, %(programme)s)
          AND from_month < %(month)s AND COALESCE(to_month, 'infinity') >= %(month)s
          AND household_class <> %(class)s
        ON CONFLICT DO NOTHING
        """,
        {
            **key,
            "month": month.first_day,
            "class": event.household_class.value,
            "position": recorded.position,
        },
    )
    if cursor.rowcount:
        _cut(cursor, event.programme, month, recorded)
    cursor.execute(
        """
        UPDATE projections.roster_v1 SET household_class = %(class)s
        WHERE (ledger, household, programme) = (%(ledger)s, %(household)s, %(programme)s)
          AND from_month >= %(month)s
        """,
        {**key, "month": month.first_day, "class": event.household_class.value},
    )


@roster_model.on(EntitlementEnded)
def ended(cursor: Cursor[Any], event: EntitlementEnded, recorded: Recorded) -> None:
    _end_before(cursor, event.programme, event.last_month + 1, recorded)


@roster_model.on(TransferredOut)
def moved_away(cursor: Cursor[Any], event: TransferredOut, recorded: Recorded) -> None:
    for gone in event.entitlements:
        _end_before(cursor, gone.programme, gone.paid_through + 1, recorded)


def _end_before(cursor: Cursor[Any], programme: str, month: Month, recorded: Recorded) -> None:
    """Nothing of what was known holds from that month on."""
    cursor.execute(
        """
        DELETE FROM projections.roster_v1
        WHERE (ledger, household, programme) = (%s, %s, %s) AND from_month >= %s
        """,
        (recorded.ledger, recorded.stream, programme, month.first_day),
    )
    _cut(cursor, programme, month, recorded)


def _cut(cursor: Cursor[Any], programme: str, month: Month, recorded: Recorded) -> None:
    """Spans from before that month that reach into it end with the month before."""
    cursor.execute(
        """
        UPDATE projections.roster_v1 SET to_month = %s
        WHERE (ledger, household, programme) = (%s, %s, %s)
          AND from_month < %s AND COALESCE(to_month, 'infinity') >= %s
        """,
        (
            (month - 1).first_day,
            recorded.ledger,
            recorded.stream,
            programme,
            month.first_day,
            month.first_day,
        ),
    )


def _write(
    cursor: Cursor[Any],
    event: ExistingEntitlementRegistered | EntitlementStarted | EntitlementChanged,
    persons: int,
    recorded: Recorded,
) -> None:
    SPANS.put(
        cursor,
        ledger=recorded.ledger,
        household=recorded.stream,
        programme=event.programme,
        from_month=event.from_month,
        to_month=None,
        amount_fen=event.amount_fen,
        persons=persons,
        household_class=event.household_class,
        position=recorded.position,
    )


_ENTITLED: Final = """
    FROM projections.roster_households_v1 h
    JOIN projections.roster_v1 s USING (ledger, household)
    WHERE h.ledger = %(ledger)s AND starts_with(h.area, %(area)s)
      AND s.programme = COALESCE(%(programme)s, s.programme)
      AND s.from_month <= %(month)s AND COALESCE(s.to_month, 'infinity') >= %(month)s
"""


def roster(source: Source, scope: Scope, month: Month, page: Page = FIRST_PAGE) -> tuple[RosterRow, ...]:
    """The households entitled in a month, by household number; a page continues after a number."""
    return fetch(
        source,
        RosterRow,
        "SELECT h.household, h.number, h.area, h.register, h.head, h.head_name, s.programme,"
        " s.from_month, s.to_month, s.amount_fen, s.persons, s.household_class, s.position"
        + _ENTITLED
        + "AND h.number > %(after)s ORDER BY h.number, s.programme LIMIT %(limit)s",
        {**scope.parameters, "month": month, "after": page.after, "limit": page.limit},
    )


def totals(source: Source, scope: Scope, month: Month) -> RosterTotals:
    """What the roster of a month adds up to."""
    (added,) = fetch(
        source,
        RosterTotals,
        "SELECT count(DISTINCT h.household) AS households, COALESCE(sum(s.persons), 0)::bigint AS persons,"
        " COALESCE(sum(s.amount_fen), 0)::bigint AS amount_fen" + _ENTITLED,
        {**scope.parameters, "month": month},
    )
    return added


def households(source: Source, scope: Scope, month: Month) -> tuple[StreamId, ...]:
    """Every household entitled in a month, by number: whom a payroll or an annual review covers."""
    found = fetch(
        source,
        HouseholdOf,
        "SELECT DISTINCT h.number, h.household" + _ENTITLED + "ORDER BY h.number",
        {**scope.parameters, "month": month},
    )
    return tuple(row.household for row in found)


def spans(source: Source, ledger: str, household: StreamId) -> tuple[Span, ...]:
    """What a household is entitled to, month by month, every programme; oldest first."""
    return fetch(
        source,
        Span,
        """
        SELECT programme, from_month, to_month, amount_fen, persons, household_class, position
        FROM projections.roster_v1
        WHERE (ledger, household) = (%(ledger)s, %(household)s)
        ORDER BY programme, from_month
        """,
        {"ledger": ledger, "household": household},
    )


def entitled_in(source: Source, ledger: str, household: StreamId, month: Month) -> tuple[Span, ...]:
    """What a household is entitled to in one month, every programme."""
    return tuple(
        span
        for span in spans(source, ledger, household)
        if span.from_month <= month and (span.to_month is None or span.to_month >= month)
    )
