"""How far has each read model come in each ledger, and did it get stuck?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection, Cursor

from hudang.projections.model import FoldFailedError, ReadModel
from hudang.projections.rows import Source, fetch

_TABLES_LOCK: Final = 0x4855_4441_5441  # "HUDATA": who makes tables

_CREATE: Final = """
    CREATE TABLE IF NOT EXISTS projections.checkpoints (
        model           text NOT NULL,
        version         integer NOT NULL,
        ledger          text NOT NULL,
        position        bigint NOT NULL,
        folded_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
        parked_at       timestamptz,
        parked_position bigint,
        parked_topic    text,
        parked_error    text,
        PRIMARY KEY (model, version, ledger)
    )
"""


class Mark(msgspec.Struct, frozen=True):
    """A model's checkpoint in a ledger; a parked one waits for a person at the event after it."""

    model: str
    ledger: str
    position: int
    parked: bool


class ModelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a model is behind a ledger's head, and why it stands still if it does.

    `lag_seconds` is the age of the oldest event it has not seen, in the ledger's own time.
    """

    model: str
    version: int
    ledger: str
    position: int
    head: int
    lag_events: int
    lag_seconds: float
    parked_at: datetime | None
    parked_position: int | None
    parked_topic: str | None
    parked_error: str | None


def create_tables(connection: Connection[Any], models: Iterable[ReadModel]) -> None:
    """Make every table that is missing; several processes may start at once."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_TABLES_LOCK,))
        cursor.execute(_CREATE)
        for model in models:
            for table in model.tables:
                table.create(cursor)


def begin(connection: Connection[Any], models: Sequence[ReadModel], ledgers: Iterable[str]) -> None:
    """Give every model a checkpoint in every ledger."""
    connection.execute(
        "INSERT INTO projections.checkpoints (model, version, ledger, position)"
        " SELECT m.model, m.version, l.ledger, 0"
        " FROM unnest(%s::text[], %s::int[]) AS m (model, version), unnest(%s::text[]) AS l (ledger)"
        " ON CONFLICT DO NOTHING",
        (*_named(models), list(ledgers)),
    )


def marks(source: Source, models: Sequence[ReadModel]) -> dict[tuple[str, str], Mark]:
    """The checkpoints of these models, by model and ledger."""
    names, versions = _named(models)
    found = fetch(
        source,
        Mark,
        "SELECT model, ledger, position, parked_at IS NOT NULL AS parked FROM projections.checkpoints"
        " JOIN unnest(%(names)s::text[], %(versions)s::int[]) AS m (model, version) USING (model, version)",
        {"names": names, "versions": versions},
    )
    return {(mark.model, mark.ledger): mark for mark in found}


def position(source: Source, model: ReadModel, ledger: str) -> int:
    """The newest position that a model's rows know of, if asked in the transaction that reads them."""
    row = source.execute(
        "SELECT position FROM projections.checkpoints WHERE (model, version, ledger) = (%s, %s, %s)",
        (model.name, model.version, ledger),
    ).fetchone()
    return int(row[0]) if row else 0


def advance(cursor: Cursor[Any], model: ReadModel, ledger: str, *, after: int, to: int) -> bool:
    """Move a checkpoint on; False if it is not where it was read, because somebody else folds or rebuilt."""
    cursor.execute(
        "UPDATE projections.checkpoints SET position = %s, folded_at = clock_timestamp()"
        " WHERE (model, version, ledger, position) = (%s, %s, %s, %s)",
        (to, model.name, model.version, ledger, after),
    )
    return cursor.rowcount == 1


def pass_over(
    connection: Connection[Any], at: Mapping[ReadModel, int], ledger: str, to: int
) -> frozenset[str]:
    """Move the checkpoints of models that nothing concerned; the names of those that were where we think."""
    models = list(at)
    cursor = connection.execute(
        "UPDATE projections.checkpoints c SET position = %s, folded_at = clock_timestamp()"
        " FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS m (model, version, position)"
        " WHERE c.ledger = %s AND (c.model, c.version, c.position) = (m.model, m.version, m.position)"
        " RETURNING c.model",
        (to, *_named(models), [at[model] for model in models], ledger),
    )
    return frozenset(name for (name,) in cursor)


def park(connection: Connection[Any], model: ReadModel, ledger: str, failure: FoldFailedError) -> None:
    """Let a model stand still before an event that it cannot fold; of the error only its kind is kept."""
    connection.execute(
        "UPDATE projections.checkpoints SET parked_at = clock_timestamp(), parked_position = %s,"
        " parked_topic = %s, parked_error = %s WHERE (model, version, ledger) = (%s, %s, %s)",
        (failure.position, failure.topic, failure.kind, model.name, model.version, ledger),
    )


def resume(connection: Connection[Any], models: Sequence[ReadModel]) -> None:
    """Let parked models try again."""
    connection.execute(
        "UPDATE projections.checkpoints c SET parked_at = NULL, parked_position = NULL,"
        " parked_topic = NULL, parked_error = NULL"
        " FROM unnest(%s::text[], %s::int[]) AS m (model, version)"
        " WHERE (c.model, c.version) = (m.model, m.version) AND c.parked_at IS NOT NULL",
        _named(models),
    )


def reset(connection: Connection[Any], model: ReadModel) -> None:
    """Drop a model's rows and send it back to the beginning of every ledger, in one transaction."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE projections.checkpoints SET position = 0, folded_at = clock_timestamp(),"
            " parked_at = NULL, parked_position = NULL, parked_topic = NULL, parked_error = NULL"
            " WHERE (model, version) = (%s, %s)",
            (model.name, model.version),
        )
        for table in model.tables:
            table.clear(cursor)


def statuses(source: Source, models: Sequence[ReadModel]) -> tuple[ModelStatus, ...]:
    """Every model in every ledger, whether it has begun there or not."""
    names, versions = _named(models)
    return fetch(
        source,
        ModelStatus,
        """
        SELECT m.model, m.version, h.ledger, COALESCE(c.position, 0) AS position, h.position AS head,
               GREATEST(h.position - COALESCE(c.position, 0), 0) AS lag_events,
               GREATEST(EXTRACT(epoch FROM COALESCE(
                   CASE h.clock WHEN 'server' THEN clock_timestamp() ELSE h.recorded_at END
                       - next.recorded_at,
                   interval '0')), 0)::float8 AS lag_seconds,
               c.parked_at, c.parked_position, c.parked_topic, c.parked_error
        FROM ledger.heads h
        CROSS JOIN unnest(%(names)s::text[], %(versions)s::int[]) WITH ORDINALITY AS m (model, version, nth)
        LEFT JOIN projections.checkpoints c
               ON (c.model, c.version, c.ledger) = (m.model, m.version, h.ledger)
        LEFT JOIN ledger.events next
               ON next.ledger = h.ledger AND next.position = COALESCE(c.position, 0) + 1
        ORDER BY h.ledger, m.nth
        """,
        {"names": names, "versions": versions},
    )


def _named(models: Sequence[ReadModel]) -> tuple[list[str], list[int]]:
    return [model.name for model in models], [model.version for model in models]
