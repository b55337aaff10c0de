"""Does every command enter the ledger exactly once, whoever races, repeats, dies or peeps?"""

import base64
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from psycopg import sql

from hudang.domain.application import (
    AcceptApplication,
    ApplicationSubmitted,
    ReceivePapers,
    SubmitApplication,
)
from hudang.domain.decision import Refusal
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.jurisdiction import AreaLevel as Level
from hudang.domain.jurisdiction import EstablishArea, LedgerClock, LedgerOpened, OpenLedger
from hudang.domain.month import Month
from hudang.domain.opening import RegisterExistingEntitlement
from hudang.domain.opinion import GiveOpinion
from hudang.domain.payroll import ConfirmPayouts, InstructPayouts, PayrollPrepared, PreparePayroll
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open, Sealed
from hudang.domain.registration import AddMember, HouseholdRegistered, NameAccount, RemoveMember
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, PersonId, StreamId
from hudang.ledger.casebook import Accepted, Answer, Casebook, Conflict
from hudang.ledger.clock import Clocks
from hudang.ledger.errors import UnknownLedger
from hudang.ledger.keys import KeyRing, Purpose
from hudang.ledger.store import Store
from hudang.ledger.verify import verify
from tests.ledger.office import (
    BEGINNING,
    COUNTY,
    LEDGER,
    MASTER,
    OPENING,
    PROGRAMME,
    VILLAGE,
    Office,
    actor,
    identity_number,
    new_member,
    open_office,
    paper,
    registration,
)

CLERK = actor(Role.TOWNSHIP_CLERK)
PAPERS = tuple(paper(kind) for kind in ("申请书", "身份证", "户口本", "授权书", "收入证明"))
CANARY = "测试金丝雀"
TOP = Path(__file__).parents[2]


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    with open_office(database) as office:
        yield office


def application(office: Office, household: StreamId, papers: int = 5) -> SubmitApplication:
    return SubmitApplication(
        household=household,
        programme=PROGRAMME,
        applicant=office.members(household)[0],
        papers=PAPERS[:papers],
    )


def case_of(answer: Answer) -> CaseId:
    assert isinstance(answer, Accepted)
    (event,) = (recorded.event for recorded in answer.events)
    assert isinstance(event, ApplicationSubmitted)
    return event.case


def entitle(office: Office, household: StreamId) -> None:
    office.accepted(
        RegisterExistingEntitlement(
            household=household,
            programme=PROGRAMME,
            household_class=HouseholdClass.B,
            amount_fen=Fen(40_000),
            from_month=Month(2011, 3),
            last_reviewed_on=date(2012, 12, 3),
            source=paper("存量名册"),
            vouched_by="测试经办",
        )
    )


def code(answer: Answer) -> str:
    assert isinstance(answer, Refusal | Conflict), answer
    return answer.code


class TestRepeatingACommand:
    def test_gives_the_first_answer_and_records_nothing(self, office: Office) -> None:
        office.register("001", 1, 2)
        before = office.position

        answer = office.again(office.sent[-1])

        assert answer == msgspec.structs.replace(_accepted(office.sent[-1].answer), repeated=True)
        assert office.position == before

    def test_gives_the_first_answer_also_when_it_would_be_refused_by_now(self, office: Office) -> None:
        household = office.register("001", 1)
        office.accepted(application(office, household))

        answer = office.again(office.sent[-1])

        assert isinstance(answer, Accepted)
        assert answer.repeated
        assert office.refused(application(office, household)) == "application_already_open"

    def test_gives_the_version_of_a_subject_that_got_no_event(self, office: Office) -> None:
        """A bank's confirmation names the payroll, and is recorded in the households' files."""
        household = office.register("001", 1)
        entitle(office, household)
        office.on(date(2013, 3, 1))
        payroll = _payroll(office, household)
        office.accepted(InstructPayouts(payroll=payroll, households=(household,)))
        first = office.accepted(
            ConfirmPayouts(payroll=payroll, households=(household,), bank_reference="回盘-1")
        )

        assert (first.stream, first.version) == (payroll, 2)
        assert office.again(office.sent[-1]) == msgspec.structs.replace(first, repeated=True)

    def test_that_another_person_asked_for_is_a_conflict(self, office: Office) -> None:
        office.register("001", 1)

        assert code(office.again(office.sent[-1], by=actor(Role.TOWNSHIP_CLERK, "staff-other"))) == (
            "command_reused"
        )

    def test_with_another_request_is_a_conflict(self, office: Office) -> None:
        office.register("001", 1)

        answer = office.send(registration("002", 2), command_id=office.sent[-1].command_id)

        assert code(answer) == "command_reused"
        assert office.position == _accepted(office.sent[-2].answer).last

    def test_with_another_personal_value_is_a_conflict(self, office: Office) -> None:
        household = office.register("001", 1)
        (head,) = office.members(household)
        first = NameAccount(household=household, holder=head, account=Open("6217"))
        office.accepted(first)

        answer = office.send(
            msgspec.structs.replace(first, account=Open("6218")), command_id=office.sent[-1].command_id
        )

        assert code(answer) == "command_reused"

    def test_that_was_refused_decides_again(self, office: Office) -> None:
        """A refusal is not remembered: once the papers are there, the same request passes."""
        household = office.register("001", 1)
        case = case_of(office.send(application(office, household, papers=4)))
        accept = AcceptApplication(household=household, case=case)
        assert office.refused(accept) == "papers_missing"
        refused = office.sent[-1]
        office.accepted(ReceivePapers(household=household, case=case, papers=PAPERS[4:]))

        assert isinstance(office.again(refused), Accepted)

    def test_that_found_nothing_to_record_finds_nothing_again(self, office: Office) -> None:
        known = EstablishArea(jurisdiction=StreamId(LEDGER), area=COUNTY, name="测试区", level=Level.COUNTY)
        first = office.accepted(known)

        assert (first.first, first.events, first.version) == (None, (), 5)
        assert office.again(office.sent[-1]) == first


class TestDecidingOnWhatWasSeen:
    def test_is_refused_without_the_version_that_was_seen(self, office: Office) -> None:
        command = GiveOpinion(
            household=office.register("001", 1),
            case=CaseId("case"),
            recommends=True,
            household_class=HouseholdClass.B,
            reasons="属实",
        )

        answer = office.casebook.send(LEDGER, command, actor=CLERK, command_id=uuid4())

        assert code(answer) == "expected_version_missing"

    def test_is_a_conflict_once_the_file_has_moved(self, office: Office) -> None:
        household = office.register("001", 1)
        office.accepted(application(office, household))
        before = office.position

        answer = office.casebook.send(
            LEDGER,
            AcceptApplication(household=household, case=CaseId("case")),
            actor=CLERK,
            command_id=uuid4(),
            expected_version=1,
        )

        assert code(answer) == "version_moved"
        assert office.position == before

    def test_goes_through_on_the_version_that_stands(self, office: Office) -> None:
        household = office.register("001", 1)
        answer = office.casebook.send(
            LEDGER, application(office, household), actor=CLERK, command_id=uuid4(), expected_version=1
        )

        assert isinstance(answer, Accepted)
        assert answer.version == 2


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
        known = [
            recorded
            for recorded in _accepted(next(a for a in answers if isinstance(a, Accepted))).events
            if isinstance(recorded.event, PersonRegistered)
        ]
        assert len(known) == 2

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
                    reason="出生",
                ),
                actor=CLERK,
                command_id=uuid4(),
            ),
            5,
        )

        assert len(office.members(household)) == 6


class TestAPerson:
    def test_known_by_the_identity_number_keeps_the_id(self, office: Office) -> None:
        first = office.register("001", 1, 2)
        _, moved = office.members(first)
        office.accepted(RemoveMember(household=first, person=moved, reason="迁出"))

        second = office.register("002", 2)

        assert office.members(second) == (moved,)
        assert [type(event) for event in office.events(moved)] == [PersonRegistered]

    def test_known_by_the_number_however_it_is_written(self, office: Office) -> None:
        first = office.register("001", 1, 2)
        _, moved = office.members(first)
        office.accepted(RemoveMember(household=first, person=moved, reason="迁出"))
        number = identity_number(2)
        member = msgspec.structs.replace(
            new_member("别写", 2, Relation.CHILD), identity_number=Open(f" {number[:6]} {number[6:].lower()}")
        )

        second = office.register("002", 3)
        office.accepted(AddMember(household=second, member=member, reason="迁入"))

        assert moved in office.members(second)

    def test_is_another_one_in_another_ledger(self, office: Office) -> None:
        household = office.register("001", 1)
        other = OpenLedger(name="别处", area="430305", clock=LedgerClock.SERVER)
        office.casebook.open_ledger("L0002", other, actor=actor(Role.OPERATOR), command_id=uuid4())

        answer = office.casebook.send("L0002", registration("001", 1), actor=CLERK, command_id=uuid4())

        state, _ = _loaded(office.casebook, "L0002", _accepted(answer).stream)
        assert state.head.person not in office.members(household)
        assert state.head.person.startswith("L0002-")

    def test_is_sealed_for_the_place_where_the_value_stands(self, office: Office) -> None:
        household = office.register("001", 1)

        (registered,) = office.events(household)

        assert isinstance(registered, HouseholdRegistered)
        name = registered.members[0].name
        assert isinstance(name, Sealed)
        assert name.at == f"{household}:1:members/0/name"
        assert office.keys.open(LEDGER, name, Purpose.PUBLIC_NOTICE) == "测试001-1"


class TestPersonalData:
    def test_is_nowhere_in_the_database_or_the_logs(
        self, database: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with open_office(database) as office:
            secrets = _leave_traces(office)

        stored = list(_everything_in(database))

        assert len(stored) > 50
        for secret in secrets:
            for shape in _shapes_of(secret):
                assert not [where for where, raw in stored if shape in raw], secret
                assert shape not in caplog.text.encode()

    def test_is_what_the_scan_would_find(self, office: Office, database: str) -> None:
        """The scan sees every column: what may stand in the clear, it finds."""
        office.register("金丝雀编号", 1)

        assert [where for where, raw in _everything_in(database) if "金丝雀编号".encode() in raw] == [
            "claims.claim",
            "events.payload",
        ]

    def test_is_not_in_the_answer_to_a_request_that_cannot_be_kept(self, office: Office) -> None:
        command = msgspec.structs.replace(registration("001", 1), address=Open(f"{CANARY}\ud800"))

        answer = office.casebook.send(LEDGER, command, actor=CLERK, command_id=uuid4())

        assert code(answer) == "request_unreadable"
        assert CANARY not in str(answer)


class TestTheState:
    def test_is_the_same_live_and_replayed(self, office: Office) -> None:
        household = office.register("001", 1, 2)
        office.accepted(application(office, household))
        office.register("002", 3)

        assert office.live_states() == office.replayed_states()

    def test_of_a_file_named_twice_is_folded_once(self, office: Office) -> None:
        household = office.register("001", 1, 2)
        entitle(office, household)
        office.on(date(2013, 3, 1))

        answer = office.accepted(
            PreparePayroll(
                programme=PROGRAMME, area=COUNTY, month=Month(2013, 3), households=(household, household)
            )
        )

        (prepared,) = (recorded.event for recorded in answer.events)
        assert isinstance(prepared, PayrollPrepared)
        assert [(line.household, line.amount_fen) for line in prepared.lines] == [(household, 40_000)]

    def test_of_a_file_of_another_ledger_is_unknown(self, office: Office) -> None:
        household = office.register("001", 1)
        other = OpenLedger(name="别处", area="430305", clock=LedgerClock.SERVER)
        office.casebook.open_ledger("L0002", other, actor=actor(Role.OPERATOR), command_id=uuid4())

        answer = office.casebook.send(
            "L0002", application(office, household), actor=CLERK, command_id=uuid4()
        )

        assert code(answer) == "not_found"

    def test_of_what_was_never_written_is_none(self, office: Office) -> None:
        assert office.casebook.load(LEDGER, StreamId("L0001-nowhere")) is None


class TestALedger:
    def test_is_opened_once(self, office: Office) -> None:
        before = office.position

        answer = office.casebook.open_ledger(LEDGER, OPENING, actor=actor(Role.OPERATOR), command_id=uuid4())

        assert isinstance(answer, Accepted)
        assert (answer.stream, answer.version, answer.repeated) == (LEDGER, 5, True)
        assert office.position == before
        assert [type(event) for event in office.events(LEDGER)].count(LedgerOpened) == 1

    def test_answers_the_first_opening_again_with_its_positions(self, office: Office) -> None:
        opening = office.sent[0]

        answer = office.again(opening)

        assert answer == msgspec.structs.replace(_accepted(opening.answer), repeated=True)

    @pytest.mark.parametrize(
        "other",
        [
            {"name": "别处"},
            {"area": "430305"},
            {"clock": LedgerClock.SERVER},
        ],
        ids=str,
    )
    def test_is_not_opened_again_as_another(self, office: Office, other: dict[str, Any]) -> None:
        command = msgspec.structs.replace(OPENING, **other)

        answer = office.casebook.open_ledger(LEDGER, command, actor=actor(Role.OPERATOR), command_id=uuid4())

        assert code(answer) == "ledger_already_open"

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

    def test_is_opened_by_the_operator(self, database: str) -> None:
        with Store(database) as store:
            casebook = Casebook(store, KeyRing(MASTER, store), Clocks())

            answer = casebook.open_ledger(LEDGER, OPENING, actor=CLERK, command_id=uuid4())

            assert code(answer) == "role_not_allowed"
            assert store.heads() == {}

    def test_that_was_never_opened_is_a_fault(self, office: Office) -> None:
        with pytest.raises(UnknownLedger):
            office.casebook.send("L0009", registration("001", 1), actor=CLERK, command_id=uuid4())

    def test_knows_what_another_process_established(self, office: Office) -> None:
        other = Casebook(office.store, office.keys, Clocks({LEDGER: office.clock}))
        area = EstablishArea(
            jurisdiction=StreamId(LEDGER),
            area="430304001002",
            name="测试二社区",
            level=Level.VILLAGE,
            parent=COUNTY,
        )

        other.send(LEDGER, area, actor=actor(Role.OPERATOR), command_id=uuid4())

        jurisdiction = office.casebook.jurisdiction(LEDGER)
        assert jurisdiction is not None
        assert set(jurisdiction.areas) == {COUNTY, VILLAGE, "430304001002"}


class TestTime:
    def test_of_a_simulated_ledger_is_recorded(self, office: Office) -> None:
        day = date(2013, 3, 5)
        office.on(day)

        answer = office.accepted(registration("001", 1))

        nine = datetime(2013, 3, 5, 1, tzinfo=UTC)
        assert {recorded.recorded_at for recorded in answer.events} == {answer.recorded_at} == {nine}
        assert {recorded.happened_on for recorded in answer.events} == {day}
        assert office.casebook.now(LEDGER) == nine

    def test_is_the_day_in_china(self, office: Office) -> None:
        office.clock.set(datetime(2013, 3, 5, 16, 30, tzinfo=UTC))

        answer = office.accepted(registration("001", 1))

        assert {recorded.happened_on for recorded in answer.events} == {date(2013, 3, 6)}

    def test_of_a_past_fact_is_kept_beside_it(self, office: Office) -> None:
        office.on(date(2013, 3, 5))

        answer = office.accepted(
            msgspec.structs.replace(registration("001", 1), happened_on=date(2013, 2, 1))
        )

        assert {recorded.happened_on for recorded in answer.events} == {date(2013, 2, 1)}
        assert answer.recorded_at == datetime(2013, 3, 5, 1, tzinfo=UTC)

    def test_to_come_is_refused(self, office: Office) -> None:
        command = msgspec.structs.replace(registration("001", 1), happened_on=BEGINNING + timedelta(1))

        assert office.refused(command) == "fact_in_the_future"

    def test_of_any_other_ledger_is_the_databases(self, office: Office) -> None:
        before = datetime.now(UTC)
        command = OpenLedger(name="别处", area="430305", clock=LedgerClock.SERVER)

        answer = office.casebook.open_ledger("L0002", command, actor=actor(Role.OPERATOR), command_id=uuid4())

        recorded_at = _accepted(answer).recorded_at
        assert recorded_at is not None
        assert before - timedelta(minutes=1) <= recorded_at <= datetime.now(UTC) + timedelta(minutes=1)


class TestWhoeverWaitsForNews:
    def test_is_told_when_something_was_recorded_and_not_otherwise(self, database: str) -> None:
        told: list[str] = []
        with open_office(database, appended=lambda: told.append("news")) as office:
            before = len(told)

            office.register("001", 1)
            office.refused(registration("001", 2))
            office.send(registration("001", 1), command_id=office.sent[-2].command_id)

            assert len(told) == before + 1


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


def _loaded(casebook: Casebook, ledger: str, stream: StreamId) -> tuple[Household, Any]:
    loaded = casebook.load(ledger, stream)
    assert loaded is not None
    return loaded


def _payroll(office: Office, household: StreamId) -> StreamId:
    answer = office.accepted(
        PreparePayroll(programme=PROGRAMME, area=COUNTY, month=Month(2013, 3), households=(household,))
    )
    return answer.events[0].stream


def _leave_traces(office: Office) -> list[str]:
    """Enter a person's name, number, address and account in every way that fails or succeeds."""
    number, account, address = identity_number(777), "6217000012345678901", "金丝雀路七号"
    command = msgspec.structs.replace(
        registration("001", 1),
        address=Open(address),
        members=(
            msgspec.structs.replace(
                new_member("", 777, Relation.HEAD), name=Open(CANARY), identity_number=Open(number)
            ),
        ),
    )
    household = office.accepted(command).stream
    (person,) = office.members(household)
    office.accepted(NameAccount(household=household, holder=person, account=Open(account)))
    assert office.refused(msgspec.structs.replace(command, number="002")) == "person_in_another_household"
    unknown = NameAccount(household=household, holder=PersonId("L0001-nobody"), account=Open(account))
    assert office.refused(unknown) == "holder_not_a_member"
    return [CANARY, number, account, address]


def _shapes_of(secret: str) -> list[bytes]:
    """The secret as text, as escaped JSON, in base64 and in hexadecimal."""
    raw = secret.encode()
    return [
        raw,
        secret.encode("unicode_escape"),
        secret.encode("utf-16-le"),
        base64.b64encode(raw)[:-4],
        raw.hex().encode(),
    ]


def _everything_in(database: str) -> Iterator[tuple[str, bytes]]:
    """Every value of every table, as bytes, with the name of its table and column."""
    with psycopg.connect(database) as connection:
        columns = connection.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            " ORDER BY 1, 2, 3"
        ).fetchall()
        for schema, table, column in columns:
            values = connection.execute(
                sql.SQL("SELECT DISTINCT {} FROM {}").format(
                    sql.Identifier(column), sql.Identifier(schema, table)
                )
            )
            for (value,) in values:
                raw = value if isinstance(value, bytes) else str(value).encode()
                yield f"{table}.{column}", raw
