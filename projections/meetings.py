"""Which appraisal meetings (评议会) were held, who was present, and how did each case fare?"""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.appraisal import AppraisalClosed
from hudang.domain.decision import Recorded
from hudang.domain.meeting import AttendeePart, MeetingHeld, MinutesSigned
from hudang.domain.personal import Personal
from hudang.domain.policy_terms import VoteForm
from hudang.domain.values import CaseId, StreamId
from hudang.domain.voting import BallotCast, BallotsCounted, Choice, VoteCast
from hudang.projections.model import ReadModel
from hudang.projections.rows import FIRST_PAGE, Page, Scope, Source, Table, fetch, fetch_one

MEETINGS = Table(
    "meetings_v1",
    """
    ledger    text NOT NULL,
    meeting   text COLLATE "C" NOT NULL,
    programme text NOT NULL,
    area      text COLLATE "C" NOT NULL,
    place     text NOT NULL,
    held_on   date NOT NULL,
    present   integer NOT NULL,
    resident_representatives integer NOT NULL,
    signed_on date,
    position  bigint NOT NULL
    """,
    key="ledger, meeting",
)

ATTENDEES = Table(
    "meetings_attendees_v1",
    """
    ledger    text NOT NULL,
    meeting   text COLLATE "C" NOT NULL,
    nth       integer NOT NULL,
    label     text NOT NULL,
    name      jsonb NOT NULL,
    part      text NOT NULL,
    staff     text,
    household text,
    signed    boolean NOT NULL DEFAULT false
    """,
    key="ledger, meeting, nth",
)

CASES = Table(
    "meetings_cases_v1",
    """
    ledger     text NOT NULL,
    meeting    text COLLATE "C" NOT NULL,
    nth        integer NOT NULL,
    household  text COLLATE "C" NOT NULL,
    case_id    text COLLATE "C" NOT NULL,
    form       text,
    in_favour  integer,
    against    integer,
    abstaining integer,
    recused    text[],
    passed     boolean,
    closed_on  date
    """,
    key="ledger, meeting, household",
    indexes=("ledger, case_id",),
)

VOTES = Table(
    "meetings_votes_v1",
    """
    ledger   text NOT NULL,
    position bigint NOT NULL,
    meeting  text COLLATE "C" NOT NULL,
    case_id  text COLLATE "C" NOT NULL,
    voter    text NOT NULL,
    choice   text, -- NULL: a secret ballot
    cast_on  date NOT NULL
    """,
    key="ledger, position",
    indexes=("ledger, meeting, case_id",),
)

meetings_model = ReadModel("meetings", version=1, tables=(MEETINGS, ATTENDEES, CASES, VOTES))


class MeetingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting, with how many were present and when its minutes were signed."""

    meeting: StreamId
    programme: str
    area: str
    place: str
    held_on: date
    present: int
    resident_representatives: int
    signed_on: date | None
    position: int


class AttendeeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody present; the name stays sealed."""

    label: str
    name: Personal
    part: AttendeePart
    staff: str | None
    household: StreamId | None
    signed: bool


class AgendaRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case on the agenda and how the vote on it ended; None while that is not known."""

    meeting: StreamId
    household: StreamId
    case_id: CaseId
    form: VoteForm | None
    in_favour: int | None
    against: int | None
    abstaining: int | None
    recused: tuple[str, ...] | None
    passed: bool | None
    closed_on: date | None


class VoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One vote; a secret ballot has no choice."""

    meeting: StreamId
    case_id: CaseId
    voter: str
    choice: Choice | None
    cast_on: date
    position: int


@meetings_model.on(MeetingHeld)
def held(cursor: Cursor[Any], event: MeetingHeld, recorded: Recorded) -> None:
    key = {"ledger": recorded.ledger, "meeting": recorded.stream}
    representatives = [a for a in event.attendees if a.part is AttendeePart.RESIDENT_REPRESENTATIVE]
    MEETINGS.put(
        cursor,
        **key,
        programme=event.programme,
        area=event.area,
        place=event.place,
        held_on=recorded.happened_on,
        present=len(event.attendees),
        resident_representatives=len(representatives),
        position=recorded.position,
    )
    ATTENDEES.put_all(
        cursor,
        (
            {
                **key,
                "nth": nth,
                "label": attendee.label,
                "name": attendee.name,
                "part": attendee.part,
                "staff": attendee.staff,
                "household": attendee.household,
            }
            for nth, attendee in enumerate(event.attendees, start=1)
        ),
    )
    CASES.put_all(
        cursor,
        (
            {**key, "nth": nth, "household": listed.household, "case_id": listed.case}
            for nth, listed in enumerate(event.cases, start=1)
        ),
    )


@meetings_model.on(MinutesSigned)
def signed(cursor: Cursor[Any], event: MinutesSigned, recorded: Recorded) -> None:
    where = {"ledger": recorded.ledger, "meeting": recorded.stream}
    MEETINGS.change(cursor, where, signed_on=recorded.happened_on, position=recorded.position)
    for label in event.signers:
        ATTENDEES.change(cursor, {**where, "label": label}, signed=True)


@meetings_model.on(VoteCast, BallotCast)
def voted(cursor: Cursor[Any], event: VoteCast | BallotCast, recorded: Recorded) -> None:
    VOTES.put(
        cursor,
        ledger=recorded.ledger,
        position=recorded.position,
        meeting=event.meeting,
        case_id=event.case,
        voter=event.voter,
        choice=event.choice if isinstance(event, VoteCast) else None,
        cast_on=recorded.happened_on,
    )


@meetings_model.on(BallotsCounted)
def counted(cursor: Cursor[Any], event: BallotsCounted, recorded: Recorded) -> None:
    CASES.change(
        cursor,
        {"ledger": recorded.ledger, "meeting": event.meeting, "household": recorded.stream},
        in_favour=event.in_favour,
        against=event.against,
        abstaining=event.abstaining,
    )


@meetings_model.on(AppraisalClosed)
def closed(cursor: Cursor[Any], event: AppraisalClosed, recorded: Recorded) -> None:
    CASES.change(
        cursor,
        {"ledger": recorded.ledger, "meeting": event.meeting, "household": recorded.stream},
        form=event.form,
        in_favour=event.in_favour,
        against=event.against,
        abstaining=event.abstaining,
        recused=event.recused,
        passed=event.passed,
        closed_on=recorded.happened_on,
    )


_MEETING: Final = """
    SELECT meeting, programme, area, place, held_on, present, resident_representatives, signed_on, position
    FROM projections.meetings_v1 WHERE ledger = %(ledger)s
"""


def meeting(source: Source, ledger: str, meeting: StreamId) -> MeetingRow | None:
    """One meeting by its id."""
    return fetch_one(
        source, MeetingRow, _MEETING + "AND meeting = %(meeting)s", {"ledger": ledger, "meeting": meeting}
    )


def meetings(source: Source, scope: Scope, page: Page = FIRST_PAGE) -> tuple[MeetingRow, ...]:
    """The meetings of an area, in the order of the ledger; a page continues after a position."""
    return fetch(
        source,
        MeetingRow,
        _MEETING + "AND starts_with(area, %(area)s) AND programme = COALESCE(%(programme)s, programme)"
        " AND position > %(after)s ORDER BY position LIMIT %(limit)s",
        {**scope.parameters, "after": int(page.after or 0), "limit": page.limit},
    )


def attendees(source: Source, ledger: str, meeting: StreamId) -> tuple[AttendeeRow, ...]:
    """Who was present, as on the attendance sheet."""
    return fetch(
        source,
        AttendeeRow,
        "SELECT label, name, part, staff, household, signed FROM projections.meetings_attendees_v1"
        " WHERE (ledger, meeting) = (%(ledger)s, %(meeting)s) ORDER BY nth",
        {"ledger": ledger, "meeting": meeting},
    )


_AGENDA: Final = """
    SELECT meeting, household, case_id, form, in_favour, against, abstaining, recused, passed, closed_on
    FROM projections.meetings_cases_v1 WHERE ledger = %(ledger)s
"""


def agenda(source: Source, ledger: str, meeting: StreamId) -> tuple[AgendaRow, ...]:
    """The cases of a meeting, as listed."""
    return fetch(
        source,
        AgendaRow,
        _AGENDA + "AND meeting = %(meeting)s ORDER BY nth",
        {"ledger": ledger, "meeting": meeting},
    )


def appraisals(source: Source, ledger: str, case: CaseId) -> tuple[AgendaRow, ...]:
    """Every meeting that had a case on its agenda, by meeting id, so oldest first."""
    return fetch(
        source,
        AgendaRow,
        _AGENDA + "AND case_id = %(case)s ORDER BY meeting",
        {"ledger": ledger, "case": case},
    )


def votes(source: Source, ledger: str, meeting: StreamId, case: CaseId) -> tuple[VoteRow, ...]:
    """Every vote on a case at a meeting, in the order entered."""
    return fetch(
        source,
        VoteRow,
        "SELECT meeting, case_id, voter, choice, cast_on, position FROM projections.meetings_votes_v1"
        " WHERE (ledger, meeting, case_id) = (%(ledger)s, %(meeting)s, %(case)s) ORDER BY position",
        {"ledger": ledger, "meeting": meeting, "case": case},
    )
