"""What does it mean to a clerk that a unique key is taken, and who is told which file holds it?"""

from typing import Any, Final

from hudang.domain.decision import Actor, Refusal
from hudang.domain.roles import Role
from hudang.domain.values import Area, is_area, jurisdictions

_COUNTY: Final = frozenset({Role.COUNTY_OFFICER, Role.COUNTY_APPROVER, Role.AUDITOR})
"""The roles that have every file of their ledger."""

_REFUSALS: dict[str, tuple[str, str, str]] = {
    "household-number": (
        "household_number_taken",
        "a household file has its own number",
        "Another household file has this number; give another.",
    ),
    "member": (
        "person_in_another_household",
        "a person belongs to one household at a time",
        "A person named belongs to another household; record there first that they left.",
    ),
    "application": (
        "application_already_open",
        "one open application per person and programme",
        "A person named is part of an open application of this programme.",
    ),
    "entitled": (
        "already_entitled",
        "nobody is assisted twice by one programme (重复救助)",
        "A person named receives this assistance already.",
    ),
    "vote": (
        "already_voted",
        "one vote per voter, household and meeting",
        "A voter named has voted on this household at this meeting.",
    ),
    "payroll": (
        "already_on_a_payroll",
        "a household is listed once for a month and kind",
        "A household named is on another payroll for this month.",
    ),
    "transfer": (
        "transfer_already_announced",
        "a household moves once",
        "This transfer was announced before.",
    ),
    "allotment": (
        "allotment_already_granted",
        "a group has one allotment of a programme for a month",
        "This programme and group have an allotment for a month named; draw on that one.",
    ),
    "payout": (
        "already_paid",
        "nobody is paid twice for one month and kind",
        "A payment for this month and kind exists already.",
    ),
}


def refusal_of(claim: str) -> Refusal:
    """The refusal that a held claim means."""
    code, rule, message = _REFUSALS[claim.split("/", 1)[0]]
    return Refusal(code=code, rule=rule, message=message)


CODES: Final = frozenset(code for code, _, _ in _REFUSALS.values())
"""What a claim is refused with, and what a decision answers that sees the same in its own file."""


def may_know_holder(actor: Actor, holder: Any) -> bool:
    """Whether the office has the file that holds a claim: the county has all, others those of their area.

    `holder` is the state of that stream; one that belongs to no area is for the county.
    """
    area = getattr(holder, "area", "")
    if actor.role in _COUNTY:
        return True
    if not (is_area(actor.office) and is_area(area)):
        return False
    return jurisdictions(Area(actor.office))[0] in jurisdictions(Area(area))
