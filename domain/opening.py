"""How does an entitlement decided before the ledger come in? (存量录入)

From paper, vouched for, and never said to be reproduced.
"""

from datetime import date
from typing import ClassVar

from hudang.domain.decision import Command, Events, Given, Refusal, decides
from hudang.domain.entitlement import ExistingEntitlementRegistered, HouseholdClass
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId


class RegisterExistingEntitlement(Command, frozen=True, kw_only=True):
    """Enter an entitlement that was decided on paper before this ledger (存量录入)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})

    household: StreamId
    programme: str
    household_class: HouseholdClass
    amount_fen: Fen
    from_month: Month
    last_reviewed_on: date
    source: Evidence
    vouched_by: str

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


@decides(RegisterExistingEntitlement)
def register_existing_entitlement(
    household: Household, command: RegisterExistingEntitlement, given: Given
) -> Events | Refusal:
    """Once per programme, with the paper it comes from and who vouches for it."""
    if command.programme in household.entitlements or household.open_case(command.programme):
        return Refusal(
            code="already_entitled",
            rule="nobody is assisted twice by one programme (重复救助)",
            message="The file holds an entitlement or an open case of this programme.",
        )
    if command.amount_fen <= 0:
        return Refusal(
            code="amount_not_positive",
            rule="an entitlement is an amount",
            message="Give the monthly amount on the paper, in fen.",
        )
    if not command.vouched_by.strip():
        return Refusal(
            code="nobody_vouches",
            rule="an opening entry is vouched for",
            message="Name who vouches for the paper.",
        )
    if command.last_reviewed_on > given.happened_on:
        return Refusal(
            code="fact_in_the_future",
            rule="facts are recorded once they have happened",
            message="The last review cannot lie after this entry.",
        )
    if command.from_month > Month.of(given.happened_on) + 1:
        return Refusal(
            code="entitlement_not_begun",
            rule="what was decided before the ledger has begun, or begins with the next month",
            message="Give the first month of the entitlement as on the paper; a later one needs a decision.",
        )
    malformed = refuse_unreadable((command.source,))
    if malformed:
        return malformed
    policy = given.policy(command.programme, household.area, given.happened_on)
    if isinstance(policy, Refusal):
        return policy
    next_recheck_on = policy.review_due_on(
        command.household_class, household.register, command.last_reviewed_on
    )
    if isinstance(next_recheck_on, Refusal):
        return next_recheck_on
    return (
        ExistingEntitlementRegistered(
            programme=command.programme,
            household_class=command.household_class,
            persons=tuple(member.person for member in household.present),
            amount_fen=command.amount_fen,
            from_month=command.from_month,
            last_reviewed_on=command.last_reviewed_on,
            next_recheck_on=next_recheck_on,
            source=command.source,
            vouched_by=command.vouched_by,
        ),
    )
