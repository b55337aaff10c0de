"""What happened to a household, in order, who recorded it, and when did it hold?"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, StreamId
from hudang.projections.model import ReadModel
from hudang.projections.rows import Source, Table, fetch
from hudang.projections.sentences import sentence

EVENTS = Table(
    "timeline_v1",
    """
    ledger       text NOT NULL,
    stream       text COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    version      bigint NOT NULL,
    topic        text NOT NULL,
    happened_on  date NOT NULL,
    recorded_at  timestamptz NOT NULL,
    actor_person text NOT NULL,
    actor_role   text NOT NULL,
    actor_office text NOT NULL,
    case_id      text,
    zh           text NOT NULL,
    en           text NOT NULL
    """,
    key="ledger, stream, position",
    indexes=("ledger, case_id, position",),
)

timeline = ReadModel("timeline", version=1, tables=(EVENTS,))


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a file; `happened_on` is when it held, `recorded_at` and `position` when it was learnt."""

    stream: StreamId
    position: int
    version: int
    topic: str
    happened_on: date
    recorded_at: datetime
    actor_person: str
    actor_role: Role
    actor_office: str
    case_id: CaseId | None
    zh: str
    en: str


@timeline.on_every_event
def tell(cursor: Cursor[Any], page: Sequence[Recorded]) -> None:
    EVENTS.put_all(cursor, (_row(list(entry)) for _, entry in groupby(page, key=attrgetter("position"))))


def _row(entry: Sequence[Recorded]) -> dict[str, Any]:
    """One entry a position; where it amounts to several events today, their sentences stand side by side."""
    recorded, told = entry[0], [sentence(each.event) for each in entry]
    return {
        "ledger": recorded.ledger,
        "stream": recorded.stream,
        "position": recorded.position,
        "version": recorded.version,
        "topic": recorded.topic,
        "happened_on": recorded.happened_on,
        "recorded_at": recorded.recorded_at,
        "actor_person": recorded.actor.person,
        "actor_role": recorded.actor.role,
        "actor_office": recorded.actor.office,
        "case_id": getattr(recorded.event, "case", None),
        "zh": "; ".join(each.zh for each in told),
        "en": " ".join(each.en for each in told),
    }


def history(
    source: Source, ledger: str, stream: StreamId, *, after: int = 0, limit: int = 100
) -> tuple[Entry, ...]:
    """The events of a household (or of any other file), oldest first, from the position `after` on."""
    return fetch(
        source,
        Entry,
        """
        SELECT stream, position, version, topic, happened_on, recorded_at,
               actor_person, actor_role, actor_office, case_id, zh, en
        FROM projections.timeline_v1
        WHERE ledger = %(ledger)s AND stream = %(stream)s AND position > %(after)s
        ORDER BY position LIMIT %(limit)s
        """,
        {"ledger": ledger, "stream": stream, "after": after, "limit": limit},
    )


def newest(
    source: Source, ledger: str, stream: StreamId, *, before: int | None = None, limit: int = 100
) -> tuple[Entry, ...]:
    """The events of a file, newest first, from the position `before` backwards."""
    return fetch(
        source,
        Entry,
        """
        SELECT stream, position, version, topic, happened_on, recorded_at,
               actor_person, actor_role, actor_office, case_id, zh, en
        FROM projections.timeline_v1
        WHERE ledger = %(ledger)s AND stream = %(stream)s
          AND position < COALESCE(%(before)s::bigint, 9223372036854775807)
        ORDER BY position DESC LIMIT %(limit)s
        """,
        {"ledger": ledger, "stream": stream, "before": before, "limit": limit},
    )


def case_history(source: Source, ledger: str, case: CaseId) -> tuple[Entry, ...]:
    """The events of one case, oldest first."""
    return fetch(
        source,
        Entry,
        """
        SELECT stream, position, version, topic, happened_on, recorded_at,
               actor_person, actor_role, actor_office, case_id, zh, en
        FROM projections.timeline_v1
        WHERE ledger = %(ledger)s AND case_id = %(case)s
        ORDER BY position
        """,
        {"ledger": ledger, "case": case},
    )
