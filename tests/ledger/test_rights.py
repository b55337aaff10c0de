"""What may the service, and even the owner, not do to history? Each answer by trying."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.errors import InsufficientPrivilege

from hudang.ledger.records import AppendRequest
from hudang.ledger.store import Store

LEDGER = "L0001"
IMMUTABLE = ["ledgers", "events", "commands", "policy_files", "seals"]
KEYS = ["identities", "person_keys", "digest_secret"]
TABLES = [*IMMUTABLE, *KEYS, "heads", "streams", "claims", "alembic_version"]

AskFor = Callable[..., AppendRequest]


@pytest.fixture
def acting_as(store: Store, ask: AskFor, database: str) -> Iterator[Callable[[str], Connection[Any]]]:
    """Connections that act as a role, on a ledger with one event."""
    store.append(ask({"L0001-a": 0}))
    with psycopg.connect(database, autocommit=True) as connection:

        def become(role: str) -> Connection[Any]:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            return connection

        yield become


class TestTheService:
    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO ledger.{} SELECT * FROM ledger.{}",
            "DELETE FROM ledger.{}",
            "TRUNCATE ledger.{}",
            "ALTER TABLE ledger.{} DISABLE TRIGGER ALL",
            "DROP TABLE ledger.{}",
        ],
    )
    def test_changes_no_table_of_the_ledger(
        self, acting_as: Callable[[str], Connection[Any]], statement: str
    ) -> None:
        connection = acting_as("hudang_service")
        for table in TABLES:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(sql.SQL(statement.replace("{}", table)))

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.events SET payload = ''",
            "UPDATE ledger.heads SET position = 0",
            "UPDATE ledger.streams SET version = 0",
            "UPDATE ledger.person_keys SET wrapped = ''",
            "CREATE TABLE ledger.more (x int)",
            "CREATE FUNCTION ledger.more() RETURNS int LANGUAGE sql RETURN 1",
            "DROP FUNCTION ledger.open",
            "SET ROLE hudang_owner",
            "SET session_replication_role = replica",
        ],
    )
    def test_does_nothing_but_read_and_call(self, database: str, statement: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET SESSION AUTHORIZATION hudang_service")

            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)

    def test_keeps_its_read_models_in_their_own_schema(
        self, acting_as: Callable[[str], Connection[Any]]
    ) -> None:
        connection = acting_as("hudang_service")

        connection.execute("CREATE TABLE projections.roster (ledger text PRIMARY KEY)")
        connection.execute("INSERT INTO projections.roster VALUES ('L0001')")
        connection.execute("DROP TABLE projections.roster")

    def test_cannot_bend_append_by_its_search_path(
        self, store: Store, ask: AskFor, acting_as: Callable[[str], Connection[Any]], database: str
    ) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET ROLE hudang_service")
            connection.execute("CREATE TEMPORARY TABLE heads (ledger text, position bigint)")
            connection.execute("CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql RETURN $1")
            connection.execute("SET search_path = pg_temp, pg_catalog")

            connection.execute("SELECT ledger.open('L0002', 'server')")

        assert store.heads()["L0002"].position == 0
        assert len(store.heads()["L0002"].hash) == 32


class TestTheOwner:
    @pytest.mark.parametrize("role", ["hudang_owner", "superuser"])
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.{} SET {} = {}",
            "UPDATE ledger.{} SET {} = {} WHERE false",
            "DELETE FROM ledger.{}",
            "TRUNCATE ledger.{} CASCADE",
        ],
    )
    def test_is_refused_a_change_of_history(self, database: str, role: str, statement: str) -> None:
        column = {
            "ledgers": "clock",
            "events": "topic",
            "commands": "first",
            "policy_files": "hash",
            "seals": "hash",
        }
        with psycopg.connect(database, autocommit=True) as connection:
            if role != "superuser":
                connection.execute("SET ROLE hudang_owner")
            for table in IMMUTABLE:
                tried = statement.replace("{}", table, 1).replace("{}", column[table])

                with pytest.raises(InsufficientPrivilege, match="never changed"):
                    connection.execute(tried)

    def test_is_refused_it_as_a_replica_too(self, database: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")

            with pytest.raises(InsufficientPrivilege, match="never changed"):
                connection.execute("DELETE FROM ledger.events")

    def test_is_nobody_who_can_log_in(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            logins = connection.execute(
                "SELECT rolname FROM pg_roles WHERE rolname IN ('hudang_owner', 'hudang_service')"
                " AND (rolcanlogin OR rolsuper)"
            ).fetchall()

        assert logins == []

    def test_owns_every_table_and_function_of_the_ledger(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            owners = connection.execute(
                "SELECT relowner::regrole::text FROM pg_class WHERE relnamespace = 'ledger'::regnamespace"
                " UNION SELECT proowner::regrole::text FROM pg_proc"
                " WHERE pronamespace = 'ledger'::regnamespace"
            ).fetchall()

        assert owners == [("hudang_owner",)]


class TestEverybodyElse:
    def test_may_call_nothing(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            public = connection.execute(
                "SELECT p.proname FROM pg_proc p, aclexplode(p.proacl) a"
                " WHERE p.pronamespace = 'ledger'::regnamespace AND a.grantee = 0"
            ).fetchall()

        assert public == []

    def test_every_function_that_acts_as_the_owner_has_a_fixed_search_path(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            loose = connection.execute(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND prosecdef"
                " AND NOT 'search_path=pg_catalog, pg_temp' = ANY (COALESCE(proconfig, '{}'))"
            ).fetchall()

        assert loose == []
