"""Does the verifier find what a superuser who switches the triggers off may do?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from hudang.ledger.chain import event_hash, genesis_hash
from hudang.ledger.errors import HeadDisagrees, StoreUnavailable, UnknownLedger
from hudang.ledger.heads import check_heads
from hudang.ledger.records import AppendRequest
from hudang.ledger.store import Store
from hudang.ledger.verify import Brought, Spread, verify
from hudang.ledger.workers import over_processes
from tests.ledger.sealed import EVENTS, Sealed, make_sealed, record, submitted

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


class TestClaims:
    """The claims of a ledger whose streams a and b took and freed some (tests/ledger/sealed.py)."""

    @pytest.fixture
    def sealed(self, database: str, store: Store, tmp_path: Path) -> Sealed:
        return make_sealed(database, store, tmp_path)

    def test_follow_from_the_events(self, store: Store, sealed: Sealed) -> None:
        record(store, LEDGER, ("L0001-d", submitted("7", "丁", "戊")))

        assert verify(store, LEDGER).sound

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM ledger.claims WHERE claim = 'application/dibao/丁'",
            "UPDATE ledger.claims SET holder = 'case/8' WHERE claim = 'application/dibao/丁'",
            "UPDATE ledger.claims SET stream = 'L0001-a' WHERE claim = 'application/dibao/丁'",
            "INSERT INTO ledger.claims VALUES ('L0001', 'application/dibao/甲', 'case/6', 'L0001-a')",
        ],
    )
    def test_that_were_changed_are_found(self, store: Store, sealed: Sealed, statement: str) -> None:
        record(store, LEDGER, ("L0001-d", submitted("7", "丁")))
        sealed.tamper(statement)

        report = verify(store, LEDGER)

        assert [finding.check for finding in report.findings] == ["claim"]
        assert not any(name in str(finding) for finding in report.findings for name in "甲丁")

    def test_taken_by_two_are_found_where_the_second_took_them(self, store: Store, sealed: Sealed) -> None:
        record(store, LEDGER, ("L0001-d", submitted("7", "丁")))
        sealed.tamper("DELETE FROM ledger.claims")
        record(store, LEDGER, ("L0001-e", submitted("8", "丁")))

        report = verify(store, LEDGER)

        assert (report.findings[0].check, report.findings[0].position) == ("claim", EVENTS + 2)

    def test_of_an_event_that_cannot_be_decoded_are_unknown(self, store: Store, ask: AskFor) -> None:
        store.append(ask({"L0001-a": 0}))

        report = verify(store, LEDGER)

        assert [(finding.check, finding.position) for finding in report.findings] == [("event", 1)]

    def test_are_not_asked_of_a_conformance_ledger(self, database: str, store: Store, ask: AskFor) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("SELECT ledger.open('L0002', 'server', 'conformance')")
        store.append(ask(ledger="L0002"))

        assert verify(store, "L0002").sound


class TestOverSeveralProcesses:
    """Spans are made of few events here, so that there are several."""

    @pytest.fixture
    def spread(self, monkeypatch: pytest.MonkeyPatch, database: str) -> Spread:
        monkeypatch.setattr("hudang.ledger.verify.FEWEST_APART", 1)
        monkeypatch.setattr("hudang.ledger.verify.SPANS", 5)
        return over_processes(database, processes=2)

    def test_sees_the_same_as_alone(
        self, store: Store, database: str, tmp_path: Path, spread: Spread
    ) -> None:
        make_sealed(database, store, tmp_path)

        assert verify(store, LEDGER, spread=spread) == verify(store, LEDGER)
        assert verify(store, LEDGER, spread=spread).sound

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.events SET payload = 'other' WHERE position = {}",
            "DELETE FROM ledger.events WHERE position = {}",
            "DELETE FROM ledger.events WHERE position BETWEEN {} AND 9",
            "UPDATE ledger.events SET version = version + 10 WHERE position = {}",
        ],
    )
    def test_finds_the_same_first_bad_position(
        self, store: Store, database: str, tmp_path: Path, spread: Spread, statement: str
    ) -> None:
        sealed = make_sealed(database, store, tmp_path)
        for position in (9, 5, 2):
            sealed.tamper(statement.format(position))

            apart, alone = verify(store, LEDGER, spread=spread), verify(store, LEDGER)

            assert apart.first_bad_position == alone.first_bad_position == position

    def test_tells_how_far_it_is(self, store: Store, database: str, tmp_path: Path, spread: Spread) -> None:
        make_sealed(database, store, tmp_path)
        told: list[tuple[int, int]] = []
        telling = over_processes(database, processes=1, progress=lambda done, of: told.append((done, of)))

        verify(store, LEDGER, spread=telling)

        assert told == [(part, 5) for part in range(1, 6)]

    def test_goes_on_beside_writers(self, store: Store, ask: AskFor, spread: Spread) -> None:
        stop = Event()

        def write() -> None:
            while not stop.is_set():
                store.append(ask(events=3))

        store.append(ask(events=40))
        writer = Thread(target=write)
        writer.start()
        try:
            reports = [verify(store, LEDGER, claims=False, spread=spread) for _ in range(3)]
        finally:
            stop.set()
            writer.join()

        assert all(report.sound for report in reports)
        assert reports[0].events < reports[-1].events

    def test_reports_a_server_that_does_not_answer(self, store: Store, ask: AskFor, spread: Spread) -> None:
        store.append(ask(events=40))
        unreached = over_processes("host=/nonexistent user=nobody", processes=1)

        with pytest.raises(StoreUnavailable):
            verify(store, LEDGER, claims=False, spread=unreached)


class TestTheHeads:
    def test_agree_with_the_events(self, store: Store, ask: AskFor) -> None:
        store.open_ledger("L0002", "simulated")
        store.append(ask(events=3))

        check_heads(store)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.heads SET position = position + 1",
            "UPDATE ledger.heads SET position = position - 1",
            "UPDATE ledger.heads SET hash = sha256(hash)",
            "UPDATE ledger.heads SET recorded_at = recorded_at + interval '1 second'",
            "DELETE FROM ledger.events WHERE position = 9",
        ],
    )
    def test_that_do_not_are_named(self, store: Store, tamper: Callable[[str], None], statement: str) -> None:
        tamper(statement)

        with pytest.raises(HeadDisagrees, match="The head of ledger L0001"):
            check_heads(store)

    def test_behind_the_events_cannot_be_recorded_on(
        self, store: Store, ask: AskFor, tamper: Callable[[str], None]
    ) -> None:
        tamper("UPDATE ledger.heads SET position = 5")

        with pytest.raises(HeadDisagrees):
            store.append(ask())

        assert verify(store, LEDGER, claims=False).events == 9


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
