"""When is work looked for, and by whom? APScheduler says when; one process of a database does it.

A look at a ledger waits until the read models have seen everything, then runs each job once for the ledger's
present day, in the order of the procedure. Chores come last; their clock is the real one.
"""

import logging
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from hudang.domain.decision import CHINA
from hudang.ledger.casebook import Accepted, Casebook
from hudang.ledger.clock import SystemClock
from hudang.ledger.errors import LedgerError, StoreUnavailable
from hudang.ledger.store import Store
from hudang.projections.connections import Leadership
from hudang.projections.engine import Engine, NotCaughtUpError
from hudang.scheduler.applications import lapse_incomplete_applications
from hudang.scheduler.notices import close_expired_notices
from hudang.scheduler.payrolls import instruct_prepared_payrolls, prepare_due_payrolls
from hudang.scheduler.rechecks import open_due_rechecks
from hudang.scheduler.transfers import (
    acknowledge_transfers,
    announce_transfers,
    prepare_payrolls_of_moved_households,
)
from hudang.scheduler.work import Chore, Job, Round, Task, actor_of, command_id

JOBS: Final[tuple[Job, ...]] = (
    close_expired_notices,
    lapse_incomplete_applications,
    announce_transfers,
    acknowledge_transfers,
    open_due_rechecks,
    prepare_due_payrolls,
    prepare_payrolls_of_moved_households,
    instruct_prepared_payrolls,
)
"""Every job, in the order in which a look runs them; a job's name is never changed."""

INTERVAL_S: Final = 60
LEADER_LOCK: Final = 0x4853_4348_4544  # "HSCHED"

_log = logging.getLogger("hudang.scheduler")


class JobReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one job or chore did in one look: commands recorded, repeated or idle, and refusals by code."""

    job: str
    recorded: int = 0
    idle: int = 0
    refused: Mapping[str, int] = {}
    failed: int = 0


class Clockwork:
    """Looks for due work in every ledger of a database: when asked, and on an interval once started."""

    def __init__(
        self,
        conninfo: str,
        store: Store,
        casebook: Casebook,
        engine: Engine,
        *,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._store = store
        self._casebook = casebook
        self._engine = engine
        self._chores = chores
        self._leadership = Leadership(conninfo, "hudang_service", lock=LEADER_LOCK)
        self._scheduler: BackgroundScheduler | None = None

    def start(self, interval_s: float = INTERVAL_S) -> None:
        """Look everywhere on an interval, the first time at once."""
        self._scheduler = BackgroundScheduler(timezone=CHINA)
        self._scheduler.add_job(
            self.look_everywhere,
            IntervalTrigger(seconds=interval_s, timezone=CHINA),
            id="look_everywhere",
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the look in hand and let another process lead."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
        self._leadership.give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def look_everywhere(self) -> None:
        """One look at every ledger, if this process leads; a fault in one ledger does not stop the others."""
        try:
            if not self._leadership.hold():
                return
            ledgers = sorted(self._store.heads())
        except Exception as error:
            _log.warning("the scheduler could not look (%s) and tries again", type(error).__name__)
            self._leadership.give_up()
            return
        for ledger in ledgers:
            try:
                self.look(ledger)
            except (LedgerError, NotCaughtUpError) as error:
                _log.warning("the scheduler passed over ledger %s (%s)", ledger, type(error).__name__)

    def look(self, ledger: str) -> tuple[JobReport, ...]:
        """Run every job once for the ledger's present day. Raises LedgerError, NotCaughtUpError."""
        jurisdiction = self._casebook.jurisdiction(ledger)
        if jurisdiction is None:
            return ()
        reports = []
        for job in JOBS:
            self._engine.catch_up({ledger: self._store.heads()[ledger].position})
            with self._store.connection() as connection:
                round_ = Round(
                    ledger=ledger,
                    today=self._casebook.now(ledger).date(),
                    jurisdiction=jurisdiction,
                    connection=connection,
                    find_policy=lambda programme, on: self._casebook.policies.find(
                        jurisdiction.adopted, programme, jurisdiction.area, on
                    ),
                    casebook=self._casebook,
                )
                tasks = list(job(round_))
            reports.append(self._carry_out(job.__name__, ledger, round_, tasks))
        return (*reports, *(self._do(chore, ledger) for chore in self._chores))

    def _do(self, chore: Chore, ledger: str) -> JobReport:
        try:
            return JobReport(job=chore.name, recorded=chore(ledger, SystemClock().now()))
        except StoreUnavailable:
            raise
        except LedgerError as error:
            _log.warning("%s failed in ledger %s (%s)", chore.name, ledger, type(error).__name__)
            return JobReport(job=chore.name, failed=1)

    def _carry_out(self, job: str, ledger: str, round_: Round, tasks: list[Task]) -> JobReport:
        actor = actor_of(job, round_.jurisdiction)
        recorded = idle = failed = 0
        refused: dict[str, int] = {}
        for task in tasks:
            try:
                answer: Any = self._casebook.send(
                    ledger, task.command, actor=actor, command_id=command_id(job, ledger, task)
                )
            except StoreUnavailable:
                raise
            except LedgerError as error:
                _log.warning("%s failed on one piece of work (%s)", job, type(error).__name__)
                failed += 1
                continue
            if isinstance(answer, Accepted):
                recorded, idle = (
                    (recorded + 1, idle) if answer.first and not answer.repeated else (recorded, idle + 1)
                )
            else:
                code = answer.code
                refused[code] = refused.get(code, 0) + 1
                _log.info("%s: %s refused: %s", job, type(task.command).__name__, code)
        return JobReport(job=job, recorded=recorded, idle=idle, refused=refused, failed=failed)


__all__ = ["INTERVAL_S", "JOBS", "Clockwork", "JobReport"]
