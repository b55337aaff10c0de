"""What does the decision on a recheck do to the entitlement: keep, change or end it? (维持、异动)"""

from typing import TYPE_CHECKING

from hudang.domain.assessment import newest_visit
from hudang.domain.decision import Event
from hudang.domain.entitlement import EntitlementChanged, EntitlementEnded, EntitlementKept
from hudang.domain.household import Household
from hudang.domain.month import Month

if TYPE_CHECKING:
    from hudang.domain.determination import DecisionConfirmed


def effect_of(household: Household, decided: "DecisionConfirmed", from_month: Month) -> Event:
    """The change that follows from the decision, from that month on, for those whom the survey covered.

    An amount that stays the same for other people is a change too: the supplement a head is theirs.
    """
    case = household.cases[decided.case]
    entitlement = household.entitlements[case.programme]
    current = entitlement.in_month(from_month) or entitlement.spans[-1]
    members = newest_visit(case.visits).persons
    if decided.amount_fen == 0:
        return EntitlementEnded(
            case=case.id,
            programme=case.programme,
            amount_fen=current.amount_fen,
            persons=current.persons,
            last_month=from_month - 1,
            household=household.id,
            ground=decided.ground,
        )
    if decided.amount_fen == current.amount_fen and set(members) == set(entitlement.members):
        return EntitlementKept(
            case=case.id,
            programme=case.programme,
            household_class=decided.household_class,
            amount_fen=decided.amount_fen,
            next_recheck_on=decided.next_recheck_on,
        )
    return EntitlementChanged(
        case=case.id,
        programme=case.programme,
        household_class=decided.household_class,
        persons=decided.assessment.persons,
        before_fen=current.amount_fen,
        amount_fen=decided.amount_fen,
        from_month=from_month,
        next_recheck_on=decided.next_recheck_on,
        household=household.id,
        members=members,
        ground=decided.ground,
    )
