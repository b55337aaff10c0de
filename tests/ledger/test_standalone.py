"""Does the verifier that an auditor runs alone say what is proved, in a Python without Hudang?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hudang.ledger import chain
from hudang.ledger.sealing_key import make_sealing_key
from hudang.ledger.seals import from_line
from hudang.ledger.store import Store
from tests.ledger.sealed import (
    EVENTS,
    LEDGER,
    NEWEST_SEAL,
    VERIFIER,
    A,
    B,
    Sealed,
    make_sealed,
    record,
    submitted,
    verifier,
    verify_alone,
)

# RFC 8032, section 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def alone() -> ModuleType:
    """The verifier as a module, for the tests of its parts."""
    return verifier()


@pytest.fixture
def sealed(database: str, store: Store, tmp_path: Path) -> Sealed:
    return make_sealed(database, store, tmp_path)


class TestItsSignatures:
    @pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
    def test_are_those_of_rfc_8032(self, alone: ModuleType, key: str, message: str, signature: str) -> None:
        public, said, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)

        assert alone.is_signed(public, said, signed)
        assert not alone.is_signed(public, said + b"!", signed)
        assert not alone.is_signed(public, said, signed[:32] + bytes(32))

    def test_have_one_form(self, alone: ModuleType) -> None:
        key, message, signature = (bytes.fromhex(each) for each in RFC_8032[1])
        other = int.from_bytes(signature[32:], "little") + ORDER

        assert not alone.is_signed(key, message, signature[:32] + other.to_bytes(32, "little"))
        assert not alone.is_signed(key, message, signature + b"\0")
        assert not alone.is_signed(b"\xff" * 32, message, signature)

    @given(seed=st.binary(min_size=32, max_size=32), said=st.binary(max_size=100), bit=st.integers(0, 511))
    def test_agree_with_another_library(self, seed: bytes, said: bytes, bit: int) -> None:
        alone = verifier()
        private = Ed25519PrivateKey.from_private_bytes(seed)
        public, signature = private.public_key().public_bytes_raw(), private.sign(said)
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8

        assert alone.is_signed(public, said, signature)
        assert not alone.is_signed(public, said, bytes(changed))


class TestAWholeLedger:
    def test_is_proved_up_to_the_newest_seal(self, sealed: Sealed) -> None:
        verdict = verify_alone(sealed.exported(), sealed.seals, sealed.public_key)

        assert verdict.code == 0
        assert f"ledger {LEDGER} (server clock): {EVENTS} events of {EVENTS}" in verdict.said
        assert f"sealed: positions 1 to {NEWEST_SEAL} are what was sealed" in verdict.said
        assert f"unsealed: {EVENTS - NEWEST_SEAL} positions after that" in verdict.said

    def test_is_proved_by_the_newest_seal_alone(self, sealed: Sealed) -> None:
        sealed.seals.write_bytes(sealed.seals.read_bytes().splitlines(keepends=True)[-1])

        verdict = verify_alone(sealed.exported(), sealed.seals, sealed.public_key)

        assert verdict.code == 0
        assert f"positions 1 to {NEWEST_SEAL} are" in verdict.said

    def test_may_have_seals_under_an_older_key(self, sealed: Sealed) -> None:
        """The newest seal names the hash of the one before, so the older key need not be brought along."""
        newer = make_sealing_key(sealed.folder / "newer.key")
        Sealed(sealed.database, sealed.store, newer, sealed.folder).seal()
        sealed.public_key.write_bytes(newer.public.pem)
        exported = sealed.exported()
        lines = exported.read_bytes().splitlines(keepends=True)
        sealed.seals.write_bytes(b"".join(line for line in lines if b"signature" in line))

        verdict = verify_alone(exported, sealed.seals, sealed.public_key)

        assert verdict.code == 0
        assert f"positions 1 to {EVENTS} are" in verdict.said

    def test_keeps_payloads_that_are_not_text(self, store: Store, sealed: Sealed) -> None:
        sealed.tamper(
            f"UPDATE ledger.events SET payload = '\\xff00' WHERE position = {EVENTS}"
        )  # not text, so not an event of ours; the file carries it all the same
        newest = store.feed(LEDGER, EVENTS - 2, 2)
        rehashed = chain.event_hash(newest[1], newest[0].hash)
        sealed.tamper(f"UPDATE ledger.events SET hash = '\\x{rehashed.hex()}' WHERE position = {EVENTS}")

        exported = sealed.exported()

        assert b'"payload_base64":"/wA="' in exported.read_bytes()
        assert verify_alone(exported, sealed.seals, sealed.public_key).code == 0


class TestAHousehold:
    def test_is_proved_in_its_place_and_whole(self, sealed: Sealed) -> None:
        verdict = verify_alone(sealed.exported(A), sealed.seals, sealed.public_key)

        assert verdict.code == 0
        assert f"household {A}: 6 events of {EVENTS}" in verdict.said
        assert "complete: every event of the household up to there is shown" in verdict.said

    def test_shows_nothing_of_the_others(self, sealed: Sealed) -> None:
        text = sealed.exported(A).read_text("utf-8")

        assert "甲" in text
        assert "乙" not in text
        assert B not in text

    def test_cannot_hide_its_newest_event(self, sealed: Sealed) -> None:
        """Nothing after it shows a gap in the versions; its mark gives it away."""
        exported = sealed.exported(A)
        hidden = sealed.folder / "hidden.jsonl"
        lines = exported.read_bytes().splitlines()
        other = json.loads(sealed.exported(B).read_bytes().splitlines()[-1])
        hidden.write_bytes(b"\n".join([*lines[:-1], json.dumps(other).encode()]) + b"\n")

        verdict = verify_alone(hidden, sealed.seals, sealed.public_key)

        assert verdict.code == 1
        assert f"position {EVENTS}: an event of the household is not shown" in verdict.said


class TestFilesOfNoUse:
    def test_are_told_from_findings(self, sealed: Sealed) -> None:
        exported, nothing = sealed.exported(), sealed.folder / "nothing"
        nothing.write_bytes(b"")
        for files in (
            (nothing, sealed.seals, sealed.public_key),
            (exported, nothing, sealed.public_key),
            (exported, sealed.seals, nothing),
            (exported, sealed.seals, exported),
            (sealed.seals, sealed.seals, sealed.public_key),
            (sealed.folder / "missing", sealed.seals, sealed.public_key),
            (exported, sealed.seals),
        ):
            verdict = verify_alone(*files)

            assert verdict.code == 2
            assert verdict.said.startswith("verify_hudang: ")

    def test_may_be_seals_of_another_ledger(self, store: Store, sealed: Sealed) -> None:
        line = json.loads(sealed.seals.read_bytes().splitlines()[0])
        sealed.seals.write_text(json.dumps({**line, "ledger": "L0002"}))

        verdict = verify_alone(sealed.exported(), sealed.seals, sealed.public_key)

        assert verdict.code == 2
        assert f"holds no seal of ledger {LEDGER}" in verdict.said


class TestTheVerifier:
    def test_imports_nothing_but_the_standard_library(self) -> None:
        asked = f"import sys, runpy; runpy.run_path({str(VERIFIER)!r}); print(*sys.modules)"
        ran = subprocess.run(
            [sys.executable, "-I", "-S", "-c", asked], capture_output=True, text=True, check=True
        )

        loaded = {name.split(".")[0] for name in ran.stdout.split()}
        assert loaded - set(sys.stdlib_module_names) <= {"__main__"}

    def test_stays_short_enough_to_read(self) -> None:
        code = [line for line in VERIFIER.read_text("utf-8").splitlines() if line.strip()]

        assert len(code) <= 260

    def test_reads_the_same_seals_as_hudang(self, alone: ModuleType, sealed: Sealed) -> None:
        for line in sealed.seals.read_bytes().splitlines():
            assert alone.read_seal(json.loads(line)).hash == from_line(line).hash

    def test_needs_the_right_key(self, sealed: Sealed) -> None:
        sealed.public_key.write_bytes(make_sealing_key(sealed.folder / "other.key").public.pem)

        verdict = verify_alone(sealed.exported(), sealed.seals, sealed.public_key)

        assert verdict.code == 1
        assert "not signed by a key brought along" in verdict.said

    def test_says_when_the_file_ends_before_the_seal(self, store: Store, sealed: Sealed) -> None:
        exported = sealed.exported()
        record(store, LEDGER, (B, submitted("7", "丁")))
        Sealed(sealed.database, store, sealed.key, sealed.folder).seal()
        newer = sealed.folder / "newer"
        newer.mkdir()
        later = (
            Sealed(sealed.database, store, sealed.key, newer)
            .exported()
            .read_bytes()
            .splitlines(keepends=True)
        )
        sealed.seals.write_bytes(b"".join(line for line in later if b"signature" in line))

        verdict = verify_alone(exported, sealed.seals, sealed.public_key)

        assert verdict.code == 1
        assert f"position {EVENTS + 1}: the file ends before" in verdict.said
