"""Does a look at a ledger do the chores too, after the jobs, and go on when one of them fails?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from hudang.ledger.errors import ChainBroken, StoreUnavailable
from hudang.ledger.migrate import migrate
from hudang.ledger.seal_file import read_seals
from hudang.ledger.sealing_key import make_sealing_key
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from hudang.scheduler.clockwork import JOBS, Clockwork
from hudang.scheduler.seals import HeadSealing
from tests.ledger.office import LEDGER, Office, open_office


@dataclass
class Remembered:
    """A chore that remembers when it was done, and may fail."""

    fault: Exception | None = None
    name: str = "remember"
    done: list[tuple[str, datetime]] = field(default_factory=list)

    def __call__(self, ledger: str, now: datetime) -> int:
        self.done.append((ledger, now))
        if self.fault is not None:
            raise self.fault
        return 1


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    database = new_database()
    migrate(database)
    return database


class TestALook:
    def test_seals_the_head_and_writes_the_seal(self, database: str, tmp_path: Path) -> None:
        with (
            open_office(database) as office,
            Engine(database, office.store, MODELS, opener=office.keys) as engine,
        ):
            sealing = HeadSealing(office.store, make_sealing_key(tmp_path / "seal.key"), tmp_path)
            with Clockwork(database, office.store, office.casebook, engine, chores=(sealing,)) as clockwork:
                first, second = clockwork.look(LEDGER), clockwork.look(LEDGER)
            head = office.store.heads()[LEDGER]

        assert [report.job for report in first] == [*(job.__name__ for job in JOBS), "seal_heads"]
        assert (first[-1].recorded, second[-1].recorded) == (1, 0)
        assert [seal.head_hash for seal in read_seals(tmp_path / f"{LEDGER}.jsonl", LEDGER)] == [head.hash]

    def test_goes_on_when_a_chore_fails(self, database: str) -> None:
        failing, other = Remembered(ChainBroken(7)), Remembered()
        with look_with(database, failing, other) as (office, clockwork):
            *_, first, second = clockwork.look(LEDGER)

        assert (first.failed, second.recorded) == (1, 1)
        assert other.done[0][0] == LEDGER
        assert other.done[0][1] > office.clock.now()  # the real clock, not the ledger's

    def test_ends_when_the_database_does_not_answer(self, database: str) -> None:
        with (
            look_with(database, Remembered(StoreUnavailable())) as (_, clockwork),
            pytest.raises(StoreUnavailable),
        ):
            clockwork.look(LEDGER)


@contextmanager
def look_with(database: str, *chores: Remembered) -> Iterator[tuple[Office, Clockwork]]:
    """A clockwork over one office's ledger that has these chores."""
    with (
        open_office(database) as office,
        Engine(database, office.store, MODELS, opener=office.keys) as engine,
        Clockwork(database, office.store, office.casebook, engine, chores=chores) as clockwork,
    ):
        yield office, clockwork
