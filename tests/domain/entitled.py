"""How does a test of a rule get a household that is assisted already, or one whose recheck is under way?

    household = entitled(amount_fen=40_000, from_month=Month(2012, 6))
    household = under_recheck(Step.DECISION, income_fen=60_000)

What comes before a decision on an application is in `cases`; this goes on from there. `decide_as` asks as the
same person in another role.
"""

from datetime import date, timedelta
from typing import Any

import msgspec

from hudang.domain import decision
from hudang.domain.case import Step
from hudang.domain.decision import Actor, Changes, Command, Refusal
from hudang.domain.determination import DecisionConfirmed
from hudang.domain.entitlement import ExistingEntitlementRegistered, HouseholdClass
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.opinion import PreliminaryOpinionGiven
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.recheck import RecheckOpened
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, StreamId
from tests.domain.cases import (
    COUNTY,
    HEAD,
    PEOPLE,
    PROGRAMME,
    VILLAGE,
    At,
    assessed,
    given,
    paper,
    registered,
    sealed,
    situation,
    visited,
)

RECHECK = CaseId("recheck-1")
DUE_ON = date(2013, 3, 1)
SURVEYED_ON = date(2013, 3, 5)
OPINION_ON = date(2013, 3, 6)
DECIDED_ON = date(2013, 3, 8)
JUNE_2012, APRIL = Month(2012, 6), Month(2013, 4)
LINE_FEN = 65_000
"""The invented Dibao line of the county, fen per person and month."""


def existing(
    *,
    household: int = 1,
    amount_fen: int = 40_000,
    from_month: Month = JUNE_2012,
) -> ExistingEntitlementRegistered:
    """An entitlement from paper, for the two people of the household."""
    return ExistingEntitlementRegistered(
        programme=PROGRAMME,
        household_class=HouseholdClass.C,
        persons=PEOPLE[household],
        amount_fen=Fen(amount_fen),
        from_month=from_month,
        last_reviewed_on=date(2012, 12, 1),
        next_recheck_on=DUE_ON,
        source=paper("存量名册"),
        vouched_by="staff-township_clerk",
    )


def entitled(
    *,
    household: int = 1,
    area: str = VILLAGE,
    amount_fen: int = 40_000,
    from_month: Month = JUNE_2012,
) -> Household:
    """A household of two that has received 400 yuan a month since June 2012; its recheck is due in March."""
    entry = existing(household=household, amount_fen=amount_fen, from_month=from_month)
    state: Household = given(
        registered(household=household, area=area), entry, stream=StreamId(f"L0001-household-{household}")
    )
    return state


def under_recheck(
    step: Step,
    *,
    income_fen: int = 90_000,
    recommends: bool = True,
    household_class: HouseholdClass = HouseholdClass.C,
    state: Household | None = None,
) -> Household:
    """An entitled household whose recheck has taken every step before `step`.

    An income of 900 yuan keeps its 400 yuan; less raises, more lowers, 1,300 ends.
    """
    state = state or entitled()
    opened = RecheckOpened(case=RECHECK, programme=PROGRAMME, due_on=DUE_ON)
    state = given(At(opened, on=DUE_ON, by=Role.SYSTEM), stream=state.id, state=state)
    if step is Step.SURVEY:
        return state
    visit = At(visited(case=RECHECK, income_fen=income_fen), on=SURVEYED_ON)
    state = given(visit, stream=state.id, state=state)
    if step is Step.OPINION:
        return state
    opinion = PreliminaryOpinionGiven(
        case=RECHECK,
        recommends=recommends,
        household_class=household_class,
        assessment=assessed(state, RECHECK),
        ground=DecisionGround.INCOME_CHANGED if recommends else DecisionGround.INCOME_ABOVE_LINE,
        reasons=sealed(HEAD),
    )
    reached: Household = given(At(opinion, on=OPINION_ON), stream=state.id, state=state)
    return reached


def confirmed(
    state: Household,
    outcome: DecisionOutcome,
    *,
    amount_fen: int,
    from_month: Month = APRIL,
    on: date = DECIDED_ON,
) -> Household:
    """The recheck decided so; a cut or an end waits for its notice."""
    ended = outcome is DecisionOutcome.END
    event = DecisionConfirmed(
        case=RECHECK,
        outcome=outcome,
        household_class=HouseholdClass.C,
        amount_fen=Fen(amount_fen),
        assessment=assessed(state, RECHECK),
        effective_from=from_month,
        next_recheck_on=on + timedelta(days=31),
        ground=DecisionGround.INCOME_ABOVE_LINE if ended else DecisionGround.INCOME_CHANGED,
        reasons=sealed(HEAD),
    )
    decided: Household = given(At(event, on=on, by=Role.COUNTY_APPROVER), stream=state.id, state=state)
    return decided


def decide_as(state: Any, command: Command, *, person: str, role: Role, on: date) -> Changes | Refusal:
    """What the command would record, asked for by that very person in that role."""
    asked = msgspec.structs.replace(situation(command, by=role, on=on), actor=Actor(person, role, COUNTY))
    return decision.decide({command.streams()[0]: state}, command, asked)
