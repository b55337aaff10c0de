"""Is every way to change history found, in the file that left and in the database, at the first bad position?

What comes after the newest seal that the verifier brings along may be rewritten with all that follows from
it; then it is consistent, and the verdict says that it is unsealed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hudang.ledger.chain import event_hash, genesis_hash
from hudang.ledger.records import StoredEvent
from hudang.ledger.seal_file import read_seals
from hudang.ledger.sealing_key import make_sealing_key
from hudang.ledger.seals import from_line, sign, to_line
from hudang.ledger.store import Store
from hudang.ledger.verify import Brought, verify
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
    verifier,
)

Line = dict[str, Any]
POSITIONS = range(1, EVENTS + 1)
COLUMNS = {
    "stream": "L0001-z",
    "version": 7,
    "topic": "application.lapsed",
    "command_id": "00000000-0000-4000-8000-000000000001",
    "actor_person": "L0001-other",
    "actor_role": "auditor",
    "actor_office": "430304002000",
    "happened_on": "2013-03-02",
    "recorded_at": "2013-03-01T00:00:00.000000Z",
    "payload": '{"case":"other"}',
    "hash": 64 * "0",
}


@pytest.fixture
def sealed(database: str, store: Store, tmp_path: Path) -> Sealed:
    return make_sealed(database, store, tmp_path)


@pytest.fixture
def judge(
    sealed: Sealed, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[bytes]], tuple[int, int | None]]:
    """The verdict on a changed file: exit code and first bad position."""

    def judge(lines: list[bytes]) -> tuple[int, int | None]:
        changed = sealed.folder / "changed.jsonl"
        changed.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in lines))
        try:
            code: int = verifier().check(str(changed), str(sealed.seals), str(sealed.public_key))
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        _, found, position = capsys.readouterr().out.partition("first bad position: ")
        return code, int(position) if found else None

    return judge


Judge = Callable[[list[bytes]], tuple[int, int | None]]


def lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def row_of(lines: list[bytes], position: int) -> int:
    """The line of a position: the last lines are the events."""
    return len(lines) - EVENTS + position - 1


def edited(line: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(line), **changes}).encode()


@pytest.mark.parametrize("stream", [None, A, B], ids=["ledger", "household a", "household b"])
class TestAFile:
    def test_is_sound_as_it_was_written(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))

        assert judge(lines) == (0, None)
        assert judge([edited(line) for line in lines]) == (0, None)

    def test_shows_any_column_that_was_edited(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))
        for position in POSITIONS:
            at = row_of(lines, position)
            shown = b'"stream"' in lines[at]
            for column, other in (COLUMNS if shown else {"mark": 64 * "0", "record": 64 * "0"}).items():
                changed = [*lines[:at], edited(lines[at], **{column: other}), *lines[at + 1 :]]

                assert judge(changed) == (1, position), (position, column)

    def test_shows_a_line_that_was_deleted(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))
        for position in POSITIONS:
            at = row_of(lines, position)

            assert judge([*lines[:at], *lines[at + 1 :]]) == (1, position)

    def test_shows_a_line_that_stands_twice(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))
        for position in POSITIONS:
            at = row_of(lines, position)

            assert judge([*lines[: at + 1], *lines[at:]]) == (1, position)

    def test_shows_lines_that_changed_places(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))
        for first in POSITIONS:
            for second in range(first + 1, EVENTS + 1):
                one, other = row_of(lines, first), row_of(lines, second)
                swapped = list(lines)
                swapped[one], swapped[other] = lines[other], lines[one]

                assert judge(swapped) == (1, first)

                contents = list(lines)
                contents[one] = edited(lines[other], position=first)
                contents[other] = edited(lines[one], position=second)

                assert judge(contents) == (1, first)

    def test_shows_where_it_was_cut(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))
        for kept in range(EVENTS):
            assert judge(lines[: row_of(lines, kept + 1)]) == (1, kept + 1)

    def test_that_was_cut_and_announces_less_is_found_up_to_the_seal(
        self, sealed: Sealed, judge: Judge, stream: str | None
    ) -> None:
        lines = lines_of(sealed.exported(stream))
        for kept in range(EVENTS):
            cut = [edited(lines[0], positions=kept), *lines[1 : row_of(lines, kept + 1)]]

            assert judge(cut) == ((1, kept + 1) if kept < NEWEST_SEAL else (0, None))

    def test_shows_an_event_of_another_ledger(
        self, store: Store, sealed: Sealed, judge: Judge, stream: str | None
    ) -> None:
        lines = lines_of(sealed.exported(stream))
        foreign = foreign_lines(store, sealed)
        for position in POSITIONS:
            at = row_of(lines, position)

            assert judge([*lines[:at], foreign[position - 1], *lines[at + 1 :]]) == (1, position)

    def test_shows_a_changed_header(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        lines = lines_of(sealed.exported(stream))

        assert judge([edited(lines[0], clock="simulated"), *lines[1:]]) == (1, 1)
        assert judge([edited(lines[0], positions=EVENTS + 1), *lines[1:]]) == (1, EVENTS + 1)
        assert judge([edited(lines[0], stream="L0001-z"), *lines[1:]])[0] == 1

    def test_shows_seals_that_were_removed_or_changed_places(
        self, sealed: Sealed, judge: Judge, stream: str | None
    ) -> None:
        header, first, newest, *events = lines_of(sealed.exported(stream))

        assert judge([header, newest, *events]) == (1, FIRST_SEAL)
        assert judge([header, first, *events]) == (1, NEWEST_SEAL)
        assert judge([header, *events]) == (1, FIRST_SEAL)
        assert judge([header, newest, first, *events]) == (1, FIRST_SEAL)
        assert judge([header, first, first, newest, *events]) == (1, FIRST_SEAL)

    @pytest.mark.parametrize(
        "changes",
        [
            {"head_hash": 64 * "0"},
            {"position": 4},
            {"recorded_at": "2013-03-01T00:00:00.000000Z"},
            {"sealed_at": "2013-03-01T00:00:00.000000Z"},
            {"previous": 64 * "0"},
            {"key_id": 64 * "0"},
            {"signature": 128 * "0"},
            {"ledger": "L0002"},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_shows_a_seal_that_was_edited(
        self, sealed: Sealed, judge: Judge, stream: str | None, changes: Line
    ) -> None:
        header, first, newest, *events = lines_of(sealed.exported(stream))

        code, position = judge([header, edited(first, **changes), newest, *events])
        assert (code, position) == (1, min(changes.get("position", FIRST_SEAL), FIRST_SEAL))
        code, position = judge([header, first, edited(newest, **changes), *events])
        assert (code, position) == (1, changes.get("position", NEWEST_SEAL))

    def test_shows_a_seal_made_with_another_key(
        self, sealed: Sealed, judge: Judge, stream: str | None
    ) -> None:
        header, first, newest, *events = lines_of(sealed.exported(stream))
        forged = forge(sealed, newest)

        assert judge([header, first, forged, *events]) == (1, NEWEST_SEAL)

    def test_needs_seals_that_are_signed(self, sealed: Sealed, judge: Judge, stream: str | None) -> None:
        header, first, newest, *events = lines_of(sealed.exported(stream))
        forged = forge(sealed, newest)
        sealed.seals.write_bytes(forged)

        assert judge([header, first, forged, *events]) == (1, NEWEST_SEAL)

    def test_is_not_made_sound_by_any_change_of_bytes(
        self, sealed: Sealed, judge: Judge, stream: str | None
    ) -> None:
        whole = sealed.exported(stream).read_bytes()
        meant = [json.loads(line) for line in whole.splitlines()]
        informative = {"exported_at", "public_keys"}

        @settings(
            max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
        )
        @given(at=st.integers(0, len(whole) - 1), byte=st.binary(min_size=1, max_size=1))
        def change(at: int, byte: bytes) -> None:
            changed = whole[:at] + byte + whole[at + 1 :]
            code, _ = judge(changed.splitlines(keepends=True))
            if code == 0:
                header, *rest = [json.loads(line) for line in changed.splitlines()]
                differs = {name for name in meant[0] if header.get(name) != meant[0][name]}
                assert differs <= informative
                assert rest == meant[1:]

        change()


class TestAFileRewrittenFromAPositionOn:
    def test_is_found_by_the_next_seal_and_unsealed_after_the_newest(
        self, store: Store, sealed: Sealed, judge: Judge
    ) -> None:
        lines = lines_of(sealed.exported())
        events = store.feed(LEDGER, 0, EVENTS)
        for position in POSITIONS:
            changed = rewritten(events, position)
            rows = [
                edited(line, hash=event.hash.hex(), payload=event.payload.decode())
                for line, event in zip(lines[-EVENTS:], changed, strict=True)
            ]
            seal = next((seal for seal in (FIRST_SEAL, NEWEST_SEAL) if seal >= position), None)

            assert judge([*lines[:-EVENTS], *rows]) == ((1, seal) if seal else (0, None))

    def test_cannot_be_sealed_anew(self, store: Store, sealed: Sealed, judge: Judge) -> None:
        """Whoever holds even the key cannot replace a seal that the auditor kept."""
        lines = lines_of(sealed.exported())
        changed = rewritten(store.feed(LEDGER, 0, EVENTS), 7)
        rows = [
            edited(line, hash=event.hash.hex(), payload=event.payload.decode())
            for line, event in zip(lines[-EVENTS:], changed, strict=True)
        ]
        old = from_line(lines[2])
        head = store.heads()[LEDGER]._replace(
            position=NEWEST_SEAL, hash=changed[NEWEST_SEAL - 1].hash, recorded_at=old.recorded_at
        )
        again = sign(sealed.key, LEDGER, head, sealed_at=old.sealed_at, previous=from_line(lines[1]))

        assert judge([*lines[:2], to_line(again), *rows]) == (1, NEWEST_SEAL)


@pytest.mark.parametrize("position", [1, 2, FIRST_SEAL, FIRST_SEAL + 1, NEWEST_SEAL, EVENTS])
class TestTheDatabase:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger.events SET payload = 'other' WHERE position = {}",
            "UPDATE ledger.events SET actor_person = 'other' WHERE position = {}",
            "DELETE FROM ledger.events WHERE position = {}",
            "DELETE FROM ledger.events WHERE position >= {}",
            "UPDATE ledger.events e SET hash = sha256(hash) WHERE position = {}",
            # Duplicated: nothing but the key forbids it, and a superuser may drop that.
            "ALTER TABLE ledger.events DROP CONSTRAINT events_pkey, DROP CONSTRAINT"
            " events_ledger_stream_version_key; INSERT INTO ledger.events SELECT * FROM ledger.events"
            " WHERE position = {}",
            # Copied from another ledger.
            "DELETE FROM ledger.events WHERE ledger = 'L0001' AND position = {0};"
            "UPDATE ledger.events SET ledger = 'L0001' WHERE ledger = 'L0002' AND position = {0}",
            # Swapped with the neighbour.
            "DELETE FROM ledger.events WHERE ledger = 'L0002';"
            "UPDATE ledger.events SET position = -position WHERE position IN ({0}, {0} + 1);"
            "UPDATE ledger.events SET position = 2 * {0} + 1 + position WHERE position < 0",
        ],
        ids=["edit", "edit actor", "delete", "truncate", "hash", "duplicate", "copy", "swap"],
    )
    def test_shows_where_it_was_changed(
        self, store: Store, sealed: Sealed, position: int, statement: str
    ) -> None:
        copy_to_another_ledger(store)
        sealed.tamper(statement.format(position))

        report = verify(store, LEDGER, brought=brought_along(sealed))

        assert not report.sound
        assert report.first_bad_position == position

    def test_rewritten_from_a_position_on_is_found_by_the_next_seal(
        self, store: Store, sealed: Sealed, position: int
    ) -> None:
        changed = rewritten(store.feed(LEDGER, 0, EVENTS), position)
        sealed.tamper(
            *(
                f"UPDATE ledger.events SET payload = '\\x{event.payload.hex()}',"
                f" hash = '\\x{event.hash.hex()}' WHERE position = {event.position}"
                for event in changed
            ),
            f"UPDATE ledger.heads SET hash = '\\x{changed[-1].hash.hex()}'",
            "DELETE FROM ledger.seals",
        )

        report = verify(store, LEDGER, brought=brought_along(sealed), claims=False)

        assert report.first_bad_position == FIRST_SEAL
        assert {finding.position for finding in report.findings if finding.check == "known"} == {
            seal for seal in (FIRST_SEAL, NEWEST_SEAL) if seal >= position
        }
        assert report.unsealed == EVENTS - NEWEST_SEAL


class TestSealsInTheDatabase:
    @pytest.mark.parametrize(
        ("statement", "position"),
        [
            ("DELETE FROM ledger.seals WHERE position = 5", 5),
            ("DELETE FROM ledger.seals WHERE position = 9", 9),
            ("UPDATE ledger.seals SET signature = sha256('') WHERE position = 5", 5),
            ("UPDATE ledger.seals SET head_hash = sha256('') WHERE position = 9", 9),
            ("UPDATE ledger.seals SET position = 4 WHERE position = 5", 4),
            ("UPDATE ledger.seals SET sealed_at = sealed_at + interval '1 hour' WHERE position = 5", 5),
            ("UPDATE ledger.seals SET hash = sha256('') WHERE position = 9", 9),
            ("UPDATE ledger.seals SET key_id = 'other' WHERE position = 9", 9),
        ],
    )
    def test_that_were_changed_are_found(
        self, store: Store, sealed: Sealed, statement: str, position: int
    ) -> None:
        sealed.tamper(statement)

        report = verify(store, LEDGER, brought=brought_along(sealed))

        assert report.first_bad_position == position
        assert {finding.check for finding in report.findings} == {"seal"}

    def test_are_checked_among_themselves_when_none_is_brought_along(
        self, store: Store, sealed: Sealed
    ) -> None:
        sealed.tamper("UPDATE ledger.seals SET sealed_at = sealed_at + interval '1 hour' WHERE position = 5")

        assert verify(store, LEDGER).first_bad_position == FIRST_SEAL

    def test_made_with_another_key_are_found(self, store: Store, sealed: Sealed) -> None:
        forged = from_line(forge(sealed, lines_of(sealed.seals)[1]))
        sealed.tamper(
            f"UPDATE ledger.seals SET key_id = '{forged.key_id}', signature = '\\x{forged.signature.hex()}',"
            f" hash = '\\x{forged.hash.hex()}' WHERE position = {NEWEST_SEAL}"
        )

        assert verify(store, LEDGER).sound
        assert verify(store, LEDGER, brought=brought_along(sealed)).first_bad_position == NEWEST_SEAL


def brought_along(sealed: Sealed) -> Brought:
    """What the auditor kept."""
    return Brought(seals=read_seals(sealed.seals, LEDGER), keys={sealed.key.public.id: sealed.key.public})


def rewritten(events: list[StoredEvent], position: int) -> list[StoredEvent]:
    """The events with another payload at a position, and every hash from there on made to fit."""
    previous, changed = genesis_hash(LEDGER, "server"), []
    for event in events:
        new = event._replace(payload=b'{"n":0}') if event.position == position else event
        previous = event_hash(new, previous)
        changed.append(new._replace(hash=previous))
    return changed


def copy_to_another_ledger(store: Store) -> None:
    """A ledger L0002 with as many events as L0001, on other streams."""
    store.open_ledger("L0002", "server")
    for n in POSITIONS:
        record(store, "L0002", (f"L0002-{n}", submitted(f"L0002-{n}", f"戊{n}")))


def foreign_lines(store: Store, sealed: Sealed) -> list[bytes]:
    """The lines of the events of another ledger."""
    copy_to_another_ledger(store)
    other = Sealed(sealed.database, store, sealed.key, sealed.folder)
    return lines_of(other.exported(ledger="L0002"))[-EVENTS:]


def forge(sealed: Sealed, line: bytes) -> bytes:
    """The same seal under a key of one's own."""
    seal = from_line(line)
    key = make_sealing_key(sealed.folder / "forger.key")
    head = sealed.store.heads()[LEDGER]._replace(
        position=seal.position, hash=seal.head_hash, recorded_at=seal.recorded_at
    )
    before = read_seals(sealed.seals, LEDGER)[0]
    return to_line(sign(key, LEDGER, head, sealed_at=seal.sealed_at, previous=before))
