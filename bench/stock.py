"""How fast is the stock recorder of the eventsourcing library, as its documentation sets it up?"""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench.world import READY, World
from hudang.domain.payout import PayoutInstructed


class StockRecorder:
    """Saves events of new aggregates, one at a time, with the bytes of a raw insert."""

    def __init__(self, world: World) -> None:
        server = {name: str(value) for name, value in conninfo_to_dict(world.conninfo).items()}
        with world.connect() as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS stock")
        self._datastore = PostgresDatastore(
            dbname=server["dbname"],
            host=server["host"],
            port=server["port"],
            user=server["user"],
            password=server["password"],
            schema="stock",
        )
        self._recorder = PostgresApplicationRecorder(self._datastore, events_table_name="stored_events")
        self._recorder.create_table()
        self._numbers = count()

    def save(self) -> None:
        state = READY[next(self._numbers) % len(READY)]
        self._recorder.insert_events([StoredEvent(uuid4(), 1, PayoutInstructed.TOPIC, state)])

    def close(self) -> None:
        self._datastore.close()
