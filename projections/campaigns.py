"""How did an annual review (年审) come out: before and after, household by household and in all?"""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.campaign import CampaignClosed, CampaignOpened
from hudang.domain.decision import Recorded
from hudang.domain.determination import DecisionConfirmed
from hudang.domain.entitlement import EntitlementChanged, EntitlementEnded, EntitlementKept
from hudang.domain.month import Month
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch, fetch_one

CAMPAIGNS = Table(
    "campaigns_v1",
    """
    ledger       text NOT NULL,
    campaign     text COLLATE "C" NOT NULL,
    programme    text NOT NULL,
    area         text COLLATE "C" NOT NULL,
    roster_month date NOT NULL,
    opened_on    date NOT NULL,
    closed_on    date,
    position     bigint NOT NULL
    """,
    key="ledger, campaign",
)

LINES = Table(
    "campaigns_lines_v1",
    """
    ledger         text NOT NULL,
    campaign       text COLLATE "C" NOT NULL,
    household      text COLLATE "C" NOT NULL,
    line           integer NOT NULL,
    case_id        text COLLATE "C" NOT NULL,
    persons_before integer NOT NULL,
    before_fen     bigint NOT NULL,
    outcome        text, -- what was decided
    persons_after  integer, -- NULL until the decision took effect
    after_fen      bigint,
    from_month     date
    """,
    key="ledger, campaign, household",
    indexes=("ledger, case_id",),
)

campaigns_model = ReadModel("campaigns", version=1, tables=(CAMPAIGNS, LINES))


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """An annual review over the roster of a month, before and after.

    `*_after` count only households whose result has taken effect and who are still entitled; `undecided` are
    those without a result in effect.
    """

    campaign: StreamId
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
    position: int


class CampaignLine(msgspec.Struct, frozen=True, kw_only=True):
    """One household under review: fen a month before and after, from a month on."""

    household: StreamId
    line: int
    case_id: CaseId
    persons_before: int
    before_fen: Fen
    outcome: DecisionOutcome | None
    persons_after: int | None
    after_fen: Fen | None
    from_month: Month | None


class CampaignResult(msgspec.Struct, frozen=True, kw_only=True):
    """How many households had one outcome, and what they gained or lost together, fen a month."""

    outcome: DecisionOutcome
    households: int
    persons: int
    difference_fen: Fen


@campaigns_model.on(CampaignOpened)
def opened(cursor: Cursor[Any], event: CampaignOpened, recorded: Recorded) -> None:
    key = {"ledger": recorded.ledger, "campaign": recorded.stream}
    CAMPAIGNS.put(
        cursor,
        **key,
        programme=event.programme,
        area=event.area,
        roster_month=event.roster_month,
        opened_on=recorded.happened_on,
        position=recorded.position,
    )
    LINES.put_all(
        cursor,
        (
            {
                **key,
                "household": listed.household,
                "line": line,
                "case_id": listed.case,
                "persons_before": listed.persons,
                "before_fen": listed.amount_fen,
            }
            for line, listed in enumerate(event.roster, start=1)
        ),
    )


@campaigns_model.on(CampaignClosed)
def closed(cursor: Cursor[Any], event: CampaignClosed, recorded: Recorded) -> None:
    where = {"ledger": recorded.ledger, "campaign": recorded.stream}
    CAMPAIGNS.change(cursor, where, closed_on=recorded.happened_on, position=recorded.position)


@campaigns_model.on(DecisionConfirmed)
def decided(cursor: Cursor[Any], event: DecisionConfirmed, recorded: Recorded) -> None:
    """A decision on a case that is under no review changes nothing here."""
    _set(cursor, recorded, event.case, outcome=event.outcome)


@campaigns_model.on(EntitlementKept)
def kept(cursor: Cursor[Any], event: EntitlementKept, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.campaigns_lines_v1"
        " SET persons_after = persons_before, after_fen = %s, from_month = %s"
        " WHERE (ledger, case_id) = (%s, %s)",
        (event.amount_fen, Month.of(recorded.happened_on).first_day, recorded.ledger, event.case),
    )


@campaigns_model.on(EntitlementChanged)
def changed(cursor: Cursor[Any], event: EntitlementChanged, recorded: Recorded) -> None:
    _set(
        cursor,
        recorded,
        event.case,
        persons_after=event.persons,
        after_fen=event.amount_fen,
        from_month=event.from_month,
    )


@campaigns_model.on(EntitlementEnded)
def ended(cursor: Cursor[Any], event: EntitlementEnded, recorded: Recorded) -> None:
    _set(cursor, recorded, event.case, persons_after=0, after_fen=0, from_month=event.last_month + 1)


def _set(cursor: Cursor[Any], recorded: Recorded, case: CaseId, **values: Any) -> None:
    LINES.change(cursor, {"ledger": recorded.ledger, "case_id": case}, **values)


_CAMPAIGN: Final = """
    SELECT c.campaign, c.programme, c.area, c.roster_month, c.opened_on, c.closed_on, c.position, sums.*
    FROM projections.campaigns_v1 c CROSS JOIN LATERAL (
        SELECT count(*) AS households_before,
               COALESCE(sum(l.persons_before), 0)::bigint AS persons_before,
               COALESCE(sum(l.before_fen), 0)::bigint AS before_fen,
               count(*) FILTER (WHERE l.after_fen > 0) AS households_after,
               COALESCE(sum(l.persons_after), 0)::bigint AS persons_after,
               COALESCE(sum(l.after_fen), 0)::bigint AS after_fen,
               count(*) FILTER (WHERE l.after_fen IS NULL) AS undecided
        FROM projections.campaigns_lines_v1 l WHERE (l.ledger, l.campaign) = (c.ledger, c.campaign)) sums
    WHERE c.ledger = %(ledger)s
"""


def campaign(source: Source, ledger: str, campaign: StreamId) -> CampaignRow | None:
    """One annual review by its id."""
    return fetch_one(
        source,
        CampaignRow,
        _CAMPAIGN + "AND c.campaign = %(campaign)s",
        {"ledger": ledger, "campaign": campaign},
    )


def campaigns(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[CampaignRow, ...]:
    """The annual reviews, in the order of the ledger; a page continues after a position."""
    return fetch(
        source,
        CampaignRow,
        _CAMPAIGN + "AND starts_with(c.area, %(area)s) AND c.programme = COALESCE(%(programme)s, c.programme)"
        " AND c.position > %(after)s ORDER BY c.position LIMIT %(limit)s",
        {**scope.parameters, "after": int(page.after or 0), "limit": page.limit},
    )


def lines(source: Source, ledger: str, campaign: StreamId) -> tuple[CampaignLine, ...]:
    """The roster under review, as listed."""
    return fetch(
        source,
        CampaignLine,
        "SELECT household, line, case_id, persons_before, before_fen, outcome, persons_after, after_fen,"
        " from_month"
        " FROM projections.campaigns_lines_v1"
        " WHERE (ledger, campaign) = (%(ledger)s, %(campaign)s) ORDER BY line",
        {"ledger": ledger, "campaign": campaign},
    )


def results(source: Source, ledger: str, campaign: StreamId) -> tuple[CampaignResult, ...]:
    """What has taken effect so far, outcome by outcome; `persons` are those on the roster."""
    return fetch(
        source,
        CampaignResult,
        """
        SELECT outcome, count(*) AS households, sum(persons_before)::bigint AS persons,
               sum(after_fen - before_fen)::bigint AS difference_fen
        FROM projections.campaigns_lines_v1
        WHERE (ledger, campaign) = (%(ledger)s, %(campaign)s)
          AND outcome IS NOT NULL AND after_fen IS NOT NULL
        GROUP BY outcome ORDER BY outcome
        """,
        {"ledger": ledger, "campaign": campaign},
    )
