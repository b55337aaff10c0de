"""Who was admitted, raised, lowered, kept or ended, with effect from when? (待遇审批表、待遇取消表)

The register of entries and exits: one line for every decision on an entitlement, in the order of the ledger.
"""

from datetime import date, datetime
from enum import StrEnum
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
from hudang.domain.grounds import DecisionGround
from hudang.domain.month import Month
from hudang.domain.personal import Personal
from hudang.domain.transfer import TransferredOut
from hudang.domain.values import CaseId, Fen, PersonId, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch

HOUSEHOLDS = directory("entitlements", version=1)

CHANGES = Table(
    "entitlements_v1",
    """
    ledger          text NOT NULL,
    position        bigint NOT NULL,
    household       text COLLATE "C" NOT NULL,
    programme       text NOT NULL,
    change          text NOT NULL,
    case_id         text,
    household_class text,
    ground          text, -- NULL where nothing was changed or ended
    before_fen      bigint NOT NULL,
    after_fen       bigint NOT NULL,
    persons         integer, -- NULL where the decision left them as they were
    from_month      date NOT NULL, -- the first month of effect
    decided_on      date NOT NULL,
    recorded_at     timestamptz NOT NULL,
    next_recheck_on date
    """,
    key="ledger, position, programme",
    indexes=("ledger, household, position", "ledger, from_month"),
)

entitlements = ReadModel("entitlements", version=1, tables=(HOUSEHOLDS, CHANGES))
keep_directory(entitlements, HOUSEHOLDS)


class Change(StrEnum):
    """What a decision did to an entitlement."""

    REGISTERED = "registered"  # 存量录入
    STARTED = "started"  # 新增
    RAISED = "raised"  # 增标
    LOWERED = "lowered"  # 减标
    KEPT = "kept"  # 维持
    ENDED = "ended"  # 取消
    MOVED_AWAY = "moved_away"  # 迁出


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the register: fen a month before and after, from a month on."""

    position: int
    household: StreamId
    number: str
    area: str
    head: PersonId
    head_name: Personal
    programme: str
    change: Change
    case_id: CaseId | None
    household_class: HouseholdClass | None
    ground: DecisionGround | None
    before_fen: Fen
    after_fen: Fen
    persons: int | None
    from_month: Month
    decided_on: date
    recorded_at: datetime
    next_recheck_on: date | None


@entitlements.on(ExistingEntitlementRegistered, EntitlementStarted)
def begun(
    cursor: Cursor[Any], event: ExistingEntitlementRegistered | EntitlementStarted, recorded: Recorded
) -> None:
    _write(
        cursor,
        recorded,
        programme=event.programme,
        change=Change.STARTED if isinstance(event, EntitlementStarted) else Change.REGISTERED,
        household_class=event.household_class,
        before_fen=0,
        after_fen=event.amount_fen,
        persons=len(event.persons),
        from_month=event.from_month,
        next_recheck_on=event.next_recheck_on,
    )


@entitlements.on(EntitlementChanged)
def changed(cursor: Cursor[Any], event: EntitlementChanged, recorded: Recorded) -> None:
    _write(
        cursor,
        recorded,
        programme=event.programme,
        change=Change.RAISED if event.amount_fen > event.before_fen else Change.LOWERED,
        household_class=event.household_class,
        ground=event.ground,
        before_fen=event.before_fen,
        after_fen=event.amount_fen,
        persons=event.persons,
        from_month=event.from_month,
        next_recheck_on=event.next_recheck_on,
    )


@entitlements.on(EntitlementKept)
def kept(cursor: Cursor[Any], event: EntitlementKept, recorded: Recorded) -> None:
    _write(
        cursor,
        recorded,
        programme=event.programme,
        change=Change.KEPT,
        household_class=event.household_class,
        before_fen=event.amount_fen,
        after_fen=event.amount_fen,
        persons=None,
        from_month=Month.of(recorded.happened_on),
        next_recheck_on=event.next_recheck_on,
    )


@entitlements.on(EntitlementEnded)
def ended(cursor: Cursor[Any], event: EntitlementEnded, recorded: Recorded) -> None:
    _write(
        cursor,
        recorded,
        programme=event.programme,
        change=Change.ENDED,
        household_class=None,
        ground=event.ground,
        before_fen=event.amount_fen,
        after_fen=0,
        persons=event.persons,
        from_month=event.last_month + 1,
        next_recheck_on=None,
    )


@entitlements.on(TransferredOut)
def moved_away(cursor: Cursor[Any], event: TransferredOut, recorded: Recorded) -> None:
    for gone in event.entitlements:
        _write(
            cursor,
            recorded,
            programme=gone.programme,
            change=Change.MOVED_AWAY,
            household_class=gone.household_class,
            before_fen=gone.amount_fen,
            after_fen=0,
            persons=len(gone.persons),
            from_month=gone.paid_through + 1,
            next_recheck_on=None,
        )


def _write(cursor: Cursor[Any], recorded: Recorded, **values: Any) -> None:
    CHANGES.put(
        cursor,
        ledger=recorded.ledger,
        position=recorded.position,
        household=recorded.stream,
        case_id=getattr(recorded.event, "case", None),
        decided_on=recorded.happened_on,
        recorded_at=recorded.recorded_at,
        **values,
    )


_CHANGE: Final = """
    SELECT c.position, c.household, h.number, h.area, h.head, h.head_name, c.programme, c.change, c.case_id,
           c.household_class, c.ground, c.before_fen, c.after_fen, c.persons, c.from_month, c.decided_on,
           c.recorded_at, c.next_recheck_on
    FROM projections.entitlements_v1 c JOIN projections.entitlements_households_v1 h USING (ledger, household)
    WHERE c.ledger = %(ledger)s
"""


def of_household(source: Source, ledger: str, household: StreamId) -> tuple[ChangeRow, ...]:
    """Every decision on a household's entitlements, oldest first."""
    return fetch(
        source,
        ChangeRow,
        _CHANGE + "AND c.household = %(household)s ORDER BY c.position",
        {"ledger": ledger, "household": household},
    )


def changes(
    source: Source, scope: Scope, first: Month, last: Month, page: Page = FIRST_PAGE
) -> tuple[ChangeRow, ...]:
    """What takes effect in these months, in the order of the ledger; a page continues after a position."""
    return fetch(
        source,
        ChangeRow,
        _CHANGE + "AND starts_with(h.area, %(area)s) AND c.programme = COALESCE(%(programme)s, c.programme)"
        " AND c.from_month BETWEEN %(first)s AND %(last)s AND c.position > %(after)s"
        " ORDER BY c.position LIMIT %(limit)s",
        {
            **scope.parameters,
            "first": first,
            "last": last,
            "after": int(page.after or 0),
            "limit": page.limit,
        },
    )
