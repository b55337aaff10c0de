"""What does a household's file hold, now, in a month, and through its history?"""

from datetime import date

import strawberry

from hudang.domain import entitlement, household, payout
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import PayoutReturnCause
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.payout import PayoutKind, PayoutState
from hudang.domain.person import Person
from hudang.domain.personal import Personal
from hudang.domain.policy_terms import Register
from hudang.domain.values import Fen, StreamId
from hudang.graphql import ids
from hudang.graphql.cases import Case, cases_of
from hudang.graphql.codes import label_zh
from hudang.graphql.context import File, Info
from hudang.graphql.described import output
from hudang.graphql.history import HistoryEntry, history_page
from hudang.graphql.ids import Kind
from hudang.graphql.nodes import Area, Connection, Node, area_of
from hudang.graphql.people import masked, opened


@output("A co-resident member of a household (共同生活的家庭成员).")
class Member:
    """A member; the identity number is shown by its last four."""

    ledger_tag: strawberry.Private[str]
    person: strawberry.Private[StreamId]
    person_id: strawberry.ID
    name: str | None
    relation: Relation
    relation_zh: str
    joined_on: date
    left_on: date | None

    @strawberry.field
    async def identity_number(self, info: Info) -> str | None:
        file = await info.context.file(self.person, Person)
        return (
            masked(await opened(info.context, self.ledger_tag, file.state.identity_number)) if file else None
        )


@output("What a household is entitled to from a month on (待遇标准).")
class EntitlementSpan:
    """An amount from a month on, until a later one."""

    from_month: Month
    amount_fen: Fen
    persons: int


@output("A household's entitlement under one programme (待遇).")
class Entitlement:
    """One programme's entitlement."""

    programme: str
    household_class: HouseholdClass
    spans: list[EntitlementSpan]
    ended_after: Month | None
    next_recheck_on: date
    decided_before_ledger: bool

    @classmethod
    def of(cls, made: entitlement.Entitlement) -> "Entitlement":
        return cls(
            programme=made.programme,
            household_class=made.household_class,
            spans=[_span(span) for span in made.spans],
            ended_after=made.ended_after,
            next_recheck_on=made.next_recheck_on,
            decided_before_ledger=made.decided_before_ledger,
        )


@output("What a household was entitled to in a month (某月待遇).")
class EntitledMonth:
    """One programme in one month."""

    programme: str
    month: Month
    amount_fen: Fen
    persons: int
    since: Month


@output("A month's sum of one kind within a payment (发放明细).")
class PayoutPart:
    """A month's sum."""

    month: Month
    kind: PayoutKind
    kind_zh: str
    amount_fen: Fen
    persons: int


@output("A payment to a household (发放).")
class Payout:
    """A payment as it stands."""

    ledger_tag: strawberry.Private[str]
    sealed: strawberry.Private[Personal | None]
    reference: str
    payroll_id: strawberry.ID
    programme: str
    amount_fen: Fen
    parts: list[PayoutPart]
    state: PayoutState
    state_zh: str
    account_holder_id: strawberry.ID
    return_cause: PayoutReturnCause | None
    return_cause_zh: str | None
    reissue_of: str | None
    reissued: bool

    @strawberry.field(description="The bank's reason in words, opened for case work (退票说明).")
    async def return_reason(self, info: Info) -> str | None:
        return await opened(info.context, self.ledger_tag, self.sealed)

    @classmethod
    def of(cls, made: payout.Payout, ledger: str) -> "Payout":
        return cls(
            ledger_tag=ledger,
            sealed=made.return_reason,
            reference=made.id,
            payroll_id=ids.write(Kind.PAYROLL, made.payroll),
            programme=made.programme,
            amount_fen=made.amount_fen,
            parts=[_part(part) for part in made.parts],
            state=made.state,
            state_zh=label_zh(made.state),
            account_holder_id=ids.write(Kind.PERSON, made.account_holder),
            return_cause=made.return_cause,
            return_cause_zh=label_zh(made.return_cause) if made.return_cause else None,
            reissue_of=made.reissue_of,
            reissued=made.reissued,
        )


@output("A household's file (一户一档).")
class Household(Node):
    """A household's file as it stands."""

    file: strawberry.Private[File]
    ledger: str
    number: str
    register: Register
    register_zh: str
    registered_on: date
    version: int

    @strawberry.field
    async def area(self, info: Info) -> Area:
        return area_of(await info.context.jurisdiction(self.file.ledger), self._state.area)

    @strawberry.field
    async def address(self, info: Info) -> str | None:
        return await opened(info.context, self.file.ledger, self._state.address)

    @strawberry.field
    async def account(self, info: Info) -> str | None:
        return masked(await opened(info.context, self.file.ledger, self._state.account))

    @strawberry.field
    async def members(self, info: Info, include_left: bool = False) -> list[Member]:
        members = self._state.members if include_left else self._state.present
        names = await info.context.open_all(self.file.ledger, [member.name for member in members])
        return [_member(self.file.ledger, member, name) for member, name in zip(members, names, strict=True)]

    @strawberry.field
    def history(self, first: int, after: str | None = None) -> Connection[HistoryEntry]:
        return history_page(self.file.events, first, after)

    @strawberry.field
    def cases(self) -> list[Case]:
        return cases_of(self.file)

    @strawberry.field
    def entitlements(self) -> list[Entitlement]:
        return [Entitlement.of(made) for made in self._state.entitlements.values()]

    @strawberry.field
    def as_of(self, month: Month) -> list[EntitledMonth]:
        return [
            EntitledMonth(
                programme=made.programme,
                month=month,
                amount_fen=span.amount_fen,
                persons=span.persons,
                since=span.from_month,
            )
            for made in self._state.entitlements.values()
            if (span := made.in_month(month)) is not None
        ]

    @strawberry.field
    def payouts(self) -> list[Payout]:
        return [Payout.of(made, self.file.ledger) for made in self._state.payouts.values()]

    @property
    def _state(self) -> household.Household:
        state: household.Household = self.file.state
        return state

    @classmethod
    def of(cls, file: File) -> "Household":
        state: household.Household = file.state
        return cls(
            id=ids.write(Kind.HOUSEHOLD, file.stream),
            file=file,
            ledger=file.ledger,
            number=state.number,
            register=state.register,
            register_zh=label_zh(state.register),
            registered_on=state.registered_on,
            version=file.version,
        )


def _member(ledger: str, member: household.Member, name: str | None) -> Member:
    return Member(
        ledger_tag=ledger,
        person=StreamId(member.person),
        person_id=ids.write(Kind.PERSON, member.person),
        name=name,
        relation=member.relation,
        relation_zh=label_zh(member.relation),
        joined_on=member.joined_on,
        left_on=member.left_on,
    )


def _span(span: entitlement.Span) -> EntitlementSpan:
    return EntitlementSpan(from_month=span.from_month, amount_fen=span.amount_fen, persons=span.persons)


def _part(part: payout.PayoutPart) -> PayoutPart:
    return PayoutPart(
        month=part.month,
        kind=part.kind,
        kind_zh=label_zh(part.kind),
        amount_fen=part.amount_fen,
        persons=part.persons,
    )
