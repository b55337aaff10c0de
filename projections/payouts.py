"""What was paid to whom, for which month, and where does each payment stand? (发放情况)

A payment is kept in its parts, one for each month and kind; sums are by month of entitlement, not of payment.
"""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.grounds import PayoutReturnCause
from hudang.domain.month import Month
from hudang.domain.payout import (
    PayoutConfirmed,
    PayoutInstructed,
    PayoutKind,
    PayoutReturned,
    PayoutState,
)
from hudang.domain.values import Fen, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, HouseholdOf, Page, Scope, Source, Table, fetch

HOUSEHOLDS = directory("payouts", version=1)

PARTS = Table(
    "payouts_v1",
    """
    ledger         text NOT NULL,
    household      text COLLATE "C" NOT NULL,
    payout         text COLLATE "C" NOT NULL,
    month          date NOT NULL,
    kind           text NOT NULL,
    programme      text NOT NULL,
    payroll        text NOT NULL,
    amount_fen     bigint NOT NULL,
    persons        integer NOT NULL,
    state          text NOT NULL,
    instructed_on  date NOT NULL,
    confirmed_on   date,
    returned_on    date,
    return_cause   text,
    bank_reference text,
    reissue_of     text,
    position       bigint NOT NULL
    """,
    key="ledger, household, payout, month, kind",
    indexes=("ledger, month", "ledger, payroll"),
)

payouts = ReadModel("payouts", version=1, tables=(HOUSEHOLDS, PARTS))
keep_directory(payouts, HOUSEHOLDS)


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment holds for one month and kind, in fen, and where the payment stands."""

    household: StreamId
    number: str
    payout: str
    month: Month
    kind: PayoutKind
    programme: str
    payroll: StreamId
    amount_fen: Fen
    persons: int
    state: PayoutState
    instructed_on: date
    confirmed_on: date | None
    returned_on: date | None
    return_cause: PayoutReturnCause | None
    bank_reference: str | None
    reissue_of: str | None
    position: int


class MonthTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for a month of entitlement by one kind; what the bank returned is not counted."""

    month: Month
    kind: PayoutKind
    households: int
    persons: int
    amount_fen: Fen


@payouts.on(PayoutInstructed)
def instructed(cursor: Cursor[Any], event: PayoutInstructed, recorded: Recorded) -> None:
    PARTS.put_all(
        cursor,
        (
            {
                "ledger": recorded.ledger,
                "household": recorded.stream,
                "payout": event.payout,
                "month": part.month,
                "kind": part.kind,
                "programme": event.programme,
                "payroll": event.payroll,
                "amount_fen": part.amount_fen,
                "persons": part.persons,
                "state": PayoutState.INSTRUCTED,
                "instructed_on": recorded.happened_on,
                "reissue_of": event.reissue_of,
                "position": recorded.position,
            }
            for part in event.parts
        ),
    )


@payouts.on(PayoutConfirmed)
def confirmed(cursor: Cursor[Any], event: PayoutConfirmed, recorded: Recorded) -> None:
    PARTS.change(
        cursor,
        {"ledger": recorded.ledger, "household": recorded.stream, "payout": event.payout},
        state=PayoutState.CONFIRMED,
        confirmed_on=recorded.happened_on,
        bank_reference=event.bank_reference,
        position=recorded.position,
    )


@payouts.on(PayoutReturned)
def returned(cursor: Cursor[Any], event: PayoutReturned, recorded: Recorded) -> None:
    PARTS.change(
        cursor,
        {"ledger": recorded.ledger, "household": recorded.stream, "payout": event.payout},
        state=PayoutState.RETURNED,
        returned_on=recorded.happened_on,
        return_cause=event.cause,
        position=recorded.position,
    )


_PART: Final = """
    SELECT p.household, h.number, p.payout, p.month, p.kind, p.programme, p.payroll, p.amount_fen, p.persons,
           p.state, p.instructed_on, p.confirmed_on, p.returned_on, p.return_cause, p.bank_reference,
           p.reissue_of, p.position
    FROM projections.payouts_v1 p JOIN projections.payouts_households_v1 h USING (ledger, household)
    WHERE p.ledger = %(ledger)s
"""


def of_household(source: Source, ledger: str, household: StreamId) -> tuple[PartRow, ...]:
    """Everything paid to a household, by month, kind and time."""
    return fetch(
        source,
        PartRow,
        _PART + "AND p.household = %(household)s ORDER BY p.month, p.kind, p.instructed_on, p.payout",
        {"ledger": ledger, "household": household},
    )


def of_month(source: Source, scope: Scope, month: Month, page: Page = FIRST_PAGE) -> tuple[PartRow, ...]:
    """Everything paid for a month, by household number; a page continues after `number/payout/kind`."""
    number, payout, kind = page.after.rsplit("/", 2) if page.after else ("", "", "")
    return fetch(
        source,
        PartRow,
        _PART + "AND starts_with(h.area, %(area)s) AND p.programme = COALESCE(%(programme)s, p.programme)"
        " AND p.month = %(month)s AND (h.number, p.payout, p.kind) > (%(number)s, %(payout)s, %(kind)s)"
        " ORDER BY h.number, p.payout, p.kind LIMIT %(limit)s",
        {
            **scope.parameters,
            "month": month,
            "number": number,
            "payout": payout,
            "kind": kind,
            "limit": page.limit,
        },
    )


def totals(source: Source, scope: Scope, first: Month, last: Month) -> tuple[MonthTotal, ...]:
    """What was paid for each of these months, by kind; what the bank returned is left out."""
    return fetch(
        source,
        MonthTotal,
        """
        SELECT p.month, p.kind, count(DISTINCT p.household) AS households,
               sum(p.persons)::bigint AS persons, sum(p.amount_fen)::bigint AS amount_fen
        FROM projections.payouts_v1 p JOIN projections.payouts_households_v1 h USING (ledger, household)
        WHERE p.ledger = %(ledger)s AND starts_with(h.area, %(area)s)
          AND p.programme = COALESCE(%(programme)s, p.programme)
          AND p.month BETWEEN %(first)s AND %(last)s AND p.state <> 'returned'
        GROUP BY p.month, p.kind ORDER BY p.month, p.kind
        """,
        {**scope.parameters, "first": first, "last": last},
    )


def unconfirmed(source: Source, ledger: str, payroll: StreamId) -> tuple[StreamId, ...]:
    """The households of a payroll whose payment was instructed and not yet confirmed, by number."""
    found = fetch(
        source,
        HouseholdOf,
        """
        SELECT DISTINCT h.number, p.household
        FROM projections.payouts_v1 p JOIN projections.payouts_households_v1 h USING (ledger, household)
        WHERE (p.ledger, p.payroll) = (%(ledger)s, %(payroll)s) AND p.state = 'instructed' ORDER BY h.number
        """,
        {"ledger": ledger, "payroll": payroll},
    )
    return tuple(row.household for row in found)
