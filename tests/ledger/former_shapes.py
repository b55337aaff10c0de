"""What would a ledger hold whose events had once looked different? Shapes and topics that only tests pretend.

A household file was once opened for its head alone (version 1, then version 2 with the register), its account
was named in two events, an account and a departure were told in one, and remarks were kept that mean nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from hudang.domain import former
from hudang.domain.decision import Claim
from hudang.domain.former import Former, Today, upcasts, upcasts_together
from hudang.domain.grounds import MemberCause
from hudang.domain.identity import Relation
from hudang.domain.personal import Personal, Sealed
from hudang.domain.policy_terms import Register
from hudang.domain.registration import AccountNamed, HouseholdRegistered, MemberEntry, MemberLeft
from hudang.domain.values import PersonId, StreamId
from hudang.ledger.records import NewEvent, StoredEvent

LEDGER = "L0001"
STREAM = StreamId("L0001-household")
HEAD = PersonId("L0001-head")
CHILD = PersonId("L0001-child")
ON = date(2013, 3, 1)


class FileOpenedV1(Former, frozen=True, kw_only=True):
    """The head alone; all of them lived in town."""

    TOPIC = "test.file_opened"

    number: str
    area: str
    head: PersonId
    head_name: Personal
    home: Personal

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return (Claim(key=f"household-number/{self.number}", holder=f"household/{stream}"),)


class FileOpenedV2(Former, frozen=True, kw_only=True):
    """The head and the register."""

    TOPIC = "test.file_opened.v2"

    number: str
    area: str
    register: Register
    head: PersonId
    head_name: Personal
    home: Personal


class HolderNamed(Former, frozen=True, kw_only=True):
    """Whose account it is; the number followed."""

    TOPIC = "test.holder_named"

    holder: PersonId


class NumberNamed(Former, frozen=True, kw_only=True):
    """The account's number; without a word of whose it is, it is that of whoever it is sealed for."""

    TOPIC = "test.number_named"

    number: Personal


class AccountAndDeparture(Former, frozen=True, kw_only=True):
    """Two things told in one."""

    TOPIC = "test.account_and_departure"

    holder: PersonId
    account: Personal
    gone: PersonId
    why: Personal


class Remark(Former, frozen=True, kw_only=True):
    """It says nothing that anybody asks for."""

    TOPIC = "test.remark"

    text: str


class DepartureAnnounced(Former, frozen=True, kw_only=True):
    """Said before every departure, which is still recorded as it was."""

    TOPIC = "test.departure_announced"


def _register() -> None:
    @upcasts(FileOpenedV1)
    def file_v1(old: FileOpenedV1) -> Today:
        return (FileOpenedV2(register=Register.URBAN, **msgspec.structs.asdict(old)),)

    @upcasts(FileOpenedV2)
    def file_v2(old: FileOpenedV2) -> Today:
        head = MemberEntry(person=old.head, relation=Relation.HEAD, name=old.head_name)
        return (
            HouseholdRegistered(
                number=old.number, area=old.area, register=old.register, address=old.home, members=(head,)
            ),
        )

    @upcasts(HolderNamed)
    def holder_alone(old: HolderNamed) -> Today:
        return ()

    @upcasts(NumberNamed)
    def number_alone(old: NumberNamed) -> Today:
        assert isinstance(old.number, Sealed)
        return (AccountNamed(holder=old.number.of, account=old.number),)

    @upcasts_together(HolderNamed, NumberNamed)
    def account(first: HolderNamed, second: NumberNamed) -> Today:
        return (AccountNamed(holder=first.holder, account=second.number),)

    @upcasts(AccountAndDeparture)
    def account_and_departure(old: AccountAndDeparture) -> Today:
        return (
            AccountNamed(holder=old.holder, account=old.account),
            MemberLeft(person=old.gone, cause=MemberCause.OTHER, reason=old.why),
        )

    @upcasts(Remark)
    def remark(old: Remark) -> Today:
        return ()

    @upcasts(DepartureAnnounced)
    def announced(old: DepartureAnnounced) -> Today:
        return ()

    @upcasts_together(DepartureAnnounced, MemberLeft)
    def departure(first: DepartureAnnounced, second: MemberLeft) -> Today:
        return (second,)


@contextmanager
def pretended() -> Iterator[None]:
    """These shapes are known while this lasts."""
    with restored():
        _register()
        yield


@contextmanager
def restored() -> Iterator[None]:
    """Whatever is registered meanwhile is forgotten afterwards."""
    tables: tuple[dict[object, object], ...] = (former.FORMER, former._ALONE, former._TOGETHER)  # type: ignore[assignment]  # whatever they hold
    kept, first = [dict(table) for table in tables], set(former._FIRST)
    try:
        yield
    finally:
        for table, before in zip(tables, kept, strict=True):
            table.clear()
            table.update(before)
        former._FIRST.clear()
        former._FIRST.update(first)


def sealed(
    of: PersonId = HEAD, at: str = "L0001-household:1:home", box: str = "AAECAwQFBgcICQoLDA0="
) -> Sealed:
    return Sealed(of=of, at=at, box=box)


def payload(shape: Former) -> bytes:
    """The bytes that were once stored."""
    return msgspec.json.encode(shape)


def new(stream: StreamId, shape: Former) -> NewEvent:
    """As it was once recorded."""
    return NewEvent(stream, shape.TOPIC, payload(shape), ON)


def stored(
    shape: msgspec.Struct, position: int, *, stream: StreamId = STREAM, command: int = 1, topic: str = ""
) -> StoredEvent:
    """An event as the database has it, with its position as its version."""
    return StoredEvent(
        ledger=LEDGER,
        position=position,
        stream=stream,
        version=position,
        topic=topic or str(getattr(type(shape), "TOPIC", "")),
        payload=msgspec.json.encode(shape),
        command_id=UUID(int=command),
        actor_person="staff-1",
        actor_role="township_clerk",
        actor_office="430304001",
        happened_on=ON,
        recorded_at=datetime(2013, 3, 1, 1, tzinfo=UTC),
        hash=b"",
    )


OPENED = FileOpenedV1(
    number="001",
    area="430304001001",
    head=HEAD,
    head_name=sealed(at="L0001-household:1:head_name"),
    home=sealed(at="L0001-household:1:home"),
)
HOLDER = HolderNamed(holder=HEAD)
NUMBER = NumberNamed(number=sealed(CHILD, "L0001-household:3:number"))
BOTH = AccountAndDeparture(holder=HEAD, account=sealed(), gone=CHILD, why=sealed(CHILD))
REMARK = Remark(text="测试金丝雀")
