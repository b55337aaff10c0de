"""Does every command enter the ledger exactly once, whoever races or dies?"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import msgspec
import pytest

from hudang.domain.allotment import AidPurpose, DrawOnAllotment, GrantAllotment
from hudang.domain.application import (
    SubmitApplication,
)
from hudang.domain.decision import Actor, Command, Refusal
from hudang.domain.grounds import MemberCause
from hudang.domain.identity import Relation
from hudang.domain.jurisdiction import LedgerClock, OpenLedger
from hudang.domain.month import Month
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open
from hudang.domain.registration import AddMember, NameAccount, RemoveMember
from hudang.domain.roles import Role
from hudang.domain.values import Fen, PersonId, StreamId
from hudang.ledger.answers import HeldRefusal
from hudang.ledger.casebook import Accepted, Answer, Casebook, Conflict
from hudang.ledger.clock import Clocks
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store
from hudang.ledger.verify import verify
from tests.ledger.office import (
    COUNTY,
    LEDGER,
    MASTER,
    PROGRAMME,
    VILLAGE,
    Office,
    actor,
    new_member,
    open_office,
    paper,
    registration,
)

CLERK = actor(Role.TOWNSHIP_CLERK)
OFFICER = actor(Role.COUNTY_OFFICER)
ELSEWHERE = Actor(person="staff-elsewhere", role=Role.TOWNSHIP_CLERK, office="430304002")
"""A clerk of a township that has none of these files."""
PAPERS = tuple(paper(kind) for kind in ("申请书", "身份证", "户口本", "授权书", "收入证明"))
TOP = Path(__file__).parents[2]


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    with open_office(database) as office:
        yield office


class TestRacing:
    def test_commands_on_one_file_all_find_their_turn(self, office: Office) -> None:
        household = office.register("001", 1)
        (head,) = office.members(household)

        answers = at_once(
            lambda number: office.casebook.send(
                LEDGER,
                NameAccount(household=household, holder=head, account=Open(f"6217{number}")),
                actor=CLERK,
                command_id=uuid4(),
            ),
            6,
        )

        assert sorted(_accepted(answer).version for answer in answers) == [2, 3, 4, 5, 6, 7]

    def test_the_same_command_is_recorded_once(self, office: Office) -> None:
        command, command_id = registration("001", 1, 2), uuid4()

        answers = at_once(
            lambda _: office.casebook.send(LEDGER, command, actor=CLERK, command_id=command_id), 6
        )

        firsts = {msgspec.structs.replace(_accepted(answer), repeated=False).first for answer in answers}
        assert len(firsts) == 1
        assert sorted(_accepted(answer).repeated for answer in answers) == [False, *([True] * 5)]
        assert {_accepted(answer).events for answer in answers} == {_accepted(answers[0]).events}

    @pytest.mark.parametrize("round_", range(3))
    def test_applications_of_one_household_end_with_one(self, office: Office, round_: int) -> None:
        household = office.register(f"00{round_}", 1, 2)
        command = application(office, household)

        answers = at_once(lambda _: office.casebook.send(LEDGER, command, actor=CLERK, command_id=uuid4()), 4)

        assert outcomes(answers) == ["accepted", *(["application_already_open"] * 3)]
        assert holders(answers) == [household] * 3
        assert len(office.state(household).cases) == 1

    @pytest.mark.parametrize("round_", range(3))
    def test_registrations_of_one_person_end_with_one(self, office: Office, round_: int) -> None:
        """Nobody becomes two persons, and nobody belongs to two households."""
        answers = at_once(
            lambda number: office.casebook.send(
                LEDGER,
                registration(f"{round_}-{number}", 1, 10 + number),
                actor=CLERK,
                command_id=uuid4(),
            ),
            4,
        )

        assert outcomes(answers) == ["accepted", *(["person_in_another_household"] * 3)]
        assert set(holders(answers)) == {answer.stream for answer in answers if isinstance(answer, Accepted)}
        known = [
            recorded
            for recorded in _accepted(next(a for a in answers if isinstance(a, Accepted))).events
            if isinstance(recorded.event, PersonRegistered)
        ]
        assert len(known) == 2

    @pytest.mark.parametrize("round_", range(3))
    def test_applications_for_one_person_by_two_households_end_with_one(
        self, office: Office, round_: int
    ) -> None:
        """Listed in one household's application, then a member of another: that one is told who has it."""
        first, second = (office.register(f"{round_}-{number}", 10 + number, 20 + number) for number in (1, 2))
        moving = office.members(first)[1]
        opened = office.accepted(application(office, first))
        office.accepted(left(first, moving))
        office.accepted(joined(second, 21))
        command = application(office, second)

        answers = at_once(
            lambda number: office.casebook.send(
                LEDGER, command, actor=CLERK if number else ELSEWHERE, command_id=uuid4()
            ),
            4,
        )

        assert outcomes(answers) == ["application_already_open"] * 4
        assert holders(answers) == [opened.stream] * 3
        assert type(answers[0]) is Refusal

    @pytest.mark.parametrize(("total", "each"), [(100_000, 30_000), (90_000, 30_000), (20_000, 30_000)])
    def test_draws_on_one_allotment_never_overspend_it(self, office: Office, total: int, each: int) -> None:
        """As many succeed as fit; the others are told what is left."""
        households = [office.register(f"{number:03}", number) for number in range(1, 7)]
        allotment = granted(office, total)

        answers = at_once(
            lambda number: persistently(
                office,
                DrawOnAllotment(
                    allotment=allotment,
                    household=households[number],
                    amount_fen=Fen(each),
                    purpose=AidPurpose.LIVING,
                ),
            ),
            6,
        )

        fit = total // each
        assert outcomes(answers) == ["accepted"] * fit + ["allotment_exhausted"] * (6 - fit)
        left = total - fit * each
        assert office.state(allotment).left_fen == left
        assert all(str(left) in answer.message for answer in answers if isinstance(answer, Refusal))

    def test_grants_for_one_group_end_with_one(self, office: Office) -> None:
        command = grant(100_000)

        answers = at_once(
            lambda _: office.casebook.send(LEDGER, command, actor=OFFICER, command_id=uuid4()), 4
        )

        assert outcomes(answers) == ["accepted", *(["allotment_already_granted"] * 3)]
        assert set(holders(answers)) == {answer.stream for answer in answers if isinstance(answer, Accepted)}

    def test_household_numbers_end_with_one(self, office: Office) -> None:
        answers = at_once(
            lambda number: office.casebook.send(
                LEDGER, registration("001", 10 + number), actor=CLERK, command_id=uuid4()
            ),
            4,
        )

        assert outcomes(answers) == ["accepted", *(["household_number_taken"] * 3)]

    def test_members_joining_are_all_counted(self, office: Office) -> None:
        household = office.register("001", 1)

        at_once(
            lambda number: office.casebook.send(
                LEDGER,
                AddMember(
                    household=household,
                    member=new_member(str(number), 10 + number, Relation.CHILD),
                    cause=MemberCause.BIRTH,
                    reason=Open("出生"),
                ),
                actor=CLERK,
                command_id=uuid4(),
            ),
            5,
        )

        assert len(office.members(household)) == 6


class TestOpeningALedger:
    def test_is_opened_once_by_processes_that_start_together(self, database: str) -> None:
        with Store(database) as store:
            books = [Casebook(store, KeyRing(MASTER, store), Clocks()) for _ in range(4)]
            command = OpenLedger(name="测试区", area=COUNTY, clock=LedgerClock.SERVER)

            answers = at_once(
                lambda number: books[number].open_ledger(
                    LEDGER, command, actor=actor(Role.OPERATOR), command_id=uuid4()
                ),
                4,
            )

            assert outcomes(answers) == ["accepted"] * 4
            assert sorted(_accepted(answer).repeated for answer in answers) == [False, True, True, True]
            assert store.heads()[LEDGER].position == 1


class TestAClientThatIsKilled:
    def test_leaves_everything_that_was_acknowledged(self, office: Office, database: str) -> None:
        """Whatever a client was told is in the ledger, whole and chained; what it was not told may be."""
        command = [sys.executable, "-c", _CLIENT, database]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TOP) as client:
            assert client.stdout is not None
            acknowledged = [UUID(client.stdout.readline().strip()) for _ in range(25)]
            client.kill()
            acknowledged += [UUID(line) for line in client.stdout.read().splitlines() if len(line) == 36]

        for command_id in acknowledged:
            row = office.store.command(LEDGER, command_id)
            assert row is not None
            assert row.last - row.first + 1 == 3
        report = verify(office.store, LEDGER)
        assert report.sound, report.findings
        assert isinstance(office.send(registration("after", 999)), Accepted)


_CLIENT = """
import sys
from itertools import count
from uuid import uuid4
from hudang.domain.roles import Role
from hudang.ledger.casebook import Accepted, Casebook
from hudang.ledger.clock import Clocks, SimulatedClock
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store
from tests.ledger.office import LEDGER, MASTER, actor, registration

store = Store(sys.argv[1])
clock = SimulatedClock(store.heads()[LEDGER].recorded_at)
casebook = Casebook(store, KeyRing(MASTER, store), Clocks({LEDGER: clock}))
for number in count():
    command_id = uuid4()
    answer = casebook.send(
        LEDGER,
        registration(f"killed-{number}", 2 * number, 2 * number + 1),
        actor=actor(Role.TOWNSHIP_CLERK),
        command_id=command_id,
    )
    assert isinstance(answer, Accepted), answer
    print(command_id, flush=True)
"""


def application(office: Office, household: StreamId, papers: int = 5) -> SubmitApplication:
    return SubmitApplication(
        household=household,
        programme=PROGRAMME,
        applicant=office.members(household)[0],
        papers=PAPERS[:papers],
    )


def left(household: StreamId, person: PersonId) -> RemoveMember:
    return RemoveMember(
        household=household, person=person, cause=MemberCause.MOVED_OUT, reason=Open("测试迁出")
    )


def joined(household: StreamId, running: int) -> AddMember:
    member = new_member(str(running), running, Relation.CHILD)
    return AddMember(household=household, member=member, cause=MemberCause.RETURNED, reason=Open("测试迁入"))


def grant(amount_fen: int) -> GrantAllotment:
    return GrantAllotment(
        programme="temporary-assistance",
        area=VILLAGE,
        first_month=Month(2013, 1),
        last_month=Month(2013, 3),
        amount_fen=Fen(amount_fen),
        source=paper("资金分配名单"),
    )


def granted(office: Office, amount_fen: int) -> StreamId:
    return office.accepted(grant(amount_fen)).stream


def persistently(office: Office, command: Command) -> Answer:
    """Ask again, under the same id, for as long as the file keeps changing."""
    command_id = uuid4()
    while isinstance(
        answer := office.casebook.send(LEDGER, command, actor=CLERK, command_id=command_id), Conflict
    ):
        assert answer.code == "too_busy"
    return answer


def holders(answers: list[Answer]) -> list[StreamId]:
    """The files that the refusals name."""
    return [answer.held_by for answer in answers if isinstance(answer, HeldRefusal)]


def at_once(send: Callable[[int], Answer], senders: int) -> list[Answer]:
    """The answers of senders that start at one moment."""
    barrier = Barrier(senders)

    def start(number: int) -> Answer:
        barrier.wait(timeout=30)
        return send(number)

    with ThreadPoolExecutor(senders) as threads:
        return list(threads.map(start, range(senders)))


def outcomes(answers: list[Answer]) -> list[str]:
    return sorted("accepted" if isinstance(answer, Accepted) else answer.code for answer in answers)


def _accepted(answer: Answer) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer
