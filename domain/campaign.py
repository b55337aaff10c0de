"""The annual review (年审): a campaign over the roster of a month, one recheck for every household on it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from hudang.domain.case import Case, CaseKind, Step
from hudang.domain.decision import (
    Changes,
    Command,
    Event,
    Events,
    Given,
    Recorded,
    Refusal,
    decides_jointly,
    evolves,
)
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.recheck import RecheckJoined, RecheckOpened
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, StreamId

REVIEWERS = frozenset({Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})


class RosterLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One household on the roster under review."""

    household: StreamId
    case: CaseId
    persons: int
    amount_fen: Fen


class CampaignOpened(Event, frozen=True, kw_only=True):
    """An annual review began over the roster of a month (年审名册)."""

    TOPIC = "campaign.opened"

    programme: str
    area: str
    roster_month: Month
    roster: tuple[RosterLine, ...]


class CampaignClosed(Event, frozen=True, kw_only=True):
    """Every household on the roster has its result: how many were kept, raised, lowered, ended."""

    TOPIC = "campaign.closed"

    results: dict[str, int]


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """An annual review as it stands."""

    id: StreamId
    programme: str
    area: str
    roster_month: Month
    roster: tuple[RosterLine, ...]
    results: dict[str, int] | None = None


class OpenCampaign(Command, frozen=True, kw_only=True):
    """Open the annual review of the households on a month's roster (开展年审)."""

    BY: ClassVar[frozenset[Role]] = REVIEWERS

    programme: str
    area: str
    roster_month: Month
    households: tuple[StreamId, ...]

    def streams(self) -> tuple[StreamId, ...]:
        return self.households


class CloseCampaign(Command, frozen=True, kw_only=True):
    """Close an annual review in which every household has its result (年审结束)."""

    BY: ClassVar[frozenset[Role]] = REVIEWERS
    SUBJECT: ClassVar[str] = "Campaign"

    campaign: StreamId
    households: tuple[StreamId, ...]

    def streams(self) -> tuple[StreamId, ...]:
        return (self.campaign, *self.households)


@decides_jointly(OpenCampaign)
def open_campaign(states: Mapping[StreamId, Any], command: OpenCampaign, given: Given) -> Changes | Refusal:
    """Every household named is on the roster; an open recheck joins, an open application bars."""
    if not command.households:
        return Refusal(
            code="roster_empty", rule="a review covers a roster", message="Name the households on the roster."
        )
    if len(set(command.households)) != len(command.households):
        return Refusal(
            code="household_named_twice",
            rule="a roster lists a household once",
            message="Name each household once.",
        )
    if command.roster_month > Month.of(given.happened_on):
        return Refusal(
            code="roster_not_known_yet",
            rule="a review covers a roster that stands",
            message=f"The roster of {command.roster_month} is still to come; take this month's.",
        )
    changes: dict[StreamId, Events] = {}
    roster: list[RosterLine] = []
    for stream in command.households:
        joined = _join(states.get(stream), stream, command, given)
        if isinstance(joined, Refusal):
            return joined
        line, event = joined
        roster.append(line)
        changes[stream] = (event,)
    opened = CampaignOpened(
        programme=command.programme,
        area=command.area,
        roster_month=command.roster_month,
        roster=tuple(roster),
    )
    return {given.new_stream: (opened,), **changes}


def _join(
    household: Any, stream: StreamId, command: OpenCampaign, given: Given
) -> tuple[RosterLine, RecheckOpened | RecheckJoined] | Refusal:
    if not isinstance(household, Household) or not household.lives_in(command.area):
        return Refusal(
            code="outside_area",
            rule="a review covers one area",
            message=f"Household {stream} is no household of the area under review.",
        )
    entitlement = household.entitlements.get(command.programme)
    span = entitlement.in_month(command.roster_month) if entitlement else None
    if entitlement is None or span is None:
        return Refusal(
            code="not_on_roster",
            rule="a review covers the roster of its month",
            message=f"Household {stream} is not on the roster of {command.roster_month}.",
        )
    if entitlement.ended_after is not None:
        return Refusal(
            code="entitlement_ended",
            rule="a recheck concerns a running entitlement",
            message=f"The entitlement of household {stream} ends with {entitlement.ended_after} already.",
        )
    case = household.open_case(command.programme)
    if case is not None and not _may_join(case):
        return Refusal(
            code="case_still_open",
            rule="one open case per household and programme",
            message=f"Household {stream} has an open case that cannot join this review.",
        )
    event: RecheckOpened | RecheckJoined
    if case is not None:
        event = RecheckJoined(case=case.id, campaign=given.new_stream)
    else:
        event = RecheckOpened(
            case=CaseId(given.new_id(stream)),
            programme=command.programme,
            due_on=given.happened_on,
            campaign=given.new_stream,
        )
    line = RosterLine(household=stream, case=event.case, persons=span.persons, amount_fen=span.amount_fen)
    return line, event


def _may_join(case: Case) -> bool:
    """A class recheck that has not been decided yet."""
    return case.kind is CaseKind.RECHECK and case.campaign is None and Step.DECISION not in case.done


@decides_jointly(CloseCampaign)
def close_campaign(states: Mapping[StreamId, Any], command: CloseCampaign, given: Given) -> Changes | Refusal:
    """Nothing is left open: every household on the roster was decided."""
    campaign: Campaign = states[command.campaign]
    if campaign.results is not None:
        return Refusal(
            code="campaign_closed", rule="a review is closed once", message="The review is closed already."
        )
    if set(command.households) != {line.household for line in campaign.roster}:
        return Refusal(
            code="roster_incomplete",
            rule="a review closes with every household on its roster",
            message="Name every household on the roster of this review.",
        )
    results: dict[str, int] = {}
    for line in campaign.roster:
        end = states[line.household].cases[line.case].end
        if end is None:
            return Refusal(
                code="recheck_still_open",
                rule="a review closes when every recheck has its result",
                message=f"The recheck of household {line.household} is still open.",
            )
        results[str(end)] = results.get(str(end), 0) + 1
    return {command.campaign: (CampaignClosed(results=dict(sorted(results.items()))),)}


@evolves(CampaignOpened)
def campaign_opened(state: None, event: CampaignOpened, recorded: Recorded) -> Campaign:
    return Campaign(
        id=recorded.stream,
        programme=event.programme,
        area=event.area,
        roster_month=event.roster_month,
        roster=event.roster,
    )


@evolves(CampaignClosed)
def campaign_closed(campaign: Campaign, event: CampaignClosed, recorded: Recorded) -> Campaign:
    return msgspec.structs.replace(campaign, results=event.results)
