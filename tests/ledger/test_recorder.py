"""Is the recorder a well-behaved one of the eventsourcing library, and strict where cases are kept?

The library's own test cases run here as shipped, each in a fresh conformance ledger. Those for tracking
and process recorders do not apply: a ledger has neither, read models keep their own checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from threading import Thread
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    AggregateRecorder,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.tests import application as shipped_applications
from eventsourcing.tests import persistence as shipped
from eventsourcing.utils import Environment

from hudang.domain.decision import Actor
from hudang.domain.grounds import MemberCause
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open, Sealed
from hudang.domain.registration import MemberLeft
from hudang.domain.roles import Role
from hudang.domain.values import PersonId
from hudang.ledger import codec
from hudang.ledger.errors import LedgerError
from hudang.ledger.library import (
    AuthorMissingError,
    ForeignEventError,
    NotForConformanceError,
    kind_of,
    open_conformance_ledger,
)
from hudang.ledger.recorder import HudangFactory, HudangRecorder, HudangSnapshotRecorder
from hudang.ledger.store import Store
from hudang.ledger.verify import verify

LEDGER = "L0001"
CONFORMANCE = "L0009"
CLERK = Actor(person="L0001-测试甲", role=Role.TOWNSHIP_CLERK, office="430304001")


@pytest.fixture
def conformance(database: str) -> Iterator[Store]:
    """A store in which the conformance ledger L0009 is open and empty."""
    with Store(database, max_size=16) as store:
        open_conformance_ledger(store, CONFORMANCE)
        yield store


@pytest.fixture
def library_environment(conformance: Store, database: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment that makes the library's applications use this ledger."""
    environment = {
        "PERSISTENCE_MODULE": "hudang.ledger.recorder",
        "DATABASE_URL": database,
        "HUDANG_LEDGER": CONFORMANCE,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


class InAConformanceLedger:
    """Gives the library's test cases their recorder."""

    FIRST_VERSION = 1
    store: Store

    @pytest.fixture(autouse=True)
    def _store(self, conformance: Store) -> None:
        self.store = conformance

    def create_recorder(self) -> HudangRecorder:
        return HudangRecorder(self.store, CONFORMANCE, first_version=self.FIRST_VERSION)


class TestVersionsFromOne(InAConformanceLedger, shipped.ApplicationRecorderTestCase[HudangRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()

    # These two write streams that begin at version 0, whatever INITIAL_VERSION says; see below.
    test_concurrent_no_conflicts = None  # type: ignore[assignment]
    test_concurrent_throughput = None  # type: ignore[assignment]


class TestVersionsFromZero(InAConformanceLedger, shipped.ApplicationRecorderTestCase[HudangRecorder]):
    FIRST_VERSION = 0
    INITIAL_VERSION = 0

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(InAConformanceLedger, shipped.NonInterleavingNotificationIDsBaseCase):
    FIRST_VERSION = 0


class TestSnapshots(InAConformanceLedger, shipped.AggregateRecorderTestCase):
    def create_recorder(self) -> HudangSnapshotRecorder:  # type: ignore[override] # another recorder than above
        return HudangSnapshotRecorder(self.store, CONFORMANCE)


class TestTheFactory(shipped.InfrastructureFactoryTestCase[HudangFactory]):
    @pytest.fixture(autouse=True)
    def _environment(self, library_environment: dict[str, str]) -> None:
        self.env = Environment(env=library_environment)

    def expected_factory_class(self) -> type[HudangFactory]:
        return HudangFactory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return HudangSnapshotRecorder

    def expected_application_recorder_class(self) -> type[HudangRecorder]:
        return HudangRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        raise NotSupportedError

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        raise NotSupportedError

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        raise NotSupportedError

    def test_create_tracking_recorder(self) -> None:
        with pytest.raises(NotSupportedError):
            self.factory.tracking_recorder()

    def test_create_process_recorder(self) -> None:
        with pytest.raises(NotSupportedError):
            self.factory.process_recorder()


@pytest.mark.usefixtures("library_environment")
class TestTheShippedExample(shipped_applications.ExampleApplicationTestCase):
    expected_factory_topic = "hudang.ledger.recorder:HudangFactory"


@pytest.mark.filterwarnings("always::DeprecationWarning")
@pytest.mark.usefixtures("library_environment")
class TestTheShippedApplications(shipped_applications.ApplicationTestCase):
    pass


class Register(Aggregate):
    """A small aggregate of the library: a list of names."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @event("Entered")
    def enter(self, name: str) -> None:
        self.names.append(name)


class TestAnApplication:
    def test_saves_and_finds_its_aggregates(
        self, library_environment: dict[str, str], conformance: Store
    ) -> None:
        register = Register()
        register.enter("测试甲")
        with Application[UUID]() as application:
            recordings = application.save(register)
            register.enter("测试乙")
            application.save(register)

            found: Register = application.repository.get(register.id)
            earlier: Register = application.repository.get(register.id, version=2)
            with pytest.raises(AggregateNotFoundError):
                application.repository.get(uuid4())

        assert [recording.notification.id for recording in recordings] == [1, 2]
        assert (found.names, earlier.names) == (["测试甲", "测试乙"], ["测试甲"])
        assert verify(conformance, CONFORMANCE).sound

    def test_begins_from_its_snapshots(self, library_environment: dict[str, str], conformance: Store) -> None:
        register = Register()
        with Application[UUID](env={"IS_SNAPSHOTTING_ENABLED": "y"}) as application:
            for number in range(5):
                register.enter(f"测试{number}")
            application.save(register)
            application.take_snapshot(register.id, version=3)

            found: Register = application.repository.get(register.id)

        assert found.names == [f"测试{number}" for number in range(5)]
        assert conformance.heads()[CONFORMANCE].position == 6

    def test_is_told_when_somebody_else_was_first(self, library_environment: dict[str, str]) -> None:
        register = Register()
        with Application[UUID]() as application:
            application.save(register)
            mine: Register = application.repository.get(register.id)
            theirs: Register = application.repository.get(register.id)
            theirs.enter("测试甲")
            application.save(theirs)
            mine.enter("测试乙")

            with pytest.raises(IntegrityError):
                application.save(mine)

    def test_saved_twice_under_one_command_id_is_saved_once(
        self, library_environment: dict[str, str], conformance: Store
    ) -> None:
        register = Register()
        with Application[UUID]() as application:
            events = register.collect_events()
            command_id = uuid4()
            first = application.events.put(events, command_id=command_id)

            again = application.events.put(events, command_id=command_id)

        assert [r.notification for r in again] == [r.notification for r in first]
        assert conformance.heads()[CONFORMANCE].position == 1

    def test_makes_no_table(self, library_environment: dict[str, str], database: str) -> None:
        def relations() -> list[Any]:
            with psycopg.connect(database) as connection:
                return connection.execute("SELECT oid FROM pg_class ORDER BY oid").fetchall()

        before = relations()
        with Application[UUID](env={"IS_SNAPSHOTTING_ENABLED": "y"}) as application:
            application.save(Register())

        assert relations() == before

    @pytest.mark.parametrize("missing", ["DATABASE_URL", "HUDANG_LEDGER"])
    def test_needs_a_database_and_a_ledger(
        self, library_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        monkeypatch.delenv(missing)

        with pytest.raises(OSError, match=missing):
            Application[UUID]()

    def test_finds_no_ledger_that_was_not_opened(
        self, library_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HUDANG_LEDGER", "L9999")

        with pytest.raises(ProgrammingError):
            Application[UUID]()


class TestASubscription:
    def test_sees_what_others_record_without_being_told(self, conformance: Store, database: str) -> None:
        recorder = HudangRecorder(conformance, CONFORMANCE)

        def record_elsewhere() -> None:
            with Store(database) as elsewhere:
                HudangRecorder(elsewhere, CONFORMANCE).insert_events([stored(uuid4(), 1)])

        with recorder.subscribe(gt=None) as subscription:
            other = Thread(target=record_elsewhere)
            other.start()
            seen = next(subscription)
            other.join()

        assert seen.id == 1

    def test_survives_the_loss_of_its_connection(self, conformance: Store, database: str) -> None:
        recorder = HudangRecorder(conformance, CONFORMANCE)
        with recorder.subscribe(gt=None) as subscription:
            recorder.insert_events([stored(uuid4(), 1)])
            assert next(subscription).id == 1
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

            recorder.insert_events([stored(uuid4(), 1)])

            assert next(subscription).id == 2

    def test_passes_over_other_topics_once(self, conformance: Store) -> None:
        recorder = HudangRecorder(conformance, CONFORMANCE)
        recorder.insert_events([stored(uuid4(), 1, topic="other") for _ in range(20)])
        with recorder.subscribe(gt=None, topics=["wanted"]) as subscription:
            recorder.insert_events([stored(uuid4(), 1, topic="wanted")])

            assert next(subscription).id == 21
            assert subscription._last_notification_id == 21

    def test_stops_at_once(self, conformance: Store) -> None:
        subscription = HudangRecorder(conformance, CONFORMANCE).subscribe(gt=None)
        began = monotonic()
        with subscription:
            pass

        assert monotonic() - began < 1


class TestAnInsert:
    @pytest.mark.parametrize(
        "versions", [[1, 3], [2], [1, 1], [0], [2, 1]], ids=["gap", "late", "twice", "zero", "backwards"]
    )
    def test_leaves_no_gap_in_a_stream(self, conformance: Store, versions: list[int]) -> None:
        recorder = HudangRecorder(conformance, CONFORMANCE)
        originator = uuid4()

        with pytest.raises(IntegrityError):
            recorder.insert_events([stored(originator, version) for version in versions])

        assert recorder.max_notification_id() is None

    @pytest.mark.parametrize("size", [1_000, 10_000])
    def test_of_many_events_does_not_hang(self, conformance: Store, size: int) -> None:
        recorder = HudangRecorder(conformance, CONFORMANCE)
        originator = uuid4()

        recorded = recorder.insert_events([stored(originator, version) for version in range(1, size + 1)])

        assert recorded == list(range(1, size + 1))

    def test_without_a_database_fails_in_the_librarys_words(self, database: str, conformance: Store) -> None:
        recorder = HudangRecorder(conformance, CONFORMANCE)
        conformance.close()

        with pytest.raises(OperationalError):
            recorder.insert_events([stored(uuid4(), 1)])


class TestALedgerOfCases:
    @pytest.fixture
    def recorder(self, store: Store) -> HudangRecorder:
        return HudangRecorder(store, LEDGER, originator_ids=str)

    def test_takes_an_event_with_command_and_actor(self, store: Store, recorder: HudangRecorder) -> None:
        command_id = uuid4()

        recorded = recorder.insert_events(
            [left("L0001-a")], command_id=command_id, actor=CLERK, happened_on=date(2013, 3, 1)
        )

        (found,) = store.feed(LEDGER, 0, 10)
        assert recorded == [1]
        assert (found.command_id, found.actor_person, found.happened_on) == (
            command_id,
            CLERK.person,
            date(2013, 3, 1),
        )
        assert recorder.select_events("L0001-a") == [left("L0001-a")]

    @pytest.mark.parametrize("given", [{}, {"command_id": UUID(int=1)}, {"actor": CLERK}])
    def test_refuses_an_insert_without_them(
        self, store: Store, recorder: HudangRecorder, given: dict[str, Any]
    ) -> None:
        with pytest.raises(AuthorMissingError):
            recorder.insert_events([left("L0001-a")], **given)

        assert store.heads()[LEDGER].position == 0

    @pytest.mark.parametrize(
        "foreign",
        [
            StoredEvent("L0001-a", 1, "library.topic", b"{}"),
            StoredEvent("L0001-a", 1, MemberLeft.TOPIC, b"{}"),
            StoredEvent("L0001-a", 1, MemberLeft.TOPIC, b'{"cause":"death","person":"L0001-p"}'),
        ],
        ids=["topic", "fields", "bytes"],
    )
    def test_refuses_what_nobody_could_read(self, recorder: HudangRecorder, foreign: StoredEvent) -> None:
        with pytest.raises(ForeignEventError):
            recorder.insert_events([foreign], command_id=uuid4(), actor=CLERK)

    def test_refuses_an_open_personal_value(self, recorder: HudangRecorder) -> None:
        opened = PersonRegistered(name=Open("测试甲"), identity_number=Open("测试号码"))
        bare = codec.encode_request(opened)

        with pytest.raises(ForeignEventError) as refused:
            recorder.insert_events(
                [StoredEvent("L0001-a", 1, PersonRegistered.TOPIC, bare)], command_id=uuid4(), actor=CLERK
            )

        assert "测试" not in str(refused.value)

    def test_names_its_streams_by_text(self, store: Store) -> None:
        with pytest.raises(NotForConformanceError):
            HudangRecorder(store, LEDGER)

    def test_keeps_no_snapshots_of_the_library(self, store: Store) -> None:
        with pytest.raises(NotForConformanceError):
            HudangSnapshotRecorder(store, LEDGER)
        with (
            pytest.raises(LedgerError),
            store.connection() as connection,
        ):
            connection.execute(
                "SELECT ledger.store_library_snapshots(%s, '{a}', '{1}', '{t}', '{x}')", (LEDGER,)
            )


class TestKindsOfLedger:
    def test_are_told_apart_for_good(self, store: Store) -> None:
        open_conformance_ledger(store, CONFORMANCE)
        open_conformance_ledger(store, CONFORMANCE)

        assert (kind_of(store, LEDGER), kind_of(store, CONFORMANCE)) == ("case", "conformance")
        with pytest.raises(NotForConformanceError):
            open_conformance_ledger(store, LEDGER)
        with pytest.raises(LedgerError):
            store.open_ledger(CONFORMANCE, "server")

    def test_cannot_be_changed_even_by_the_owner(self, store: Store, database: str) -> None:
        with (
            psycopg.connect(database) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("UPDATE ledger.ledgers SET kind = 'conformance'")


def stored(originator: UUID, version: int, *, topic: str = "topic") -> StoredEvent:
    return StoredEvent(originator, version, topic, b"state")


def left(stream: str) -> StoredEvent:
    """An event of the catalogue: a member left the household."""
    reason = Sealed(of=PersonId("L0001-p"), at="L0001-a:1:reason", box="")
    happened = MemberLeft(person=PersonId("L0001-p"), cause=MemberCause.MOVED_OUT, reason=reason)
    return StoredEvent(stream, 1, MemberLeft.TOPIC, codec.encode(happened))
