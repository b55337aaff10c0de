"""Rechecks (复核): is the household still entitled, and to how much?

A recheck is a case of its own, opened when the class makes it due (2012 art 33) or by an annual
review (年审).
"""

from datetime import date
from typing import ClassVar

import msgspec

from hudang.domain.case import Case, CaseKind
from hudang.domain.decision import Command, Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.household import Household, with_case
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, StreamId


class RecheckOpened(Event, frozen=True, kw_only=True):
    """A recheck fell due and was opened, by class or by an annual review campaign."""

    TOPIC = "recheck.opened"

    case: CaseId
    programme: str
    due_on: date
    campaign: StreamId | None = None


class RecheckJoined(Event, frozen=True, kw_only=True):
    """An open recheck became part of an annual review campaign."""

    TOPIC = "recheck.joined"

    case: CaseId
    campaign: StreamId


class OpenRecheck(Command, frozen=True, kw_only=True):
    """Open the recheck of a household that falls due on a day (开启复核)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.SYSTEM, Role.TOWNSHIP_CLERK})

    household: StreamId
    programme: str
    due_on: date

    def streams(self) -> tuple[StreamId, ...]:
        return (self.household,)


@decides(OpenRecheck)
def open_recheck(household: Household, command: OpenRecheck, given: Given) -> Events | Refusal:
    """One open recheck per programme; asking again for the same day records nothing."""
    entitlement = household.entitlements.get(command.programme)
    if entitlement is None or entitlement.ended_after is not None:
        return Refusal(
            code="nothing_to_recheck",
            rule="a recheck concerns a running entitlement",
            message="The household has no entitlement under this programme that goes on.",
        )
    open_case = household.open_case(command.programme)
    if open_case is not None and open_case.due_on == command.due_on:
        return ()
    if open_case is not None:
        return Refusal(
            code="recheck_already_open",
            rule="one open recheck per household and programme",
            message="An application or a recheck is still open; conclude it first.",
        )
    if entitlement.next_recheck_on != command.due_on or given.happened_on < command.due_on:
        return Refusal(
            code="recheck_not_due",
            rule="art 33: rechecks follow the household's class",
            message=f"The next recheck falls due on {entitlement.next_recheck_on}.",
        )
    return (RecheckOpened(case=given.new_case(), programme=command.programme, due_on=command.due_on),)


@evolves(RecheckOpened)
def recheck_opened(household: Household, event: RecheckOpened, recorded: Recorded) -> Household:
    return with_case(
        household,
        Case(
            id=event.case,
            kind=CaseKind.RECHECK,
            programme=event.programme,
            opened_on=recorded.happened_on,
            opened_by=recorded.actor.person,
            persons=tuple(member.person for member in household.present),
            applicant=household.head.person,
            last_step_on=recorded.happened_on,
            campaign=event.campaign,
            due_on=event.due_on,
        ),
    )


@evolves(RecheckJoined)
def recheck_joined(household: Household, event: RecheckJoined, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    return with_case(household, msgspec.structs.replace(case, campaign=event.campaign))
