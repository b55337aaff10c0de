"""Can an operator seal, verify and export by commands, and does each fault say one line?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from hudang import cli
from hudang.ledger.clock import SystemClock
from hudang.ledger.migrate import migrate
from hudang.ledger.sealing import seal_head
from hudang.ledger.sealing_key import make_sealing_key
from hudang.ledger.store import Store
from tests.ledger.sealed import EVENTS, LEDGER, A, Sealed, make_sealed, verify_alone

Ran = tuple[int, str, str]
Hudang = Callable[..., Ran]


@pytest.fixture
def sealed(
    admin_url: Callable[[str], str],
    new_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Sealed:
    """An installation with a ledger of twelve events, nine of them sealed; its data are in `tmp_path`."""
    database = new_database()
    migrate(database)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("HUDANG_DATA", str(tmp_path))
    store = Store(database)
    store.open_ledger(LEDGER, "server")
    return make_sealed(database, store, tmp_path)


@pytest.fixture
def hudang(sealed: Sealed, capsys: pytest.CaptureFixture[str]) -> Hudang:
    """Runs one command: exit code, what it said, and what it said went wrong."""

    def run(*arguments: str | Path) -> Ran:
        code = cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


class TestSealing:
    def test_leaves_a_file_and_a_key_that_an_auditor_can_use(self, sealed: Sealed, hudang: Hudang) -> None:
        kept, key, file = (sealed.folder / name for name in ("out.jsonl", "out.pem", "all.jsonl"))

        code, said, _ = hudang("seal", LEDGER, "--to", kept, "--public-key", key)

        assert code == 0
        assert said == f"sealed: ledger {LEDGER} up to position {EVENTS}, 3 new seals in {kept}\n"
        assert hudang("export", LEDGER, "--to", file)[:2] == (0, f"{EVENTS} events written to {file}\n")
        assert verify_alone(file, kept, key).code == 0

    def test_again_seals_nothing(self, hudang: Hudang) -> None:
        hudang("seal", LEDGER)

        code, said, _ = hudang("seal", LEDGER)

        assert code == 0
        assert said.startswith(f"nothing new to seal: ledger {LEDGER} up to position {EVENTS}, 0 new seals")

    def test_writes_beside_the_data_unless_told_otherwise(self, sealed: Sealed, hudang: Hudang) -> None:
        hudang("seal", LEDGER)

        assert (sealed.folder / "seals" / f"{LEDGER}.jsonl").read_bytes().count(b"\n") == 3


class TestVerifying:
    def test_says_what_is_sealed_and_what_is_not(self, sealed: Sealed, hudang: Hudang) -> None:
        code, said, _ = hudang("verify", LEDGER, "--seal", sealed.seals, "--public-key", sealed.public_key)

        assert code == 0
        assert "sealed: positions 1 to 9 are what was sealed" in said
        assert "unsealed: 3 positions after 9" in said
        assert said.endswith("everything agrees\n")

    def test_asks_for_a_seal_from_outside(self, hudang: Hudang) -> None:
        code, said, _ = hudang("verify", LEDGER)

        assert code == 0
        assert "the ledger's own seals reach position 9; bring a seal kept elsewhere" in said

    def test_names_the_first_bad_position_and_fails(self, sealed: Sealed, hudang: Hudang) -> None:
        sealed.tamper("UPDATE ledger.events SET actor_role = 'auditor' WHERE position IN (4, 7)")

        code, said, _ = hudang("verify", LEDGER, "--seal", sealed.seals)

        assert code == 1
        assert "does not agree: position 4: the event is not the one that was chained (hash)" in said
        assert said.endswith("first bad position: 4\n")

    def test_trusts_no_other_key(self, sealed: Sealed, hudang: Hudang) -> None:
        (sealed.folder / "other.pem").write_bytes(make_sealing_key(sealed.folder / "other.key").public.pem)

        code, said, _ = hudang(
            "verify", LEDGER, "--seal", sealed.seals, "--public-key", sealed.folder / "other.pem"
        )

        assert code == 1
        assert "not signed by a key at hand" in said


class TestExporting:
    def test_writes_one_household(self, sealed: Sealed, hudang: Hudang) -> None:
        file = sealed.folder / "household.jsonl"

        assert hudang("export", LEDGER, "--household", A, "--to", file)[0] == 0
        assert verify_alone(file, sealed.seals, sealed.public_key).code == 0


class TestWhatCanBeMended:
    """Each fault is one line and exit code 2, with nothing half-written."""

    @pytest.fixture
    def fails(self, hudang: Hudang) -> Callable[..., str]:
        def run(*arguments: str | Path) -> str:
            code, said, wrong = hudang(*arguments)
            assert code == 2
            assert said == ""
            assert wrong.startswith("hudang: ")
            assert wrong.count("\n") == 1
            return wrong

        return run

    def test_an_unknown_ledger(self, sealed: Sealed, fails: Callable[..., str]) -> None:
        to = sealed.folder / "file"
        for arguments in (("verify", "L9999"), ("seal", "L9999"), ("export", "L9999", "--to", to)):
            assert "No ledger of this tag" in fails(*arguments)
        assert not to.exists()

    def test_an_unknown_household(self, sealed: Sealed, fails: Callable[..., str]) -> None:
        assert "no such file" in fails(
            "export", LEDGER, "--household", "L0001-z", "--to", sealed.folder / "f"
        )

    @pytest.mark.parametrize("command", [("verify",), ("seal",), ("export", "--to", "file"), ("migrate",)])
    def test_a_database_of_a_newer_schema(
        self, sealed: Sealed, fails: Callable[..., str], command: tuple[str, ...]
    ) -> None:
        with psycopg.connect(sealed.database) as connection:
            connection.execute("UPDATE ledger.alembic_version SET version_num = '9999'")
        name, *options = command

        assert "newer Hudang" in fails(name, *([] if name == "migrate" else [LEDGER]), *options)

    @pytest.mark.parametrize("command", ["verify", "seal"])
    def test_a_database_of_an_older_schema(
        self, sealed: Sealed, fails: Callable[..., str], command: str
    ) -> None:
        with psycopg.connect(sealed.database) as connection:
            connection.execute("UPDATE ledger.alembic_version SET version_num = '0001'")

        assert "run `hudang migrate`" in fails(command, LEDGER)

    @pytest.mark.parametrize("command", [("verify",), ("seal",), ("export", "--to", "file")])
    def test_a_lost_connection(
        self,
        sealed: Sealed,
        fails: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
        command: tuple[str, ...],
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "host=/nonexistent user=nobody")
        name, *options = command

        assert "does not answer" in fails(name, LEDGER, *options)

    def test_a_head_that_disagrees_with_the_events(self, sealed: Sealed, fails: Callable[..., str]) -> None:
        sealed.tamper("UPDATE ledger.heads SET position = 20")

        assert "is not its newest event" in fails("seal", LEDGER)
        assert "is not its newest event" in fails("export", LEDGER, "--to", sealed.folder / "file")

    def test_an_event_that_is_not_the_one_that_was_chained(
        self, sealed: Sealed, fails: Callable[..., str]
    ) -> None:
        sealed.tamper("UPDATE ledger.events SET payload = 'other' WHERE position = 11")

        assert "position 11" in fails("seal", LEDGER)

    def test_a_clock_that_jumped_back(self, sealed: Sealed, fails: Callable[..., str]) -> None:
        seal_head(sealed.store, LEDGER, sealed.key, SystemClock().now() + timedelta(days=1))

        assert "clock" in fails("seal", LEDGER)

    def test_keys_and_seals_of_no_use(self, sealed: Sealed, fails: Callable[..., str]) -> None:
        nothing = sealed.folder / "nothing"
        assert "cannot be read" in fails("verify", LEDGER, "--seal", nothing)
        assert "cannot be read" in fails("verify", LEDGER, "--public-key", nothing)
        nothing.write_text("nonsense\n")
        assert "not a seal" in fails("verify", LEDGER, "--seal", nothing)
        nothing.write_text("")
        assert "holds no seal" in fails("verify", LEDGER, "--seal", nothing)
        (sealed.folder / "seal.key").chmod(0o644)
        assert "open to others" in fails("seal", LEDGER)

    def test_seals_of_another_ledger_in_the_file(self, sealed: Sealed, fails: Callable[..., str]) -> None:
        sealed.tamper("DELETE FROM ledger.seals WHERE position = 9")

        assert "not those of the ledger" in fails("seal", LEDGER, "--to", sealed.seals)


class TestOverAllCores:
    def test_a_ledger_of_many_events_is_verified_by_the_command(
        self, sealed: Sealed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As its own program, so that the processes start as they would for an operator."""
        fill(sealed.database, 20_000)

        ran = subprocess.run(
            [sys.executable, "-m", "hudang", "verify", LEDGER, "--processes", "2"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert "100 % of the events checked" in ran.stderr
        assert f"{EVENTS + 20_000} events" in ran.stdout
        assert ran.returncode == 0, ran.stdout


def fill(database: str, events: int) -> None:
    """Append many events of one kind that claim nothing."""
    with psycopg.connect(conninfo.make_conninfo(database), autocommit=True) as connection:
        connection.execute("SET ROLE hudang_service")
        for n in range(events // 1_000):
            connection.execute(
                "SELECT ledger.append("
                " %s, gen_random_uuid(), 'asked', 'L0001-测试甲', 'township_clerk', '430304', NULL,"
                " ARRAY[%s], ARRAY[0]::bigint[], array_fill(1, ARRAY[1000]),"
                " array_fill('application.accepted'::text, ARRAY[1000]),"
                ' array_fill(\'{"case":"9"}\'::bytea, ARRAY[1000]), array_fill(%s::date, ARRAY[1000]),'
                " '{}', '{}', '{}', '{}', '{}', '{}')",
                (LEDGER, f"{LEDGER}-many-{n}", date(2013, 3, 1)),
            )
