"""Does a seal open for its person, place and purpose, and for nothing else? Is the master key made once?"""

import os
import stat
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.values import PersonId
from hudang.ledger.keys import KeyRing, Purpose, PurposeRefusedError
from hudang.ledger.master_keys import (
    MasterKeyError,
    SealBrokenError,
    make_master_keys,
    parse_master_keys,
    read_master_keys,
)
from hudang.ledger.store import Store

LEDGER = "L0001"
MASTER = bytes(range(32))
PERSON = PersonId("L0001-person-1")
OTHER = PersonId("L0001-person-2")
CANARY = "测试金丝雀"
AT = "L0001-household-1:1:members/0/name"

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")


@pytest.fixture
def keys(store: Store) -> KeyRing:
    return KeyRing(MASTER, store)


def seal(keys: KeyRing, value: str = CANARY, *, at: str = AT, of: PersonId = PERSON) -> Sealed:
    return keys.seal(LEDGER, Open(value, of=of), at)


class TestSealing:
    @pytest.mark.parametrize("value", ["", CANARY, "𠮷", "a" * 100_000, "\x00\n"])
    def test_opens_to_what_was_sealed(self, keys: KeyRing, value: str) -> None:
        assert keys.open(LEDGER, seal(keys, value), Purpose.CASE_WORK) == value

    def test_opens_in_another_process_with_the_same_master_key(self, keys: KeyRing, store: Store) -> None:
        assert KeyRing(MASTER, store).open(LEDGER, seal(keys), Purpose.CASE_WORK) == CANARY

    def test_looks_different_every_time(self, keys: KeyRing) -> None:
        assert seal(keys).box != seal(keys).box

    def test_says_nothing_of_what_it_holds(self, keys: KeyRing, store: Store) -> None:
        sealed = seal(keys)

        wrapped = store.person_keys(LEDGER, [PERSON])[PERSON].wrapped
        kept = b"".join(sealed.nonce_and_ciphertext()) + (wrapped or b"")
        assert CANARY.encode() not in kept
        assert MASTER not in kept
        assert CANARY not in repr((sealed, keys))

    def test_keeps_one_key_a_person(self, keys: KeyRing, store: Store) -> None:
        seal(keys)
        first = store.person_key(LEDGER, PERSON)
        KeyRing(MASTER, store).seal(LEDGER, Open("b", of=PERSON), AT)
        seal(keys, of=OTHER)

        assert store.person_key(LEDGER, PERSON) == first
        assert store.person_key(LEDGER, OTHER) not in {None, first}

    def test_is_refused_for_a_value_that_is_nobodys(self, keys: KeyRing) -> None:
        with pytest.raises(TypeError, match="whose it is") as raised:
            keys.seal(LEDGER, Open(CANARY), AT)
        assert CANARY not in everything_about(raised)


class TestASealThatWasTamperedWith:
    @pytest.mark.parametrize(
        "changed",
        [
            {"at": "L0001-household-1:1:members/1/name"},
            {"at": "L0001-household-1:2:members/0/name"},
            {"at": "L0001-household-2:1:members/0/name"},
            {"of": OTHER},
            {"box": "AAECAwQFBgcICQoLDA0="},
            {"box": ""},
            {"box": "not base64!"},
        ],
        ids=lambda changed: "-".join(f"{name}={value}" for name, value in changed.items()),
    )
    def test_does_not_open(self, keys: KeyRing, changed: dict[str, Any]) -> None:
        """Not at another place, not as another person's, not with another box."""
        seal(keys, of=OTHER)
        sealed = seal(keys)

        with pytest.raises(SealBrokenError) as raised:
            keys.open(LEDGER, msgspec.structs.replace(sealed, **changed), Purpose.CASE_WORK)
        assert CANARY not in everything_about(raised)

    def test_does_not_open_in_another_ledger(self, keys: KeyRing, store: Store) -> None:
        store.open_ledger("L0002", "server")
        keys.seal("L0002", Open("b", of=PERSON), AT)

        with pytest.raises(SealBrokenError):
            keys.open("L0002", seal(keys), Purpose.CASE_WORK)

    def test_does_not_open_under_another_master_key(self, keys: KeyRing, store: Store) -> None:
        sealed = seal(keys)

        with pytest.raises(SealBrokenError, match="another master key") as raised:
            KeyRing(bytes(32), store).open(LEDGER, sealed, Purpose.CASE_WORK)
        assert CANARY not in everything_about(raised)

    def test_whose_key_was_put_under_another_person_does_not_open(self, keys: KeyRing, store: Store) -> None:
        seal(keys)
        stolen = store.person_key(LEDGER, PERSON)
        assert stolen is not None
        assert stolen.wrapped is not None
        store.store_person_key(LEDGER, OTHER, stolen.wrapped, stolen.key_id)

        with pytest.raises(SealBrokenError):
            KeyRing(MASTER, store).seal(LEDGER, Open("b", of=OTHER), AT)


class TestAPersonWithoutAKey:
    def test_can_not_be_read_any_more(self, keys: KeyRing) -> None:
        sealed = msgspec.structs.replace(seal(keys), of=PersonId("L0001-nobody"))

        assert keys.open(LEDGER, sealed, Purpose.CASE_WORK) == Erased(of=PersonId("L0001-nobody"))

    def test_gets_none_by_being_read(self, keys: KeyRing, store: Store) -> None:
        keys.open(LEDGER, msgspec.structs.replace(seal(keys), of=OTHER), Purpose.CASE_WORK)

        assert store.person_key(LEDGER, OTHER) is None


class TestPurposes:
    @pytest.mark.parametrize(
        ("field", "purposes"),
        [
            ("members/0/name", {*Purpose}),
            ("name", {*Purpose}),
            ("account", {*Purpose} - {Purpose.PUBLIC_NOTICE}),
            ("identity_number", {Purpose.CASE_WORK, Purpose.AUDIT, Purpose.TRANSFER}),
            ("address", {Purpose.CASE_WORK, Purpose.AUDIT, Purpose.TRANSFER}),
            ("circumstances", {Purpose.CASE_WORK, Purpose.AUDIT}),
            ("content", {Purpose.CASE_WORK, Purpose.AUDIT}),
            ("name/identity_number", {Purpose.CASE_WORK, Purpose.AUDIT, Purpose.TRANSFER}),
        ],
    )
    def test_open_the_fields_they_need_and_no_more(
        self, keys: KeyRing, field: str, purposes: set[Purpose]
    ) -> None:
        sealed = seal(keys, at=f"L0001-a:1:{field}")

        assert {purpose for purpose in Purpose if may_open(keys, sealed, purpose)} == purposes

    def test_that_are_refused_say_nothing_of_the_value(self, keys: KeyRing) -> None:
        with pytest.raises(PurposeRefusedError) as raised:
            keys.open(LEDGER, seal(keys, at="L0001-a:1:account"), Purpose.PUBLIC_NOTICE)
        assert CANARY not in everything_about(raised)


class TestKeyedDigests:
    def test_match_the_same_number_in_one_ledger_only(self, keys: KeyRing, store: Store) -> None:
        digest = keys.identity_digest(LEDGER, "110101199003070396")

        assert KeyRing(MASTER, store).identity_digest(LEDGER, "110101199003070396") == digest
        assert KeyRing(MASTER, store).mark_key() == keys.mark_key()
        assert keys.identity_digest("L0002", "110101199003070396") != digest
        assert keys.identity_digest(LEDGER, "11010119900307039X") != digest

    def test_cannot_be_told_without_the_master_key(self, keys: KeyRing, store: Store) -> None:
        assert keys.fingerprint(b"L0001|1") != keys.identity_digest(LEDGER, "1")

        with pytest.raises(SealBrokenError, match="another master key"):
            KeyRing(bytes(32), store).identity_digest(LEDGER, "1")

    def test_are_others_in_another_database(self, keys: KeyRing, template: None, new_database: Any) -> None:
        """Their secret is made at the first use, so the same master key gives nothing away."""
        with Store(new_database()) as elsewhere:
            other = KeyRing(MASTER, elsewhere)

            assert other.identity_digest(LEDGER, "1") != keys.identity_digest(LEDGER, "1")
            assert other.fingerprint(b"asked") != keys.fingerprint(b"asked")
            assert other.mark_key() != keys.mark_key()


class TestTheMasterKey:
    def test_is_made_once(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "master.key"

        made = make_master_keys(path)

        assert path.read_text() == f"{made.current.hex}\n"
        assert make_master_keys(path).by_id.keys() == read_master_keys(path).by_id.keys() == {made.current.id}
        assert list(path.parent.iterdir()) == [path]

    def test_is_another_one_elsewhere(self, tmp_path: Path) -> None:
        assert make_master_keys(tmp_path / "a").current.id != make_master_keys(tmp_path / "b").current.id

    @posix
    def test_is_for_its_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "master.key"
        before = os.umask(0)
        try:
            make_master_keys(path)
        finally:
            os.umask(before)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    @posix
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
    def test_is_refused_if_others_may_touch_it(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "master.key"
        make_master_keys(path)
        path.chmod(mode)

        with pytest.raises(MasterKeyError, match="0600"):
            read_master_keys(path)

    @pytest.mark.parametrize(
        "content", [b"", b"ab", b"ab" * 31, b"ab" * 33, b"xy" * 32, b"\xff\xfe", "零".encode() * 64]
    )
    def test_is_refused_if_it_is_no_key(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "master.key"
        path.touch(mode=0o600)
        path.write_bytes(content)

        with pytest.raises(MasterKeyError, match=r"cannot be read|64 hex digits"):
            make_master_keys(path)
        assert path.read_bytes() == content

    def test_comes_before_the_older_ones_that_are_still_accepted(self) -> None:
        first, second = "ab" * 32, "cd" * 32
        newest = parse_master_keys(first, "it").current

        for text in (f"{first}\n{second}\n", f"{first},{second}", f" {first} {second}"):
            keys = parse_master_keys(text, "it")
            assert keys.current.id == newest.id
            assert [key.hex for key in keys.older] == [second]

    def test_is_never_shown(self) -> None:
        keys = parse_master_keys("ab" * 32, "it")

        assert "abab" not in repr(keys) + repr(keys.current) + keys.current.id

    def test_is_refused_if_it_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(MasterKeyError, match="cannot be read"):
            read_master_keys(tmp_path / "master.key")

    def test_is_one_for_processes_that_start_together(self, tmp_path: Path) -> None:
        """Whoever comes second finds a whole key, never half of one."""
        program = (
            "import sys; from pathlib import Path; from hudang.ledger.master_keys import make_master_keys;"
            "sys.stdin.readline(); print(make_master_keys(Path(sys.argv[1])).current.hex)"
        )
        starting = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(tmp_path / "master.key")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for process in starting:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

        found = {process.communicate(timeout=60)[0].strip() for process in starting}

        assert found == {read_master_keys(tmp_path / "master.key").current.hex}
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def may_open(keys: KeyRing, sealed: Sealed, purpose: Purpose) -> bool:
    try:
        return keys.open(LEDGER, sealed, purpose) == CANARY
    except PurposeRefusedError:
        return False


def everything_about(raised: pytest.ExceptionInfo[BaseException]) -> str:
    """The exception as a log would show it, and its arguments."""
    return "".join(traceback.format_exception(raised.value)) + repr(raised.value.args)
