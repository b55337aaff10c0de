"""Is a head sealed once, in order, so that others can check it, and written where it can leave?"""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from hudang.ledger.clock import SystemClock
from hudang.ledger.errors import ChainBroken, ClockBehind, HeadDisagrees, UnknownLedger
from hudang.ledger.records import Head
from hudang.ledger.seal_file import SealFileError, add_seals, read_seals
from hudang.ledger.sealing import newest_seal, seal_head, seals_of
from hudang.ledger.sealing_key import (
    Ed25519Sealing,
    SealingKey,
    SealingKeyError,
    make_sealing_key,
    read_public_key,
    read_sealing_key,
)
from hudang.ledger.seals import (
    SealUnreadableError,
    broken_links,
    from_line,
    is_signed,
    sign,
    signed_bytes,
    to_line,
)
from hudang.ledger.store import Store
from hudang.scheduler.seals import HeadSealing
from tests.ledger.sealed import EVENTS, LEDGER, A, B, Sealed, make_sealed, record, submitted, withdrawn

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "seal-vectors.json").read_text("utf-8")
)
NOON = datetime(2013, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def sealed(database: str, store: Store, tmp_path: Path) -> Sealed:
    return make_sealed(database, store, tmp_path)


@pytest.fixture
def key(tmp_path: Path) -> SealingKey:
    return make_sealing_key(tmp_path / "seal.key")


def now() -> datetime:
    return SystemClock().now()


class TestTheFormat:
    def test_is_that_of_the_vectors(self) -> None:
        key = Ed25519Sealing(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["secret_key"])))
        previous = None
        for vector in VECTORS["seals"]:
            head = Head(
                vector["position"],
                bytes.fromhex(vector["head_hash"]),
                datetime.fromisoformat(vector["recorded_at"]),
            )
            moment = datetime.fromisoformat(vector["sealed_at"])

            seal = sign(key, vector["ledger"], head, sealed_at=moment, previous=previous)

            assert seal.key_id == vector["key_id"]
            assert signed_bytes(seal).hex() == vector["signed"]
            assert seal.signature.hex() == vector["signature"]
            assert seal.hash.hex() == vector["hash"]
            previous = seal

    def test_survives_a_line_of_a_file(self, key: SealingKey) -> None:
        seal = sign(key, LEDGER, Head(7, bytes(32), NOON), sealed_at=NOON, previous=None)

        assert from_line(to_line(seal)) == seal
        assert is_signed(from_line(to_line(seal)), {key.public.id: key.public})

    @pytest.mark.parametrize(
        "changes",
        [
            {"format": "hudang-seal-2"},
            {"chain": "other"},
            {"head_hash": "xyz"},
            {"position": None},
            {"position": 2**63},
            {"sealed_at": "yesterday"},
            {"sealed_at": "2013-05-01T12:00:00"},
        ],
    )
    def test_is_read_strictly(self, key: SealingKey, changes: dict[str, Any]) -> None:
        line = to_line(sign(key, LEDGER, Head(7, bytes(32), NOON), sealed_at=NOON, previous=None))

        with pytest.raises(SealUnreadableError):
            from_line(json.dumps({**json.loads(line), **changes}).encode())

    def test_names_its_algorithm(self, key: SealingKey) -> None:
        seal = sign(key, LEDGER, Head(7, bytes(32), NOON), sealed_at=NOON, previous=None)
        line = json.loads(to_line(seal))

        other = from_line(json.dumps({**line, "algorithm": "sm2"}).encode())

        assert line["algorithm"] == "ed25519"
        assert not is_signed(other, {key.public.id: key.public})

    def test_has_nothing_to_say_about_an_empty_ledger(self, key: SealingKey) -> None:
        with pytest.raises(ValueError, match="nothing to seal"):
            sign(key, LEDGER, Head(0, bytes(32), None), sealed_at=NOON, previous=None)


class TestTheKey:
    def test_is_made_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "keys" / "seal.key"

        made = make_sealing_key(path)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert make_sealing_key(path).public.id == made.public.id
        assert [file.name for file in path.parent.iterdir()] == ["seal.key"]

    def test_is_one_when_several_make_it_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as starters:
            made = set(starters.map(lambda _: make_sealing_key(tmp_path / "seal.key").public.id, range(8)))

        assert len(made) == 1

    def test_is_refused_if_others_may_read_it(self, tmp_path: Path) -> None:
        make_sealing_key(tmp_path / "seal.key")
        (tmp_path / "seal.key").chmod(0o640)

        with pytest.raises(SealingKeyError, match="open to others"):
            make_sealing_key(tmp_path / "seal.key")

    def test_is_refused_if_it_is_of_another_kind(self, tmp_path: Path) -> None:
        path, other = tmp_path / "seal.key", generate_private_key(SECP256R1())
        path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
        public = tmp_path / "public.pem"
        public.write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

        for read, file in ((read_sealing_key, path), (read_public_key, public)):
            with pytest.raises(SealingKeyError, match="does not hold an Ed25519 key"):
                read(file)

    def test_is_refused_if_it_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "nonsense").write_text("nonsense")
        for read in (read_sealing_key, read_public_key):
            for file in (tmp_path / "nonsense", tmp_path / "missing"):
                with pytest.raises(SealingKeyError, match="cannot be read"):
                    read(file)

    def test_has_a_public_half_that_can_be_handed_out(self, tmp_path: Path, key: SealingKey) -> None:
        (tmp_path / "public.pem").write_bytes(key.public.pem)

        assert read_public_key(tmp_path / "public.pem").id == key.public.id


class TestSealingAHead:
    def test_signs_the_newest_event_and_follows_the_seal_before(self, store: Store, sealed: Sealed) -> None:
        first, second = seals_of(store, LEDGER)
        moment = now()

        third = seal_head(store, LEDGER, sealed.key, moment)

        assert third is not None
        head = store.heads()[LEDGER]
        assert (third.position, third.head_hash, third.recorded_at) == head
        assert third.sealed_at == moment
        assert third.previous == second.hash
        assert seals_of(store, LEDGER) == [first, second, third]
        assert newest_seal(store, LEDGER) == third
        assert list(broken_links([first, second, third])) == []

    def test_again_seals_nothing_until_the_head_has_moved(self, store: Store, sealed: Sealed) -> None:
        assert seal_head(store, LEDGER, sealed.key, now()) is not None
        assert seal_head(store, LEDGER, sealed.key, now()) is None

        record(store, LEDGER, (B, submitted("7", "乙")))

        assert seal_head(store, LEDGER, sealed.key, now()) is not None

    def test_waits_until_the_newest_seal_is_old_enough(self, store: Store, sealed: Sealed) -> None:
        hour = timedelta(hours=1)

        assert seal_head(store, LEDGER, sealed.key, now(), at_least_apart=hour) is None
        assert seal_head(store, LEDGER, sealed.key, now() + hour, at_least_apart=hour) is not None

    def test_needs_an_event(self, store: Store, key: SealingKey) -> None:
        assert seal_head(store, LEDGER, key, now()) is None

    def test_needs_a_ledger(self, store: Store, key: SealingKey) -> None:
        with pytest.raises(UnknownLedger):
            seal_head(store, "L9999", key, now())

    def test_by_several_at_once_makes_one_seal(self, store: Store, sealed: Sealed) -> None:
        with ThreadPoolExecutor(6) as sealers:
            made = list(sealers.map(lambda _: seal_head(store, LEDGER, sealed.key, now()), range(6)))

        assert len([seal for seal in made if seal is not None]) == 1
        assert list(broken_links(seals_of(store, LEDGER))) == []

    def test_refuses_events_that_were_changed_since_the_newest_seal(
        self, store: Store, sealed: Sealed
    ) -> None:
        sealed.tamper("UPDATE ledger.events SET payload = 'other' WHERE position = 11")

        with pytest.raises(ChainBroken, match="position 11") as broken:
            seal_head(store, LEDGER, sealed.key, now())

        assert broken.value.position == 11
        assert len(seals_of(store, LEDGER)) == 2

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.heads SET hash = sha256(hash)",
            "UPDATE ledger.heads SET position = 13",
            "UPDATE ledger.heads SET position = 8",
            "UPDATE ledger.heads SET recorded_at = recorded_at - interval '1 second'",
        ],
    )
    def test_refuses_a_head_that_is_not_the_newest_event(
        self, store: Store, sealed: Sealed, statement: str
    ) -> None:
        sealed.tamper(statement)

        with pytest.raises(HeadDisagrees):
            seal_head(store, LEDGER, sealed.key, now())

    def test_refuses_a_clock_that_jumped_back(self, store: Store, sealed: Sealed) -> None:
        for past in (now() - timedelta(minutes=1), now() - timedelta(days=1)):
            with pytest.raises(ClockBehind):
                seal_head(store, LEDGER, sealed.key, past)

    def test_of_a_simulated_ledger_has_the_real_time(self, store: Store, key: SealingKey) -> None:
        record_simulated(store)
        moment = now()

        seal = seal_head(store, "L0002", key, moment)

        assert seal is not None
        assert (seal.recorded_at, seal.sealed_at) == (NOON, moment)


class TestTheFileOfSeals:
    def test_gets_what_it_does_not_have_yet(self, store: Store, sealed: Sealed) -> None:
        file = sealed.folder / "out" / "seals.jsonl"
        seals = seals_of(store, LEDGER)

        assert add_seals(file, LEDGER, seals[:1]) == 1
        assert add_seals(file, LEDGER, seals) == 1
        assert add_seals(file, LEDGER, seals) == 0
        assert read_seals(file, LEDGER) == seals

    def test_mends_a_line_that_a_crash_cut_short(self, store: Store, sealed: Sealed) -> None:
        whole = sealed.seals.read_bytes()
        sealed.seals.write_bytes(whole[:-7])

        add_seals(sealed.seals, LEDGER, seals_of(store, LEDGER))

        assert sealed.seals.read_bytes() == whole

    def test_keeps_ledgers_apart(self, store: Store, sealed: Sealed) -> None:
        record_simulated(store)
        seal_head(store, "L0002", sealed.key, now())

        assert add_seals(sealed.seals, "L0002", seals_of(store, "L0002")) == 1
        assert len(read_seals(sealed.seals, LEDGER)) == 2

    def test_is_not_overwritten_by_a_ledger_that_was_rewritten(self, store: Store, sealed: Sealed) -> None:
        before = sealed.seals.read_bytes()
        sealed.tamper("UPDATE ledger.seals SET sealed_at = sealed_at + interval '1 hour' WHERE position = 5")

        with pytest.raises(SealFileError, match="not those of the ledger"):
            add_seals(sealed.seals, LEDGER, seals_of(store, LEDGER))
        with pytest.raises(SealFileError, match="not those of the ledger"):
            add_seals(sealed.seals, LEDGER, [])

        assert sealed.seals.read_bytes() == before

    def test_that_cannot_be_used_is_one_error(self, tmp_path: Path) -> None:
        with pytest.raises(SealFileError, match="cannot be read"):
            read_seals(tmp_path, LEDGER)
        with pytest.raises(SealFileError, match="cannot be written"):
            add_seals(tmp_path, LEDGER, [])


class TestSealingOnASchedule:
    def test_seals_what_moved_and_writes_it_once_an_hour(self, store: Store, sealed: Sealed) -> None:
        chore = HeadSealing(store, sealed.key, sealed.folder / "seals")
        file = sealed.folder / "seals" / f"{LEDGER}.jsonl"

        assert chore(LEDGER, now()) == 0
        assert len(read_seals(file, LEDGER)) == 2
        assert chore(LEDGER, now() + timedelta(hours=1)) == 1
        assert read_seals(file, LEDGER)[-1].position == EVENTS
        record(store, LEDGER, (A, submitted("8", "甲")), (A, withdrawn("8")))
        assert chore(LEDGER, now() + timedelta(hours=1, minutes=59)) == 0
        assert chore(LEDGER, now() + timedelta(hours=2, minutes=1)) == 1

    def test_finds_nothing_to_do_in_an_empty_ledger(
        self, store: Store, key: SealingKey, tmp_path: Path
    ) -> None:
        assert HeadSealing(store, key, tmp_path)(LEDGER, now()) == 0


def record_simulated(store: Store) -> None:
    """A ledger L0002 of one event, on a simulated clock."""
    store.open_ledger("L0002", "simulated")
    record(store, "L0002", ("L0002-a", submitted("1", "甲")), at=NOON)
