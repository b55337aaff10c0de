"""Is the master key replaced without rewriting an event, from wherever it was stopped, while others seal?"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hudang.domain.personal import Open, Sealed
from hudang.domain.values import PersonId
from hudang.ledger.keys import KeyRing, Purpose
from hudang.ledger.master_keys import (
    MasterKeyError,
    MasterKeys,
    SealBrokenError,
    make_master_keys,
    new_master_key,
    read_master_keys,
    replace_master_keys,
)
from hudang.ledger.rotation import rotate
from hudang.ledger.store import Store

LEDGER = "L0001"
CANARY = "测试金丝雀"
PEOPLE = [PersonId(f"L0001-person-{number}") for number in range(7)]
OLD, NEW = new_master_key(), new_master_key()
BOTH = MasterKeys(NEW, (OLD,))


class StoppedError(Exception):
    """The test stops a rotation here."""


def ring(store: Store, *keys: MasterKeys) -> KeyRing:
    """A key ring that is told these keys one after the other, then the last again and again."""
    told = list(keys)
    return KeyRing(lambda: told.pop(0) if len(told) > 1 else told[0], store)


def seal_all(keys: KeyRing) -> list[Sealed]:
    return [keys.seal(LEDGER, Open(CANARY, of=person), "L0001-a:1:name") for person in PEOPLE]


def read_all(keys: KeyRing, sealed: list[Sealed]) -> list[object]:
    return [keys.open(LEDGER, value, Purpose.CASE_WORK) for value in sealed]


def wrapped_by(database: str) -> set[str]:
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT key_id FROM ledger.person_keys UNION SELECT key_id FROM ledger.digest_secret"
        )
        return {key_id for (key_id,) in rows}


class TestARotation:
    def test_leaves_nothing_under_the_old_key(self, store: Store, database: str) -> None:
        before = ring(store, MasterKeys(OLD))
        sealed, digest = seal_all(before), before.identity_digest(LEDGER, "1")

        assert rotate(database, BOTH, batch=3) == len(PEOPLE)

        assert wrapped_by(database) == {NEW.id}
        after = ring(store, MasterKeys(NEW))
        assert read_all(after, sealed) == [CANARY] * len(PEOPLE)
        assert after.identity_digest(LEDGER, "1") == digest
        assert after.mark_key() == before.mark_key()
        assert after.fingerprint(b"asked") == before.fingerprint(b"asked")
        with pytest.raises(SealBrokenError, match="another master key"):
            read_all(ring(store, MasterKeys(OLD)), sealed)

    @pytest.mark.parametrize("stopped_after", [1, 2, 3])
    def test_goes_on_where_it_was_stopped(self, store: Store, database: str, stopped_after: int) -> None:
        """And whoever has both keys reads everything meanwhile."""
        sealed = seal_all(ring(store, MasterKeys(OLD)))
        seen: list[int] = []

        def stop(done: int) -> None:
            seen.append(done)
            if len(seen) == stopped_after:
                raise StoppedError

        with pytest.raises(StoppedError):
            rotate(database, BOTH, batch=3, progress=stop)
        assert read_all(ring(store, BOTH), sealed) == [CANARY] * len(PEOPLE)

        assert seen[-1] + rotate(database, BOTH, batch=3) == len(PEOPLE)
        assert wrapped_by(database) == {NEW.id}
        assert rotate(database, BOTH) == 0

    def test_of_a_database_without_keys_does_nothing(self, store: Store, database: str) -> None:
        assert rotate(database, BOTH) == 0

        assert ring(store, MasterKeys(NEW)).fingerprint(b"asked")

    def test_needs_the_key_that_is_in_use(self, store: Store, database: str) -> None:
        seal_all(ring(store, MasterKeys(OLD)))

        with pytest.raises(MasterKeyError, match=OLD.id):
            rotate(database, MasterKeys(NEW))
        assert wrapped_by(database) == {OLD.id}


class TestAServiceThatRunsMeanwhile:
    def test_learns_of_the_new_key(self, store: Store, database: str) -> None:
        """It wraps by the old one until the rotation begins, then by the new one: never by a dropped one."""
        running = ring(store, MasterKeys(OLD), MasterKeys(OLD), BOTH)
        sealed = seal_all(running)

        rotate(database, BOTH)
        newcomer = PersonId("L0001-newcomer")
        sealed.append(running.seal(LEDGER, Open(CANARY, of=newcomer), "L0001-a:2:name"))

        assert wrapped_by(database) == {NEW.id}
        assert read_all(ring(store, MasterKeys(NEW)), sealed) == [CANARY] * (len(PEOPLE) + 1)

    def test_that_has_both_before_it_begins_wraps_by_the_one_in_use(
        self, store: Store, database: str
    ) -> None:
        seal_all(ring(store, MasterKeys(OLD)))

        ring(store, BOTH).seal(LEDGER, Open(CANARY, of=PersonId("L0001-newcomer")), "L0001-a:2:name")

        assert wrapped_by(database) == {OLD.id}

    def test_that_never_hears_of_it_stores_nothing(self, store: Store, database: str) -> None:
        deaf = ring(store, MasterKeys(OLD))
        seal_all(deaf)
        rotate(database, BOTH)

        with pytest.raises(SealBrokenError, match="another master key"):
            deaf.seal(LEDGER, Open(CANARY, of=PersonId("L0001-newcomer")), "L0001-a:2:name")


class TestAFileOfKeys:
    def test_is_replaced_all_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "master.key"
        old = make_master_keys(path).current

        replace_master_keys(path, (NEW, old))
        both = read_master_keys(path)
        replace_master_keys(path, (NEW,))

        assert [both.current.id, *(key.id for key in both.older)] == [NEW.id, old.id]
        assert list(read_master_keys(path).by_id) == [NEW.id]
        assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]
