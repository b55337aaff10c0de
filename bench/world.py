"""On which databases is measured, and what is written there?

Servers of our own, on new data directories. The slow disk is imitated: each flush waits for a millisecond,
alone or together with whoever commits meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from hudang.domain.month import Month
from hudang.domain.payout import PayoutInstructed, PayoutKind, PayoutPart
from hudang.domain.values import Fen, PersonId, StreamId
from hudang.embedded import DATABASE, EmbeddedPostgres
from hudang.ledger import codec
from hudang.ledger.migrate import migrate
from hudang.ledger.records import AppendRequest, Claim, NewEvent

MAY: Final = date(2013, 5, 1)
RECORDED: Final = datetime(2013, 5, 1, 9, tzinfo=UTC)
ACTOR: Final = ("staff-paymaster", "paymaster", "430304")
PROGRAMME: Final = "dibao"
PAYROLL: Final = StreamId("L0001-0190f2c2-7b11-7abc-8def-0000000000aa")
SLOW_DISK: Final = ("commit_delay = 1000", "commit_siblings = 0")

RAW_TABLE: Final = """
    CREATE SCHEMA bench;
    CREATE TABLE bench.raw (LIKE ledger.events);
    ALTER TABLE bench.raw DROP COLUMN hash,
        ADD PRIMARY KEY (ledger, position), ADD UNIQUE (ledger, stream, version);
    GRANT USAGE ON SCHEMA bench TO PUBLIC;
    GRANT ALL ON bench.raw TO PUBLIC;
"""
"""What the ledger stores, less the chain: the same columns, the same two keys."""

RAW_INSERT: Final = "INSERT INTO bench.raw VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)"


@dataclass(frozen=True, slots=True)
class World:
    """A migrated database with a table for raw inserts."""

    conninfo: str
    """Of a superuser."""
    folder: Path = field(default=Path())

    def connect(self) -> Connection[Any]:
        return psycopg.connect(self.conninfo, autocommit=True)


@contextmanager
def new_world(*, slow_disk: bool = False) -> Iterator[World]:
    """A server with one database, for as long as the block runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hd")))
        folder.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(folder / "data"))
        world = World(server.url(DATABASE, admin=True), folder)
        migrate(world.conninfo)
        with world.connect() as connection:
            connection.execute(RAW_TABLE)
            for setting in SLOW_DISK if slow_disk else ():
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield world


def copy_of(world: World, name: str) -> World:
    """One more database on the same server, as the world is now; nobody may be connected to it."""
    address = make_conninfo(world.conninfo, dbname="postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}".encode())
    return World(make_conninfo(world.conninfo, dbname=name), world.folder)


def household(number: int, ledger: str = "L0001") -> StreamId:
    """The id of a household that is not there; as long as a real one."""
    return StreamId(f"{ledger}-0190f2c2-7b11-7abc-8def-{number:012}")


def instruction(stream: StreamId, number: int, month: Month) -> PayoutInstructed:
    """A payment to a household for a month."""
    return PayoutInstructed(
        payout=str(UUID(int=number * 10_000 + month.year * 12 + month.month)),
        household=stream,
        payroll=PAYROLL,
        programme=PROGRAMME,
        parts=(
            PayoutPart(
                month=month, kind=PayoutKind.REGULAR, amount_fen=Fen(28_500 + number % 1_000), persons=3
            ),
        ),
        amount_fen=Fen(28_500 + number % 1_000),
        account_holder=PersonId(f"L0001-0190f2c2-7b11-7abc-9def-{number:012}"),
    )


READY: Final = [
    codec.encode(instruction(household(number), number, Month(2013, 5))) for number in range(1_000)
]
"""Encoded events, some 450 bytes each: the same bytes for whoever is measured."""


class RawWriter:
    """Prepared single-row inserts, without a chain, a check or an order."""

    def __init__(self, world: World, ledger: str = "raw") -> None:
        self._connection = world.connect()
        self._ledger = ledger
        self._numbers = count(1)

    def insert(self) -> None:
        number = next(self._numbers)
        self._connection.execute(
            RAW_INSERT,
            (
                self._ledger,
                number,
                f"{self._ledger}-{uuid4()}",
                1,
                PayoutInstructed.TOPIC,
                READY[number % len(READY)],
                uuid4(),
                *ACTOR,
                MAY,
                RECORDED,
            ),
            prepare=True,
        )


def ready_request(
    ledger: str, number: int, *, events: int = 1, taken: tuple[Claim, ...] = ()
) -> AppendRequest:
    """One command with the same bytes as a raw insert, on a new stream."""
    stream = f"{ledger}-{uuid4()}"
    return AppendRequest(
        ledger=ledger,
        command_id=uuid4(),
        fingerprint=b"f" * 32,
        actor_person=ACTOR[0],
        actor_role=ACTOR[1],
        actor_office=ACTOR[2],
        expected={stream: 0},
        events=[
            NewEvent(stream, PayoutInstructed.TOPIC, READY[(number + n) % len(READY)], MAY)
            for n in range(events)
        ],
        taken=taken,
    )
