"""How does a benchmark send whole commands? As a clerk of one county, for households of invented people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final
from uuid import uuid4

from hudang.domain.decision import Actor, Command
from hudang.domain.identity import Relation, check_digit
from hudang.domain.jurisdiction import AreaLevel, EstablishArea, LedgerClock, OpenLedger
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Register
from hudang.domain.registration import NameAccount, NewMember, RegisterHousehold
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from hudang.ledger.casebook import Accepted, Casebook
from hudang.ledger.clock import Clocks
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store

TAG: Final = "L0101"
COUNTY: Final = "430304"
VILLAGE: Final = "430304001001"
HOUSEHOLDS: Final = 40


class Clerk:
    """Enters accounts for households, one after the other."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.casebook = Casebook(store, KeyRing(bytes(range(32)), store), Clocks())
        self._numbers = count()
        self._heads: list[tuple[StreamId, PersonId]] = []

    @property
    def households(self) -> list[StreamId]:
        """The files that are open."""
        return [stream for stream, _ in self._heads]

    def open(self, households: int = HOUSEHOLDS) -> None:
        """Open the ledger and the files of some households."""
        county = StreamId(TAG)
        self.send(OpenLedger(name="测试区社会救助", area=COUNTY, clock=LedgerClock.SERVER))
        self.send(EstablishArea(jurisdiction=county, area=COUNTY, name="测试区", level=AreaLevel.COUNTY))
        for number in range(households):
            stream = self.send(_registration(number)).stream
            loaded = self.casebook.load(TAG, stream)
            assert loaded is not None
            self._heads.append((stream, loaded[0].present[0].person))

    def name_account(self) -> None:
        """One command on a file that is there, with a personal value to be sealed."""
        number = next(self._numbers)
        household, holder = self._heads[number % len(self._heads)]
        self.send(NameAccount(household=household, holder=holder, account=Open(f"测试账户{number:012}")))

    def grow(self, household: StreamId, events: int) -> None:
        """Let a household's file have so many events."""
        holder = dict(self._heads)[household]
        loaded = self.casebook.load(TAG, household)
        assert loaded is not None
        for number in range(events - len(loaded[1])):
            self.send(NameAccount(household=household, holder=holder, account=Open(f"测试账户{number:012}")))

    def check(self) -> None:
        """Every command that was sent is an event."""
        head = self.store.heads()[TAG].position
        registered = sum(
            len(each[1]) for stream, _ in self._heads if (each := self.casebook.load(TAG, stream))
        )
        if head < registered:
            raise AssertionError("commands were answered that are not in the ledger")

    def send(self, command: Command) -> Accepted:
        role = sorted(type(command).BY)[0]
        answer = self.casebook.send(
            TAG,
            command,
            actor=Actor(person=f"staff-{role}", role=Role(role), office=COUNTY),
            command_id=uuid4(),
        )
        if not isinstance(answer, Accepted):
            raise AssertionError(f"a command that should pass was answered {answer}")
        return answer


@contextmanager
def open_clerk(conninfo: str) -> Iterator[Clerk]:
    """A clerk at work in a ledger of their own."""
    with Store(conninfo) as store:
        clerk = Clerk(store)
        clerk.open()
        yield clerk


def _registration(number: int) -> RegisterHousehold:
    first = f"11010119900101{number % 1_000:03}"
    return RegisterHousehold(
        number=f"{number:06}",
        area=VILLAGE,
        register=Register.URBAN,
        address=Open(f"测试路{number}号"),
        members=(
            NewMember(
                name=Open(f"测试{number}"),
                identity_number=Open(first + check_digit(first)),
                relation=Relation.HEAD,
            ),
        ),
    )
