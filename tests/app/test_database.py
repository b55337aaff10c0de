"""Does Hudang use the server that is named, and its own where none is?"""

from collections.abc import Callable
from pathlib import Path

import psycopg

from hudang.database import open_database
from hudang.settings import Settings


def database_and_user(url: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT current_database(), current_user").fetchone()


class TestOpeningTheDatabase:
    def test_starts_a_server_of_its_own_where_none_is_named(self, tmp_path: Path) -> None:
        with open_database(Settings(data=tmp_path), report=print) as database:
            assert database_and_user(database.url) == ("hudang", "hudang")
            assert database_and_user(database.admin_url) == ("hudang", "hudang_admin")

    def test_uses_the_server_that_is_named(self, tmp_path: Path, new_database: Callable[[], str]) -> None:
        named = new_database()
        settings = Settings(data=tmp_path / "unused", database_url=named)

        with open_database(settings, report=print) as database:
            assert database_and_user(database.url) == database_and_user(database.admin_url)

        assert not settings.data.exists()

    def test_never_shows_a_password(self, tmp_path: Path) -> None:
        settings = Settings(data=tmp_path, database_url="postgresql://u:secret@/x")

        with open_database(settings, report=print) as database:
            assert "secret" not in repr(database)
