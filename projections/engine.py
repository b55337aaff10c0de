"""Who keeps the read models up to date, and how does one wait until they are?

One engine a process. The engines of a database agree on a leader, which folds in a thread of its own: at once
when woken, and by a timer. The others wait and take over when the leader's session ends.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from threading import Condition, Thread
from threading import Event as Flag
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from psycopg import Connection

from hudang.ledger.store import Store
from hudang.projections import checkpoints
from hudang.projections.checkpoints import ModelStatus
from hudang.projections.connections import Leadership, connect
from hudang.projections.folding import CheckpointMovedError, Folder, Watch
from hudang.projections.model import Opener, ReadModel

INTERVAL_S: Final = 1.0
"""How often the heads are looked at without being woken."""

_LOOK_S: Final = 0.05
"""How often who waits looks at the checkpoints that another process moves."""

_log = logging.getLogger("hudang.projections")


class NotCaughtUpError(Exception):
    """The read models did not reach the positions asked for in time."""


class Engine:
    """Folds the ledgers of one database into read models. Safe for threads."""

    def __init__(
        self,
        conninfo: str,
        store: Store,
        models: Sequence[ReadModel],
        *,
        opener: Opener | None = None,
        role: str | None = "hudang_service",
    ) -> None:
        """Raise TypeError if a model opens personal values and there is no key ring to open them with."""
        if opener is None and any(model.needs_keys for model in models):
            raise TypeError("a read model opens personal values and was given no key ring")
        self._conninfo = conninfo
        self._role = role
        self._store = store
        self._models = tuple(models)
        self._opener = opener
        self._leadership = Leadership(conninfo, role)
        self._connection: Connection[Any] | None = None
        self._folder: Folder | None = None
        self._reached: dict[tuple[str, str], int] = {}
        self._moved = Condition()
        self._woken = Flag()
        self._begun = Flag()
        self._stopping = Flag()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Make missing tables, then fold in the background until stopped. Raises if the database is away."""
        with connect(self._conninfo, self._role) as connection:
            checkpoints.create_tables(connection, self._models)
        self._stopping.clear()
        self._begun.clear()
        self._thread = Thread(target=self._run, name="hudang-projections", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the page in hand, let another process lead, and end the thread."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._let_go()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def leads(self) -> bool:
        """Whether this process folds for the database."""
        return self._leadership.held

    def wake(self) -> None:
        """Something was recorded: look at once."""
        self._woken.set()

    def catch_up(self, until: Mapping[str, int] | None = None, timeout_s: float = 30.0) -> None:
        """Return once every model has passed these positions (left out: the heads now).

        Raises NotCaughtUpError, at once if a model is parked before them.
        """
        heads = self._store.heads() if until is None else {}
        wanted = until if until is not None else {ledger: head.position for ledger, head in heads.items()}
        if not self.wait_for(wanted, timeout_s):
            late = [f"{status.model} at {status.position}" for status in self.status() if status.lag_events]
            raise NotCaughtUpError(f"Behind: {', '.join(late) or 'nothing any more'}.")

    def wait_for(
        self, until: Mapping[str, int], timeout_s: float, models: Iterable[str] | None = None
    ) -> bool:
        """Whether these models (left out: all) passed the positions in time; a parked one never will."""
        names = frozenset(model.name for model in self._models) if models is None else frozenset(models)
        wanted = {(name, ledger): position for name in names for ledger, position in until.items()}
        deadline = monotonic() + timeout_s
        self.wake()
        while True:
            with self._moved:
                pause = min(_LOOK_S, max(deadline - monotonic(), 0))
                if self._moved.wait_for(lambda: self._passed(wanted), pause):
                    return True
            if self._look(wanted) or monotonic() >= deadline:
                return self._passed(wanted)

    def status(self) -> tuple[ModelStatus, ...]:
        """Every model in every ledger: how far it is behind, and whether it is parked."""
        with self._store.connection() as connection:
            return checkpoints.statuses(connection, self._models)

    def rebuild(self, name: str) -> None:
        """Drop a model's rows and fold it again from the beginning; `catch_up` waits for the end."""
        model = next(model for model in self._models if model.name == name)
        with connect(self._conninfo, self._role) as connection:
            checkpoints.reset(connection, model)
        with self._moved:
            self._reached = {key: at for key, at in self._reached.items() if key[0] != name}
        self.wake()

    def _passed(self, wanted: Mapping[tuple[str, str], int]) -> bool:
        return all(self._reached.get(key, 0) >= position for key, position in wanted.items())

    def _look(self, wanted: Mapping[tuple[str, str], int]) -> bool:
        """Read the checkpoints; True if a model that is waited for is parked before its position."""
        with self._store.connection() as connection:
            marks = checkpoints.marks(connection, self._models)
        for mark in marks.values():
            self._note(mark.model, mark.ledger, mark.position)
        if not self._begun.is_set():  # a model that was parked earlier is about to be tried again
            return False
        return any(marks[key].parked and marks[key].position < wanted[key] for key in wanted if key in marks)

    def _note(self, model: str, ledger: str, position: int) -> None:
        with self._moved:
            self._reached[model, ledger] = position
            self._moved.notify_all()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self._work()
                self._begun.set()
            except CheckpointMovedError:
                continue
            except Exception as error:
                _log.warning("folding was interrupted (%s) and begins again", type(error).__name__)
                self._let_go()
            self._woken.wait(INTERVAL_S)

    def _work(self) -> None:
        """One round, if this process leads."""
        led = self._leadership.held
        if not self._leadership.hold():
            return
        if self._connection is None or self._folder is None:
            self._connection = connect(self._conninfo, self._role)
            self._folder = Folder(
                self._connection,
                self._store,
                self._models,
                self._opener,
                Watch(self._stopping, self._note),
            )
        if not led:
            checkpoints.resume(self._connection, self._models)
        self._folder.round()

    def _let_go(self) -> None:
        """Drop both sessions; the lock goes with the leader's."""
        self._leadership.give_up()
        connection, self._connection, self._folder = self._connection, None, None
        if connection is not None:
            connection.close()
