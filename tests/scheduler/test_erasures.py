"""After a whole life in the ledger: is nothing personal anywhere, and is an erased person gone for good?

The life is that of `tests.ledger.year`, with its read models, on a server of its own whose log is read too.
The canaries are what came in open: names, identity numbers, addresses, accounts, what surveyors wrote down.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg import Connection, sql

from hudang.domain.decision import Refusal
from hudang.domain.hold import HoldKind, PlaceHold
from hudang.domain.household import Household
from hudang.domain.person import Person
from hudang.domain.personal import Erased, Open, Sealed
from hudang.domain.registration import NameAccount, RegisterHousehold
from hudang.domain.values import PersonId, StreamId
from hudang.embedded import EmbeddedPostgres
from hudang.ledger import codec
from hudang.ledger.casebook import Accepted
from hudang.ledger.codec import PersonalValue
from hudang.ledger.errors import ErasureNotRecorded, LedgerError
from hudang.ledger.keys import FORGET_AFTER_S, KeyRing, Purpose
from hudang.ledger.master_keys import MasterKey, MasterKeys, SealBrokenError, new_master_key
from hudang.ledger.migrate import migrate
from hudang.ledger.rotation import rotate
from hudang.ledger.verify import verify
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from hudang.scheduler.erasures import ErasedKeys
from tests.ledger.office import LEDGER, MASTER, Office, open_office
from tests.ledger.year import Year

pytestmark = pytest.mark.xdist_group("life")
"""One worker lives it: the order of these tests is the order of what happens."""


@dataclass(frozen=True)
class Life:
    """A ledger in which everything happened that can, and where it is."""

    office: Office
    engine: Engine
    admin_url: str
    server_log: Path
    logged: str
    shy: PersonId
    """Whose erasure is recorded; the key is still there."""
    other: PersonId

    def destroy_keys(self) -> int:
        """What the scheduler does at its next look."""
        return ErasedKeys(self.office.store, self.office.keys)(LEDGER, self.office.clock.now())

    def person(self, person: PersonId) -> Person:
        state: Person = self.office.state(person)
        return state


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    handler = _Kept()
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with EmbeddedPostgres(tmp_path_factory.mktemp("life")) as server:
            admin = server.url(admin=True)
            migrate(admin)
            with open_office(server.url()) as office:
                year = Year(office)
                year.run()
                _fail_in_every_way(office)
                with Engine(server.url(), office.store, MODELS, opener=office.keys) as engine:
                    engine.catch_up(timeout_s=60)
                    shy = office.members(year.households["shy"])[0]
                    other = office.members(year.households["assisted"])[0]
                    yield Life(office, engine, admin, server.log, handler.text, shy, other)
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class _Kept(logging.Handler):
    """Keeps what is logged, with its tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record) + "\n"


def _fail_in_every_way(office: Office) -> None:
    """Every command once more under a new id: refusals and conflicts by the dozen, some from the database."""
    for sent in list(office.sent):
        try:
            answer = office.casebook.send(
                LEDGER,
                sent.command,
                actor=sent.actor,
                command_id=uuid4(),
                expected_version=sent.expected_version,
            )
            logging.getLogger("tests").info("%r", None if isinstance(answer, Accepted) else answer)
        except LedgerError:
            logging.getLogger("tests").exception("a command failed")


def canaries(office: Office) -> set[str]:
    """Everything that came in open and can be told from other text: invented names and words, and numbers."""
    written: set[str] = set()

    def note(value: PersonalValue, path: str, into: set[str]) -> PersonalValue:
        if isinstance(value, Open) and value.value.startswith(("测试", "1101")):
            into.add(value.value)
        return value

    for sent in office.sent:
        codec.map_personal(sent.command, partial(note, into=written))
    return written


def shapes_of(secret: str) -> list[bytes]:
    """The secret as text, escaped, in base64 and in hexadecimal."""
    raw = secret.encode()
    return [raw, secret.encode("unicode_escape"), base64.b64encode(raw)[:-4], raw.hex().encode()]


def dump(connection: Connection[tuple[object, ...]]) -> Iterator[tuple[str, bytes]]:
    """Every row of every table of ours, as text and with its bytes readable."""
    tables = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    for schema, table in tables:
        rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(str(schema), str(table))))
        for row in rows:
            for value in row:
                yield f"{schema}.{table}", value if isinstance(value, bytes) else str(value).encode()


class TestALife:
    def test_has_left_traces_everywhere(self, life: Life) -> None:
        """Otherwise the tests below would look at nothing."""
        with psycopg.connect(life.admin_url) as connection:
            dumped = list(dump(connection))

        assert {"测试路shy号", "测试外来", "测试账户"} <= canaries(life.office)
        assert {"ledger.events", "projections.households_v1", "ledger.person_keys"} <= {
            where for where, _ in dumped
        }
        assert life.server_log.stat().st_size > 0
        assert "Refusal" in life.logged

    def test_is_in_no_table(self, life: Life) -> None:
        """Nothing hangs any more, so not even the notice board has a name."""
        with psycopg.connect(life.admin_url) as connection:
            dumped = [(where, raw) for where, raw in dump(connection) if raw]

        for canary in canaries(life.office):
            for shape in shapes_of(canary):
                assert [where for where, raw in dumped if shape in raw] == [], canary

    def test_is_in_no_log(self, life: Life) -> None:
        server_log = life.server_log.read_bytes()

        for canary in canaries(life.office):
            for shape in shapes_of(canary):
                assert shape not in server_log, canary
                assert shape not in life.logged.encode(), canary


class TestAnErasure:
    def test_that_was_not_recorded_destroys_nothing(self, life: Life) -> None:
        """Whoever asks: the database wants the event."""
        with pytest.raises(ErasureNotRecorded):
            life.office.store.erase_person(LEDGER, life.other)

        assert isinstance(_name(life, life.other), str)

    def test_is_carried_out_by_the_next_look_however_often(self, life: Life) -> None:
        """The event stands first: a crash before the key was destroyed leaves work."""
        assert life.destroy_keys() == len([life.shy])
        assert life.destroy_keys() == 0

        erased_at = life.office.store.erased(LEDGER, [life.shy])[life.shy]
        assert _name(life, life.shy) == Erased(of=life.shy, erased_at=erased_at)
        assert isinstance(_name(life, life.other), str)

    def test_leaves_a_sound_ledger_in_which_everything_decodes(self, life: Life) -> None:
        life.destroy_keys()

        report = verify(life.office.store, LEDGER)

        assert report.sound, report.findings
        assert len([codec.recorded(row) for row in life.office.store.feed(LEDGER, 0, 100_000)]) > 0

    def test_is_never_undone(self, life: Life) -> None:
        """Not by sealing, not by storing a key, not by the owner of the tables."""
        life.destroy_keys()
        household = next(iter(_files_of(life, life.shy)))
        account = NameAccount(household=household, holder=life.shy, account=Open("测试新账户"))
        for command in (account, PlaceHold(person=life.shy, kind=HoldKind.AUDIT, reference="1")):
            answer = life.office.send(command)
            assert isinstance(answer, Refusal)
            assert answer.code == "person_erased"

        kept = life.office.store.store_person_key(LEDGER, life.shy, b"another", MasterKey(MASTER).id)
        assert (kept.wrapped, kept.erased_at is not None) == (None, True)
        with (
            psycopg.connect(life.admin_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("DELETE FROM ledger.person_keys WHERE person = %s", (life.shy,))

    def test_lets_the_same_number_be_a_new_person(self, life: Life) -> None:
        life.destroy_keys()
        registered = next(
            sent.command
            for sent in life.office.sent
            if isinstance(sent.command, RegisterHousehold) and sent.command.number == "shy"
        )
        again = msgspec.structs.replace(registered, number="shy-again", members=registered.members[:1])

        household = life.office.accepted(again).stream

        assert life.office.members(household)[0] != life.shy

    def test_reaches_other_processes_within_a_minute(self, life: Life) -> None:
        time = [0.0]
        elsewhere = KeyRing(MASTER, life.office.store, clock=lambda: time[0])
        name = life.person(life.shy).name
        assert isinstance(name, Sealed)
        elsewhere.open(LEDGER, name, Purpose.CASE_WORK)
        life.destroy_keys()

        time[0] = FORGET_AFTER_S

        assert isinstance(elsewhere.open(LEDGER, name, Purpose.CASE_WORK), Erased)


class TestAnOldBackup:
    def test_stays_dark_once_the_master_key_was_rotated_and_destroyed(self, life: Life) -> None:
        """A thief of the old backup has the wrapped key, and of the master keys only the new one."""
        key = life.office.store.person_key(LEDGER, life.other)
        assert key is not None
        assert key.wrapped is not None
        new = new_master_key()

        rotate(life.admin_url, MasterKeys(new, (MasterKey(MASTER),)))

        with pytest.raises(SealBrokenError):
            new.unwrap(key.wrapped, f"hudang-seal-1|{LEDGER}|{life.other}|key".encode())
        erased = KeyRing(lambda: MasterKeys(new), life.office.store)
        shy, other = life.person(life.shy).name, life.person(life.other).name
        assert isinstance(shy, Sealed)
        assert isinstance(other, Sealed)
        assert isinstance(erased.open(LEDGER, other, Purpose.CASE_WORK), str)


def _name(life: Life, person: PersonId) -> str | Erased:
    name = life.person(person).name
    assert isinstance(name, Sealed)
    return life.office.keys.open(LEDGER, name, Purpose.CASE_WORK)


def _files_of(life: Life, person: PersonId) -> list[StreamId]:
    return [
        StreamId(stream)
        for stream in life.office.store.streams_naming(LEDGER, person, ["household.registered"])
        if isinstance(life.office.state(stream), Household)
    ]
