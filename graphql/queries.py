"""Which questions does the API answer? (查询)"""

from typing import Any

import strawberry

from hudang.domain import campaign, household, meeting, payroll, posting
from hudang.graphql import ids
from hudang.graphql.boards import BoardQueries
from hudang.graphql.cases import Case
from hudang.graphql.codes import Code, CodeList, codes_of
from hudang.graphql.context import File, Info
from hudang.graphql.described import output
from hudang.graphql.files import Campaign, Ledger, Meeting, Payroll, Posting, ledger_file
from hudang.graphql.households import Household
from hudang.graphql.ids import GlobalId, Kind
from hudang.graphql.nodes import Area, Node, area_of
from hudang.graphql.payments import PaymentQueries
from hudang.graphql.replay import ReplayStep, replayed
from hudang.graphql.rosters import RosterQueries
from hudang.graphql.transfers import TransferQueries
from hudang.graphql.work import WorkQueries


@output("Everything that may be asked (查询).")
class Query(RosterQueries, WorkQueries, PaymentQueries, BoardQueries, TransferQueries):
    """The questions of the API."""

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found: Node | None = await find_node(info, ids.read_any(id))
        return found

    @strawberry.field
    async def household(self, info: Info, id: strawberry.ID) -> Household | None:
        file = await _file(info, id, Kind.HOUSEHOLD)
        return Household.of(file) if file else None

    @strawberry.field
    async def meeting(self, info: Info, id: strawberry.ID) -> Meeting | None:
        file = await _file(info, id, Kind.MEETING)
        return Meeting.of(file) if file else None

    @strawberry.field
    async def posting(self, info: Info, id: strawberry.ID) -> Posting | None:
        file = await _file(info, id, Kind.POSTING)
        return Posting.of(file) if file else None

    @strawberry.field
    async def campaign(self, info: Info, id: strawberry.ID) -> Campaign | None:
        file = await _file(info, id, Kind.CAMPAIGN)
        return Campaign.of(file) if file else None

    @strawberry.field
    async def payroll(self, info: Info, id: strawberry.ID) -> Payroll | None:
        file = await _file(info, id, Kind.PAYROLL)
        return Payroll.of(file) if file else None

    @strawberry.field
    async def replay(self, info: Info, case: strawberry.ID) -> list[ReplayStep] | None:
        found = await _case(info, ids.read(case, Kind.CASE))
        if found is None:
            return None
        policies = info.context.api.casebook.policies
        erased = await info.context.run(info.context.api.store.erased, found.file.ledger, found.made.persons)
        return await info.context.run(
            replayed, found.file.state, found.made, found.file.events, policies, erased
        )

    @strawberry.field
    async def ledger(self, info: Info, tag: str | None = None) -> Ledger | None:
        return await ledger_file(info, info.context.ledger(tag))

    @strawberry.field
    async def areas(self, info: Info, ledger: str | None = None, parent: str | None = None) -> list[Area]:
        known = await info.context.jurisdiction(info.context.ledger(ledger))
        areas = known.areas.values() if known else ()
        return [area_of(known, area.code) for area in areas if area.parent == parent]

    @strawberry.field
    def codes(self, list: CodeList) -> list[Code]:
        return codes_of(list)


KINDS: dict[Kind, tuple[type[Any], type[Any]]] = {
    Kind.HOUSEHOLD: (household.Household, Household),
    Kind.MEETING: (meeting.Meeting, Meeting),
    Kind.POSTING: (posting.Posting, Posting),
    Kind.CAMPAIGN: (campaign.Campaign, Campaign),
    Kind.PAYROLL: (payroll.Payroll, Payroll),
}
"""The state that a stream of each kind has, and its type in the schema."""


async def find_node(info: Info, wanted: GlobalId) -> Any:
    """The thing of an id, if it exists and is in a ledger that one may use."""
    if wanted.kind is Kind.CASE:
        return await _case(info, wanted)
    if wanted.kind is Kind.LEDGER:
        allowed = wanted.local in info.context.principal.ledgers
        return await ledger_file(info, wanted.local) if allowed else None
    if wanted.kind not in KINDS:
        return None
    state, published = KINDS[wanted.kind]
    file = await info.context.file(wanted.stream, state)
    return published.of(file) if file else None


async def _file(info: Info, id: str, kind: Kind) -> File | None:
    return await info.context.file(ids.read(id, kind).stream, KINDS[kind][0])


async def _case(info: Info, wanted: GlobalId) -> Case | None:
    file = await info.context.file(wanted.stream, household.Household)
    made = file.state.cases.get(wanted.case) if file else None
    return Case.of(file, made) if file and made else None
