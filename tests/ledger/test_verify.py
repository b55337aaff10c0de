"""Does the verifier find what a superuser who switches the triggers off may do?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from hudang.ledger.chain import event_hash, genesis_hash
from hudang.ledger.errors import UnknownLedger
from hudang.ledger.records import AppendRequest
from hudang.ledger.store import Store
from hudang.ledger.verify import Brought, verify

LEDGER = "L0001"

AskFor = Callable[..., AppendRequest]


@pytest.fixture
def tamper(store: Store, ask: AskFor, database: str) -> Callable[[str], None]:
    """A ledger of nine events in three commands, and a way to run statements on it with the triggers off."""
    store.append(ask({"L0001-a": 0, "L0001-b": 0}, events=4))
    store.append(ask({"L0001-a": 2}, events=3))
    store.append(ask({"L0001-b": 2, "L0001-c": 0}, events=2))

    def run(statement: str) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
            connection.execute("ALTER TABLE ledger.commands DISABLE TRIGGER ALL")
            connection.execute("ALTER TABLE ledger.ledgers DISABLE TRIGGER ALL")
            connection.execute(statement)

    return run


class TestASoundLedger:
    def test_is_found_sound(self, store: Store, tamper: Callable[[str], None]) -> None:
        report = verify(store, LEDGER, claims=False)

        assert report.sound
        assert report.first_bad_position is None
        assert (report.events, report.head_hash) == (9, store.heads()[LEDGER].hash)
        assert report.clock == "server"

    def test_may_be_empty(self, store: Store) -> None:
        assert verify(store, LEDGER, claims=False).sound

    def test_may_have_a_simulated_clock_and_the_report_shows_it(self, store: Store, ask: AskFor) -> None:
        store.open_ledger("L0002", "simulated")
        store.append(ask(ledger="L0002", at=datetime(2013, 3, 1, tzinfo=UTC)))

        report = verify(store, "L0002", claims=False)

        assert report.sound
        assert report.clock == "simulated"

    def test_may_be_longer_than_a_fetch(self, store: Store, ask: AskFor) -> None:
        store.append(ask(events=1_500))
        store.append(ask(events=1_501))

        report = verify(store, LEDGER, claims=False)

        assert report.sound
        assert report.events == 3_001

    def test_must_be_open(self, store: Store) -> None:
        with pytest.raises(UnknownLedger):
            verify(store, "L9999")


class TestATamperedLedger:
    @pytest.mark.parametrize(
        "changed",
        [
            "payload = 'other'",
            "topic = 'test.other'",
            "command_id = gen_random_uuid()",
            "actor_person = 'L0001-other'",
            "actor_role = 'auditor'",
            "actor_office = '430304002000'",
            "happened_on = happened_on + 1",
            "recorded_at = recorded_at + interval '1 microsecond'",
            "stream = 'L0001-other'",
            "version = 99",
            "hash = sha256(hash)",
        ],
    )
    def test_shows_where_a_column_was_changed(
        self, store: Store, tamper: Callable[[str], None], changed: str
    ) -> None:
        tamper(f"UPDATE ledger.events SET {changed} WHERE position = 5")

        assert verify(store, LEDGER, claims=False).first_bad_position == 5

    @pytest.mark.parametrize(
        ("statement", "position"),
        [
            ("DELETE FROM ledger.events WHERE position = 1", 1),
            ("DELETE FROM ledger.events WHERE position = 4", 4),
            ("DELETE FROM ledger.events WHERE position >= 8", 8),
            ("UPDATE ledger.events SET position = 100 WHERE position = 9", 9),
            ("DELETE FROM ledger.commands WHERE first = 5", 5),
            ("UPDATE ledger.commands SET last = 6 WHERE first = 5", 5),
            ("INSERT INTO ledger.commands VALUES ('L0001', gen_random_uuid(), '', 7, 7)", 7),
            ("UPDATE ledger.heads SET hash = sha256(hash)", 9),
            ("UPDATE ledger.heads SET position = 8", 9),
            ("UPDATE ledger.heads SET recorded_at = now() + interval '1 day'", 9),
            ("UPDATE ledger.ledgers SET clock = 'simulated'", 1),
        ],
    )
    def test_shows_what_was_removed_moved_or_added(
        self, store: Store, tamper: Callable[[str], None], statement: str, position: int
    ) -> None:
        tamper(statement)

        assert verify(store, LEDGER, claims=False).first_bad_position == position

    def test_shows_two_events_that_changed_places(self, store: Store, tamper: Callable[[str], None]) -> None:
        tamper(
            "UPDATE ledger.events SET position = -position WHERE position IN (5, 6);"
            "UPDATE ledger.events SET position = 11 + position WHERE position < 0"
        )

        assert verify(store, LEDGER, claims=False).first_bad_position == 5

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.streams SET version = 7 WHERE stream = 'L0001-a'",
            "DELETE FROM ledger.streams WHERE stream = 'L0001-a'",
            "INSERT INTO ledger.streams VALUES ('L0001', 'L0001-ghost', 1)",
        ],
    )
    def test_shows_a_wrong_stream(self, store: Store, tamper: Callable[[str], None], statement: str) -> None:
        tamper(statement)

        report = verify(store, LEDGER, claims=False)

        assert [finding.check for finding in report.findings] == ["stream"]

    def test_that_was_cut_and_closed_again_is_shown_by_a_hash_from_outside(
        self, store: Store, tamper: Callable[[str], None]
    ) -> None:
        sealed = store.heads()[LEDGER]
        cut(store, tamper)
        assert verify(store, LEDGER, claims=False).sound

        report = verify(store, LEDGER, brought=Brought(hashes={sealed.position: sealed.hash}), claims=False)

        assert report.first_bad_position == sealed.position

    def test_that_was_chained_anew_is_shown_by_a_hash_from_outside(
        self, store: Store, tamper: Callable[[str], None]
    ) -> None:
        sealed = store.heads()[LEDGER]
        tamper("UPDATE ledger.events SET payload = 'other' WHERE position = 2")
        chain_anew(store, tamper)
        assert verify(store, LEDGER, claims=False).sound

        report = verify(store, LEDGER, brought=Brought(hashes={sealed.position: sealed.hash}), claims=False)

        assert report.first_bad_position == sealed.position


def cut(store: Store, tamper: Callable[[str], None]) -> None:
    """Remove the last command and make everything else agree."""
    tamper("DELETE FROM ledger.events WHERE position > 7")
    tamper("DELETE FROM ledger.commands WHERE first > 7")
    tamper("DELETE FROM ledger.streams WHERE stream = 'L0001-c'")
    tamper("UPDATE ledger.streams SET version = 2 WHERE stream = 'L0001-b'")
    newest = store.feed(LEDGER, 6, 1)[0]
    tamper(
        f"UPDATE ledger.heads SET position = 7, hash = '\\x{newest.hash.hex()}',"
        f" recorded_at = '{newest.recorded_at.isoformat()}'"
    )


def chain_anew(store: Store, tamper: Callable[[str], None]) -> None:
    """Give every event the hash that fits its row now."""
    previous = genesis_hash(LEDGER, "server")
    for event in store.feed(LEDGER, 0, 100):
        previous = event_hash(event, previous)
        tamper(f"UPDATE ledger.events SET hash = '\\x{previous.hex()}' WHERE position = {event.position}")
    tamper(f"UPDATE ledger.heads SET hash = '\\x{previous.hex()}'")
