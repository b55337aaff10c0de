"""What time is it in a ledger? The server's time, or, in a ledger opened so, a simulated one."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from hudang.domain.decision import CHINA


class Clock(Protocol):
    """Tells the time of a ledger."""

    def now(self) -> datetime:
        """The aware time now."""
        ...


class SystemClock:
    """The time of the machine, in China's offset."""

    def now(self) -> datetime:
        return datetime.now(CHINA)


class SimulatedClock:
    """A clock that stands where it was set, or runs on from there at real speed. Never goes back."""

    def __init__(self, start: datetime, *, running: bool = False) -> None:
        """Raise ValueError for a start that does not say its offset."""
        if start.tzinfo is None:
            raise ValueError("A clock starts at a moment with an offset.")
        self._lock = threading.Lock()
        self._time = start
        self._since = time.monotonic() if running else None

    def now(self) -> datetime:
        with self._lock:
            return self._now()

    def set(self, to: datetime) -> None:
        """Move on to a moment; an earlier one leaves the clock where it is."""
        with self._lock:
            self._time = max(to, self._now())
            if self._since is not None:
                self._since = time.monotonic()

    def run(self) -> None:
        """Go on from here at real speed."""
        with self._lock:
            self._time = self._now()
            self._since = time.monotonic()

    def _now(self) -> datetime:
        passed = time.monotonic() - self._since if self._since is not None else 0.0
        return self._time + timedelta(seconds=passed)


class Clocks:
    """The clock of each ledger: simulated where one was given, the system's elsewhere."""

    def __init__(self, simulated: Mapping[str, SimulatedClock] | None = None) -> None:
        self._simulated = dict(simulated or {})
        self._system = SystemClock()

    def simulate(self, ledger: str, clock: SimulatedClock) -> None:
        """Give a ledger its simulated clock."""
        self._simulated[ledger] = clock

    def of(self, ledger: str) -> Clock:
        """The clock that tells a ledger's time."""
        return self._simulated.get(ledger, self._system)

    def simulated(self, ledger: str) -> SimulatedClock | None:
        """The simulated clock of a ledger, if it has one."""
        return self._simulated.get(ledger)
