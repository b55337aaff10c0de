"""Does a person stay one person, and what is personal stay sealed, in all that is stored or logged?"""

import base64
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg import sql

from hudang.domain.decision import Refusal
from hudang.domain.grounds import MemberCause
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.jurisdiction import LedgerClock, OpenLedger
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open, Sealed
from hudang.domain.registration import AddMember, HouseholdRegistered, NameAccount, RemoveMember
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from hudang.ledger.casebook import Accepted, Answer, Casebook, Conflict
from hudang.ledger.keys import Purpose
from tests.ledger.office import (
    LEDGER,
    Office,
    actor,
    identity_number,
    new_member,
    open_office,
    registration,
)

CLERK = actor(Role.TOWNSHIP_CLERK)
CANARY = "测试金丝雀"


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    with open_office(database) as office:
        yield office


class TestAPerson:
    def test_known_by_the_identity_number_keeps_the_id(self, office: Office) -> None:
        first = office.register("001", 1, 2)
        _, moved = office.members(first)
        office.accepted(
            RemoveMember(household=first, person=moved, cause=MemberCause.MOVED_OUT, reason=Open("迁出"))
        )

        second = office.register("002", 2)

        assert office.members(second) == (moved,)
        assert [type(event) for event in office.events(moved)] == [PersonRegistered]

    def test_known_by_the_number_however_it_is_written(self, office: Office) -> None:
        first = office.register("001", 1, 2)
        _, moved = office.members(first)
        office.accepted(
            RemoveMember(household=first, person=moved, cause=MemberCause.MOVED_OUT, reason=Open("迁出"))
        )
        number = identity_number(2)
        member = msgspec.structs.replace(
            new_member("别写", 2, Relation.CHILD), identity_number=Open(f" {number[:6]} {number[6:].lower()}")
        )

        second = office.register("002", 3)
        office.accepted(
            AddMember(household=second, member=member, cause=MemberCause.MARRIAGE, reason=Open("迁入"))
        )

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


def code(answer: Answer) -> str:
    assert isinstance(answer, Refusal | Conflict), answer
    return answer.code


def _accepted(answer: Answer) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer


def _loaded(casebook: Casebook, ledger: str, stream: StreamId) -> tuple[Household, Any]:
    loaded = casebook.load(ledger, stream)
    assert loaded is not None
    return loaded


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
