"""Which version has a database's schema, and how is it brought to ours?

The migrations (Alembic) run under a lock, one transaction each, and can run again at any time. Roles belong
to the whole server, so they are made apart, before, and only where they are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import Connection
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import NullPool, create_engine

from hudang.ledger.connections import CONNECT_TIMEOUT_S, translated
from hudang.ledger.errors import SchemaIsNewer, SchemaIsOlder, UnsuitableDatabase

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x4855_4441_4E47  # "HUDANG"


def migrate(admin_conninfo: str) -> None:
    """Bring a database to this version's schema and let the login role `hudang`, if any, act as the service.

    `admin_conninfo` is a superuser, or an owner of the database who may create roles; anybody else is told
    that the schema is older (SchemaIsOlder).
    """
    with _administrator(admin_conninfo) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _check(connection)
        try:
            connection.execute((MIGRATIONS / "roles.sql").read_bytes())
        except InsufficientPrivilege as error:
            raise SchemaIsOlder from error
        _upgrade(admin_conninfo)


def schema_version() -> str:
    """The version that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def database_version(conninfo: str) -> str | None:
    """The version that a database has; None if it was never migrated."""
    with _administrator(conninfo) as connection:
        return _version(connection)


def check_schema(conninfo: str) -> None:
    """Whether this version can read the database. Raises SchemaIsNewer, SchemaIsOlder."""
    with _administrator(conninfo) as connection:
        _check(connection)
        if _version(connection) != schema_version():
            raise SchemaIsOlder


def _check(connection: Connection[Any]) -> None:
    row = connection.execute("SHOW server_encoding").fetchone()
    if row != ("UTF8",):
        raise UnsuitableDatabase()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    version = _version(connection)
    if version is not None and version not in known:
        raise SchemaIsNewer()


def _version(connection: Connection[Any]) -> str | None:
    row = connection.execute("SELECT to_regclass('ledger.alembic_version') IS NOT NULL").fetchone()
    if row != (True,):
        return None
    row = connection.execute("SELECT version_num FROM ledger.alembic_version").fetchone()
    return None if row is None else str(row[0])


def _upgrade(admin_conninfo: str) -> None:
    """Each migration in a transaction of its own, over a driver connection, so that any conninfo works."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(admin_conninfo, connect_timeout=CONNECT_TIMEOUT_S),
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _administrator(conninfo: str) -> Iterator[Connection[Any]]:
    with (
        translated(),
        psycopg.connect(
            conninfo, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="hudang migrate"
        ) as connection,
    ):
        yield connection
