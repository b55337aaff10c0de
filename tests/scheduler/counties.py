"""How does a test let two counties work side by side: two ledgers of one database, their jobs, one clock?

    with open_counties(database) as counties:
        household = counties.west.entitled("001", 1, 2)
        counties.look()

Both adopt the same rules, each under its own area.
People and numbers are invented, as in `tests.ledger.office`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib.resources import files
from typing import Any
from uuid import uuid4

from hudang.domain.decision import CHINA, Command, Recorded
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.household import Household
from hudang.domain.jurisdiction import AdoptPolicy, AreaLevel, EstablishArea, LedgerClock, OpenLedger
from hudang.domain.month import Month
from hudang.domain.opening import RegisterExistingEntitlement
from hudang.domain.payout import PayoutState
from hudang.domain.payroll import ConfirmPayouts
from hudang.domain.personal import Open
from hudang.domain.registration import NameAccount
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId
from hudang.ledger.casebook import Accepted, Answer, Casebook
from hudang.ledger.clock import Clocks, SimulatedClock
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from hudang.scheduler.clockwork import Clockwork
from hudang.scheduler.erasures import ErasedKeys
from tests.ledger.office import MASTER, POLICIES, actor, paper, registration

WEST, EAST = "L0001", "L0002"
AREAS = {WEST: "430304", EAST: "430305"}
BEGINNING = date(2013, 3, 2)
PROGRAMME = "dibao"


@dataclass(frozen=True)
class County:
    """One county at its ledger."""

    ledger: str
    casebook: Casebook

    @property
    def village(self) -> str:
        """The code of its only village."""
        return f"{AREAS[self.ledger]}001001"

    def send(self, command: Command, *, by: Role | None = None) -> Answer:
        """Send a command once, by the first role that may."""
        role = by or sorted(type(command).BY)[0]
        return self.casebook.send(self.ledger, command, actor=actor(role), command_id=uuid4())

    def accepted(self, command: Command, *, by: Role | None = None) -> Accepted:
        """The same, for a command that is to be accepted."""
        answer = self.send(command, by=by)
        assert isinstance(answer, Accepted), answer
        return answer

    def open(self) -> None:
        """Open the ledger, enter its areas and adopt the rules under its own code."""
        tag, area = StreamId(self.ledger), AREAS[self.ledger]
        self.accepted(OpenLedger(name="测试区", area=area, clock=LedgerClock.SIMULATED))
        for code, level, parent in ((area, AreaLevel.COUNTY, None), (self.village, AreaLevel.VILLAGE, area)):
            self.accepted(EstablishArea(jurisdiction=tag, area=code, name="测试", level=level, parent=parent))
        for name in POLICIES:
            text = (files("hudang.domain") / "policies" / "cn" / name).read_text(encoding="utf-8")
            text = text.replace(AREAS[WEST], area)
            self.accepted(AdoptPolicy(jurisdiction=tag, text=text, in_force_from=date(2012, 12, 12)))

    def entitled(self, number: str, *running: int) -> StreamId:
        """A household that has received 400 yuan a month since 2012, with an account."""
        household = self.accepted(registration(number, *running)).stream
        head = self.file(household).head.person
        self.accepted(NameAccount(household=household, holder=head, account=Open("测试账户0001")))
        self.accepted(
            RegisterExistingEntitlement(
                household=household,
                programme=PROGRAMME,
                household_class=HouseholdClass.A,
                amount_fen=Fen(40_000),
                from_month=Month(2012, 6),
                last_reviewed_on=date(2013, 3, 1),
                source=paper("存量名册"),
                vouched_by="测试经办",
            )
        )
        return household

    def file(self, stream: StreamId) -> Household:
        """A household's file."""
        loaded = self.casebook.load(self.ledger, stream)
        assert loaded is not None
        household: Household = loaded[0]
        return household

    def events(self, stream: StreamId) -> tuple[Recorded, ...]:
        """What was recorded on a stream."""
        loaded = self.casebook.load(self.ledger, stream)
        return loaded[1] if loaded else ()

    def confirm_payments(self, household: StreamId) -> None:
        """The bank paid whatever was instructed."""
        for payout in self.file(household).payouts.values():
            if payout.state is PayoutState.INSTRUCTED:
                self.accepted(
                    ConfirmPayouts(payroll=payout.payroll, households=(household,), bank_reference="测试回单")
                )

    def months_paid(self, household: StreamId) -> list[Month]:
        """The months that were instructed, each as often as it was."""
        return sorted(
            part.month
            for payout in self.file(household).payouts.values()
            if payout.state is not PayoutState.RETURNED
            for part in payout.parts
        )


@dataclass(frozen=True)
class Counties:
    """Two counties, their jobs, and the day they share."""

    west: County
    east: County
    store: Store
    keys: KeyRing
    engine: Engine
    clockwork: Clockwork
    clocks: tuple[SimulatedClock, ...]

    def on(self, day: date) -> Counties:
        """Go on to nine in the morning of a day."""
        for clock in self.clocks:
            clock.set(datetime.combine(day, time(9), CHINA))
        return self

    def look(self, *ledgers: str) -> None:
        """Let the jobs look at these ledgers (left out: at both), once the read models saw everything."""
        for ledger in ledgers or (WEST, EAST):
            self.engine.catch_up()
            self.clockwork.look(ledger)
        self.engine.catch_up()

    def query(self, ask: Any, *arguments: Any) -> Any:
        """Ask a read model."""
        with self.store.connection() as connection:
            return ask(connection, *arguments)


@contextmanager
def open_counties(database: str) -> Iterator[Counties]:
    """Two counties whose ledgers are open and have their rules."""
    with Store(database) as store:
        clocks = {tag: SimulatedClock(datetime.combine(BEGINNING, time(9), CHINA)) for tag in AREAS}
        keys = KeyRing(MASTER, store)
        engine = Engine(database, store, MODELS, opener=keys)
        casebook = Casebook(store, keys, Clocks(clocks), appended=engine.wake)
        west, east = County(WEST, casebook), County(EAST, casebook)
        west.open()
        east.open()
        chores = (ErasedKeys(store, keys),)
        with engine, Clockwork(database, store, casebook, engine, chores=chores) as clockwork:
            yield Counties(west, east, store, keys, engine, clockwork, tuple(clocks.values()))
