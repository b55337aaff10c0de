"""What hangs on the notice boards on a day? (公示栏) Exactly what the policy lets a notice show, in clear.

Names are opened for the purpose of public notice when a poster goes up. A line goes when its notice closes,
when it must be given again, when the poster is taken down or the case ends. Nothing else is ever opened here.
"""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.application import ApplicationLapsed, ApplicationWithdrawn
from hudang.domain.appraisal import AppraisalClosed
from hudang.domain.decision import Recorded
from hudang.domain.determination import DecisionConfirmed, DecisionRefused
from hudang.domain.erasure import PersonErased
from hudang.domain.notice import NoticeClosed
from hudang.domain.objection import ObjectionResolved
from hudang.domain.opinion import PreliminaryOpinionGiven
from hudang.domain.personal import Personal, Sealed
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.posting import PostingEntry, PostingPutUp, PostingTakenDown
from hudang.domain.registration import HouseholdRegistered, MemberJoined, MemberLeft
from hudang.domain.returning import ReturnedToStage
from hudang.domain.survey import HomeVisitRecorded, VisitLevel
from hudang.domain.values import CaseId, Fen, PersonId, StreamId
from hudang.ledger.keys import Purpose
from hudang.projections.model import Opener, ReadModel
from hudang.projections.rows import Source, Table, area_prefix, fetch, fetch_one

LINES = Table(
    "notice_board_v1",
    """
    ledger         text NOT NULL,
    posting        text COLLATE "C" NOT NULL,
    household      text COLLATE "C" NOT NULL,
    line           integer NOT NULL,
    case_id        text NOT NULL,
    programme      text NOT NULL,
    area           text COLLATE "C" NOT NULL,
    round          integer NOT NULL,
    place          text NOT NULL,
    first_day      date NOT NULL,
    last_day       date NOT NULL,
    shows          text[] NOT NULL,
    applicant_name text,
    member_names   text[],
    member_count   integer,
    income_fen     bigint,
    in_favour      integer,
    against        integer,
    abstaining     integer,
    passed         boolean,
    recommends     boolean,
    amount_fen     bigint,
    position       bigint NOT NULL
    """,
    key="ledger, posting, household",
    indexes=("ledger, household, case_id", "ledger, first_day"),
)

NAMES = Table(
    "notice_board_names_v1",
    """
    ledger    text NOT NULL,
    household text COLLATE "C" NOT NULL,
    person    text COLLATE "C" NOT NULL,
    nth       bigint NOT NULL, -- orders the members of a household
    name      jsonb NOT NULL,
    present   boolean NOT NULL
    """,
    key="ledger, household, person",
)

FINDINGS = Table(
    "notice_board_findings_v1",
    """
    ledger     text NOT NULL,
    case_id    text COLLATE "C" NOT NULL,
    income_fen bigint,
    in_favour  integer,
    against    integer,
    abstaining integer,
    passed     boolean,
    recommends boolean
    """,
    key="ledger, case_id",
)

notice_board = ReadModel("notice_board", version=1, tables=(LINES, NAMES, FINDINGS))

_POSITIONS_A_MEMBER: Final = 1_000


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps of a case have found so far, as a notice may show it."""

    income_fen: Fen | None = None
    in_favour: int | None = None
    against: int | None = None
    abstaining: int | None = None
    passed: bool | None = None
    recommends: bool | None = None


class PostedLine(Findings, frozen=True, kw_only=True):
    """One line of a poster that hangs; what `shows` does not name is None. Amounts in fen a month."""

    posting: StreamId
    household: StreamId
    line: int
    case_id: CaseId
    programme: str
    area: str
    round: int
    place: Place
    first_day: date
    last_day: date
    shows: tuple[NoticeField, ...]
    applicant_name: str | None
    member_names: tuple[str, ...] | None
    member_count: int | None
    amount_fen: Fen | None
    position: int


class _Name(msgspec.Struct, frozen=True, kw_only=True):
    person: PersonId
    name: Personal
    present: bool


@notice_board.on(HouseholdRegistered)
def registered(cursor: Cursor[Any], event: HouseholdRegistered, recorded: Recorded) -> None:
    for nth, member in enumerate(event.members):
        _name(cursor, recorded, member.person, member.name, nth)


@notice_board.on(MemberJoined)
def joined(cursor: Cursor[Any], event: MemberJoined, recorded: Recorded) -> None:
    _name(cursor, recorded, event.person, event.name, 0)


@notice_board.on(MemberLeft)
def left(cursor: Cursor[Any], event: MemberLeft, recorded: Recorded) -> None:
    where = {"ledger": recorded.ledger, "household": recorded.stream, "person": event.person}
    NAMES.change(cursor, where, present=False)


@notice_board.on(HomeVisitRecorded)
def visited(cursor: Cursor[Any], event: HomeVisitRecorded, recorded: Recorded) -> None:
    if event.level is VisitLevel.TOWNSHIP:
        income = Fen(sum(item.monthly_fen for item in event.incomes))
        FINDINGS.put(cursor, ledger=recorded.ledger, case_id=event.case, income_fen=income)


@notice_board.on(AppraisalClosed)
def appraised(cursor: Cursor[Any], event: AppraisalClosed, recorded: Recorded) -> None:
    FINDINGS.put(
        cursor,
        ledger=recorded.ledger,
        case_id=event.case,
        in_favour=event.in_favour,
        against=event.against,
        abstaining=event.abstaining,
        passed=event.passed,
    )


@notice_board.on(PreliminaryOpinionGiven)
def opinion_given(cursor: Cursor[Any], event: PreliminaryOpinionGiven, recorded: Recorded) -> None:
    FINDINGS.put(cursor, ledger=recorded.ledger, case_id=event.case, recommends=event.recommends)


@notice_board.on_opening(PostingPutUp)
def put_up(cursor: Cursor[Any], event: PostingPutUp, recorded: Recorded, opener: Opener) -> None:
    for line, entry in enumerate(event.entries, start=1):
        LINES.put(
            cursor,
            ledger=recorded.ledger,
            posting=recorded.stream,
            household=entry.household,
            line=line,
            case_id=entry.case,
            programme=event.programme,
            area=event.area,
            round=event.round,
            place=event.place,
            first_day=event.first_day,
            last_day=event.last_day,
            shows=event.shows,
            position=recorded.position,
            **_shown(cursor, recorded.ledger, entry, frozenset(event.shows), opener),
        )


@notice_board.on(PostingTakenDown)
def taken_down(cursor: Cursor[Any], event: PostingTakenDown, recorded: Recorded) -> None:
    LINES.remove(cursor, ledger=recorded.ledger, posting=recorded.stream)


@notice_board.on(NoticeClosed)
def closed(cursor: Cursor[Any], event: NoticeClosed, recorded: Recorded) -> None:
    LINES.remove(cursor, ledger=recorded.ledger, posting=event.posting, household=recorded.stream)


@notice_board.on(ObjectionResolved)
def resolved(cursor: Cursor[Any], event: ObjectionResolved, recorded: Recorded) -> None:
    if event.renotice or event.back_to is not None:
        _take_off(cursor, recorded, event.case)


@notice_board.on(ReturnedToStage)
def returned(cursor: Cursor[Any], event: ReturnedToStage, recorded: Recorded) -> None:
    _take_off(cursor, recorded, event.case)


@notice_board.on(ApplicationLapsed, ApplicationWithdrawn, DecisionConfirmed, DecisionRefused)
def ended(
    cursor: Cursor[Any],
    event: ApplicationLapsed | ApplicationWithdrawn | DecisionConfirmed | DecisionRefused,
    recorded: Recorded,
) -> None:
    _take_off(cursor, recorded, event.case)
    FINDINGS.remove(cursor, ledger=recorded.ledger, case_id=event.case)


@notice_board.on(PersonErased)
def erased(cursor: Cursor[Any], event: PersonErased, recorded: Recorded) -> None:
    """Whatever hangs of a household of this person loses its names, now and when it is folded again."""
    cursor.execute(
        """
        UPDATE projections.notice_board_v1 l SET applicant_name = NULL, member_names = NULL
        FROM projections.notice_board_names_v1 n
        WHERE (n.ledger, n.person) = (%s, %s) AND (l.ledger, l.household) = (n.ledger, n.household)
        """,
        (recorded.ledger, event.person),
    )
    NAMES.remove(cursor, ledger=recorded.ledger, person=event.person)


def _name(cursor: Cursor[Any], recorded: Recorded, person: PersonId, name: Personal, nth: int) -> None:
    NAMES.put(
        cursor,
        ledger=recorded.ledger,
        household=recorded.stream,
        person=person,
        nth=recorded.position * _POSITIONS_A_MEMBER + nth,
        name=name,
        present=True,
    )


def _take_off(cursor: Cursor[Any], recorded: Recorded, case: CaseId) -> None:
    LINES.remove(cursor, ledger=recorded.ledger, household=recorded.stream, case_id=case)


def _shown(
    cursor: Cursor[Any], ledger: str, entry: PostingEntry, shows: frozenset[NoticeField], opener: Opener
) -> dict[str, Any]:
    """What the fields named by the policy say, and nothing else."""
    names = fetch(
        cursor,
        _Name,
        "SELECT person, name, present FROM projections.notice_board_names_v1"
        " WHERE (ledger, household) = (%(ledger)s, %(household)s) ORDER BY nth",
        {"ledger": ledger, "household": entry.household},
    )
    found = fetch_one(
        cursor,
        Findings,
        "SELECT income_fen, in_favour, against, abstaining, passed, recommends"
        " FROM projections.notice_board_findings_v1 WHERE (ledger, case_id) = (%(ledger)s, %(case)s)",
        {"ledger": ledger, "case": entry.case},
    )
    opened: dict[str, Any] = {}
    if NoticeField.APPLICANT_NAME in shows:
        applicant = next((name.name for name in names if name.person == entry.person), None)
        opened["applicant_name"] = _opened(ledger, applicant, opener)
    if NoticeField.MEMBERS in shows:
        members = (_opened(ledger, name.name, opener) for name in names if name.present)
        opened["member_names"] = [name for name in members if name is not None]
    if NoticeField.MEMBER_COUNT in shows:
        opened["member_count"] = entry.members
    if NoticeField.AMOUNT in shows:
        opened["amount_fen"] = entry.amount_fen
    return {**opened, **_found(found or Findings(), shows)}


def _found(found: Findings, shows: frozenset[NoticeField]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if NoticeField.SURVEY_RESULT in shows:
        told["income_fen"] = found.income_fen
    if NoticeField.APPRAISAL_RESULT in shows:
        told |= {
            "in_favour": found.in_favour,
            "against": found.against,
            "abstaining": found.abstaining,
            "passed": found.passed,
        }
    if NoticeField.OPINION in shows:
        told["recommends"] = found.recommends
    return told


def _opened(ledger: str, name: Personal | None, opener: Opener) -> str | None:
    """A name in the clear; None once its key was destroyed."""
    if not isinstance(name, Sealed):
        return None
    value = opener.open(ledger, name, Purpose.PUBLIC_NOTICE)
    return value if isinstance(value, str) else None


def notices(
    source: Source, ledger: str, on: date, *, area: str = "", limit: int = 100
) -> tuple[PostedLine, ...]:
    """What hangs in an area on a day, poster by poster, the newest poster first."""
    return fetch(
        source,
        PostedLine,
        _LINE + "AND first_day <= %(on)s AND last_day >= %(on)s AND starts_with(area, %(area)s)"
        " ORDER BY first_day DESC, posting, line LIMIT %(limit)s",
        {"ledger": ledger, "on": on, "area": area_prefix(area), "limit": limit},
    )


def on_poster(source: Source, ledger: str, posting: StreamId) -> tuple[PostedLine, ...]:
    """The lines of a poster that still hang."""
    return fetch(
        source,
        PostedLine,
        _LINE + "AND posting = %(posting)s ORDER BY line",
        {"ledger": ledger, "posting": posting},
    )


_LINE: Final = """
    SELECT posting, household, line, case_id, programme, area, round, place, first_day, last_day, shows,
           applicant_name, member_names, member_count, income_fen, in_favour, against, abstaining, passed,
           recommends, amount_fen, position
    FROM projections.notice_board_v1 WHERE ledger = %(ledger)s
"""
