"""What is the household entitled to under the rules, on what was found? (核算)

Every amount in the ledger comes from here: inputs from the newest visit, rules from the resolved policy,
and lines that a person can read aloud.
"""

import msgspec

from hudang.domain.case import Case
from hudang.domain.decision import Refusal
from hudang.domain.formula import Computation
from hudang.domain.household import Household
from hudang.domain.policy import Policy
from hudang.domain.values import Fen


class Assessment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount with what it came from: rules (by hash), inputs and computation lines."""

    policies: tuple[str, ...]
    persons: int
    income_fen: Fen
    assets_within_limits: bool
    computation: Computation
    amount_fen: Fen
    """Fen a month; zero when the household is not entitled."""


def assess(household: Household, case: Case, policy: Policy) -> Assessment | Refusal:
    """Gap payment on the newest visit (2012 art 27): line × persons − income; nothing above asset limits."""
    if not case.visits:
        return Refusal(
            code="survey_missing",
            rule="no amount without a survey",
            message="Record a home visit first.",
        )
    visit = case.visits[-1]
    persons = len(household.present)
    return recompute(policy, persons, visit.income_fen, assets_within_limits=visit.assets_within_limits)


def recompute(
    policy: Policy, persons: int, income_fen: Fen, *, assets_within_limits: bool
) -> Assessment | Refusal:
    """The same inputs under the same rules give the same bytes: this is what replay calls."""
    computation = policy.monthly_benefit(persons=persons, income_fen=income_fen)
    if isinstance(computation, Refusal):
        return computation
    return Assessment(
        policies=policy.hashes,
        persons=persons,
        income_fen=income_fen,
        assets_within_limits=assets_within_limits,
        computation=computation,
        amount_fen=computation.result_fen if assets_within_limits else Fen(0),
    )
