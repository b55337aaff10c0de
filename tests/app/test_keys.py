"""Does `hudang keys rotate` replace the key of an installation, and go on where it was stopped?"""

from __future__ import annotations

from pathlib import Path

import pytest

from hudang import keys
from hudang.cli import main
from hudang.domain.personal import Open
from hudang.domain.values import PersonId
from hudang.embedded import EmbeddedPostgres
from hudang.ledger.keys import KeyRing, Purpose
from hudang.ledger.master_keys import MasterKeys, make_master_keys, new_master_key, read_master_keys
from hudang.ledger.migrate import migrate
from hudang.ledger.rotation import rotate
from hudang.ledger.store import Store
from hudang.master_key import master_key_source
from hudang.settings import Settings
from hudang.user_error import UserError

LEDGER = "L0001"
PERSON = PersonId("L0001-person")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with one sealed value in it; the sealed value is beside it."""
    key = make_master_keys(tmp_path / "master.key")
    with EmbeddedPostgres(tmp_path) as server:
        migrate(server.url(admin=True))
        with Store(server.url()) as store:
            store.open_ledger(LEDGER, "server")
            KeyRing(lambda: key, store).seal(LEDGER, Open("测试甲", of=PERSON), "L0001-a:1:name")
    return tmp_path


def wrapped_by(data: Path) -> str:
    with EmbeddedPostgres(data) as server, Store(server.url()) as store:
        key = store.person_key(LEDGER, PERSON)
        assert key is not None
        return key.key_id


class TestRotating:
    def test_leaves_one_new_key_in_the_file(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = data / "master.key"
        before = read_master_keys(file).current

        assert main(["keys", "rotate", "--data", str(data)]) == 0

        after = read_master_keys(file)
        assert (after.older, after.current.id != before.id) == ((), True)
        assert wrapped_by(data) == after.current.id
        said = capsys.readouterr()
        assert "1 persons' keys" in said.out
        assert after.current.hex not in said.out + said.err

    @pytest.mark.parametrize("stopped", ["before the first batch", "before the old key was dropped"])
    def test_that_was_stopped_goes_on(
        self, data: Path, monkeypatch: pytest.MonkeyPatch, stopped: str
    ) -> None:
        """The file holds both keys meanwhile, so nothing is lost wherever the power fails."""

        def killed(admin_url: str, both: MasterKeys, **options: object) -> int:
            if stopped == "before the old key was dropped":
                rotate(admin_url, both)
            raise KeyboardInterrupt

        monkeypatch.setattr(keys, "rotate", killed)
        assert main(["keys", "rotate", "--data", str(data)]) != 0
        begun = read_master_keys(data / "master.key")
        assert len(begun.older) == 1
        monkeypatch.undo()

        assert main(["keys", "rotate", "--data", str(data)]) == 0

        after = read_master_keys(data / "master.key")
        assert (after.current.id, after.older) == (begun.current.id, ())
        assert wrapped_by(data) == begun.current.id


class TestTheEnvironment:
    def test_may_hold_the_key(self, tmp_path: Path) -> None:
        key = new_master_key()

        source = master_key_source(Settings(data=tmp_path, master_key_text=key.hex))

        assert source().current.id == key.id
        assert list(tmp_path.iterdir()) == []

    def test_needs_the_new_key_in_front_before_a_rotation(
        self, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        old, new = read_master_keys(data / "master.key").current, new_master_key()
        monkeypatch.setenv("HUDANG_MASTER_KEY", old.hex)
        assert main(["keys", "rotate", "--data", str(data)]) == 2
        assert "put a new one" in capsys.readouterr().err

        monkeypatch.setenv("HUDANG_MASTER_KEY", f"{new.hex},{old.hex}")
        assert main(["keys", "rotate", "--data", str(data)]) == 0
        assert wrapped_by(data) == new.id

    def test_with_no_key_in_it_is_refused_without_repeating_it(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="HUDANG_MASTER_KEY") as raised:
            master_key_source(Settings(data=tmp_path, master_key_text="秘密秘密"))

        assert "秘密" not in str(raised.value)


class TestPurposes:
    def test_open_after_a_rotation_as_before(self, data: Path) -> None:
        main(["keys", "rotate", "--data", str(data)])

        with EmbeddedPostgres(data) as server, Store(server.url()) as store:
            ring = KeyRing(master_key_source(Settings(data=data)), store)
            sealed = ring.seal(LEDGER, Open("测试乙", of=PERSON), "L0001-a:2:name")
            assert ring.open(LEDGER, sealed, Purpose.CASE_WORK) == "测试乙"
