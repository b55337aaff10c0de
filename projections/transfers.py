"""Which households are on their way between ledgers, and what is still to be done about each? (迁移)

Each ledger lists its own half: a household leaves one and arrives in the other. A half is open until the
household was taken in and its own file says so. Names and addresses stay sealed.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.arrival import TransferAccepted, TransferAnnounced
from hudang.domain.decision import Recorded
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.personal import Personal
from hudang.domain.transfer import TransferCompleted, TransferredEntitlement, TransferredOut
from hudang.domain.values import Fen, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Source, Table, fetch

HOUSEHOLDS = directory("transfers", version=1)

HALVES = Table(
    "transfers_v1",
    """
    ledger       text NOT NULL,
    transfer     text COLLATE "C" NOT NULL,
    direction    text NOT NULL,
    other_ledger text NOT NULL,
    begun_on     date NOT NULL,
    position     bigint NOT NULL, -- of its first event
    household    text COLLATE "C", -- its file in this ledger, once there is one
    announced    text, -- the stream of an announcement
    there        text, -- its file in the other ledger, where that is known
    number       text, -- in the other ledger, for one that arrives
    head_name    jsonb,
    address      jsonb,
    members      integer NOT NULL,
    completed_on date
    """,
    key="ledger, transfer",
    indexes=("other_ledger, direction", "ledger, position"),
)

ENTITLEMENTS = Table(
    "transfers_entitlements_v1",
    """
    ledger       text NOT NULL,
    transfer     text COLLATE "C" NOT NULL,
    programme    text NOT NULL,
    amount_fen   bigint NOT NULL,
    persons      integer NOT NULL,
    paid_through date NOT NULL
    """,
    key="ledger, transfer, programme",
)

transfers_model = ReadModel("transfers", version=1, tables=(HOUSEHOLDS, HALVES, ENTITLEMENTS))
keep_directory(transfers_model, HOUSEHOLDS)


class Direction(StrEnum):
    """Which half of a transfer a ledger has."""

    OUT = "out"  # 迁出
    IN = "in"  # 迁入


class TransferState(StrEnum):
    """Whether something is still to be done."""

    OPEN = "open"  # 办理中
    COMPLETED = "completed"  # 已办结


class TransferRow(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger's half of a transfer."""

    transfer: str
    direction: Direction
    state: TransferState
    other_ledger: str
    household: StreamId | None
    announced: StreamId | None
    number: str | None
    head_name: Personal | None
    address: Personal | None
    members: int
    begun_on: date
    completed_on: date | None
    position: int


class MovingRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entitlement on the way: fen a month, paid through a month by the ledger that the household left."""

    programme: str
    amount_fen: Fen
    persons: int
    paid_through: Month


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A household that a ledger has let go to another and that was not announced there yet."""

    ledger: str
    household: StreamId
    transfer: str
    position: int


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A household that was taken in elsewhere while the ledger that it left does not know yet."""

    household: StreamId
    transfer: str
    there: StreamId
    accepted_on: date


class OwedMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A month that a household brought along unpaid and that no payroll lists."""

    household: StreamId
    programme: str
    month: Month


@transfers_model.on(TransferredOut)
def left(cursor: Cursor[Any], event: TransferredOut, recorded: Recorded) -> None:
    _begin(
        cursor,
        recorded,
        event.transfer,
        {
            "direction": Direction.OUT,
            "other_ledger": event.to_ledger,
            "household": recorded.stream,
            "members": len(event.members),
        },
        event.entitlements,
    )


@transfers_model.on(TransferAnnounced)
def announced(cursor: Cursor[Any], event: TransferAnnounced, recorded: Recorded) -> None:
    head = next(member for member in event.members if member.relation is Relation.HEAD)
    _begin(
        cursor,
        recorded,
        event.transfer,
        {
            "direction": Direction.IN,
            "other_ledger": event.from_ledger,
            "there": event.from_household,
            "announced": recorded.stream,
            "number": event.from_number,
            "head_name": head.name,
            "address": event.address,
            "members": len(event.members),
        },
        event.entitlements,
    )


@transfers_model.on(TransferAccepted)
def accepted(cursor: Cursor[Any], event: TransferAccepted, recorded: Recorded) -> None:
    _complete(cursor, recorded, event.transfer, recorded.happened_on, household=event.household)


@transfers_model.on(TransferCompleted)
def completed(cursor: Cursor[Any], event: TransferCompleted, recorded: Recorded) -> None:
    _complete(cursor, recorded, event.transfer, recorded.happened_on, there=event.there)


def _begin(
    cursor: Cursor[Any],
    recorded: Recorded,
    transfer: str,
    values: Mapping[str, Any],
    entitlements: tuple[TransferredEntitlement, ...],
) -> None:
    key = {"ledger": recorded.ledger, "transfer": transfer}
    HALVES.put(cursor, **key, begun_on=recorded.happened_on, position=recorded.position, **values)
    ENTITLEMENTS.put_all(
        cursor,
        (
            {
                **key,
                "programme": moving.programme,
                "amount_fen": moving.amount_fen,
                "persons": len(moving.persons),
                "paid_through": moving.paid_through,
            }
            for moving in entitlements
        ),
    )


def _complete(cursor: Cursor[Any], recorded: Recorded, transfer: str, on: date, **values: Any) -> None:
    HALVES.change(cursor, {"ledger": recorded.ledger, "transfer": transfer}, completed_on=on, **values)


_HALF: Final = """
    SELECT t.transfer, t.direction, t.other_ledger, t.household, t.announced, t.members, t.begun_on,
           t.completed_on, t.position, t.address,
           CASE WHEN t.completed_on IS NULL THEN 'open' ELSE 'completed' END AS state,
           COALESCE(h.number, t.number) AS number, COALESCE(h.head_name, t.head_name) AS head_name
    FROM projections.transfers_v1 t LEFT JOIN projections.transfers_households_v1 h USING (ledger, household)
    WHERE t.ledger = %(ledger)s
"""


def transfers(
    source: Source, ledger: str, state: TransferState | None = None, page: Page = FIRST_PAGE
) -> tuple[TransferRow, ...]:
    """A ledger's halves in its order; a page continues after a position."""
    return fetch(
        source,
        TransferRow,
        _HALF + "AND (%(state)s::text IS NULL OR (t.completed_on IS NULL) = (%(state)s::text = 'open'))"
        " AND t.position > %(after)s ORDER BY t.position LIMIT %(limit)s",
        {"ledger": ledger, "state": state, "after": int(page.after or 0), "limit": page.limit},
    )


def moving(source: Source, ledger: str, transfer: str) -> tuple[MovingRow, ...]:
    """What goes on elsewhere, by programme."""
    return fetch(
        source,
        MovingRow,
        "SELECT programme, amount_fen, persons, paid_through FROM projections.transfers_entitlements_v1"
        " WHERE (ledger, transfer) = (%(ledger)s, %(transfer)s) ORDER BY programme",
        {"ledger": ledger, "transfer": transfer},
    )


def leaving_for(source: Source, ledger: str) -> tuple[Leaving, ...]:
    """The households that other ledgers of this database have let go to this one, not announced here yet."""
    return fetch(
        source,
        Leaving,
        """
        SELECT o.ledger, o.household, o.transfer, o.position FROM projections.transfers_v1 o
        WHERE o.other_ledger = %(ledger)s AND o.direction = 'out' AND o.completed_on IS NULL
          AND NOT EXISTS (SELECT FROM projections.transfers_v1 i
                          WHERE (i.ledger, i.transfer, i.direction) = (%(ledger)s, o.transfer, 'in'))
        ORDER BY o.ledger, o.position
        """,
        {"ledger": ledger},
    )


def arrived_from(source: Source, ledger: str) -> tuple[Arrived, ...]:
    """The households that left this ledger and were taken in elsewhere, while it does not know that yet."""
    return fetch(
        source,
        Arrived,
        """
        SELECT o.household, o.transfer, i.household AS there, i.completed_on AS accepted_on
        FROM projections.transfers_v1 o
        JOIN projections.transfers_v1 i ON i.ledger = o.other_ledger AND i.transfer = o.transfer
          AND i.other_ledger = o.ledger AND i.direction = 'in' AND i.completed_on IS NOT NULL
        WHERE o.ledger = %(ledger)s AND o.direction = 'out' AND o.completed_on IS NULL
        ORDER BY o.position
        """,
        {"ledger": ledger},
    )


def owed_and_not_listed(source: Source, ledger: str, before: Month) -> tuple[OwedMonth, ...]:
    """What households that this ledger took in are owed since the other one paid, before a month."""
    return fetch(
        source,
        OwedMonth,
        """
        SELECT DISTINCT s.household, s.programme, m.month::date AS month
        FROM projections.transfers_v1 t
        JOIN projections.transfers_entitlements_v1 e USING (ledger, transfer)
        CROSS JOIN generate_series(e.paid_through + interval '1 month', %(before)s - interval '1 month',
                                   interval '1 month') AS m (month)
        JOIN projections.roster_v1 s
          ON (s.ledger, s.household, s.programme) = (t.ledger, t.household, e.programme)
          AND s.from_month <= m.month AND COALESCE(s.to_month, 'infinity') >= m.month
        WHERE t.ledger = %(ledger)s AND t.direction = 'in' AND t.completed_on IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM projections.payrolls_parts_v1 p
              WHERE (p.ledger, p.household, p.programme, p.month, p.kind)
                  = (s.ledger, s.household, s.programme, m.month::date, 'regular'))
        ORDER BY s.household, s.programme, month
        """,
        {"ledger": ledger, "before": before},
    )
