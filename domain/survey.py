"""What did the surveyors find at home? (入户调查, 民发〔2012〕220号 art 18; by at least two people)"""

from datetime import date
from enum import StrEnum
from typing import ClassVar

import msgspec

from hudang.domain.case import Case, CaseCommand, Step, after_step, begin_step, find_case, policy_of
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household, with_case
from hudang.domain.personal import Open, Personal
from hudang.domain.policy import Policy
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, PersonId


class VisitLevel(StrEnum):
    """Which office visited."""

    TOWNSHIP = "township"
    COUNTY = "county"


class IncomeKind(StrEnum):
    """The four kinds of counted income (2021 art 13; 2012 art 5)."""

    WAGES = "wages"  # 工资性收入
    BUSINESS = "business"  # 经营净收入
    PROPERTY = "property"  # 财产净收入
    TRANSFER = "transfer"  # 转移净收入


class IncomeItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counted income of one member, in fen a month."""

    person: PersonId
    kind: IncomeKind
    monthly_fen: Fen


class HomeVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as the case remembers it."""

    level: VisitLevel
    visited_on: date
    surveyors: tuple[str, ...]
    persons: tuple[PersonId, ...]
    """The members whom the visit covered: those of its time."""
    incomes: tuple[IncomeItem, ...]
    assets_within_limits: bool

    @property
    def income_fen(self) -> Fen:
        """The household's counted income, fen a month."""
        return Fen(sum(item.monthly_fen for item in self.incomes))


class HomeVisitRecorded(Event, frozen=True, kw_only=True):
    """Surveyors visited the household and wrote down what they found (入户调查表)."""

    TOPIC = "survey.home_visit_recorded"

    case: CaseId
    level: VisitLevel
    surveyors: tuple[str, ...]
    incomes: tuple[IncomeItem, ...]
    assets_within_limits: bool
    neighbours_asked: int
    circumstances: Personal
    sheet: Evidence


class _Visit(CaseCommand, frozen=True, kw_only=True):
    """What a visit report says."""

    surveyors: tuple[str, ...]
    incomes: tuple[IncomeItem, ...]
    assets_within_limits: bool
    neighbours_asked: int
    circumstances: Open
    sheet: Evidence


class RecordHomeVisit(_Visit, frozen=True, kw_only=True):
    """Enter the township's home visit, by at least two surveyors (入户调查)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.TOWNSHIP_CLERK})


class RecordCountyVisit(_Visit, frozen=True, kw_only=True):
    """Enter the county's own visit, due for every relative of an official (县级入户抽查, art 26)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.COUNTY_OFFICER})


@decides(RecordHomeVisit)
def record_home_visit(household: Household, command: RecordHomeVisit, given: Given) -> Events | Refusal:
    """The survey step of the case."""
    ready = begin_step(household, command.case, Step.SURVEY, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    return _visited(household, case, policy, command, VisitLevel.TOWNSHIP)


@decides(RecordCountyVisit)
def record_county_visit(household: Household, command: RecordCountyVisit, given: Given) -> Events | Refusal:
    """At any time while the case is open and before it is decided; takes no step of its own."""
    case = find_case(household, command.case)
    if isinstance(case, Refusal):
        return case
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    if Step.DECISION in case.done:
        return Refusal(
            code="already_decided",
            rule="a visit comes before the decision that rests on it",
            message="The case has been decided; what was found now belongs to the next recheck.",
        )
    if given.happened_on < case.opened_on:
        return Refusal(
            code="fact_before_case",
            rule="a visit belongs to the case it is made for",
            message=f"The case was opened on {case.opened_on}; give that day or a later one.",
        )
    return _visited(household, case, policy, command, VisitLevel.COUNTY)


def _visited(
    household: Household, case: Case, policy: Policy, command: _Visit, level: VisitLevel
) -> Events | Refusal:
    """Enough surveyors, none of them twice; incomes of members only, none negative."""
    surveyors = tuple(surveyor.strip() for surveyor in command.surveyors)
    if not all(surveyors) or len(set(surveyors)) != len(surveyors) or len(surveyors) < policy.min_surveyors:
        return Refusal(
            code="too_few_surveyors",
            rule="art 18: at least two people survey together",
            message=f"Name at least {policy.min_surveyors} different surveyors, each once.",
        )
    members = {member.person for member in household.present}
    if any(item.person not in members or item.monthly_fen < 0 for item in command.incomes):
        return Refusal(
            code="income_malformed",
            rule="income is the members' and is not negative",
            message="Give each income under a present member, in fen a month, zero or more.",
        )
    if command.neighbours_asked < 0:
        return Refusal(
            code="neighbours_malformed",
            rule="neighbours are counted",
            message="Give the number of neighbours asked, zero or more.",
        )
    malformed = refuse_unreadable((command.sheet,))
    return malformed or (
        HomeVisitRecorded(
            case=case.id,
            level=level,
            surveyors=surveyors,
            incomes=command.incomes,
            assets_within_limits=command.assets_within_limits,
            neighbours_asked=command.neighbours_asked,
            circumstances=command.circumstances.about(household.head.person),
            sheet=command.sheet,
        ),
    )


@evolves(HomeVisitRecorded)
def home_visit_recorded(household: Household, event: HomeVisitRecorded, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    visit = HomeVisit(
        level=event.level,
        visited_on=recorded.happened_on,
        surveyors=event.surveyors,
        persons=tuple(member.person for member in household.present),
        incomes=event.incomes,
        assets_within_limits=event.assets_within_limits,
    )
    visited = msgspec.structs.replace(case, visits=(*case.visits, visit))
    if event.level is VisitLevel.TOWNSHIP:
        visited = after_step(visited, Step.SURVEY, recorded.happened_on)
    return with_case(household, visited)
