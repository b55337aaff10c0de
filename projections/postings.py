"""Which posters (公示张贴) were put up, what became of each line, and which notices may be closed?"""

from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.application import ApplicationLapsed, ApplicationWithdrawn
from hudang.domain.decision import Recorded
from hudang.domain.determination import DecisionRefused
from hudang.domain.evidence import Evidence
from hudang.domain.notice import NOTICE_STEPS, NoticeClosed
from hudang.domain.objection import ObjectionRaised, ObjectionResolved
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.posting import PostingPutUp, PostingTakenDown
from hudang.domain.returning import ReturnedToStage
from hudang.domain.values import CaseId, Fen, PersonId, StreamId
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch, fetch_one

POSTINGS = Table(
    "postings_v1",
    """
    ledger        text NOT NULL,
    posting       text COLLATE "C" NOT NULL,
    programme     text NOT NULL,
    area          text COLLATE "C" NOT NULL,
    round         integer NOT NULL,
    place         text NOT NULL,
    first_day     date NOT NULL,
    last_day      date NOT NULL,
    shows         text[] NOT NULL,
    entries       integer NOT NULL,
    poster        jsonb,
    taken_down_on date,
    position      bigint NOT NULL
    """,
    key="ledger, posting",
)

LINES = Table(
    "postings_lines_v1",
    """
    ledger     text NOT NULL,
    posting    text COLLATE "C" NOT NULL,
    household  text COLLATE "C" NOT NULL,
    line       integer NOT NULL,
    case_id    text COLLATE "C" NOT NULL,
    person     text NOT NULL,
    members    integer NOT NULL,
    amount_fen bigint,
    state      text NOT NULL,
    state_on   date NOT NULL,
    objections text[] NOT NULL DEFAULT '{}', -- those that wait for an answer
    position   bigint NOT NULL
    """,
    key="ledger, posting, household",
    indexes=("ledger, household, case_id", "ledger, state"),
)

postings_model = ReadModel("postings", version=1, tables=(POSTINGS, LINES))


class LineState(StrEnum):
    """Where one case's notice stands."""

    UP = "up"  # 公示中
    CLOSED = "closed"  # 公示期满
    SUPERSEDED = "superseded"  # 须重新公示
    ABANDONED = "abandoned"  # 终止


class PostingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A poster; it hangs from `first_day` through `last_day`."""

    posting: StreamId
    programme: str
    area: str
    round: int
    place: Place
    first_day: date
    last_day: date
    shows: tuple[NoticeField, ...]
    entries: int
    poster: Evidence | None
    taken_down_on: date | None
    position: int


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case on a poster, by ids; what may be read of it in the clear is on the notice board."""

    posting: StreamId
    household: StreamId
    line: int
    case_id: CaseId
    person: PersonId
    members: int
    amount_fen: Fen | None
    state: LineState
    state_on: date
    objections: tuple[str, ...]
    position: int


class Closable(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that has run its time: what the command to close it needs."""

    household: StreamId
    case: CaseId
    posting: StreamId
    last_day: date


@postings_model.on(PostingPutUp)
def put_up(cursor: Cursor[Any], event: PostingPutUp, recorded: Recorded) -> None:
    POSTINGS.put(
        cursor,
        ledger=recorded.ledger,
        posting=recorded.stream,
        programme=event.programme,
        area=event.area,
        round=event.round,
        place=event.place,
        first_day=event.first_day,
        last_day=event.last_day,
        shows=event.shows,
        entries=len(event.entries),
        poster=event.poster,
        position=recorded.position,
    )
    LINES.put_all(
        cursor,
        (
            {
                "ledger": recorded.ledger,
                "posting": recorded.stream,
                "household": entry.household,
                "line": line,
                "case_id": entry.case,
                "person": entry.person,
                "members": entry.members,
                "amount_fen": entry.amount_fen,
                "state": LineState.UP,
                "state_on": event.first_day,
                "position": recorded.position,
            }
            for line, entry in enumerate(event.entries, start=1)
        ),
    )


@postings_model.on(PostingTakenDown)
def taken_down(cursor: Cursor[Any], event: PostingTakenDown, recorded: Recorded) -> None:
    where = {"ledger": recorded.ledger, "posting": recorded.stream}
    POSTINGS.change(cursor, where, taken_down_on=recorded.happened_on, position=recorded.position)


@postings_model.on(NoticeClosed)
def closed(cursor: Cursor[Any], event: NoticeClosed, recorded: Recorded) -> None:
    LINES.change(
        cursor,
        {"ledger": recorded.ledger, "posting": event.posting, "household": recorded.stream},
        state=LineState.CLOSED,
        state_on=recorded.happened_on,
        position=recorded.position,
    )


@postings_model.on(ObjectionRaised)
def objected(cursor: Cursor[Any], event: ObjectionRaised, recorded: Recorded) -> None:
    cursor.execute(
        "UPDATE projections.postings_lines_v1"
        " SET objections = array_append(array_remove(objections, %(objection)s), %(objection)s),"
        " position = %(position)s"
        " WHERE (ledger, posting, household) = (%(ledger)s, %(posting)s, %(household)s)",
        {
            "objection": event.objection,
            "position": recorded.position,
            "ledger": recorded.ledger,
            "posting": event.posting,
            "household": recorded.stream,
        },
    )


@postings_model.on(ObjectionResolved)
def resolved(cursor: Cursor[Any], event: ObjectionResolved, recorded: Recorded) -> None:
    """Answered; where the rules want the notice given again, this one no longer counts (art 29)."""
    cursor.execute(
        """
        UPDATE projections.postings_lines_v1
        SET objections = array_remove(objections, %(objection)s), position = %(position)s,
            state = CASE WHEN %(renotice)s THEN 'superseded' ELSE state END,
            state_on = CASE WHEN %(renotice)s THEN %(on)s ELSE state_on END
        WHERE (ledger, household, case_id) = (%(ledger)s, %(household)s, %(case)s)
          AND %(objection)s = ANY (objections)
        """,
        {
            "objection": event.objection,
            "renotice": event.renotice,
            "on": recorded.happened_on,
            "position": recorded.position,
            "ledger": recorded.ledger,
            "household": recorded.stream,
            "case": event.case,
        },
    )
    if event.back_to is not None:
        _supersede(cursor, recorded, event.case, [step.value for step in event.undone])


@postings_model.on(ReturnedToStage)
def returned(cursor: Cursor[Any], event: ReturnedToStage, recorded: Recorded) -> None:
    _supersede(cursor, recorded, event.case, [step.value for step in event.undone])


@postings_model.on(ApplicationLapsed, ApplicationWithdrawn, DecisionRefused)
def abandoned(
    cursor: Cursor[Any],
    event: ApplicationLapsed | ApplicationWithdrawn | DecisionRefused,
    recorded: Recorded,
) -> None:
    """A case that has ended has no notice to run."""
    LINES.change(
        cursor,
        {
            "ledger": recorded.ledger,
            "household": recorded.stream,
            "case_id": event.case,
            "state": LineState.UP,
        },
        state=LineState.ABANDONED,
        state_on=recorded.happened_on,
        position=recorded.position,
    )


def _supersede(cursor: Cursor[Any], recorded: Recorded, case: CaseId, undone: list[str]) -> None:
    """The case went back: a notice still up, or whose step is undone, must be posted again."""
    cursor.execute(
        "UPDATE projections.postings_lines_v1 l SET state = 'superseded', state_on = %(on)s,"
        " position = %(position)s FROM projections.postings_v1 p"
        " WHERE (p.ledger, p.posting) = (l.ledger, l.posting)"
        " AND (l.ledger, l.household, l.case_id) = (%(ledger)s, %(household)s, %(case)s)"
        " AND (l.state = 'up' OR l.state = 'closed' AND p.round = ANY (%(rounds)s))",
        {
            "on": recorded.happened_on,
            "position": recorded.position,
            "ledger": recorded.ledger,
            "household": recorded.stream,
            "case": case,
            "rounds": [number for number, step in NOTICE_STEPS.items() if step.value in undone],
        },
    )


def due_to_close(source: Source, ledger: str, day: date) -> tuple[Closable, ...]:
    """The notices whose last day is over on a day, with no objection that waits for its answer."""
    return fetch(
        source,
        Closable,
        """
        SELECT l.household, l.case_id AS case, l.posting, p.last_day
        FROM projections.postings_lines_v1 l JOIN projections.postings_v1 p USING (ledger, posting)
        WHERE l.ledger = %(ledger)s AND l.state = 'up' AND p.last_day < %(day)s AND l.objections = '{}'
        ORDER BY p.last_day, l.posting, l.line
        """,
        {"ledger": ledger, "day": day},
    )


_POSTING: Final = """
    SELECT posting, programme, area, round, place, first_day, last_day, shows, entries, poster, taken_down_on,
           position
    FROM projections.postings_v1 WHERE ledger = %(ledger)s
"""


def posting(source: Source, ledger: str, posting: StreamId) -> PostingRow | None:
    """One poster by its id."""
    return fetch_one(
        source, PostingRow, _POSTING + "AND posting = %(posting)s", {"ledger": ledger, "posting": posting}
    )


def postings(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[PostingRow, ...]:
    """The posters of an area, in the order of the ledger; a page continues after a position."""
    return fetch(
        source,
        PostingRow,
        _POSTING + "AND starts_with(area, %(area)s) AND programme = COALESCE(%(programme)s, programme)"
        " AND position > %(after)s ORDER BY position LIMIT %(limit)s",
        {**scope.parameters, "after": int(page.after or 0), "limit": page.limit},
    )


_LINE: Final = """
    SELECT posting, household, line, case_id, person, members, amount_fen, state, state_on, objections,
           position
    FROM projections.postings_lines_v1 WHERE ledger = %(ledger)s
"""


def lines(source: Source, ledger: str, posting: StreamId) -> tuple[LineRow, ...]:
    """The lines of a poster, as listed."""
    return fetch(
        source,
        LineRow,
        _LINE + "AND posting = %(posting)s ORDER BY line",
        {"ledger": ledger, "posting": posting},
    )


def of_case(source: Source, ledger: str, household: StreamId, case: CaseId) -> tuple[LineRow, ...]:
    """Every notice of a case, in the order posted."""
    return fetch(
        source,
        LineRow,
        _LINE + "AND (household, case_id) = (%(household)s, %(case)s) ORDER BY posting",
        {"ledger": ledger, "household": household, "case": case},
    )
