from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from hudang.domain.decision import CHINA
from hudang.ledger.clock import Clocks, SimulatedClock, SystemClock

START = datetime(2013, 1, 1, 9, tzinfo=CHINA)
LATER = START + timedelta(days=30)


class TestASimulatedClock:
    def test_stands_where_it_was_set(self) -> None:
        clock = SimulatedClock(START)

        assert clock.now() == clock.now() == START

    def test_moves_on_when_told(self) -> None:
        clock = SimulatedClock(START)

        clock.set(LATER)

        assert clock.now() == LATER

    def test_never_goes_back(self) -> None:
        clock = SimulatedClock(LATER)

        clock.set(START)

        assert clock.now() == LATER

    @pytest.mark.parametrize("running", [True, False])
    def test_runs_on_at_real_speed_once_it_runs(self, *, running: bool) -> None:
        clock = SimulatedClock(START, running=running)
        clock.run()

        first, second = clock.now(), clock.now()

        assert START <= first <= second < START + timedelta(minutes=5)

    def test_may_be_moved_on_while_it_runs(self) -> None:
        clock = SimulatedClock(START, running=True)

        clock.set(LATER)

        assert LATER <= clock.now() < LATER + timedelta(minutes=5)

    def test_is_not_moved_back_while_it_runs(self) -> None:
        clock = SimulatedClock(LATER, running=True)
        before = clock.now()

        clock.set(START)

        assert clock.now() >= before

    def test_keeps_the_latest_of_what_threads_tell_it(self) -> None:
        clock = SimulatedClock(START)
        threads = [Thread(target=clock.set, args=(START + timedelta(hours=hour),)) for hour in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert clock.now() == START + timedelta(hours=19)

    def test_starts_at_a_moment_that_says_its_offset(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            SimulatedClock(START.replace(tzinfo=None))


class TestTheClocksOfLedgers:
    def test_are_the_machines_where_none_was_given(self) -> None:
        before = datetime.now(UTC)

        told = Clocks().of("L0001").now()

        assert before <= told <= datetime.now(UTC)
        assert told.utcoffset() == timedelta(hours=8)
        assert isinstance(Clocks().of("L0001"), SystemClock)

    def test_are_their_own(self) -> None:
        clocks = Clocks({"L0001": SimulatedClock(START)})
        clocks.simulate("L0002", SimulatedClock(LATER))

        assert (clocks.of("L0001").now(), clocks.of("L0002").now()) == (START, LATER)
        assert clocks.simulated("L0003") is None
