"""What is shown of the year once it has been lived through? Plain figures, for a person or for a machine."""

from typing import Any

import msgspec

from hudang.demo.figures import Figures
from hudang.demo.reconciliation import Check


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Something the demo shows; money in fen, days and months as text."""


class RosterLine(Shown, frozen=True, kw_only=True):
    """A household on November's roster, and what the review made of it; None: not on the roster any more."""

    number: str
    head: str
    household_class: str
    persons: int
    from_month: str
    before_fen: int
    after_fen: int | None


class ApplicationLine(Shown, frozen=True, kw_only=True):
    """An application and how it went."""

    number: str
    head: str
    persons: int
    submitted_on: str
    accepted_on: str | None
    ended: str
    decided_on: str | None
    decided_by: str | None
    from_month: str | None
    amount_fen: int | None


class HistoryLine(Shown, frozen=True, kw_only=True):
    """One event of a household's file: when it happened, when it was learnt, who, what."""

    position: int
    happened_on: str
    recorded_on: str
    who: str
    role: str
    topic: str
    zh: str
    en: str


class ReviewLine(Shown, frozen=True, kw_only=True):
    """A household whose amount the review changed, with the county's ground and reasons."""

    number: str
    head: str
    persons: int
    result: str
    before_fen: int
    after_fen: int
    ground: str
    reasons: str


class Outcome(Shown, frozen=True, kw_only=True):
    """Everything that is shown."""

    ledger: str
    ledger_name: str
    events: int
    roster: tuple[RosterLine, ...]
    applications: tuple[ApplicationLine, ...]
    history_of: str
    history: tuple[HistoryLine, ...]
    review: tuple[ReviewLine, ...]
    figures: Figures
    reconciliation: tuple[Check, ...]


def as_json(outcome: Outcome) -> bytes:
    """The results for machines: totals, months, reconciliation, and the lists behind them; UTF-8."""
    figures = outcome.figures
    fields: dict[str, Any] = {
        "ledger": {"tag": outcome.ledger, "name": outcome.ledger_name, "events": outcome.events},
        "invented": "households, names, Dibao line, incomes, days; the totals are the report's",
        "households_before": figures.before.households,
        "households_after": figures.after.households,
        "before": figures.before,
        "after": figures.after,
        "applications": figures.applications,
        "payroll": figures.payroll,
        "year_amount_fen": figures.year_amount_fen,
        "prepayment_fen": figures.prepayment_fen,
        "review": {
            "households": figures.reviewed_households,
            "persons": figures.reviewed_persons,
            "amount_fen": figures.reviewed_amount_fen,
            "kept": figures.kept,
            "ended": figures.ended,
            "raised": figures.raised,
            "lowered": figures.lowered,
        },
        "reconciliation": outcome.reconciliation,
        "roster": outcome.roster,
        "history": {"household": outcome.history_of, "entries": outcome.history},
    }
    return msgspec.json.format(_ENCODER.encode(fields), indent=2)


_ENCODER = msgspec.json.Encoder(decimal_format="number")
