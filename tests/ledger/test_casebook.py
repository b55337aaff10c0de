"""Does every command enter the ledger exactly once, decided on what stands, at the time of its ledger?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from hudang.domain.application import (
    AcceptApplication,
    ApplicationSubmitted,
    ReceivePapers,
    SubmitApplication,
)
from hudang.domain.decision import Refusal
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround
from hudang.domain.jurisdiction import AreaLevel as Level
from hudang.domain.jurisdiction import EstablishArea, LedgerClock, LedgerOpened, OpenLedger
from hudang.domain.month import Month
from hudang.domain.opening import RegisterExistingEntitlement
from hudang.domain.opinion import GiveOpinion
from hudang.domain.payroll import ConfirmPayouts, InstructPayouts, PayrollPrepared, PreparePayroll
from hudang.domain.personal import Open
from hudang.domain.registration import NameAccount
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.ledger.casebook import Accepted, Answer, Casebook, Conflict
from hudang.ledger.clock import Clocks
from hudang.ledger.errors import UnknownLedger
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store
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
    open_office,
    paper,
    registration,
)

CLERK = actor(Role.TOWNSHIP_CLERK)
PAPERS = tuple(paper(kind) for kind in ("申请书", "身份证", "户口本", "授权书", "收入证明"))


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
            ground=DecisionGround.ENTITLED,
            reasons=Open("属实"),
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


def _accepted(answer: Answer) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer


def _payroll(office: Office, household: StreamId) -> StreamId:
    answer = office.accepted(
        PreparePayroll(programme=PROGRAMME, area=COUNTY, month=Month(2013, 3), households=(household,))
    )
    return answer.events[0].stream
