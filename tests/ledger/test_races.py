"""What remains true when many write at once, connections break and writers are killed?"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest
from psycopg import conninfo

from hudang.ledger.errors import ClaimHeld, IdentityTaken, LedgerError, VersionConflict
from hudang.ledger.records import AppendRequest, Claim, StoredEvent
from hudang.ledger.store import Store
from hudang.ledger.verify import verify

LEDGER = "L0001"
WRITERS = 8

AskFor = Callable[..., AppendRequest]


def all_at_once(attempt: Callable[[int], object], times: int = WRITERS) -> list[object]:
    """Run the attempt in so many threads; each outcome is what it returned or the ledger's error."""

    def outcome(number: int) -> object:
        try:
            return attempt(number)
        except LedgerError as error:
            return error

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(outcome, range(times)))


class TestManyWriters:
    def test_leave_no_gap_and_a_sound_chain(self, store: Store, ask: AskFor) -> None:
        def write(writer: int) -> None:
            for n in range(40):
                store.append(ask({f"L0001-{writer}": 2 * n}, events=2))

        outcomes = all_at_once(write)

        assert outcomes == [None] * WRITERS
        events = store.feed(LEDGER, 0, 10_000)
        assert [event.position for event in events] == list(range(1, WRITERS * 80 + 1))
        assert verify(store, LEDGER, claims=False).sound

    def test_are_all_seen_in_order_by_a_reader_at_the_tail(self, store: Store, ask: AskFor) -> None:
        stop = Event()
        seen: list[StoredEvent] = []

        def tail() -> None:
            while True:
                last_look = stop.is_set()
                page = store.feed(LEDGER, seen[-1].position if seen else 0, 7)
                seen.extend(page)
                if last_look and not page:
                    return

        reader = Thread(target=tail)
        reader.start()
        outcomes = all_at_once(lambda _: [store.append(ask(events=3)) for _ in range(25)])
        stop.set()
        reader.join()

        assert not any(isinstance(outcome, LedgerError) for outcome in outcomes)
        assert [event.position for event in seen] == list(range(1, WRITERS * 75 + 1))

    def test_of_one_stream_let_one_win(self, store: Store, ask: AskFor) -> None:
        outcomes = all_at_once(lambda _: store.append(ask({"L0001-a": 0})))

        assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == WRITERS - 1
        assert store.heads()[LEDGER].position == 1

    def test_of_one_command_record_it_once(self, store: Store, ask: AskFor) -> None:
        request = ask(events=2)

        outcomes = all_at_once(lambda _: store.append(request))

        assert {outcome[:3] for outcome in outcomes if isinstance(outcome, tuple)} == {
            store.append(request)[:3]
        }
        assert sum(isinstance(o, tuple) and o[3] is False for o in outcomes) == 1
        assert store.heads()[LEDGER].position == 2

    def test_of_one_claim_let_one_win(self, store: Store, ask: AskFor) -> None:
        outcomes = all_at_once(
            lambda n: store.append(ask(taken=[Claim("only one", f"holder{n}", f"L0001-{n}")]))
        )

        assert sum(isinstance(outcome, ClaimHeld) for outcome in outcomes) == WRITERS - 1
        held = store.claim(LEDGER, "only one")
        assert held is not None
        assert {o.stream for o in outcomes if isinstance(o, ClaimHeld)} == {held.stream}

    def test_of_one_identity_let_one_win(self, store: Store, ask: AskFor) -> None:
        outcomes = all_at_once(lambda n: store.append(ask(identities={b"digest": f"L0001-p{n}"})))

        assert sum(isinstance(outcome, IdentityTaken) for outcome in outcomes) == WRITERS - 1

    def test_of_several_streams_in_any_order_do_not_lock_each_other_out(
        self, store: Store, ask: AskFor
    ) -> None:
        for stream in ("L0001-a", "L0001-b"):
            store.append(ask({stream: 0}))

        def write(writer: int) -> None:
            streams = ["L0001-a", "L0001-b"] if writer % 2 else ["L0001-b", "L0001-a"]
            for _ in range(20):
                while True:
                    read = store.load(LEDGER, [(stream, 0) for stream in streams]).versions
                    with suppress(VersionConflict):
                        store.append(ask({stream: read[stream] for stream in streams}, events=2))
                        break

        outcomes = all_at_once(write, 4)

        assert outcomes == [None] * 4
        assert verify(store, LEDGER, claims=False).sound

    def test_in_different_ledgers_do_not_wait_for_each_other(
        self, store: Store, ask: AskFor, database: str
    ) -> None:
        store.open_ledger("L0002", "server")
        with psycopg.connect(database) as other:
            other.execute("SELECT FROM ledger.heads WHERE ledger = 'L0001' FOR UPDATE")
            began = monotonic()

            store.append(ask(ledger="L0002"))

            assert monotonic() - began < 5


KILLED_WRITER = """
import sys
from datetime import date
from itertools import count
from uuid import uuid4
from hudang.ledger.records import AppendRequest, NewEvent
from hudang.ledger.store import Store

with Store(sys.stdin.readline()) as store:
    for n in count():
        stream = str(uuid4())
        store.append(AppendRequest(
            ledger="L0001", command_id=uuid4(), fingerprint=b"", actor_person="p", actor_role="system",
            actor_office="o", expected={stream: 0},
            events=[NewEvent(stream, "test.happened", b"x" * 300, date(2013, 3, 1))] * 500))
        print(n, flush=True)
"""


class TestAWriterThatIsKilled:
    @pytest.mark.parametrize("acknowledged", [1, 4])
    def test_leaves_nothing_half_written(
        self, store: Store, ask: AskFor, database: str, acknowledged: int
    ) -> None:
        writer = subprocess.Popen(
            [sys.executable, "-c", KILLED_WRITER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdin is not None
        assert writer.stdout is not None
        with writer, writer.stdin, writer.stdout:
            writer.stdin.write(database + "\n")
            writer.stdin.flush()
            for _ in range(acknowledged):
                assert writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            writer.wait()

        store.append(ask())

        report = verify(store, LEDGER, claims=False)
        assert report.sound
        assert report.events % 500 == 1
        assert report.events > 500 * acknowledged


class TestABrokenConnection:
    def test_before_an_append_is_answered_with_another(
        self, store: Store, ask: AskFor, database: str
    ) -> None:
        store.append(ask())
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'hudang' AND datname = current_database()"
            )

        appended = store.append(ask())

        assert (appended.first, appended.repeated) == (2, False)

    def test_after_the_commit_gives_the_recorded_result(
        self, store: Store, ask: AskFor, proxy: CuttingProxy
    ) -> None:
        with Store(proxy.conninfo, max_size=1) as distant:
            distant.append(ask())
            request = ask({"L0001-a": 0}, events=3)
            proxy.swallow_next_reply.set()

            appended = distant.append(request)

        assert not proxy.swallow_next_reply.is_set()
        assert (appended.first, appended.last, appended.repeated) == (2, 4, True)
        assert store.heads()[LEDGER].position == 4

    def test_while_reading_is_answered_with_another(
        self, store: Store, ask: AskFor, proxy: CuttingProxy
    ) -> None:
        with Store(proxy.conninfo, max_size=1) as distant:
            distant.append(ask())
            distant.heads()
            proxy.swallow_next_reply.set()

            assert distant.heads()[LEDGER].position == 1


@pytest.fixture
def proxy(database: str) -> Iterator[CuttingProxy]:
    """A way to the server that can break."""
    with TemporaryDirectory(prefix="hd") as folder:
        proxy = CuttingProxy(database, Path(folder))
        yield proxy
        proxy.close()


class CuttingProxy:
    """Passes bytes between clients and the server; told to, it swallows a whole reply and hangs up."""

    def __init__(self, database: str, folder: Path) -> None:
        self._server = conninfo.conninfo_to_dict(database)
        self.conninfo = conninfo.make_conninfo(database, host=str(folder), port=5432)
        self.swallow_next_reply = Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = Thread(target=self._pass, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass(self, client: socket.socket) -> None:
        with suppress(OSError), client, self._reach() as server:
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for end in ready:
                    chunk = end.recv(1 << 20)
                    if not chunk:
                        return
                    if end is server and self.swallow_next_reply.is_set():
                        self.swallow_next_reply.clear()
                        return
                    (server if end is client else client).sendall(chunk)

    def _reach(self) -> socket.socket:
        host, port = str(self._server.get("host") or "localhost"), int(self._server.get("port") or 5432)
        if not host.startswith(os.sep):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server
