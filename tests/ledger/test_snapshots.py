"""Does a snapshot save reading, change nothing, and never stand in the way?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from hudang.domain.decision import Actor, Event, Recorded, evolve
from hudang.domain.jurisdiction import LedgerClock, OpenLedger
from hudang.domain.personal import Open, Sealed
from hudang.domain.registration import AccountNamed, NameAccount
from hudang.domain.roles import Role
from hudang.domain.values import StreamId
from hudang.ledger import codec, states
from hudang.ledger import snapshots as module
from hudang.ledger.casebook import Accepted, Casebook
from hudang.ledger.clock import Clocks
from hudang.ledger.keys import DIGEST_SECRET, KeyRing
from hudang.ledger.master_keys import MasterKey
from hudang.ledger.records import AppendRequest, NewEvent
from hudang.ledger.snapshots import Folded, Snapshots
from hudang.ledger.store import Store
from tests.domain import cases
from tests.ledger.office import MASTER, open_office
from tests.ledger.year import Year

LEDGER = "L0001"
HOUSEHOLD = cases.HOUSEHOLD
CLERK = Actor(person="staff-1", role=Role.TOWNSHIP_CLERK, office="430304001")
OPERATOR = Actor(person="staff-2", role=Role.OPERATOR, office="430304")

Write = Callable[[StreamId, Sequence[Event]], None]


@pytest.fixture
def keys(store: Store) -> KeyRing:
    return KeyRing(b"\x01" * 32, store)


@pytest.fixture
def snapshots(store: Store, keys: KeyRing) -> Snapshots:
    return Snapshots(store, keys)


@pytest.fixture
def casebook(store: Store, keys: KeyRing) -> Casebook:
    """A casebook whose ledger has its first event."""
    casebook = Casebook(store, keys, Clocks())
    opened = casebook.open_ledger(
        LEDGER,
        OpenLedger(name="测试县", area="430304", clock=LedgerClock.SERVER),
        actor=OPERATOR,
        command_id=UUID(int=1),
    )
    assert isinstance(opened, Accepted)
    return casebook


@pytest.fixture
def write(store: Store) -> Write:
    """Records events on a stream as they are, without deciding anything."""

    def append(stream: StreamId, events: Sequence[Event]) -> None:
        version = store.load(LEDGER, [(stream, 0)]).versions[stream]
        store.append(
            AppendRequest(
                ledger=LEDGER,
                command_id=uuid4(),
                fingerprint=b"asked",
                actor_person=CLERK.person,
                actor_role=CLERK.role.value,
                actor_office=CLERK.office,
                expected={stream: version},
                events=[
                    NewEvent(stream, event.TOPIC, codec.encode(event), date(2013, 3, 1)) for event in events
                ],
            )
        )

    return append


def accounts(number: int) -> list[Event]:
    """So many changes of the account."""
    return [AccountNamed(holder=cases.HEAD, account=cases.sealed(cases.HEAD)) for _ in range(number)]


def name_account(casebook: Casebook) -> Accepted:
    """Send one command on the household."""
    answer = casebook.send(
        LEDGER,
        NameAccount(household=HOUSEHOLD, holder=cases.HEAD, account=Open("测试账号")),
        actor=CLERK,
        command_id=uuid4(),
    )
    assert isinstance(answer, Accepted), answer
    return answer


def kept(database: str) -> list[tuple[Any, ...]]:
    """Every snapshot's stream and version."""
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT stream, version FROM ledger.snapshots ORDER BY stream").fetchall()


def whole(store: Store, stream: StreamId) -> tuple[Any, list[Recorded]]:
    """A stream folded from its first event, and its events."""
    events = [codec.recorded(row) for row in store.load(LEDGER, [(stream, 0)]).rows]
    return reduce(evolve, events, None), events


def histories(store: Store) -> dict[StreamId, tuple[Any, list[Recorded]]]:
    """Every stream of the ledger, folded from its first event, and its events."""
    streams = dict.fromkeys(StreamId(stored.stream) for stored in store.feed(LEDGER, 0, 100_000))
    return {stream: whole(store, stream) for stream in streams}


class TestTakingSnapshots:
    def test_happens_every_hundred_events(self, casebook: Casebook, write: Write, database: str) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(97)])

        name_account(casebook)
        assert kept(database) == []
        name_account(casebook)
        assert kept(database) == [(HOUSEHOLD, 100)]
        name_account(casebook)
        assert kept(database) == [(HOUSEHOLD, 100)]
        write(HOUSEHOLD, accounts(98))
        name_account(casebook)
        assert kept(database) == [(HOUSEHOLD, 200)]

    def test_makes_up_for_one_that_was_missed(self, casebook: Casebook, write: Write, database: str) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(249)])

        name_account(casebook)

        assert kept(database) == [(HOUSEHOLD, 251)]

    def test_leaves_the_state_as_it_was(self, casebook: Casebook, store: Store, write: Write) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(98)])
        for _ in range(3):
            name_account(casebook)

        assert casebook.state(LEDGER, HOUSEHOLD) == (whole(store, HOUSEHOLD)[0], 102)

    def test_keeps_personal_values_sealed(self, casebook: Casebook, write: Write, database: str) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(98)])
        name_account(casebook)

        with psycopg.connect(database) as connection:
            row = connection.execute("SELECT state FROM ledger.snapshots").fetchone()

        assert row is not None
        assert "测试账号".encode() not in row[0]
        found = casebook.state(LEDGER, HOUSEHOLD)
        assert found is not None
        assert isinstance(found[0].account, Sealed)

    def test_catches_up_where_no_command_came(
        self, snapshots: Snapshots, store: Store, write: Write, database: str
    ) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(149)])
        write(cases.NEIGHBOUR, [cases.registered(household=2), *accounts(50)])

        taken = snapshots.take_overdue(LEDGER)

        assert taken == 1
        assert kept(database) == [(HOUSEHOLD, 150)]
        assert snapshots.take_overdue(LEDGER) == 0
        assert snapshots.load(LEDGER, [(HOUSEHOLD, 0)]).folded == {
            HOUSEHOLD: Folded(whole(store, HOUSEHOLD)[0], 150)
        }

    def test_never_goes_back(self, snapshots: Snapshots, store: Store, write: Write, database: str) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(2)])
        state, _ = whole(store, HOUSEHOLD)
        snapshots.take(LEDGER, HOUSEHOLD, Folded(state, 3))

        snapshots.take(LEDGER, HOUSEHOLD, Folded(state, 2))

        assert kept(database) == [(HOUSEHOLD, 3)]


class TestAFailedSnapshot:
    @pytest.fixture(autouse=True)
    def _soon_due(self, casebook: Casebook, write: Write) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(98)])

    def test_does_not_fail_the_command(
        self, casebook: Casebook, database: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("ALTER TABLE ledger.snapshots ADD CHECK (version <> 100)")

        with caplog.at_level(logging.WARNING):
            answer = name_account(casebook)

        assert answer.version == 100
        (record,) = caplog.records
        assert record.getMessage() == f"no snapshot of {HOUSEHOLD} was taken: LedgerError"
        assert record.exc_info is None

    def test_does_not_keep_the_command_waiting(self, casebook: Casebook, database: str) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("LOCK TABLE ledger.snapshots IN SHARE MODE")

            answer = name_account(casebook)

        assert answer.version == 100
        assert kept(database) == []

    def test_is_made_up_for_by_the_next_command(self, casebook: Casebook, database: str) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("LOCK TABLE ledger.snapshots IN SHARE MODE")
            name_account(casebook)

        name_account(casebook)

        assert kept(database) == [(HOUSEHOLD, 101)]


class TestASnapshotThatDoesNotFit:
    @pytest.fixture(autouse=True)
    def _taken(self, snapshots: Snapshots, store: Store, write: Write) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(9)])
        snapshots.take(LEDGER, HOUSEHOLD, Folded(whole(store, HOUSEHOLD)[0], 10))

    @pytest.mark.parametrize(
        "change",
        [
            "schema_hash = repeat('0', 64)",
            "state = state || ' '",
            "state = convert_to(replace(convert_from(state, 'UTF8'), '\"001\"', '\"002\"'), 'UTF8')",
            "version = 9",
            "version = 11",
            "seal = '\\x00'",
            "stream = 'L0001-household-2'",
        ],
        ids=["schema", "bytes", "value", "earlier", "later", "seal", "moved"],
    )
    def test_is_not_believed(
        self, snapshots: Snapshots, store: Store, write: Write, database: str, change: str
    ) -> None:
        write(cases.NEIGHBOUR, [cases.registered(household=2), *accounts(9)])
        with psycopg.connect(database) as connection:
            connection.execute(sql.SQL("UPDATE ledger.snapshots SET " + change))

        loaded = snapshots.load(LEDGER, [(HOUSEHOLD, 0), (cases.NEIGHBOUR, 0)])

        assert loaded.folded == {}
        assert len(loaded.events) == 20

    def test_under_another_secret_is_not_believed(self, store: Store, database: str) -> None:
        other = MasterKey(b"\x02" * 32)
        with psycopg.connect(database) as connection:
            connection.execute(
                "UPDATE ledger.digest_secret SET key_id = %s, wrapped = %s",
                (other.id, other.wrap(bytes(32), DIGEST_SECRET)),
            )

        strangers = Snapshots(store, KeyRing(b"\x02" * 32, store))

        assert strangers.load(LEDGER, [(HOUSEHOLD, 0)]).folded == {}

    def test_of_changed_folds_is_not_believed(
        self, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(states, "_folds_hash", lambda: b"changed")
        states.formats.cache_clear()
        states.by_hash.cache_clear()
        try:
            assert snapshots.load(LEDGER, [(HOUSEHOLD, 0)]).folded == {}
        finally:
            states.formats.cache_clear()
            states.by_hash.cache_clear()


class TestLoading:
    def test_reads_as_few_rows_after_five_thousand_events_as_after_fifty(
        self, casebook: Casebook, snapshots: Snapshots, write: Write
    ) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(4_998)])
        name_account(casebook)
        write(HOUSEHOLD, accounts(49))
        write(cases.NEIGHBOUR, [cases.registered(household=2), *accounts(49)])

        long = snapshots.load(LEDGER, [(HOUSEHOLD, 0)])
        short = snapshots.load(LEDGER, [(cases.NEIGHBOUR, 0)])

        assert long.versions[HOUSEHOLD] == 5_049
        assert len(long.events) < len(short.events) == 50

    def test_after_a_version_takes_no_snapshot(
        self, snapshots: Snapshots, store: Store, write: Write
    ) -> None:
        write(HOUSEHOLD, [cases.registered(), *accounts(9)])
        snapshots.take(LEDGER, HOUSEHOLD, Folded(whole(store, HOUSEHOLD)[0], 10))

        loaded = snapshots.load(LEDGER, [(HOUSEHOLD, 4)])

        assert [event.version for event in loaded.events] == [5, 6, 7, 8, 9, 10]
        assert loaded.folded == {}

    def test_of_a_stream_that_is_not_there_is_empty(self, casebook: Casebook) -> None:
        assert casebook.state(LEDGER, StreamId("L0001-none")) is None


class TestAYearOfEveryCommand:
    """Every command and every event there is, on every kind of stream."""

    def test_goes_the_same_way_when_each_command_is_decided_on_a_snapshot(
        self, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "EVERY", 1)
        with open_office(database) as office:
            Year(office).run()

            found = histories(office.store)
            for stream, (state, events) in found.items():
                assert office.casebook.state(LEDGER, stream) == (state, len(events))
            reached = {(stream, len(events)) for stream, (_, events) in found.items()}
            assert set(kept(database)) == {each for each in reached if each[0] != LEDGER}

    def test_is_the_same_from_a_snapshot_at_any_version(self, database: str) -> None:
        with open_office(database) as office:
            Year(office).run()
            snapshots = Snapshots(office.store, KeyRing(MASTER, office.store))

            for stream, (state, events) in histories(office.store).items():
                for version in range(1, len(events) + 1):
                    snapshots.take(LEDGER, stream, Folded(reduce(evolve, events[:version], None), version))

                    loaded = snapshots.load(LEDGER, [(stream, 0)])

                    assert len(loaded.events) == len(events) - version
                    assert reduce(evolve, loaded.events, loaded.folded[stream].state) == state


class TestTheService:
    def test_changes_no_snapshot_but_by_the_function(self, database: str, store: Store) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET ROLE hudang_service")
            for table in ("snapshots", "library_snapshots"):
                for statement in (
                    "INSERT INTO ledger.{0} SELECT * FROM ledger.{0}",
                    "DELETE FROM ledger.{0}",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(sql.SQL(statement.format(table)))
