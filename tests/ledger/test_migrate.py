"""Can any database be migrated, again, at once by several, and never backwards?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import conninfo, sql

from hudang.ledger.errors import SchemaIsNewer, SchemaIsOlder, StoreUnavailable, UnsuitableDatabase
from hudang.ledger.migrate import database_version, migrate, schema_version
from hudang.ledger.store import Store


@pytest.fixture
def bare(admin_url: Callable[[str], str], new_database: Callable[[], str]) -> str:
    """A database that was never migrated."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger, projections CASCADE")
    return url


class TestMigrating:
    def test_brings_a_bare_database_to_this_version(self, bare: str) -> None:
        assert database_version(bare) is None

        migrate(bare)

        assert database_version(bare) == schema_version()
        with Store(bare) as store:
            store.open_ledger("L0001", "server")

    def test_again_changes_nothing(self, database: str) -> None:
        with Store(database) as store:
            store.open_ledger("L0001", "server")

            migrate(database)

            assert list(store.heads()) == ["L0001"]

    def test_works_when_several_start_at_once(self, bare: str) -> None:
        with ThreadPoolExecutor(4) as starters:
            for started in [starters.submit(migrate, bare) for _ in range(4)]:
                started.result()

        assert database_version(bare) == schema_version()

    def test_refuses_a_database_of_a_newer_version(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE ledger.alembic_version SET version_num = '9999'")

        with pytest.raises(SchemaIsNewer):
            migrate(database)

    def test_refuses_a_database_that_is_not_in_utf_8(self, database: str) -> None:
        name = sql.Identifier(str(conninfo.conninfo_to_dict(database)["dbname"]) + "_latin")
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'").format(name)
            )
            try:
                with pytest.raises(UnsuitableDatabase):
                    migrate(conninfo.make_conninfo(database, dbname=name.as_string().strip('"')))
            finally:
                connection.execute(sql.SQL("DROP DATABASE {}").format(name))

    def test_lets_the_login_role_act_as_the_service(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = 'hudang'").fetchone() is None:
                connection.execute("CREATE ROLE hudang LOGIN")
                connection.commit()
        migrate(database)

        with psycopg.connect(database) as connection:
            row = connection.execute("SELECT pg_has_role('hudang', 'hudang_service', 'SET')").fetchone()

        assert row == (True,)

    def test_works_for_an_owner_who_is_no_superuser(self, bare: str) -> None:
        with psycopg.connect(bare, autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS test_owner")
            connection.execute("CREATE ROLE test_owner LOGIN CREATEROLE PASSWORD 'invented'")
            for role in ("hudang_owner", "hudang_service"):
                connection.execute(f"GRANT {role} TO test_owner WITH ADMIN OPTION")
            name = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO test_owner").format(name))
            try:
                migrate(conninfo.make_conninfo(bare, user="test_owner", password="invented"))

                assert database_version(bare) == schema_version()
            finally:
                connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
                connection.execute("DROP OWNED BY test_owner")
                connection.execute("DROP ROLE test_owner")

    def test_is_refused_to_the_service(self, bare: str) -> None:
        with psycopg.connect(bare, autocommit=True) as connection:
            connection.execute("CREATE ROLE clerk_only LOGIN PASSWORD 'clerk_only'")
            try:
                with pytest.raises(SchemaIsOlder):
                    migrate(conninfo.make_conninfo(bare, user="clerk_only", password="clerk_only"))
            finally:
                connection.execute("DROP ROLE clerk_only")

        assert database_version(bare) is None

    def test_reports_a_server_that_does_not_answer(self) -> None:
        with pytest.raises(StoreUnavailable):
            migrate("host=/nonexistent user=nobody")
