"""What was paid: payments of a month, their totals, and the payment runs?"""
# ruff: noqa: PLR0913, PLR0917 -- a field of the schema takes its arguments one by one

from datetime import date

import strawberry

from hudang.domain.grounds import PayoutReturnCause
from hudang.domain.month import Month
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.domain.values import Fen
from hudang.graphql import ids
from hudang.graphql.codes import label_zh
from hudang.graphql.context import Info
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.lists import BY_NUMBER_PAYOUT_AND_KIND, BY_POSITION, list_of, listed, page_after, scope_of
from hudang.graphql.nodes import Connection
from hudang.projections import payouts, payrolls


@output("What a payment holds for one month and kind (发放明细).")
class PayoutLine:
    """One month and kind of a payment."""

    household_id: strawberry.ID
    payroll_id: strawberry.ID
    number: str
    reference: str
    programme: str
    month: Month
    kind: PayoutKind
    kind_zh: str
    amount_fen: Fen
    persons: int
    state: PayoutState
    state_zh: str
    instructed_on: date
    confirmed_on: date | None
    returned_on: date | None
    return_cause: PayoutReturnCause | None
    return_cause_zh: str | None
    reissue_of: str | None


@output("What was paid for a month by one kind, without what the bank returned (发放合计).")
class PayoutTotal:
    """A month's total of one kind."""

    month: Month
    kind: PayoutKind
    kind_zh: str
    households: int
    persons: int
    amount_fen: Fen


@output("A payment run, as a list shows it (发放批次).")
class PayrollSummary:
    """A payment run in a list."""

    payroll_id: strawberry.ID
    programme: str
    area: str
    month: Month
    prepared_on: date
    households: int
    total_fen: Fen
    digest: str
    left: int


@output("Payments (发放).", name="Query")
class PaymentQueries:
    """What may be asked about payments."""

    @strawberry.field
    async def payouts(
        self,
        info: Info,
        month: Month,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[PayoutLine]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("payouts", scope, month)
        page = page_after(of, first, after, BY_NUMBER_PAYOUT_AND_KIND)
        rows = await info.context.query(payouts.of_month, scope, month, page)
        return listed(of, rows, first, lambda row: f"{row.number}/{row.payout}/{row.kind}", _payout_line)

    @strawberry.field
    async def payout_totals(
        self,
        info: Info,
        first_month: Month,
        last_month: Month,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> list[PayoutTotal]:
        scope = scope_of(info, ledger, area, programme)
        rows = await info.context.query(payouts.totals, scope, first_month, last_month)
        return [_total(row) for row in rows]

    @strawberry.field
    async def payrolls(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[PayrollSummary]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("payrolls", scope)
        page = page_after(of, first, after, BY_POSITION)
        rows = await info.context.query(payrolls.payrolls, scope, page)
        return listed(of, rows, first, lambda row: str(row.position), _payroll)


def _payout_line(row: payouts.PartRow) -> PayoutLine:
    return PayoutLine(
        household_id=ids.write(Kind.HOUSEHOLD, row.household),
        payroll_id=ids.write(Kind.PAYROLL, row.payroll),
        number=row.number,
        reference=row.payout,
        programme=row.programme,
        month=row.month,
        kind=row.kind,
        kind_zh=label_zh(row.kind),
        amount_fen=row.amount_fen,
        persons=row.persons,
        state=row.state,
        state_zh=label_zh(row.state),
        instructed_on=row.instructed_on,
        confirmed_on=row.confirmed_on,
        returned_on=row.returned_on,
        return_cause=row.return_cause,
        return_cause_zh=label_zh(row.return_cause) if row.return_cause else None,
        reissue_of=row.reissue_of,
    )


def _total(row: payouts.MonthTotal) -> PayoutTotal:
    return PayoutTotal(
        month=row.month,
        kind=row.kind,
        kind_zh=label_zh(row.kind),
        households=row.households,
        persons=row.persons,
        amount_fen=row.amount_fen,
    )


def _payroll(row: payrolls.PayrollRow) -> PayrollSummary:
    return PayrollSummary(
        payroll_id=ids.write(Kind.PAYROLL, row.payroll),
        programme=row.programme,
        area=row.area,
        month=row.month,
        prepared_on=row.prepared_on,
        households=row.households,
        total_fen=row.total_fen,
        digest=row.digest,
        left=len(row.left),
    )
