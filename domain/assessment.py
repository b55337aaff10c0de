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
from hudang.domain.survey import HomeVisit
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
    visit = newest_visit(case.visits)
    present = {member.person for member in household.present}
    if present != set(visit.persons):
        return Refusal(
            code="household_changed_since_survey",
            rule="no amount without a survey of everybody it is for",
            message="Somebody joined or left after the visit; return the case to the survey.",
        )
    return recompute(policy, len(present), visit.income_fen, assets_within_limits=visit.assets_within_limits)


def newest_visit(visits: tuple[HomeVisit, ...]) -> HomeVisit:
    """The visit made last; of two on one day the one entered last. Paper entered late does not undo newer."""
    return max(enumerate(visits), key=lambda visit: (visit[1].visited_on, visit[0]))[1]


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
