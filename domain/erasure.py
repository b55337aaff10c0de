"""When may a person's data be erased, by whom, on which ground? (个人信息删除)

个人信息保护法 art 47: once the purpose is gone or the retention has ended, data are deleted; while the
law still wants them kept, they are only stored. What is deleted here is the person's key, so the events
stay and can be verified; they can no longer be read.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from hudang.domain.arrival import Transfer, TransferAnnounced
from hudang.domain.decision import (
    Claim,
    Event,
    Events,
    Given,
    Recorded,
    Refusal,
    decides,
    decides_jointly,
    evolves,
)
from hudang.domain.entitlement import Entitlement
from hudang.domain.hold import PersonCommand, erased_already
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import PayoutState
from hudang.domain.person import Person
from hudang.domain.registration import HouseholdRegistered, MemberJoined
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId

MENTIONING: tuple[type[Event], ...] = (HouseholdRegistered, MemberJoined, TransferAnnounced)
"""The events that bring a person into a file; whoever asks for a person's files looks for these."""

OFFICERS = frozenset({Role.COUNTY_OFFICER, Role.COUNTY_APPROVER})


class Ground(StrEnum):
    """Why the data are erased (个人信息保护法 art 47). None of them shortens the retention of the rules."""

    RETENTION_ENDED = "retention_ended"  # 保存期限届满
    UNLAWFUL_PROCESSING = "unlawful_processing"  # 违法处理
    COURT_ORDER = "court_order"  # 生效裁判


class ErasureProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal that waits for a second officer."""

    id: str
    ground: Ground
    basis: str
    proposed_by: str
    proposed_on: date


class ErasureProposed(Event, frozen=True, kw_only=True):
    """An officer proposed to erase the person's data."""

    TOPIC = "person.erasure_proposed"

    proposal: str
    ground: Ground
    basis: str
    kept_until: date
    """The last day on which the rules wanted the records kept."""


class ErasureWithdrawn(Event, frozen=True, kw_only=True):
    """The proposal was taken back."""

    TOPIC = "person.erasure_withdrawn"

    proposal: str


class PersonErased(Event, frozen=True, kw_only=True):
    """Two officers decided to erase the person's data; their key is destroyed after this (个人信息已删除)."""

    TOPIC = "person.erased"

    person: PersonId
    proposal: str
    ground: Ground
    basis: str
    proposed_by: str
    kept_until: date

    def frees(self) -> tuple[str, ...]:
        return (f"member/{self.person}",)

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        """From now on no household takes this person in: who comes again is a new person to the ledger."""
        return (Claim(key=f"member/{self.person}", holder=f"erased/{self.person}"),)


class ProposeErasure(PersonCommand, frozen=True, kw_only=True):
    """Propose that a person's data be erased (提出删除)."""

    BY: ClassVar[frozenset[Role]] = OFFICERS

    ground: Ground
    basis: str

    def concerns(self) -> tuple[PersonId, ...]:
        return (self.person,)


class WithdrawErasure(PersonCommand, frozen=True, kw_only=True):
    """Take back a proposal to erase a person's data (撤回删除)."""

    BY: ClassVar[frozenset[Role]] = OFFICERS

    proposal: str


class ConfirmErasure(PersonCommand, frozen=True, kw_only=True):
    """Decide, as the second officer, that a person's data are erased (批准删除)."""

    BY: ClassVar[frozenset[Role]] = OFFICERS

    proposal: str

    def concerns(self) -> tuple[PersonId, ...]:
        return (self.person,)


@decides_jointly(ProposeErasure)
def propose_erasure(
    states: Mapping[StreamId, Any], command: ProposeErasure, given: Given
) -> Events | Refusal:
    """Once nobody needs the records any more, and one proposal at a time."""
    person: Person = states[StreamId(command.person)]
    if person.proposal is not None:
        return Refusal(
            code="erasure_already_proposed",
            rule="one proposal at a time",
            message="A proposal waits for its second officer; confirm it or take it back.",
        )
    if not command.basis.strip():
        return Refusal(
            code="basis_missing",
            rule="an erasure names its legal basis",
            message="Give the reference of the document that it rests on, without names.",
        )
    kept_until = _may_be_erased(person, states, given)
    if isinstance(kept_until, Refusal):
        return kept_until
    return (
        ErasureProposed(
            proposal=given.new_id("erasure"),
            ground=command.ground,
            basis=command.basis.strip(),
            kept_until=kept_until,
        ),
    )


@decides(WithdrawErasure)
def withdraw_erasure(person: Person, command: WithdrawErasure, given: Given) -> Events | Refusal:
    """What was proposed and not confirmed can be taken back by either officer."""
    if person.proposal is None or person.proposal.id != command.proposal:
        return _no_such_proposal()
    return (ErasureWithdrawn(proposal=command.proposal),)


@decides_jointly(ConfirmErasure)
def confirm_erasure(
    states: Mapping[StreamId, Any], command: ConfirmErasure, given: Given
) -> Events | Refusal:
    """Another officer than who proposed it, and everything is asked again."""
    person: Person = states[StreamId(command.person)]
    proposal = person.proposal
    if person.erased_on is not None:
        return erased_already(person)
    if proposal is None or proposal.id != command.proposal:
        return _no_such_proposal()
    if proposal.proposed_by == given.actor.person:
        return Refusal(
            code="proposer_cannot_approve",
            rule="no one decides alone: proposer and approver are two people",
            message="Another officer must confirm the erasure.",
        )
    kept_until = _may_be_erased(person, states, given)
    if isinstance(kept_until, Refusal):
        return kept_until
    return (
        PersonErased(
            person=person.id,
            proposal=proposal.id,
            ground=proposal.ground,
            basis=proposal.basis,
            proposed_by=proposal.proposed_by,
            kept_until=kept_until,
        ),
    )


def _may_be_erased(person: Person, states: Mapping[StreamId, Any], given: Given) -> date | Refusal:
    """The last day that the person's records had to be kept; or why they may not go yet."""
    if person.erased_on is not None:
        return erased_already(person)
    if person.holds:
        return Refusal(
            code="records_held",
            rule="what an audit, reconsideration or lawsuit needs stays readable",
            message=f"A hold ({person.holds[0].kind}) stands since {person.holds[0].placed_on}.",
        )
    days: list[date] = []
    for state in states.values():
        if isinstance(state, Transfer) and state.accepted_as is None:
            return _under_way("a transfer that nobody has taken in yet")
        for day in _kept_until(state, given) if isinstance(state, Household) else ():
            if isinstance(day, Refusal):
                return day
            days.append(day)
    kept_until = max(days, default=given.happened_on)
    if kept_until >= given.today and days:
        return Refusal(
            code="retention_runs",
            rule="PIPL art 47: what the rules want kept is stored and not deleted",
            message=f"The records must be kept through {kept_until}.",
        )
    return kept_until


def _kept_until(household: Household, given: Given) -> Iterator[date | Refusal]:
    """For each programme of a file, the last day that its rules want the records kept."""
    under_way = _what_is_under_way(household, given)
    if under_way:
        yield _under_way(under_way)
        return
    left_on = _left_on(household)
    programmes = {case.programme for case in household.cases.values()} | household.entitlements.keys()
    for programme in sorted(programmes):
        policy = given.policy(programme, household.area, given.today)
        yield policy if isinstance(policy, Refusal) else policy.kept_until(left_on)


def _what_is_under_way(household: Household, given: Given) -> str | None:
    """What still needs the file to be readable."""
    if any(case.end is None for case in household.cases.values()):
        return "an open application or recheck"
    if any(_runs(entitlement, given.today) for entitlement in household.entitlements.values()):
        return "an entitlement that runs"
    if any(payout.state is PayoutState.INSTRUCTED for payout in household.payouts.values()):
        return "a payment that waits for the bank's word"
    if household.moved_away is not None and household.moved_away.there is None:
        return "a transfer that nobody has taken in yet"
    return None


def _runs(entitlement: Entitlement, today: date) -> bool:
    return entitlement.ended_after is None or entitlement.ended_after >= Month.of(today)


def _left_on(household: Household) -> date:
    """The last day on which anything was decided, paid or owed to the household."""
    days = [household.registered_on]
    for entitlement in household.entitlements.values():
        days += [entitlement.ended_after.last_day] if entitlement.ended_after else []
    days += [case.last_step_on for case in household.cases.values()]
    days += [payout.instructed_on for payout in household.payouts.values()]
    days += [household.moved_away.on] if household.moved_away else []
    return max(days)


def _under_way(what: str) -> Refusal:
    return Refusal(
        code="file_in_use",
        rule="what is under way stays readable",
        message=f"A file of this person has {what}.",
    )


def _no_such_proposal() -> Refusal:
    return Refusal(
        code="erasure_not_proposed",
        rule="one officer proposes, another confirms",
        message="There is no such proposal for this person.",
    )


@evolves(ErasureProposed)
def erasure_proposed(person: Person, event: ErasureProposed, recorded: Recorded) -> Person:
    proposal = ErasureProposal(
        id=event.proposal,
        ground=event.ground,
        basis=event.basis,
        proposed_by=recorded.actor.person,
        proposed_on=recorded.happened_on,
    )
    return msgspec.structs.replace(person, proposal=proposal)


@evolves(ErasureWithdrawn)
def erasure_withdrawn(person: Person, event: ErasureWithdrawn, recorded: Recorded) -> Person:
    return msgspec.structs.replace(person, proposal=None)


@evolves(PersonErased)
def person_erased(person: Person, event: PersonErased, recorded: Recorded) -> Person:
    return msgspec.structs.replace(person, proposal=None, erased_on=recorded.happened_on)
