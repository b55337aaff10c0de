"""Does a household that moves arrive whole, once, and with every month paid, wherever the way is cut?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from hudang.domain.arrival import AcceptTransfer, TransferAnnounced
from hudang.domain.case import CaseKind
from hudang.domain.decision import Refusal
from hudang.domain.month import Month
from hudang.domain.payroll import PayrollLinesDropped, PreparePayroll
from hudang.domain.personal import Open, Sealed
from hudang.domain.transfer import TransferCompleted, TransferOut, TransferredOut
from hudang.domain.values import StreamId
from hudang.ledger.casebook import Accepted
from hudang.ledger.keys import Purpose
from hudang.ledger.migrate import migrate
from hudang.ledger.verify import verify
from hudang.projections import households, transfers
from hudang.projections.transfers import Direction, TransferState, transfers_model
from hudang.scheduler.transfers import acknowledge_transfers, announce_transfers
from hudang.scheduler.work import Round, actor_of, command_id
from tests.ledger.office import registration
from tests.scheduler.counties import EAST, PROGRAMME, WEST, Counties, open_counties

MARCH = Month(2013, 3)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    database = new_database()
    migrate(database)
    return database


@pytest.fixture
def counties(database: str) -> Iterator[Counties]:
    with open_counties(database) as counties:
        yield counties


def paid_in_march(counties: Counties) -> StreamId:
    """A household in the west that was paid for March."""
    household = counties.west.entitled("001", 1, 2)
    counties.look(WEST)
    counties.west.confirm_payments(household)
    return household


def leave(counties: Counties, household: StreamId, to: str = EAST) -> None:
    counties.west.accepted(TransferOut(household=household, to_ledger=to, reason=Open("测试迁往外县")))


def halves(counties: Counties, ledger: str, state: TransferState | None = None) -> Any:
    return counties.query(transfers.transfers, ledger, state)


def arrive(counties: Counties, number: str = "901") -> StreamId:
    """A clerk in the east gives the household that was announced its number and area."""
    (arriving,) = halves(counties, EAST, TransferState.OPEN)
    counties.east.accepted(
        AcceptTransfer(transfer=arriving.announced, number=number, area=counties.east.village)
    )
    counties.engine.catch_up()
    return StreamId(halves(counties, EAST)[-1].household)


class TestAMove:
    def test_is_work_in_both_ledgers_until_it_is_done(self, counties: Counties) -> None:
        household = paid_in_march(counties)
        leave(counties, household)
        counties.look()

        (out,), (arriving,) = halves(counties, WEST), halves(counties, EAST)
        assert (out.direction, out.state, out.household) == (Direction.OUT, TransferState.OPEN, household)
        assert (arriving.direction, arriving.state) == (Direction.IN, TransferState.OPEN)
        assert (arriving.other_ledger, arriving.members, arriving.household) == (WEST, 2, None)

        there = arrive(counties)
        counties.look()

        assert {half.state for half in (*halves(counties, WEST), *halves(counties, EAST))} == {
            TransferState.COMPLETED
        }
        moved = counties.west.file(household).moved_away
        assert moved is not None
        assert moved.there == there

    def test_brings_people_address_and_account_sealed_anew(self, counties: Counties) -> None:
        household = paid_in_march(counties)
        leave(counties, household)
        counties.look(EAST)
        there = counties.east.file(arrive(counties))
        here = counties.west.file(household)

        def read(ledger: str, value: object) -> object:
            assert isinstance(value, Sealed)
            return counties.keys.open(ledger, value, Purpose.CASE_WORK)

        pairs = [(here.address, there.address), (here.account, there.account)]
        pairs += [(a.name, b.name) for a, b in zip(here.present, there.present, strict=True)]
        for before, after in pairs:
            assert before != after
            assert read(WEST, before) == read(EAST, after)
        assert {member.person for member in here.present}.isdisjoint(
            member.person for member in there.present
        )

    def test_names_the_record_that_the_other_chain_proves(self, counties: Counties) -> None:
        household = paid_in_march(counties)
        leave(counties, household)
        counties.look(EAST)
        there = arrive(counties)

        out = next(e for e in counties.west.events(household) if isinstance(e.event, TransferredOut))
        stored = counties.store.feed(WEST, out.position - 1, 1)[0]
        (half,) = halves(counties, EAST)
        (announced,) = (e.event for e in counties.east.events(half.announced)[:1])
        assert isinstance(announced, TransferAnnounced)
        assert announced.record.sha256 == stored.hash.hex()
        assert there.startswith(EAST)

    def test_opens_a_recheck_at_once(self, counties: Counties) -> None:
        leave(counties, paid_in_march(counties))
        counties.on(date(2013, 4, 3)).look(EAST)
        there = arrive(counties)
        counties.look(EAST)

        (case,) = counties.east.file(there).cases.values()
        assert (case.kind, case.due_on) == (CaseKind.RECHECK, date(2013, 4, 3))

    def test_to_a_ledger_that_is_not_here_stays_open(self, counties: Counties) -> None:
        household = paid_in_march(counties)
        leave(counties, household, to="L0099")
        for day in range(3, 6):
            counties.on(date(2013, 4, day)).look()

        (half,) = halves(counties, WEST, TransferState.OPEN)
        assert (half.other_ledger, half.household) == ("L0099", household)
        assert halves(counties, EAST) == ()
        assert counties.west.months_paid(household) == [MARCH]

    def test_frees_the_people_here(self, counties: Counties) -> None:
        leave(counties, paid_in_march(counties))

        again = counties.west.accepted(registration("002", 1))

        assert counties.west.file(again.stream).head.person

    def test_of_somebody_who_is_assisted_there_is_refused_there(self, counties: Counties) -> None:
        """Duplicate aid (重复救助) across two counties is found when it arrives."""
        there = registration("800", 2)
        counties.east.accepted(there)
        leave(counties, paid_in_march(counties))
        counties.look(EAST)
        (half,) = halves(counties, EAST, TransferState.OPEN)

        answer = counties.east.send(
            AcceptTransfer(transfer=half.announced, number="901", area=counties.east.village)
        )

        assert isinstance(answer, Refusal)
        assert answer.code == "person_in_another_household"
        assert halves(counties, EAST, TransferState.OPEN) == (half,)

    def test_leaves_both_ledgers_sound(self, counties: Counties) -> None:
        leave(counties, paid_in_march(counties))
        counties.look()
        arrive(counties)
        counties.on(date(2013, 4, 2)).look()

        for ledger in (WEST, EAST):
            report = verify(counties.store, ledger)
            assert report.sound, report.findings


class TestAListThatWasFixedBeforeTheMove:
    def test_does_not_pay_the_household(self, counties: Counties) -> None:
        household = paid_in_march(counties)
        counties.on(date(2013, 4, 2))
        prepared = counties.west.accepted(
            PreparePayroll(programme=PROGRAMME, area="430304", month=Month(2013, 4), households=(household,))
        )
        leave(counties, household)
        counties.look(WEST)
        counties.look(WEST)

        assert counties.west.months_paid(household) == [MARCH]
        dropped = [e.event for e in counties.west.events(prepared.events[0].stream)][-1]
        assert dropped == PayrollLinesDropped(households=(household,))


class TestEveryMonth:
    @pytest.mark.parametrize(
        ("leaves", "arrives", "looks_meanwhile"),
        [
            (0, 0, True),
            (3, 1, True),
            (25, 0, False),
            (29, 40, True),
            (29, 75, False),
            (64, 33, True),
            (90, 100, True),
        ],
    )
    def test_is_paid_once_in_one_of_the_two(
        self, counties: Counties, leaves: int, arrives: int, looks_meanwhile: bool
    ) -> None:
        """The jobs look here until it leaves and there for ever; some looks fall out."""
        first = date(2013, 3, 2)
        household = counties.west.entitled("001", 1, 2)
        for days in range(0, leaves + 1, 5):
            counties.on(first + timedelta(days=days)).look(WEST)
            counties.west.confirm_payments(household)
        counties.on(first + timedelta(days=leaves))
        leave(counties, household)
        counties.look()
        if looks_meanwhile:
            counties.on(first + timedelta(days=leaves + arrives // 2)).look()
        counties.on(first + timedelta(days=leaves + arrives))
        there = arrive(counties)
        end = first + timedelta(days=leaves + arrives + 40)
        counties.look()
        counties.on(end).look()
        counties.look()

        paid = [*counties.west.months_paid(household), *counties.east.months_paid(there)]
        assert paid == list(MARCH.through(Month.of(end)))


class TestAWayThatIsCut:
    def test_goes_on_from_every_step(self, counties: Counties) -> None:
        """Each job's command is sent, its answer is lost, and a job that knows nothing sends it again."""
        household = paid_in_march(counties)
        leave(counties, household)
        counties.engine.catch_up()

        assert send_and_forget(counties, EAST, announce_transfers) == [True, False]
        counties.look()
        there = arrive(counties)
        assert send_and_forget(counties, WEST, acknowledge_transfers) == [True, False]
        counties.look()
        counties.look()

        assert len(halves(counties, EAST)) == 1
        completed = [e for e in counties.west.events(household) if isinstance(e.event, TransferCompleted)]
        assert [e.event.there for e in completed if isinstance(e.event, TransferCompleted)] == [there]
        number = counties.query(households.numbered, EAST, "901")
        assert number is not None
        assert number.household == there

    def test_is_the_same_when_nobody_looked_for_a_month(self, counties: Counties) -> None:
        household = paid_in_march(counties)
        leave(counties, household)
        counties.on(date(2013, 5, 20)).look()
        there = arrive(counties)
        counties.on(date(2013, 6, 20)).look()
        counties.look()

        assert counties.west.months_paid(household) == [MARCH]
        assert counties.east.months_paid(there) == [Month(2013, 4), Month(2013, 5), Month(2013, 6)]


class TestTheReadModel:
    def test_is_the_same_repeated_and_rebuilt(self, counties: Counties) -> None:
        leave(counties, paid_in_march(counties))
        counties.look()
        arrive(counties)
        counties.look()
        live = halves(counties, WEST), halves(counties, EAST)

        counties.engine.rebuild(transfers_model.name)
        counties.engine.catch_up()

        assert (halves(counties, WEST), halves(counties, EAST)) == live


def send_and_forget(counties: Counties, ledger: str, job: Callable[[Round], Iterator[Any]]) -> list[bool]:
    """Whether something was recorded, at the first and at the second sending of the job's one command."""
    casebook = counties.west.casebook
    jurisdiction = casebook.jurisdiction(ledger)
    assert jurisdiction is not None
    with counties.store.connection() as connection:
        round_ = Round(
            ledger=ledger,
            today=casebook.now(ledger).date(),
            jurisdiction=jurisdiction,
            connection=connection,
            find_policy=lambda programme, on: casebook.policies.find(
                jurisdiction.adopted, programme, jurisdiction.area, on
            ),
            casebook=casebook,
        )
        (task,), (again,) = list(job(round_)), list(job(round_))
    answers = [
        casebook.send(
            ledger,
            one.command,
            actor=actor_of(job.__name__, jurisdiction),
            command_id=command_id(job.__name__, ledger, one),
        )
        for one in (task, again)
    ]
    return [isinstance(answer, Accepted) and not answer.repeated for answer in answers]
