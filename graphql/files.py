"""What do the other files hold: meetings, postings, annual reviews, payment runs, the ledger itself?"""

from datetime import date, datetime

import strawberry

from hudang.domain import campaign, jurisdiction, meeting, payroll, posting
from hudang.domain.campaign import CampaignOpened
from hudang.domain.case import CaseEnd
from hudang.domain.decision import CHINA
from hudang.domain.jurisdiction import LedgerClock
from hudang.domain.meeting import AttendeePart
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.values import Fen, StreamId
from hudang.graphql import ids
from hudang.graphql.codes import label_zh
from hudang.graphql.context import File, Info
from hudang.graphql.described import output
from hudang.graphql.history import HistoryEntry, history_page
from hudang.graphql.ids import Kind
from hudang.graphql.nodes import Area, Connection, Node, area_of
from hudang.graphql.papers import Evidence
from hudang.graphql.scalars import Position
from hudang.projections import campaigns


@output("Somebody present at a meeting, known by a label (到会人员).")
class Attendee:
    """Somebody present."""

    label: str
    name: str | None
    part: AttendeePart
    part_zh: str
    staff: str | None
    household_id: strawberry.ID | None


@output("An appraisal meeting (民主评议会).")
class Meeting(Node):
    """A meeting that judged the cases of several households."""

    file: strawberry.Private[File]
    programme: str
    held_on: date
    case_ids: list[strawberry.ID]
    minutes: Evidence | None
    version: int

    @strawberry.field
    async def area(self, info: Info) -> Area:
        return area_of(await info.context.jurisdiction(self.file.ledger), self.file.state.area)

    @strawberry.field
    async def attendees(self, info: Info) -> list[Attendee]:
        listed: tuple[meeting.AttendeeEntry, ...] = self.file.state.attendees
        names = await info.context.open_all(self.file.ledger, [entry.name for entry in listed])
        return [_attendee(entry, name) for entry, name in zip(listed, names, strict=True)]

    @strawberry.field
    def history(self, first: int, after: str | None = None) -> Connection[HistoryEntry]:
        return history_page(self.file.events, first, after)

    @classmethod
    def of(cls, file: File) -> "Meeting":
        state: meeting.Meeting = file.state
        return cls(
            id=ids.write(Kind.MEETING, file.stream),
            file=file,
            programme=state.programme,
            held_on=state.held_on,
            case_ids=[ids.write_case(named.household, named.case) for named in state.cases],
            minutes=Evidence.of(state.minutes) if state.minutes else None,
            version=file.version,
        )


@output("One line of a poster (公示名单).")
class PostingLine:
    """One case on a poster."""

    case_id: strawberry.ID
    person_id: strawberry.ID
    members: int
    amount_fen: Fen | None


@output("A poster on a board (公示张贴).")
class Posting(Node):
    """What hangs on a board, where and how long."""

    file: strawberry.Private[File]
    programme: str
    round: int
    place: Place
    place_zh: str
    first_day: date
    last_day: date
    shows: list[NoticeField]
    lines: list[PostingLine]
    taken_down_on: date | None
    version: int

    @strawberry.field
    async def area(self, info: Info) -> Area:
        return area_of(await info.context.jurisdiction(self.file.ledger), self.file.state.area)

    @strawberry.field
    def history(self, first: int, after: str | None = None) -> Connection[HistoryEntry]:
        return history_page(self.file.events, first, after)

    @classmethod
    def of(cls, file: File) -> "Posting":
        state: posting.Posting = file.state
        return cls(
            id=ids.write(Kind.POSTING, file.stream),
            file=file,
            programme=state.programme,
            round=state.round,
            place=state.place,
            place_zh=label_zh(state.place),
            first_day=state.first_day,
            last_day=state.last_day,
            shows=list(state.shows),
            lines=[_posting_line(entry) for entry in state.entries],
            taken_down_on=state.taken_down_on,
            version=file.version,
        )


@output("How many rechecks of an annual review had a result (年审结果).")
class CampaignResult:
    """How many ended in one way."""

    end: CaseEnd
    zh: str
    households: int


@output("What one outcome of an annual review amounts to, as far as it has taken effect (年审结果金额).")
class CampaignOutcome:
    """How many households had one outcome, and what changed for them together, fen a month."""

    outcome: DecisionOutcome
    outcome_zh: str
    households: int
    persons: int
    difference_fen: Fen


@output("One household on the roster under review (年审名单).")
class CampaignLine:
    """One household on the roster."""

    household_id: strawberry.ID
    case_id: strawberry.ID
    persons: int
    amount_fen: Fen


@output("An annual review over the roster of a month (年审).")
class Campaign(Node):
    """An annual review."""

    file: strawberry.Private[File]
    programme: str
    roster_month: Month
    opened_on: date
    households: int
    persons: int
    amount_fen: Fen
    lines: list[CampaignLine]
    results: list[CampaignResult]
    closed: bool
    version: int

    @strawberry.field
    async def area(self, info: Info) -> Area:
        return area_of(await info.context.jurisdiction(self.file.ledger), self.file.state.area)

    @strawberry.field
    async def outcomes(self, info: Info) -> list[CampaignOutcome]:
        rows = await info.context.query(campaigns.results, self.file.ledger, self.file.stream)
        return [_outcome(row) for row in rows]

    @strawberry.field
    def history(self, first: int, after: str | None = None) -> Connection[HistoryEntry]:
        return history_page(self.file.events, first, after)

    @classmethod
    def of(cls, file: File) -> "Campaign":
        state: campaign.Campaign = file.state
        opened = next(recorded for recorded in file.events if isinstance(recorded.event, CampaignOpened))
        return cls(
            id=ids.write(Kind.CAMPAIGN, file.stream),
            file=file,
            programme=state.programme,
            roster_month=state.roster_month,
            opened_on=opened.happened_on,
            households=len(state.roster),
            persons=sum(line.persons for line in state.roster),
            amount_fen=Fen(sum(line.amount_fen for line in state.roster)),
            lines=[_campaign_line(line) for line in state.roster],
            results=[_result(CaseEnd(end), count) for end, count in (state.results or {}).items()],
            closed=state.results is not None,
            version=file.version,
        )


@output("What a payment run pays one household (发放名单).")
class PayrollLine:
    """One household on the list."""

    household_id: strawberry.ID
    amount_fen: Fen
    instructed: bool


@output("A payment run: its list, and how far it has been carried out (发放花名册).")
class Payroll(Node):
    """A payment run."""

    file: strawberry.Private[File]
    programme: str
    month: Month
    lines: list[PayrollLine]
    total_fen: Fen
    left: int
    version: int

    @strawberry.field
    async def area(self, info: Info) -> Area:
        return area_of(await info.context.jurisdiction(self.file.ledger), self.file.state.area)

    @strawberry.field
    def history(self, first: int, after: str | None = None) -> Connection[HistoryEntry]:
        return history_page(self.file.events, first, after)

    @classmethod
    def of(cls, file: File) -> "Payroll":
        state: payroll.Payroll = file.state
        return cls(
            id=ids.write(Kind.PAYROLL, file.stream),
            file=file,
            programme=state.programme,
            month=state.month,
            lines=[_payroll_line(state, stream) for stream in state.lines],
            total_fen=Fen(sum(line.amount_fen for line in state.lines.values())),
            left=len(state.left),
            version=file.version,
        )


@output("Rules that a ledger has adopted, by the hash of their file (采用政策).")
class AdoptedPolicy:
    """A version of a programme's rules."""

    programme: str
    jurisdiction: str
    version: str
    policy_hash: str
    in_force_from: date


@output("The ledger of a jurisdiction (台账).")
class Ledger(Node):
    """A jurisdiction's ledger, and the time and position it stands at."""

    ledger: str
    name: str
    area: Area
    clock: LedgerClock
    now: datetime
    today: date
    head: Position
    policies: list[AdoptedPolicy]


async def ledger_file(info: Info, tag: str) -> Ledger | None:
    """A ledger that has been opened."""
    known = await info.context.jurisdiction(tag)
    if known is None:
        return None
    heads = await info.context.run(info.context.api.store.heads)
    now = info.context.api.casebook.now(tag)
    return Ledger(
        id=ids.write(Kind.LEDGER, tag),
        ledger=tag,
        name=known.name,
        area=area_of(known, known.area),
        clock=known.clock,
        now=now,
        today=now.astimezone(CHINA).date(),
        head=Position(heads[tag].position),
        policies=[_adopted(adoption) for adoption in known.adopted],
    )


def _adopted(adoption: jurisdiction.PolicyAdopted) -> AdoptedPolicy:
    return AdoptedPolicy(
        programme=adoption.programme,
        jurisdiction=adoption.jurisdiction,
        version=adoption.version,
        policy_hash=adoption.policy,
        in_force_from=adoption.in_force_from,
    )


def _attendee(entry: meeting.AttendeeEntry, name: str | None) -> Attendee:
    return Attendee(
        label=entry.label,
        name=name,
        part=entry.part,
        part_zh=label_zh(entry.part),
        staff=entry.staff,
        household_id=ids.write(Kind.HOUSEHOLD, entry.household) if entry.household else None,
    )


def _posting_line(entry: posting.PostingEntry) -> PostingLine:
    return PostingLine(
        case_id=ids.write_case(entry.household, entry.case),
        person_id=ids.write(Kind.PERSON, entry.person),
        members=entry.members,
        amount_fen=entry.amount_fen,
    )


def _campaign_line(line: campaign.RosterLine) -> CampaignLine:
    return CampaignLine(
        household_id=ids.write(Kind.HOUSEHOLD, line.household),
        case_id=ids.write_case(line.household, line.case),
        persons=line.persons,
        amount_fen=line.amount_fen,
    )


def _outcome(row: campaigns.CampaignResult) -> CampaignOutcome:
    return CampaignOutcome(
        outcome=row.outcome,
        outcome_zh=label_zh(row.outcome),
        households=row.households,
        persons=row.persons,
        difference_fen=row.difference_fen,
    )


def _result(end: CaseEnd, count: int) -> CampaignResult:
    return CampaignResult(end=end, zh=label_zh(end), households=count)


def _payroll_line(state: payroll.Payroll, stream: StreamId) -> PayrollLine:
    return PayrollLine(
        household_id=ids.write(Kind.HOUSEHOLD, stream),
        amount_fen=state.lines[stream].amount_fen,
        instructed=stream not in state.left,
    )
