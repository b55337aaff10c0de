"""Who is on the books: the roster of a month, the files of an area, and who came, changed and went?"""
# ruff: noqa: PLR0913, PLR0917 -- a field of the schema takes its arguments one by one

from datetime import date, datetime

import strawberry

from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround
from hudang.domain.month import Month
from hudang.domain.policy_terms import Register
from hudang.domain.values import Fen, PersonId
from hudang.graphql import ids
from hudang.graphql.codes import label_zh
from hudang.graphql.context import Info
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.lists import BY_NUMBER, BY_POSITION, head_names, list_of, listed, page_after, scope_of
from hudang.graphql.nodes import Connection, Edge, PageInfo
from hudang.graphql.scalars import Position
from hudang.projections import entitlements, households, roster
from hudang.projections.entitlements import Change

Names = dict[PersonId, str | None]


@output("One household on the roster of a month (在册家庭).")
class RosterLine:
    """What a household is entitled to in the month."""

    household_id: strawberry.ID
    number: str
    area: str
    register: Register
    head_name: str | None
    programme: str
    household_class: HouseholdClass
    amount_fen: Fen
    persons: int
    from_month: Month
    to_month: Month | None


@output("What a roster adds up to (合计).")
class RosterTotals:
    """Households, persons, fen a month."""

    households: int
    persons: int
    amount_fen: Fen


@output("The roster of a month, with its totals (在册名册).")
class Roster:
    """One page of the roster; the totals are of all of it."""

    month: Month
    totals: RosterTotals
    edges: list[Edge[RosterLine]]
    page_info: PageInfo


@output("A household's file, as a list shows it (户档目录).")
class HouseholdLine:
    """A file in a list."""

    household_id: strawberry.ID
    number: str
    area: str
    register: Register
    head_name: str | None
    registered_on: date
    persons: int


@output("One decision on an entitlement and what it changed (待遇变动).")
class EntitlementChange:
    """One line of the register of entries and exits."""

    position: Position
    household_id: strawberry.ID
    case_id: strawberry.ID | None
    number: str
    area: str
    head_name: str | None
    programme: str
    change: Change
    change_zh: str
    household_class: HouseholdClass | None
    ground: DecisionGround | None
    ground_zh: str | None
    before_fen: Fen
    after_fen: Fen
    persons: int | None
    from_month: Month
    decided_on: date
    recorded_at: datetime


@output("Rosters and registers (名册).", name="Query")
class RosterQueries:
    """What may be asked about who is on the books."""

    @strawberry.field
    async def roster(
        self,
        info: Info,
        programme: str,
        month: Month,
        first: int,
        after: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Roster:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("roster", scope, month)
        page = page_after(of, first, after, BY_NUMBER)
        rows = await info.context.query(roster.roster, scope, month, page)
        totals = await info.context.query(roster.totals, scope, month)
        names = await head_names(info, scope.ledger, rows)
        shown = listed(of, rows, first, lambda row: row.number, lambda row: _roster_line(row, names))
        added = RosterTotals(
            households=totals.households, persons=totals.persons, amount_fen=totals.amount_fen
        )
        return Roster(month=month, totals=added, edges=shown.edges, page_info=shown.page_info)

    @strawberry.field
    async def households(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[HouseholdLine]:
        scope = scope_of(info, ledger, area)
        of = list_of("households", scope)
        page = page_after(of, first, after, BY_NUMBER)
        rows = await info.context.query(households.households, scope, page)
        names = await head_names(info, scope.ledger, rows)
        return listed(of, rows, first, lambda row: row.number, lambda row: _household_line(row, names))

    @strawberry.field
    async def entitlement_changes(
        self,
        info: Info,
        first_month: Month,
        last_month: Month,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[EntitlementChange]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("entitlement changes", scope, first_month, last_month)
        page = page_after(of, first, after, BY_POSITION)
        rows = await info.context.query(entitlements.changes, scope, first_month, last_month, page)
        names = await head_names(info, scope.ledger, rows)
        return listed(of, rows, first, lambda row: str(row.position), lambda row: _change(row, names))


def _roster_line(row: roster.RosterRow, names: Names) -> RosterLine:
    return RosterLine(
        household_id=ids.write(Kind.HOUSEHOLD, row.household),
        number=row.number,
        area=row.area,
        register=row.register,
        head_name=names[row.head],
        programme=row.programme,
        household_class=row.household_class,
        amount_fen=row.amount_fen,
        persons=row.persons,
        from_month=row.from_month,
        to_month=row.to_month,
    )


def _household_line(row: households.HouseholdRow, names: Names) -> HouseholdLine:
    return HouseholdLine(
        household_id=ids.write(Kind.HOUSEHOLD, row.household),
        number=row.number,
        area=row.area,
        register=row.register,
        head_name=names[row.head],
        registered_on=row.registered_on,
        persons=row.members,
    )


def _change(row: entitlements.ChangeRow, names: Names) -> EntitlementChange:
    return EntitlementChange(
        position=Position(row.position),
        household_id=ids.write(Kind.HOUSEHOLD, row.household),
        case_id=ids.write_case(row.household, row.case_id) if row.case_id else None,
        number=row.number,
        area=row.area,
        head_name=names[row.head],
        programme=row.programme,
        change=row.change,
        change_zh=label_zh(row.change),
        household_class=row.household_class,
        ground=row.ground,
        ground_zh=label_zh(row.ground) if row.ground else None,
        before_fen=row.before_fen,
        after_fen=row.after_fen,
        persons=row.persons,
        from_month=row.from_month,
        decided_on=row.decided_on,
        recorded_at=row.recorded_at,
    )
