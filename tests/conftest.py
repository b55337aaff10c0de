"""Which PostgreSQL do the tests use? A real one: the embedded server, or the one named for the purpose."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import conninfo, sql

from hudang.embedded import EmbeddedPostgres

GIVEN_SERVER = "HUDANG_TEST_ADMIN_URL"
TEMPLATE = "hudang_template"
UNUSED_DATABASE = "postgres"
DEMO = Path(__file__).parent / "demo"

AdminUrl = Callable[[str], str]
NewDatabase = Callable[[], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests that share the demo's year run in one process, so that it is lived through once."""
    for item in items:
        if DEMO in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("demo"))


@pytest.fixture(scope="session")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminUrl]:
    """The superuser's address of any database of the session's server, by the database's name."""
    given = os.environ.get(GIVEN_SERVER)
    if given:
        yield lambda database: conninfo.make_conninfo(given, dbname=database)
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("server")) as server:
        forget_at_power_loss(server.url(UNUSED_DATABASE, admin=True))
        yield lambda database: server.url(database, admin=True)


def forget_at_power_loss(admin_url: str) -> None:
    """Let the server not wait for the disk: no test cuts the power, and a killed server forgets nothing."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def new_database(admin_url: AdminUrl) -> Iterator[NewDatabase]:
    """Makes an empty database, or a copy of the template if there is one, and tells its admin address.

    Whatever a test made is dropped when it ends.
    """
    made: list[str] = []
    with psycopg.connect(admin_url(UNUSED_DATABASE), autocommit=True) as connection:

        def make() -> str:
            name = f"test_{uuid4().hex}"
            template = TEMPLATE if exists(connection, TEMPLATE) else "template1"
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            made.append(name)
            return admin_url(name)

        yield make
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def exists(connection: psycopg.Connection, database: str) -> bool:
    """Whether the server has a database of this name."""
    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (database,))
    return found.fetchone() is not None
