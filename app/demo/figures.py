"""What do the events of the year add up to? Every figure is a query over the read models."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hudang.demo.client import Client
from hudang.demo.plan import FIRST_DAY, LAST_DAY
from hudang.demo.story import COUNTY, PROGRAMME
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.payout import PayoutKind

JANUARY: Final = "2013-01"
FEBRUARY: Final = "2013-02"
NOVEMBER: Final = "2013-11"
DECEMBER: Final = "2013-12"

Answer = Mapping[str, Any]

_FIGURES: Final = """
query Figures(
  $programme: String!, $area: String!, $campaign: ID!, $january: Month!, $november: Month!, $december: Month!
  $firstDay: LocalDate!, $lastDay: LocalDate!
) {
  before: roster(programme: $programme, area: $area, month: $november, first: 1) { totals { ...T } }
  after: roster(programme: $programme, area: $area, month: $december, first: 1) { totals { ...T } }
  review: campaign(id: $campaign) {
    households persons amountFen
    outcomes { outcome households differenceFen }
  }
  applications: applicationCounts(
    programme: $programme, area: $area, firstDay: $firstDay, lastDay: $lastDay
  ) { submitted accepted lapsed approved }
  paid: payoutTotals(
    programme: $programme, area: $area, firstMonth: $january, lastMonth: $december
  ) { month kind households persons amountFen }
}
fragment T on RosterTotals { households persons amountFen }
"""

_CHANGES: Final = """
query Changes($programme: String!, $area: String!, $january: Month!, $december: Month!, $after: String) {
  entitlementChanges(
    programme: $programme, area: $area, firstMonth: $january, lastMonth: $december, first: 100, after: $after
  ) {
    edges { node { change householdId persons afterFen } }
    pageInfo { endCursor hasNextPage }
  }
}
"""


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


def add_up(client: Client, campaign: str) -> Figures:
    """The figures of the year; `campaign` is the id of its annual review."""
    answer = client.ask(
        _FIGURES,
        {
            **_PERIOD,
            "campaign": campaign,
            "november": NOVEMBER,
            "firstDay": str(FIRST_DAY),
            "lastDay": str(LAST_DAY),
        },
    )
    review, paid = answer["review"], answer["paid"]
    outcomes = {each["outcome"]: each for each in review["outcomes"]}
    return Figures(
        before=_totals(answer["before"]["totals"]),
        after=_totals(answer["after"]["totals"]),
        reviewed_households=review["households"],
        reviewed_persons=review["persons"],
        reviewed_amount_fen=review["amountFen"],
        kept=_change(outcomes, DecisionOutcome.KEEP).households,
        ended=_change(outcomes, DecisionOutcome.END),
        raised=_change(outcomes, DecisionOutcome.RAISE),
        lowered=_change(outcomes, DecisionOutcome.LOWER),
        started=_started(client),
        applications=msgspec.convert(answer["applications"], Applications),
        payroll=tuple(
            MonthPaid(month=each["month"], **_plain(each))
            for each in paid
            if each["kind"] == PayoutKind.REGULAR.name
        ),
        prepayment_fen=sum(each["amountFen"] for each in paid if each["month"] in (JANUARY, FEBRUARY)),
    )


_PERIOD: Final = {"programme": PROGRAMME, "area": COUNTY, "january": JANUARY, "december": DECEMBER}


def _totals(answer: Answer) -> Totals:
    return Totals(**_plain(answer))


def _plain(answer: Answer) -> dict[str, int]:
    return {
        "households": answer["households"],
        "persons": answer["persons"],
        "amount_fen": answer["amountFen"],
    }


def _change(outcomes: Mapping[str, Answer], outcome: DecisionOutcome) -> Change:
    """How many, and by how much together, whichever way."""
    found = outcomes.get(outcome.name)
    if found is None:
        return Change(households=0, amount_fen=0)
    return Change(households=found["households"], amount_fen=abs(found["differenceFen"]))


def _started(client: Client) -> Totals:
    """The entitlements that decisions of the year began."""
    begun: list[Answer] = []
    after: str | None = None
    more = True
    while more:
        page = client.ask(_CHANGES, {**_PERIOD, "after": after})["entitlementChanges"]
        begun += [edge["node"] for edge in page["edges"] if edge["node"]["change"] == "STARTED"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return Totals(
        households=len({each["householdId"] for each in begun}),
        persons=sum(each["persons"] for each in begun),
        amount_fen=sum(each["afterFen"] for each in begun),
    )
