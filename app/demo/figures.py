"""What do the events of the year add up to? Every figure is a query over the read models."""

from typing import Final

import msgspec

from hudang.demo.plan import FIRST_DAY, LAST_DAY
from hudang.demo.story import COUNTY, PROGRAMME, YEAR
from hudang.domain.determination import DecisionOutcome
from hudang.domain.month import Month
from hudang.domain.payout import PayoutKind
from hudang.projections import applications, campaigns, entitlements, payouts, roster
from hudang.projections.rows import Page, Scope, Source

JANUARY: Final = Month(YEAR, 1)
FEBRUARY: Final = Month(YEAR, 2)
NOVEMBER: Final = Month(YEAR, 11)
DECEMBER: Final = Month(YEAR, 12)
EVERYTHING: Final = Page(limit=10_000)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Households, persons, and fen a month."""

    households: int
    persons: int
    amount_fen: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What the annual review changed in one direction: households, and by how much, fen a month."""

    households: int
    amount_fen: int


class Applications(msgspec.Struct, frozen=True, kw_only=True):
    """How many applications came how far."""

    submitted: int
    accepted: int
    lapsed: int
    approved: int


class MonthPaid(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for a month of entitlement, without supplements."""

    month: str
    households: int
    persons: int
    amount_fen: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the report's figures are compared with."""

    before: Totals
    after: Totals
    reviewed_households: int
    reviewed_persons: int
    reviewed_amount_fen: int
    kept: int
    ended: Change
    raised: Change
    lowered: Change
    started: Totals
    applications: Applications
    payroll: tuple[MonthPaid, ...]
    prepayment_fen: int

    @property
    def year_amount_fen(self) -> int:
        """What was paid for all months, without supplements."""
        return sum(paid.amount_fen for paid in self.payroll)


def add_up(source: Source, ledger: str) -> Figures:
    """The figures of the year; `source` reads the database of the read models."""
    scope = Scope(ledger=ledger, programme=PROGRAMME, area=COUNTY)
    (review,) = campaigns.campaigns(source, scope)
    results = {each.outcome: each for each in campaigns.results(source, ledger, review.campaign)}
    counted = applications.counts(source, scope, FIRST_DAY, LAST_DAY)
    return Figures(
        before=_roster(source, scope, NOVEMBER),
        after=_roster(source, scope, DECEMBER),
        reviewed_households=review.households_before,
        reviewed_persons=review.persons_before,
        reviewed_amount_fen=review.before_fen,
        kept=_households(results.get(DecisionOutcome.KEEP)),
        ended=_change(results.get(DecisionOutcome.END)),
        raised=_change(results.get(DecisionOutcome.RAISE)),
        lowered=_change(results.get(DecisionOutcome.LOWER)),
        started=_started(source, scope),
        applications=Applications(
            submitted=counted.submitted,
            accepted=counted.accepted,
            lapsed=counted.lapsed,
            approved=counted.approved,
        ),
        payroll=_months_paid(source, scope),
        prepayment_fen=sum(each.amount_fen for each in payouts.totals(source, scope, JANUARY, FEBRUARY)),
    )


def _roster(source: Source, scope: Scope, month: Month) -> Totals:
    found = roster.totals(source, scope, month)
    return Totals(households=found.households, persons=found.persons, amount_fen=found.amount_fen)


def _households(result: campaigns.CampaignResult | None) -> int:
    return result.households if result else 0


def _change(result: campaigns.CampaignResult | None) -> Change:
    """How many, and by how much together, whichever way."""
    return Change(households=_households(result), amount_fen=abs(result.difference_fen) if result else 0)


def _started(source: Source, scope: Scope) -> Totals:
    """The entitlements that decisions of the year began."""
    changes = entitlements.changes(source, scope, JANUARY, DECEMBER, EVERYTHING)
    begun = [each for each in changes if each.change is entitlements.Change.STARTED]
    return Totals(
        households=len({each.household for each in begun}),
        persons=sum(each.persons or 0 for each in begun),
        amount_fen=sum(each.after_fen for each in begun),
    )


def _months_paid(source: Source, scope: Scope) -> tuple[MonthPaid, ...]:
    return tuple(
        MonthPaid(
            month=str(each.month),
            households=each.households,
            persons=each.persons,
            amount_fen=each.amount_fen,
        )
        for each in payouts.totals(source, scope, JANUARY, DECEMBER)
        if each.kind is PayoutKind.REGULAR
    )
