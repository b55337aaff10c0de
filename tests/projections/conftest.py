"""Which ledger do the tests of the read models fold, and who folds it? A fresh database each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, sql

from hudang.ledger.keys import KeyRing
from hudang.ledger.migrate import migrate
from hudang.ledger.store import Store
from hudang.projections.engine import Engine
from hudang.projections.model import ReadModel
from hudang.projections.models import MODELS
from tests.projections.history import History
from tests.projections.year import a_year

TEMPLATE = "hudang_template"
YEAR = f"year_{uuid4().hex}"
LEDGER = "L0001"
VILLAGE = "430304001001"
CLERK = "测试经办人"

NewEngine = Callable[..., Engine]


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


class Year(NamedTuple):
    """A community's year, folded into every read model; to be read and left as it is."""

    history: History
    reading: Connection[Any]


@pytest.fixture(scope="session")
def year(template: None, admin_url: Callable[[str], str]) -> Iterator[Year]:
    """One year for all tests that only ask."""
    with psycopg.connect(admin_url("postgres"), autocommit=True) as connection:
        names = {"year": sql.Identifier(YEAR), "template": sql.Identifier(TEMPLATE)}
        connection.execute(sql.SQL("CREATE DATABASE {year} TEMPLATE {template}").format(**names))
        with Store(admin_url(YEAR), max_size=4) as store:
            history = History(store, KeyRing(bytes(32), store))
            a_year(history)
            with Engine(admin_url(YEAR), store, MODELS, opener=history.keys) as engine:
                engine.catch_up()
            with store.connection() as reading:
                yield Year(history, reading)
        connection.execute(sql.SQL("DROP DATABASE {year} WITH (FORCE)").format(**names))


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
