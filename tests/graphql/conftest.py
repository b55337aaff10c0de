"""A whole API under test: a real ledger, its read models and HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

import psycopg
import pytest
from starlette.testclient import TestClient

from hudang.domain.decision import CHINA
from hudang.graphql.authentication import authenticator
from hudang.graphql.context import ApiContext
from hudang.graphql.http import create_app
from hudang.graphql.marks import marking_with
from hudang.ledger.casebook import Casebook
from hudang.ledger.clock import Clocks, SimulatedClock
from hudang.ledger.keys import KeyRing
from hudang.ledger.migrate import database_version, migrate, schema_version
from hudang.ledger.store import Store
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from tests.graphql.api import LEDGER, Api, open_jurisdiction, principals
from tests.graphql.dibao import Dibao

TEMPLATE = "hudang_template"


@pytest.fixture(autouse=True)
def _marking() -> Iterator[None]:
    """Ids and cursors can be written and read outside a request too, with a key that no API has."""
    with marking_with(b"\x05" * 32):
        yield


@pytest.fixture(scope="session")
def template(admin_url: Callable[[str], str]) -> None:
    """The migrated database that `new_database` copies."""
    with psycopg.connect(admin_url("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template1")
    migrate(admin_url(TEMPLATE))


@pytest.fixture
def api(template: None, new_database: Callable[[], str]) -> Iterator[Api]:
    """The API over a ledger of its own."""
    with serving(new_database()) as served:
        yield served


@pytest.fixture(scope="session")
def standing_api(template: None, admin_url: Callable[[str], str]) -> Iterator[Api]:
    """The API over a ledger in which nothing happens, for tests that only knock at the door."""
    with copied(admin_url) as url, serving(url) as served:
        yield served


@pytest.fixture(scope="session")
def decided(template: None, admin_url: Callable[[str], str]) -> Iterator[Dibao]:
    """A household whose application was approved on 8 April 2013, for tests that only ask."""
    with copied(admin_url) as url, serving(url) as served:
        dibao = Dibao(served)
        dibao.all()
        served.engine.catch_up()
        yield dibao


@contextmanager
def copied(admin_url: Callable[[str], str]) -> Iterator[str]:
    """A copy of the template, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(admin_url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield admin_url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def serving(url: str) -> Iterator[Api]:
    """The API of an open ledger with areas and the rules of 2013, on the morning of 4 March 2013."""
    with Store(url) as store:
        keys = KeyRing(b"\x07" * 32, store)
        clock = SimulatedClock(datetime(2013, 3, 4, 9, tzinfo=CHINA))
        engine = Engine(url, store, MODELS, opener=keys)
        casebook = Casebook(store, keys, Clocks({LEDGER: clock}), appended=engine.wake)
        open_jurisdiction(casebook)
        with engine:
            context = ApiContext(
                casebook=casebook,
                store=store,
                keys=keys,
                projections=engine,
                authenticate=authenticator(principals()),
                schema_is_current=lambda: database_version(url) == schema_version(),
            )
            with TestClient(create_app(context)) as client:
                yield Api(client, clock, casebook, engine, context)
