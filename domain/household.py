"""What does a household's file (一户一档) hold? Here the subjects meet: one state, made of their slices."""

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from hudang.domain.case import Case
from hudang.domain.personal import Personal
from hudang.domain.policy_terms import Register
from hudang.domain.values import Area, CaseId, PersonId, StreamId, is_area, jurisdictions

if TYPE_CHECKING:
    from hudang.domain.arrival import MovedHere
    from hudang.domain.entitlement import Entitlement
    from hudang.domain.identity import Relation
    from hudang.domain.payout import Payout
    from hudang.domain.transfer import MovedAway


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A co-resident member (共同生活的家庭成员)."""

    person: PersonId
    relation: "Relation"
    name: Personal
    joined_on: date
    left_on: date | None = None


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """A household's file as it stands after its events so far."""

    id: StreamId
    number: str
    area: str
    register: Register
    address: Personal
    registered_on: date
    members: tuple[Member, ...]
    account: Personal | None = None
    account_holder: PersonId | None = None
    cases: dict[CaseId, Case] = {}
    entitlements: "dict[str, Entitlement]" = {}
    payouts: "dict[str, Payout]" = {}
    moved_away: "MovedAway | None" = None
    moved_here: "MovedHere | None" = None

    @property
    def closed(self) -> bool:
        """Whether the household moved to another ledger and its file goes on there."""
        return self.moved_away is not None

    @property
    def present(self) -> tuple[Member, ...]:
        """The members who still belong to the household."""
        return tuple(member for member in self.members if member.left_on is None)

    @property
    def head(self) -> Member:
        """The head of household (户主)."""
        return next(member for member in self.present if member.relation == "head")

    @property
    def payee(self) -> PersonId:
        """Who is paid: the account's holder while they belong to the household, else its head."""
        present = {member.person for member in self.present}
        return self.account_holder if self.account_holder in present else self.head.person

    def subject_of(self, case: Case) -> PersonId:
        """Under whose key is sealed what an office writes about a case: the applicant's, else the head's."""
        return case.applicant or self.head.person

    def lives_in(self, area: str) -> bool:
        """Whether the household belongs to the area, or to one within it."""
        if not (is_area(area) and is_area(self.area)):
            return False
        return jurisdictions(Area(area))[0] in jurisdictions(Area(self.area))

    def open_case(self, programme: str) -> Case | None:
        """The case of a programme that is still open, if any."""
        return next((c for c in self.cases.values() if c.programme == programme and c.end is None), None)


def with_case(household: Household, case: Case) -> Household:
    """The household with one case replaced."""
    return msgspec.structs.replace(household, cases={**household.cases, case.id: case})
