"""Does the embedded PostgreSQL start, keep what it acknowledged, and end, whatever happened before?"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hudang import postgres_process
from hudang.data_directory import DataDirectoryError, DataDirectoryInUse
from hudang.embedded import EmbeddedPostgres
from hudang.postgres_account import NO_ONES_NUMBER, is_root

OTHER_HUDANG = """
import sys, time
from pathlib import Path
import psycopg
from hudang.embedded import EmbeddedPostgres

with EmbeddedPostgres(Path(sys.argv[1])) as server:
    with psycopg.connect(server.url(admin=True), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS acknowledged (number int)")
        connection.execute("INSERT INTO acknowledged VALUES (1)")
        print("acknowledged", flush=True)
        time.sleep(60)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server for the tests that only look."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("looked-at") / "data") as started:
        yield started


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory whose name has all that names have, in a folder closed to other accounts."""
    return tmp_path / """岳塘区, "first" o'clock"""


def ask(server: EmbeddedPostgres, question: str, *, admin: bool = False) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url(admin=admin)) as connection:
        return connection.execute(question.encode()).fetchall()


def acknowledge(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url(admin=True)) as connection:
        connection.execute("CREATE TABLE acknowledged AS SELECT 1 AS number")


def acknowledged(server: EmbeddedPostgres) -> int:
    return len(ask(server, "SELECT FROM acknowledged", admin=True))


def other_hudang(data: Path) -> subprocess.Popen[str]:
    """Another process whose server has acknowledged one row."""
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_HUDANG, str(data)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "acknowledged\n"
    return other


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def server_number(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def kill_all(data: Path) -> None:
    """Leave a cluster whose server and Hudang were killed, with one acknowledged row."""
    other = other_hudang(data)
    os.kill(server_number(data), signal.SIGKILL)
    kill(other)


def rewrite_server_number(data: Path, number: int) -> None:
    """As if the system had given the dead server's number to another process."""
    pid_file = data / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    pid_file.write_text("".join([f"{number}\n", *lines[1:]]))


class TestANewDatabase:
    def test_lets_the_service_in_without_the_rights_of_a_superuser(self, server: EmbeddedPostgres) -> None:
        found = ask(
            server,
            "SELECT current_database(), current_user, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user",
        )

        assert found == [("hudang", "hudang", False, False, False, False)]

    def test_lets_the_superuser_in_for_migrations(self, server: EmbeddedPostgres) -> None:
        assert ask(server, "SELECT usesuper FROM pg_user WHERE usename = current_user", admin=True) == [
            (True,)
        ]

    def test_asks_everybody_for_a_password(self, server: EmbeddedPostgres) -> None:
        found = ask(server, "SELECT DISTINCT auth_method FROM pg_hba_file_rules", admin=True)

        assert found == [("scram-sha-256",)]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url(), password="guessed")

    def test_orders_text_alike_on_every_system(self, server: EmbeddedPostgres) -> None:
        found = ask(
            server,
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding)"
            " FROM pg_database WHERE datname = 'hudang'",
        )

        assert found == [("b", "C.UTF-8", "UTF8")]

    @pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"])
    def test_guards_what_it_acknowledges(self, server: EmbeddedPostgres, setting: str) -> None:
        assert ask(server, f"SHOW {setting}") == [("on",)]

    def test_listens_on_no_address_of_the_network(self, server: EmbeddedPostgres) -> None:
        expected = "127.0.0.1" if postgres_process.USES_TCP else ""

        assert ask(server, "SHOW listen_addresses") == [(expected,)]

    def test_writes_no_personal_data_to_its_log(self, server: EmbeddedPostgres) -> None:
        with psycopg.connect(server.url(admin=True), autocommit=True) as connection:
            connection.execute("CREATE TABLE named (name text PRIMARY KEY CHECK (name <> '测试乙'))")
            connection.execute("INSERT INTO named VALUES (%s)", ("测试甲",))
            for name in ("测试甲", "测试乙"):
                with pytest.raises(psycopg.IntegrityError):
                    connection.execute("INSERT INTO named VALUES (%s)", (name,))

        log = server.log.read_text(encoding="utf-8")
        assert "named_pkey" in log
        assert "测试" not in log

    @pytest.mark.parametrize("file", ["passwords.json", "postgres.log", "hudang.lock"])
    def test_keeps_its_files_from_others(self, server: EmbeddedPostgres, file: str) -> None:
        assert (server.data / file).stat().st_mode & 0o077 == 0

    def test_runs_as_nobody_when_hudang_runs_as_root(self, server: EmbeddedPostgres) -> None:
        expected = NO_ONES_NUMBER if is_root() else server.data.stat().st_uid

        assert server.cluster.stat().st_uid == expected
        assert server.cluster.stat().st_mode & 0o077 == 0


class TestStartingAgain:
    def test_keeps_everything_over_a_stop(self, data: Path) -> None:
        with EmbeddedPostgres(data) as server:
            acknowledge(server)

        with EmbeddedPostgres(data) as server:
            assert acknowledged(server) == 1

    def test_keeps_everything_over_a_killed_server(self, data: Path) -> None:
        with EmbeddedPostgres(data) as server:
            acknowledge(server)
            os.kill(server_number(data), signal.SIGKILL)
            server.start()

            assert acknowledged(server) == 1

    def test_keeps_everything_over_a_killed_hudang(self, data: Path) -> None:
        kill(other_hudang(data))

        with EmbeddedPostgres(data) as server:
            assert acknowledged(server) == 1

    def test_keeps_everything_over_a_killed_hudang_and_a_killed_server(self, data: Path) -> None:
        kill_all(data)

        with EmbeddedPostgres(data) as server:
            assert acknowledged(server) == 1

    def test_takes_no_other_program_for_the_former_server(self, data: Path) -> None:
        kill_all(data)
        rewrite_server_number(data, os.getppid())

        with EmbeddedPostgres(data) as server:
            assert acknowledged(server) == 1

    def test_takes_no_zombie_for_the_former_server(self, data: Path) -> None:
        kill_all(data)
        zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE, cwd=data / "postgres")
        assert zombie.stdout is not None
        zombie.stdout.read()
        rewrite_server_number(data, zombie.pid)

        with EmbeddedPostgres(data) as server:
            assert acknowledged(server) == 1

        zombie.communicate()

    def test_runs_after_a_creation_that_was_cut_short(self, data: Path) -> None:
        (data / "postgres.new").mkdir(parents=True)
        (data / "postgres.new" / "PG_VERSION").write_text("18\n")

        with EmbeddedPostgres(data) as server:
            assert ask(server, "SELECT 1") == [(1,)]

    def test_does_nothing_while_it_runs(self, server: EmbeddedPostgres) -> None:
        number = server_number(server.data)

        server.start()

        assert server_number(server.data) == number

    def test_tells_how_long_it_takes(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres_process, "REPORT_SECONDS", 0.0)
        heard: list[str] = []

        with EmbeddedPostgres(data, report=heard.append):
            assert heard[0].startswith("PostgreSQL is still starting after 0 s")

    def test_listens_where_the_path_is_too_long_for_a_socket(self, tmp_path: Path) -> None:
        with EmbeddedPostgres(tmp_path / ("户" * 40) / "data") as server:
            assert ask(server, "SELECT 1") == [(1,)]
            socket_folder = Path(str(psycopg.conninfo.conninfo_to_dict(server.url())["host"]))
            assert socket_folder.is_dir()

        assert not socket_folder.exists()

    def test_forgets_the_socket_of_a_killed_hudang(self, tmp_path: Path) -> None:
        data = tmp_path / ("户" * 40) / "data"
        kill_all(data)
        left = Path((data / "socket-folder").read_text(encoding="utf-8"))
        assert left.is_dir()

        with EmbeddedPostgres(data) as server:
            assert acknowledged(server) == 1

        assert not left.exists()


class TestStopping:
    def test_ends_the_server_and_frees_the_folder(self, data: Path) -> None:
        server = EmbeddedPostgres(data).start()
        address = server.url()

        server.stop()
        server.stop()

        assert not server.is_running
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)
        with EmbeddedPostgres(data) as again:
            assert again.is_running


class TestRefusingADataDirectory:
    def test_that_another_hudang_uses(self, server: EmbeddedPostgres) -> None:
        with pytest.raises(DataDirectoryInUse, match=f"process {os.getpid()}"):
            EmbeddedPostgres(server.data).start()

    def test_that_cannot_be_written(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()

        with pytest.raises(DataDirectoryError, match="Cannot use the data directory"):
            EmbeddedPostgres(file / "data").start()

    def test_whose_passwords_are_lost(self, data: Path) -> None:
        EmbeddedPostgres(data).start().stop()
        (data / "passwords.json").unlink()

        with pytest.raises(DataDirectoryError, match=r"passwords\.json is missing"):
            EmbeddedPostgres(data).start()

    def test_whose_passwords_are_of_another(self, data: Path) -> None:
        EmbeddedPostgres(data).start().stop()
        (data / "passwords.json").write_text('{"admin": "guessed", "service": "guessed"}')

        with pytest.raises(DataDirectoryError, match="does not open the database"):
            EmbeddedPostgres(data).start()
