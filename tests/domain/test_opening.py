from datetime import date

import msgspec
import pytest

from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.entitlement import EntitlementEnded, ExistingEntitlementRegistered, HouseholdClass
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.opening import RegisterExistingEntitlement
from hudang.domain.roles import Role
from hudang.domain.values import Fen
from tests.domain.cases import (
    CASE,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
    PROGRAMME,
    SPOUSE,
    decide,
    due,
    given,
    paper,
    recorded,
    refused,
    registered,
    then,
)
from tests.domain.entitled import entitled

CLERK = Role.TOWNSHIP_CLERK
ON = date(2013, 1, 4)
COMMAND = RegisterExistingEntitlement(
    household=HOUSEHOLD,
    programme=PROGRAMME,
    household_class=HouseholdClass.B,
    amount_fen=Fen(40_000),
    from_month=Month(2011, 3),
    last_reviewed_on=date(2012, 12, 3),
    source=paper("存量名册"),
    vouched_by="测试经办",
)


def enter(
    household: Household | None = None, *, by: Role = CLERK, on: date = ON, **changes: object
) -> Changes | Refusal:
    command = msgspec.structs.replace(COMMAND, **changes)
    return decide(household or given(registered()), command, by=by, on=on)


class TestAnOpeningEntry:
    @pytest.mark.parametrize("by", [Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER])
    def test_keeps_its_paper_and_who_vouches_for_it(self, by: Role) -> None:
        outcome = enter(by=by)

        assert recorded(outcome) == (
            ExistingEntitlementRegistered(
                programme=PROGRAMME,
                household_class=HouseholdClass.B,
                persons=(HEAD, SPOUSE),
                amount_fen=Fen(40_000),
                from_month=Month(2011, 3),
                last_reviewed_on=date(2012, 12, 3),
                next_recheck_on=date(2013, 6, 3),
                source=paper("存量名册"),
                vouched_by="测试经办",
            ),
        )
        entitlement = then(given(registered()), outcome, on=ON, by=by).entitlements[PROGRAMME]
        assert entitlement.decided_before_ledger
        assert entitlement.in_month(Month(2013, 1)).amount_fen == 40_000

    def test_may_be_for_the_coming_month(self) -> None:
        """The paper of last month says that the entitlement starts with the next."""
        assert len(recorded(enter(from_month=Month(2013, 2)))) == 1

    def test_claims_the_persons(self) -> None:
        (event,) = recorded(enter())

        assert [claim.key for claim in event.takes(HOUSEHOLD)] == [
            f"entitled/{PROGRAMME}/{HEAD}",
            f"entitled/{PROGRAMME}/{SPOUSE}",
        ]

    def test_is_refused_a_second_time(self) -> None:
        assert refused(enter(entitled())) == "already_entitled"

    def test_is_refused_after_an_entitlement_of_this_ledger_has_ended(self) -> None:
        ended = EntitlementEnded(
            case=CASE,
            programme=PROGRAMME,
            amount_fen=Fen(40_000),
            persons=2,
            last_month=Month(2012, 12),
            household=HOUSEHOLD,
            ground=DecisionGround.MOVED_AWAY,
        )

        assert refused(enter(given(ended, state=entitled()))) == "already_entitled"

    def test_is_refused_while_an_application_is_open(self) -> None:
        """What is being decided here was not decided before."""
        assert refused(enter(due(Step.SURVEY), on=date(2013, 3, 8))) == "already_entitled"

    @pytest.mark.parametrize("amount_fen", [0, -1])
    def test_is_refused_without_an_amount(self, amount_fen: int) -> None:
        assert refused(enter(amount_fen=amount_fen)) == "amount_not_positive"

    def test_is_refused_when_nobody_vouches(self) -> None:
        assert refused(enter(vouched_by=" ")) == "nobody_vouches"

    def test_is_refused_with_a_review_still_to_come(self) -> None:
        assert refused(enter(last_reviewed_on=date(2013, 1, 5))) == "fact_in_the_future"

    def test_is_refused_for_an_entitlement_that_has_not_begun(self) -> None:
        assert refused(enter(from_month=Month(2013, 3))) == "entitlement_not_begun"

    def test_is_refused_with_an_unreadable_paper(self) -> None:
        assert refused(enter(source=MALFORMED)) == "evidence_malformed"

    def test_is_refused_before_the_programme_has_rules(self) -> None:
        outcome = enter(on=date(2011, 5, 1), last_reviewed_on=date(2011, 4, 1))

        assert refused(outcome) == "no_policy_in_force"

    def test_is_refused_to_the_village(self) -> None:
        assert refused(enter(by=Role.VILLAGE_CLERK)) == "role_not_allowed"
