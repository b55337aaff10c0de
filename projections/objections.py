"""Which objections (异议) wait for an answer, since when, and until when? What they say stays sealed."""

from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.objection import ObjectionRaised, ObjectionResolved
from hudang.domain.values import CaseId, StreamId
from hudang.projections.directory import directory, keep_directory
from hudang.projections.model import ReadModel
from hudang.projections.rows import Scope, Source, Table, fetch

HOUSEHOLDS = directory("objections", version=1)

OBJECTIONS = Table(
    "objections_v1",
    """
    ledger      text NOT NULL,
    household   text COLLATE "C" NOT NULL,
    objection   text COLLATE "C" NOT NULL,
    case_id     text NOT NULL,
    posting     text NOT NULL,
    round       integer NOT NULL,
    raised_on   date NOT NULL,
    decide_by   date,
    resolved_on date,
    upheld      boolean,
    position    bigint NOT NULL
    """,
    key="ledger, household, objection",
    indexes=("ledger, posting",),
)

objections_model = ReadModel("objections", version=1, tables=(HOUSEHOLDS, OBJECTIONS))
keep_directory(objections_model, HOUSEHOLDS)


class ObjectionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An objection to a notice; `upheld` is unknown until it is resolved."""

    objection: str
    household: StreamId
    number: str
    case_id: CaseId
    posting: StreamId
    round: int
    raised_on: date
    decide_by: date | None
    resolved_on: date | None
    upheld: bool | None
    position: int


@objections_model.on(ObjectionRaised)
def raised(cursor: Cursor[Any], event: ObjectionRaised, recorded: Recorded) -> None:
    OBJECTIONS.put(
        cursor,
        ledger=recorded.ledger,
        household=recorded.stream,
        objection=event.objection,
        case_id=event.case,
        posting=event.posting,
        round=event.round,
        raised_on=recorded.happened_on,
        decide_by=event.decide_by,
        position=recorded.position,
    )


@objections_model.on(ObjectionResolved)
def resolved(cursor: Cursor[Any], event: ObjectionResolved, recorded: Recorded) -> None:
    OBJECTIONS.change(
        cursor,
        {"ledger": recorded.ledger, "household": recorded.stream, "objection": event.objection},
        resolved_on=recorded.happened_on,
        upheld=event.upheld,
        position=recorded.position,
    )


_OBJECTION: Final = """
    SELECT o.objection, o.household, h.number, o.case_id, o.posting, o.round, o.raised_on, o.decide_by,
           o.resolved_on, o.upheld, o.position
    FROM projections.objections_v1 o JOIN projections.objections_households_v1 h USING (ledger, household)
    WHERE o.ledger = %(ledger)s
"""


def of_case(source: Source, ledger: str, household: StreamId, case: CaseId) -> tuple[ObjectionRow, ...]:
    """Every objection to a notice of a case, in the order in which they were raised."""
    return fetch(
        source,
        ObjectionRow,
        _OBJECTION
        + "AND (o.household, o.case_id) = (%(household)s, %(case)s) ORDER BY o.raised_on, o.objection",
        {"ledger": ledger, "household": household, "case": case},
    )


def unanswered(source: Source, scope: Scope) -> tuple[ObjectionRow, ...]:
    """Every objection that waits for its answer, the earliest due first."""
    return fetch(
        source,
        ObjectionRow,
        _OBJECTION + "AND starts_with(h.area, %(area)s) AND o.resolved_on IS NULL"
        " ORDER BY o.decide_by, o.raised_on, o.objection",
        {"ledger": scope.ledger, "area": scope.parameters["area"]},
    )
