"""What is a household entitled to, in which month? (低保待遇: 批准、增标、减标、取消)"""

from datetime import date
from enum import StrEnum

import msgspec

from hudang.domain.decision import CHINA, Claim, Event, Recorded, evolves
from hudang.domain.evidence import Evidence
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.values import CaseId, Fen, PersonId, StreamId


class HouseholdClass(StrEnum):
    """The class that sets how often a household is rechecked (art 33); labels are local usage."""

    A = "A"  # 三无或重病重残, 收入基本无变化
    B = "B"  # 收入相对稳定
    C = "C"  # 收入不稳定或有劳动能力


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From `from_month` on, `amount_fen` a month for `persons` people, until a later span takes over."""

    from_month: Month
    amount_fen: Fen
    persons: int


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """One programme's entitlement of a household, month by month."""

    programme: str
    household_class: HouseholdClass
    spans: tuple[Span, ...]
    ended_after: Month | None = None
    """The last month paid, once the entitlement has ended."""
    next_recheck_on: date
    decided_before_ledger: bool
    members: tuple[PersonId, ...]
    """Who is assisted now, by name; nobody of them may be assisted elsewhere."""
    reviewed_on: date
    """When it was last found, by the decision or the paper that says so."""
    owed_from: Month
    """The first month that this ledger owes: until an old entitlement came in, it was paid by hand."""
    earlier: "Entitlement | None" = None
    """The entitlement that had ended before this one began; its months stay what they were."""

    def in_month(self, month: Month) -> Span | None:
        """What the household is, or was, entitled to in a month."""
        if self.earlier is not None and month < self.spans[0].from_month:
            return self.earlier.in_month(month)
        if self.ended_after is not None and month > self.ended_after:
            return None
        return next((span for span in reversed(self.spans) if span.from_month <= month), None)


class ExistingEntitlementRegistered(Event, frozen=True, kw_only=True):
    """An entitlement decided before this ledger was entered from paper (存量录入)."""

    TOPIC = "entitlement.registered"

    programme: str
    household_class: HouseholdClass
    persons: tuple[PersonId, ...]
    amount_fen: Fen
    from_month: Month
    last_reviewed_on: date
    next_recheck_on: date
    source: Evidence
    vouched_by: str

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return _entitled(stream, self.programme, self.persons)


class EntitlementStarted(Event, frozen=True, kw_only=True):
    """The household is entitled from a month on (待遇审批)."""

    TOPIC = "entitlement.started"

    case: CaseId
    programme: str
    household_class: HouseholdClass
    persons: tuple[PersonId, ...]
    amount_fen: Fen
    from_month: Month
    next_recheck_on: date

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return _entitled(stream, self.programme, self.persons)


class EntitlementChanged(Event, frozen=True, kw_only=True):
    """The amount was raised or cut (增标、减标), or is for other people, from a month on."""

    TOPIC = "entitlement.changed"

    case: CaseId
    programme: str
    household_class: HouseholdClass
    persons: int
    before_fen: Fen
    amount_fen: Fen
    from_month: Month
    next_recheck_on: date
    ground: DecisionGround
    """On which ground the county decided."""
    household: StreamId | None = None
    members: tuple[PersonId, ...] | None = None
    """Who is assisted from now on; whoever left may be assisted elsewhere."""

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return _entitled(stream, self.programme, self.members or ())

    def frees(self) -> tuple[str, ...]:
        return (holder_of(self.household, self.programme),) if self.household and self.members else ()


class EntitlementKept(Event, frozen=True, kw_only=True):
    """A recheck found no change of the amount (复核后维持)."""

    TOPIC = "entitlement.kept"

    case: CaseId
    programme: str
    household_class: HouseholdClass
    amount_fen: Fen
    next_recheck_on: date


class EntitlementEnded(Event, frozen=True, kw_only=True):
    """The entitlement ended after a month (待遇取消)."""

    TOPIC = "entitlement.ended"

    case: CaseId
    programme: str
    amount_fen: Fen
    """What was paid a month until then."""
    persons: int
    last_month: Month
    household: StreamId
    ground: DecisionGround
    """On which ground the county decided."""

    def frees(self) -> tuple[str, ...]:
        return (holder_of(self.household, self.programme),)


def holder_of(household: StreamId, programme: str) -> str:
    """Who holds the claims of an entitlement, by which an event frees them."""
    return f"entitlement/{household}/{programme}"


def _entitled(household: StreamId, programme: str, persons: tuple[PersonId, ...]) -> tuple[Claim, ...]:
    """Nobody is assisted twice by one programme in a ledger (重复救助)."""
    holder = holder_of(household, programme)
    return tuple(Claim(key=f"entitled/{programme}/{person}", holder=holder) for person in persons)


def _with(household: Household, entitlement: Entitlement) -> Household:
    return msgspec.structs.replace(
        household, entitlements={**household.entitlements, entitlement.programme: entitlement}
    )


@evolves(ExistingEntitlementRegistered, EntitlementStarted)
def entitlement_began(
    household: Household, event: ExistingEntitlementRegistered | EntitlementStarted, recorded: Recorded
) -> Household:
    existing = isinstance(event, ExistingEntitlementRegistered)
    entered_in = Month.of(recorded.recorded_at.astimezone(CHINA).date())
    span = Span(from_month=event.from_month, amount_fen=event.amount_fen, persons=len(event.persons))
    return _with(
        household,
        Entitlement(
            programme=event.programme,
            household_class=event.household_class,
            spans=(span,),
            next_recheck_on=event.next_recheck_on,
            decided_before_ledger=existing,
            reviewed_on=_reviewed_on(event, recorded),
            owed_from=max(event.from_month, entered_in) if existing else event.from_month,
            members=event.persons,
            earlier=household.entitlements.get(event.programme),
        ),
    )


def _reviewed_on(event: ExistingEntitlementRegistered | EntitlementStarted, recorded: Recorded) -> date:
    if isinstance(event, ExistingEntitlementRegistered):
        return event.last_reviewed_on
    return recorded.happened_on


@evolves(EntitlementChanged)
def entitlement_changed(household: Household, event: EntitlementChanged, recorded: Recorded) -> Household:
    entitlement = household.entitlements[event.programme]
    earlier = tuple(span for span in entitlement.spans if span.from_month < event.from_month)
    span = Span(from_month=event.from_month, amount_fen=event.amount_fen, persons=event.persons)
    return _with(
        household,
        msgspec.structs.replace(
            entitlement,
            household_class=event.household_class,
            spans=(*earlier, span),
            next_recheck_on=event.next_recheck_on,
            members=entitlement.members if event.members is None else event.members,
            reviewed_on=recorded.happened_on,
        ),
    )


@evolves(EntitlementKept)
def entitlement_kept(household: Household, event: EntitlementKept, recorded: Recorded) -> Household:
    entitlement = household.entitlements[event.programme]
    return _with(
        household,
        msgspec.structs.replace(
            entitlement,
            household_class=event.household_class,
            next_recheck_on=event.next_recheck_on,
            reviewed_on=recorded.happened_on,
        ),
    )


@evolves(EntitlementEnded)
def entitlement_ended(household: Household, event: EntitlementEnded, recorded: Recorded) -> Household:
    entitlement = household.entitlements[event.programme]
    return _with(household, msgspec.structs.replace(entitlement, ended_after=event.last_month))
