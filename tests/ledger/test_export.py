"""Does an export hold exactly what is stored, whole or not at all, and only what was asked for?"""

from __future__ import annotations

import base64
import json
import stat
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest

from hudang.ledger import chain
from hudang.ledger.clock import SystemClock
from hudang.ledger.errors import HeadDisagrees, UnknownLedger
from hudang.ledger.export import ExportFailedError, Extract, UnknownStreamError, export
from hudang.ledger.records import StoredEvent
from hudang.ledger.store import Store
from tests.ledger.sealed import (
    EVENTS,
    FIRST_SEAL,
    LEDGER,
    NEWEST_SEAL,
    A,
    B,
    Sealed,
    make_sealed,
    record,
    submitted,
    verify_alone,
)


@pytest.fixture
def sealed(database: str, store: Store, tmp_path: Path) -> Sealed:
    return make_sealed(database, store, tmp_path)


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def event_of(line: dict[str, Any]) -> StoredEvent:
    payload = line["payload"].encode() if "payload" in line else base64.b64decode(line["payload_base64"])
    return StoredEvent(
        ledger=LEDGER,
        position=line["position"],
        stream=line["stream"],
        version=line["version"],
        topic=line["topic"],
        payload=payload,
        command_id=UUID(line["command_id"]),
        actor_person=line["actor_person"],
        actor_role=line["actor_role"],
        actor_office=line["actor_office"],
        happened_on=datetime.fromisoformat(line["happened_on"]).date(),
        recorded_at=datetime.fromisoformat(line["recorded_at"]),
        hash=bytes.fromhex(line["hash"]),
    )


class TestAnExportOfALedger:
    def test_has_every_column_of_every_event(self, store: Store, sealed: Sealed) -> None:
        _, *lines = read(sealed.exported())

        assert list(map(event_of, lines[-EVENTS:])) == store.feed(LEDGER, 0, EVENTS)

    def test_says_what_it_is(self, sealed: Sealed) -> None:
        header, *_ = read(sealed.exported())

        assert header["format"] == "hudang-export-1"
        assert (header["chain"], header["algorithm"]) == (chain.FORMAT, chain.ALGORITHM)
        assert (header["ledger"], header["clock"], header["stream"]) == (LEDGER, "server", None)
        assert header["positions"] == EVENTS
        assert header["public_keys"][0]["pem"].encode() == sealed.public_key.read_bytes()

    def test_brings_its_seals_along(self, sealed: Sealed) -> None:
        _, first, newest, *_ = read(sealed.exported())

        assert (first["position"], newest["position"]) == (FIRST_SEAL, NEWEST_SEAL)

    def test_may_be_empty(self, store: Store, tmp_path: Path) -> None:
        to = tmp_path / "empty.jsonl"

        assert export(store, Extract(ledger=LEDGER), to, SystemClock().now()) == 0
        assert [line["positions"] for line in read(to)] == [0]

    def test_is_for_its_owner_alone(self, sealed: Sealed) -> None:
        assert stat.S_IMODE(sealed.exported().stat().st_mode) == 0o600

    def test_is_whole_while_writers_go_on(self, store: Store, sealed: Sealed) -> None:
        stop = Event()

        def write() -> None:
            n = 100
            while not stop.is_set():
                record(store, LEDGER, (f"{LEDGER}-{n}", submitted(str(n), f"L0001-{n}")))
                n += 1

        writer = Thread(target=write)
        writer.start()
        try:
            verdicts = [
                verify_alone(sealed.exported(stream), sealed.seals, sealed.public_key)
                for stream in (None, A, None, B)
            ]
        finally:
            stop.set()
            writer.join()

        assert [verdict.code for verdict in verdicts] == [0, 0, 0, 0]


class TestAnExportOfAHousehold:
    def test_shows_its_events_and_digests_of_the_others(self, store: Store, sealed: Sealed) -> None:
        lines = read(sealed.exported(A))[-EVENTS:]

        shown = [event_of(line) for line in lines if "stream" in line]
        hidden = [line for line in lines if "stream" not in line]
        assert shown == [event for event in store.feed(LEDGER, 0, EVENTS) if event.stream == A]
        assert all(line.keys() == {"position", "mark", "record", "hash"} for line in hidden)
        assert [line["position"] for line in lines] == list(range(1, EVENTS + 1))


class TestAnExportThatCannotBeMade:
    def test_is_one_error_and_no_file(self, store: Store, sealed: Sealed) -> None:
        to, now = sealed.folder / "new.jsonl", SystemClock().now()
        with pytest.raises(UnknownLedger):
            export(store, Extract(ledger="L9999"), to, now)
        with pytest.raises(UnknownStreamError):
            export(store, Extract(ledger=LEDGER, stream="L0001-z"), to, now)
        with pytest.raises(ExportFailedError):
            export(store, Extract(ledger=LEDGER), sealed.folder / "missing" / "new.jsonl", now)
        sealed.tamper("DELETE FROM ledger.events WHERE position > 7")
        with pytest.raises(HeadDisagrees):
            export(store, Extract(ledger=LEDGER), to, now)

        assert not list(sealed.folder.glob("new.jsonl*"))

    def test_leaves_the_file_of_before(self, sealed: Sealed) -> None:
        before = sealed.exported()
        kept = before.read_bytes()
        sealed.tamper("DELETE FROM ledger.events WHERE position > 7")

        with pytest.raises(HeadDisagrees):
            sealed.exported()

        assert before.read_bytes() == kept
