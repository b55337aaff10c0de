"""What do the events of the year add up to? Every figure is a query over the read models."""

import msgspec


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
