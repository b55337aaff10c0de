"""The whole procedure through the casebook, then every command of it again, which is nothing new to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg import conninfo, sql

from hudang.domain.case import CaseEnd
from hudang.domain.catalogue import COMMANDS, EVENTS
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import PayoutState
from hudang.domain.personal import Open
from hudang.domain.roles import Role
from hudang.ledger import codec
from hudang.ledger.casebook import Accepted, Conflict
from hudang.ledger.codec import PersonalValue
from hudang.ledger.verify import verify
from tests.ledger.office import LEDGER, PROGRAMME, actor, open_office
from tests.ledger.year import Year

TEMPLATE = "hudang_template"


@pytest.fixture(scope="module")
def year(template: None, admin_url: Callable[[str], str]) -> Iterator[Year]:
    """A year that has been; the tests only ask and repeat."""
    with copied(admin_url) as database, open_office(database) as office:
        year = Year(office)
        year.run()
        yield year


@contextmanager
def copied(admin_url: Callable[[str], str]) -> Iterator[str]:
    """A database of this module's own."""
    name = sql.Identifier(f"test_{uuid4().hex}")
    with psycopg.connect(admin_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(TEMPLATE)))
        yield conninfo.make_conninfo(admin_url("postgres"), dbname=name.as_string().strip('"'))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class TestTheWholeProcedure:
    def test_sends_every_command_and_records_every_event(self, year: Year) -> None:
        sent = {type(sent.command).__name__ for sent in year.office.sent}
        recorded = {stored.topic for stored in year.office.store.feed(LEDGER, 0, 100_000)}

        assert sent == set(COMMANDS)
        assert recorded == set(EVENTS)

    def test_ends_every_case_as_it_was_decided(self, year: Year) -> None:
        assert {name: ends(year, name) for name in year.households} == {
            "applicant": [CaseEnd.APPROVED, CaseEnd.ENDED, None],
            "assisted": [CaseEnd.RAISED, CaseEnd.LOWERED, CaseEnd.KEPT],
            "refused_one": [CaseEnd.REFUSED],
            "slow": [CaseEnd.LAPSED],
            "shy": [CaseEnd.WITHDRAWN],
        }

    def test_entitles_from_month_to_month(self, year: Year) -> None:
        assert [amount(year, "applicant", month) for month in (2, 3, 4)] == [0, 40_000, 0]
        assert [amount(year, "assisted", month) for month in (1, 2, 3, 4)] == [62_000, 70_000, 70_000, 50_000]

    def test_pays_once(self, year: Year) -> None:
        """January, February and 300 yuan a head, returned, re-issued, confirmed: one sum arrived."""
        payouts = file_of(year, "assisted").payouts.values()

        assert [(payout.state, payout.amount_fen) for payout in payouts] == [
            (PayoutState.RETURNED, 62_000 + 70_000 + 60_000),
            (PayoutState.CONFIRMED, 62_000 + 70_000 + 60_000),
        ]

    def test_is_the_same_live_and_replayed(self, year: Year) -> None:
        assert year.office.live_states() == year.office.replayed_states()

    def test_stores_nothing_as_it_was_written_that_is_sealed(self, year: Year) -> None:
        """Whatever came open in a command: names, numbers, accounts, and words of somebody's own."""
        written: set[str] = set()
        for sent in year.office.sent:
            codec.map_personal(sent.command, partial(_noted, written))
        stored = b"".join(event.payload for event in year.office.store.feed(LEDGER, 0, 100_000))

        assert {"测试不同意见", "查实有隐瞒收入", "数据过旧", "账户已销"} <= written
        assert [text for text in written if text.encode() in stored] == []

    def test_is_chained(self, year: Year) -> None:
        report = verify(year.office.store, LEDGER)

        assert report.sound, report.findings
        assert report.events == year.office.position


class TestEveryCommandSentAgain:
    def test_gives_its_first_answer_and_records_nothing(self, year: Year) -> None:
        """Also those that would be refused by now, which is most of them."""
        before = year.office.position

        for sent in year.office.sent:
            assert isinstance(sent.answer, Accepted)
            assert year.office.again(sent) == msgspec.structs.replace(sent.answer, repeated=True)
        assert year.office.position == before

    def test_by_somebody_else_is_a_conflict(self, year: Year) -> None:
        before = year.office.position

        for sent in year.office.sent:
            answer = year.office.again(sent, by=actor(sent.actor.role, "staff-other"))
            assert isinstance(answer, Conflict)
            assert answer.code == "command_reused"
        assert year.office.position == before

    def test_under_a_new_id_is_refused_or_finds_nothing_to_record(self, year: Year) -> None:
        """What has happened does not happen a second time, whatever the client calls it."""
        before = year.office.position

        again = {type(sent.command).__name__: sent for sent in year.office.sent}
        happens_anew = {"ConveneMeeting", "NameAccount", "AddMember"}
        for name, sent in again.items():
            if name not in happens_anew:
                answer = year.office.send(sent.command, by=Role(sent.actor.role))
                year.office.sent.pop()
                assert not (isinstance(answer, Accepted) and answer.first), name
        assert year.office.position == before


def file_of(year: Year, name: str) -> Household:
    household: Household = year.office.state(year.households[name])
    return household


def ends(year: Year, name: str) -> list[CaseEnd | None]:
    return [case.end for case in file_of(year, name).cases.values()]


def amount(year: Year, name: str, month: int) -> int:
    span = file_of(year, name).entitlements[PROGRAMME].in_month(Month(2013, month))
    return span.amount_fen if span else 0


def _noted(written: set[str], value: PersonalValue, path: str) -> PersonalValue:
    assert isinstance(value, Open), path
    written.add(value.value)
    return value
