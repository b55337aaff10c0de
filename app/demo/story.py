"""Which invented households and officials does the demo's year have, and where do they live?"""

import tomllib
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

from hudang.domain.entitlement import HouseholdClass
from hudang.domain.identity import Relation
from hudang.domain.jurisdiction import AreaLevel
from hudang.domain.meeting import AttendeePart
from hudang.domain.survey import IncomeKind

T = TypeVar("T")

YEAR = 2013
PROGRAMME = "dibao"
COUNTY = "430304"
VILLAGE = "430304999999"


class Group(StrEnum):
    """How a household comes into the year."""

    OPENING = "opening"  # 存量
    FROM_MAY = "from_may"  # 5月起享受
    FROM_JUNE = "from_june"  # 6月起享受
    INCOMPLETE = "incomplete"  # 资料未交齐


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data file says, and nothing else."""


class Person(Strict, frozen=True, kw_only=True):
    """An invented member of a household."""

    name: str
    identity_number: str
    relation: Relation


class Income(Strict, frozen=True, kw_only=True):
    """The household's counted income a month; the head's."""

    kind: IncomeKind
    yuan: int


class Found(Strict, frozen=True, kw_only=True):
    """What the annual review finds where it changes the amount: income and amount a month."""

    yuan: int
    amount_yuan: int


class Household(Strict, frozen=True, kw_only=True, rename={"household_class": "class"}):
    """An invented household; `since` and `last_reviewed_on` stand on the papers of an opening entry."""

    number: str
    group: Group
    members: tuple[Person, ...]
    income: Income | None = None
    amount_yuan: int = 0
    household_class: HouseholdClass = HouseholdClass.A
    since: str | None = None
    last_reviewed_on: date | None = None
    found_by_review: Found | None = None

    @property
    def head(self) -> Person:
        """The head of household (户主)."""
        return next(person for person in self.members if person.relation is Relation.HEAD)

    @property
    def is_ended_by_review(self) -> bool:
        """Whether the annual review leaves it nothing."""
        return self.found_by_review is not None and self.found_by_review.amount_yuan == 0

    @property
    def is_cut_by_review(self) -> bool:
        """Whether the annual review lowers or ends its amount, which takes a written notice."""
        return self.found_by_review is not None and self.found_by_review.amount_yuan < self.amount_yuan

    def income_yuan(self, *, at_review: bool = False) -> int:
        """The income that surveyors find: in the year, or at the annual review."""
        if at_review and self.found_by_review is not None:
            return self.found_by_review.yuan
        return self.income.yuan if self.income else 0


class Area(Strict, frozen=True, kw_only=True):
    """An area of the ledger."""

    code: str
    name: str
    level: AreaLevel
    parent: str | None = None


class Attendee(Strict, frozen=True, kw_only=True):
    """Somebody who sits in the appraisal meetings."""

    label: str
    name: str
    part: AttendeePart
    staff: str | None = None


class Place(Strict, frozen=True, kw_only=True):
    """Where the year takes place, and who appraises there."""

    areas: tuple[Area, ...]
    attendees: tuple[Attendee, ...]


class Story(Strict, frozen=True, kw_only=True):
    """Every household of the year, in the order of their numbers."""

    households: tuple[Household, ...]

    def group(self, *groups: Group) -> tuple[Household, ...]:
        """The households that come into the year in one of these ways."""
        return tuple(household for household in self.households if household.group in groups)

    @property
    def entitled(self) -> tuple[Household, ...]:
        """The households on the roster when the annual review begins."""
        return tuple(household for household in self.households if household.group is not Group.INCOMPLETE)


@cache
def the_story() -> Story:
    """The households of `year.toml`."""
    return read("year.toml", Story)


@cache
def the_place() -> Place:
    """The areas and officials of `place.toml`."""
    return read("place.toml", Place)


def read(name: str, kind: type[T]) -> T:
    """A data file of the demo, strictly."""
    text = files("hudang.demo").joinpath(name).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), kind, builtin_types=(date,))


def policy_texts() -> tuple[str, ...]:
    """The national rules of 2012 and the district's figures, as the files stand."""
    policies = files("hudang.domain") / "policies" / "cn"
    return tuple(
        policies.joinpath(*path).read_text(encoding="utf-8")
        for path in (("dibao-2012.toml",), (COUNTY, "dibao-2013.toml"))
    )
