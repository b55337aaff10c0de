"""Which histories do the read models of these tests fold? Events recorded in a real ledger, a fresh one each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, sql

from hudang.domain.decision import Event
from hudang.domain.identity import Relation
from hudang.domain.personal import Open, Sealed
from hudang.domain.policy_terms import Register
from hudang.domain.registration import HouseholdRegistered, MemberEntry
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from hudang.ledger import codec
from hudang.ledger.keys import KeyRing
from hudang.ledger.migrate import migrate
from hudang.ledger.records import AppendRequest, NewEvent
from hudang.ledger.store import Store
from hudang.projections.engine import Engine
from hudang.projections.model import ReadModel

TEMPLATE = "hudang_template"
LEDGER = "L0001"
VILLAGE = "430304001001"
CLERK = "测试经办人"

NewEngine = Callable[..., Engine]


class History:
    """A ledger under test: records events one command at a time, on the day given or the day after the last."""

    def __init__(self, store: Store, keys: KeyRing, ledger: str = LEDGER) -> None:
        self.store = store
        self.keys = keys
        self.ledger = ledger
        self.day = date(2013, 1, 4)
        self.names: dict[str, tuple[Sealed, ...]] = {}
        self._versions: dict[str, int] = {}
        store.open_ledger(ledger, "server")

    def stream(self, name: str) -> StreamId:
        """The id of a stream of this ledger, the same for the same name."""
        return StreamId(f"{self.ledger}-{name}")

    def record(self, changes: Mapping[str, Event | Sequence[Event]], *, on: date | None = None) -> int:
        """Record events on their streams as one command; the position of the last."""
        self.day = on or self.day + timedelta(days=1)
        lists = {
            stream: [events] if isinstance(events, Event) else list(events)
            for stream, events in changes.items()
        }
        appended = self.store.append(
            AppendRequest(
                ledger=self.ledger,
                command_id=uuid4(),
                fingerprint=b"asked",
                actor_person=CLERK,
                actor_role=Role.TOWNSHIP_CLERK,
                actor_office=VILLAGE[:9],
                expected={stream: self._versions.get(stream, 0) for stream in lists},
                events=[
                    NewEvent(stream, event.TOPIC, codec.encode(event), self.day)
                    for stream, events in lists.items()
                    for event in events
                ],
            )
        )
        for stream, events in lists.items():
            self._versions[stream] = self._versions.get(stream, 0) + len(events)
        return appended.last

    def garble(self, stream: str, topic: str) -> int:
        """Record an event of a known topic that nobody can decode."""
        appended = self.store.append(
            AppendRequest(
                ledger=self.ledger,
                command_id=uuid4(),
                fingerprint=b"asked",
                actor_person=CLERK,
                actor_role=Role.TOWNSHIP_CLERK,
                actor_office=VILLAGE[:9],
                expected={stream: self._versions.get(stream, 0)},
                events=[NewEvent(stream, topic, b"{}", self.day)],
            )
        )
        self._versions[stream] = self._versions.get(stream, 0) + 1
        return appended.last

    def sealed(self, text: str, of: str, at: str) -> Sealed:
        """A personal value as the casebook would seal it."""
        return self.keys.seal(self.ledger, Open(value=text, of=PersonId(of)), at)

    def persons(self, number: str, count: int) -> tuple[PersonId, ...]:
        """The members of a household registered here, head first."""
        return tuple(PersonId(f"{self.ledger}-p{number}-{n}") for n in range(count))

    def register(self, number: str, *, members: int = 1, area: str = VILLAGE) -> StreamId:
        """Register a household of visibly invented people."""
        stream = self.stream(f"h{number}")
        relations = (Relation.HEAD, Relation.SPOUSE, *(Relation.CHILD,) * (members - 2))[:members]
        persons = self.persons(number, members)
        self.names[number] = tuple(
            self.sealed(f"测试{number}之{n}", person, f"{stream}:1:members/{n}/name")
            for n, person in enumerate(persons)
        )
        entries = tuple(
            MemberEntry(person=person, relation=relation, name=name)
            for person, relation, name in zip(persons, relations, self.names[number], strict=True)
        )
        self.record(
            {
                stream: HouseholdRegistered(
                    number=number,
                    area=area,
                    register=Register.URBAN,
                    address=self.sealed("测试路1号", entries[0].person, f"{stream}:1:address"),
                    members=entries,
                )
            }
        )
        return stream


@pytest.fixture(scope="session")
def template(admin_url: Callable[[str], str]) -> None:
    """The migrated database that `new_database` copies."""
    with psycopg.connect(admin_url("postgres"), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate(admin_url(TEMPLATE))


@pytest.fixture
def database(template: None, new_database: Callable[[], str]) -> str:
    """A fresh migrated database, by the superuser's address."""
    return new_database()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store with the service's rights."""
    with Store(database, max_size=4) as store:
        yield store


@pytest.fixture
def keys(store: Store) -> KeyRing:
    """A key ring over a master key made for tests."""
    return KeyRing(bytes(32), store)


@pytest.fixture
def history(store: Store, keys: KeyRing) -> History:
    """The ledger L0001, open and empty."""
    return History(store, keys)


@pytest.fixture
def new_engine(database: str, store: Store, keys: KeyRing) -> Iterator[NewEngine]:
    """Makes engines over the given models and starts them; all are stopped when the test ends."""
    engines: list[Engine] = []

    def make(*models: ReadModel) -> Engine:
        engine = Engine(database, store, models, opener=keys)
        engines.append(engine)
        engine.start()
        return engine

    yield make
    for engine in engines:
        engine.stop()


@pytest.fixture
def reading(store: Store) -> Iterator[Connection[Any]]:
    """A connection with the service's rights, for queries."""
    with store.connection() as connection:
        yield connection


@pytest.fixture
def rows_of(reading: Connection[Any]) -> Callable[[ReadModel], dict[str, list[Any]]]:
    """Tells every row of a model's tables, in an order that only their contents decide."""

    def tell(model: ReadModel) -> dict[str, list[Any]]:
        return {
            table.name: sorted(
                reading.execute(
                    sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(
                        sql.Identifier("projections", table.name)
                    )
                ).fetchall()
            )
            for table in model.tables
        }

    return tell


@contextmanager
def as_superuser(database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection
