"""What hangs on the boards, which meetings and posters were there, how did the annual reviews come out?"""
# ruff: noqa: PLR0913, PLR0917 -- a field of the schema takes its arguments one by one

from datetime import date

import strawberry

from hudang.domain.month import Month
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.values import Fen
from hudang.graphql import ids
from hudang.graphql.codes import label_zh
from hudang.graphql.context import Info
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.lists import BY_POSITION, list_of, listed, page_after, scope_of
from hudang.graphql.nodes import Connection, page_size
from hudang.projections import campaigns, meetings, notice_board, postings


@output("One line on a notice board: what the policy lets it show, and nothing else (公示内容).")
class PostedNotice:
    """One case as the board shows it."""

    posting_id: strawberry.ID
    programme: str
    area: str
    round: int
    place: Place
    place_zh: str
    first_day: date
    last_day: date
    shows: list[NoticeField]
    applicant_name: str | None
    member_names: list[str] | None
    member_count: int | None
    amount_fen: Fen | None


@output("An appraisal meeting, as a list shows it (评议会目录).")
class MeetingSummary:
    """A meeting in a list."""

    meeting_id: strawberry.ID
    programme: str
    area: str
    place: str
    held_on: date
    present: int
    resident_representatives: int
    signed_on: date | None


@output("A poster, as a list shows it (公示目录).")
class PostingSummary:
    """A poster in a list."""

    posting_id: strawberry.ID
    programme: str
    area: str
    round: int
    place: Place
    place_zh: str
    first_day: date
    last_day: date
    households: int
    taken_down_on: date | None


@output("An annual review before and after, as far as its results have taken effect (年审前后).")
class CampaignSummary:
    """An annual review in a list."""

    campaign_id: strawberry.ID
    programme: str
    area: str
    roster_month: Month
    opened_on: date
    closed_on: date | None
    households_before: int
    persons_before: int
    before_fen: Fen
    households_after: int
    persons_after: int
    after_fen: Fen
    undecided: int


@output("Boards, meetings and annual reviews (公示、评议、年审).", name="Query")
class BoardQueries:
    """What may be asked about meetings, posters and reviews."""

    @strawberry.field
    async def notices(
        self,
        info: Info,
        first: int,
        on: date | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> list[PostedNotice]:
        scope, limit = scope_of(info, ledger, area), page_size(first)
        day = on or info.context.today(scope.ledger)
        rows = await info.context.query(notice_board.notices, scope.ledger, day, area=scope.area, limit=limit)
        return [_notice(row) for row in rows]

    @strawberry.field
    async def meetings(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[MeetingSummary]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("meetings", scope)
        page = page_after(of, first, after, BY_POSITION)
        rows = await info.context.query(meetings.meetings, scope, page)
        return listed(of, rows, first, lambda row: str(row.position), _meeting)

    @strawberry.field
    async def postings(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[PostingSummary]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("postings", scope)
        page = page_after(of, first, after, BY_POSITION)
        rows = await info.context.query(postings.postings, scope, page)
        return listed(of, rows, first, lambda row: str(row.position), _posting)

    @strawberry.field
    async def campaigns(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        programme: str | None = None,
        area: str | None = None,
        ledger: str | None = None,
    ) -> Connection[CampaignSummary]:
        scope = scope_of(info, ledger, area, programme)
        of = list_of("campaigns", scope)
        page = page_after(of, first, after, BY_POSITION)
        rows = await info.context.query(campaigns.campaigns, scope, page)
        return listed(of, rows, first, lambda row: str(row.position), _campaign)


def _notice(row: notice_board.PostedLine) -> PostedNotice:
    return PostedNotice(
        posting_id=ids.write(Kind.POSTING, row.posting),
        programme=row.programme,
        area=row.area,
        round=row.round,
        place=row.place,
        place_zh=label_zh(row.place),
        first_day=row.first_day,
        last_day=row.last_day,
        shows=list(row.shows),
        applicant_name=row.applicant_name,
        member_names=list(row.member_names) if row.member_names is not None else None,
        member_count=row.member_count,
        amount_fen=row.amount_fen,
    )


def _meeting(row: meetings.MeetingRow) -> MeetingSummary:
    return MeetingSummary(
        meeting_id=ids.write(Kind.MEETING, row.meeting),
        programme=row.programme,
        area=row.area,
        place=row.place,
        held_on=row.held_on,
        present=row.present,
        resident_representatives=row.resident_representatives,
        signed_on=row.signed_on,
    )


def _posting(row: postings.PostingRow) -> PostingSummary:
    return PostingSummary(
        posting_id=ids.write(Kind.POSTING, row.posting),
        programme=row.programme,
        area=row.area,
        round=row.round,
        place=row.place,
        place_zh=label_zh(row.place),
        first_day=row.first_day,
        last_day=row.last_day,
        households=row.entries,
        taken_down_on=row.taken_down_on,
    )


def _campaign(row: campaigns.CampaignRow) -> CampaignSummary:
    return CampaignSummary(
        campaign_id=ids.write(Kind.CAMPAIGN, row.campaign),
        programme=row.programme,
        area=row.area,
        roster_month=row.roster_month,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        households_before=row.households_before,
        persons_before=row.persons_before,
        before_fen=row.before_fen,
        households_after=row.households_after,
        persons_after=row.persons_after,
        after_fen=row.after_fen,
        undecided=row.undecided,
    )
