"""How does a test send commands through the casebook, as the offices of one county would, day by day?

    with open_office(database) as office:
        household = office.register("001", "甲", "乙")
        office.on(date(2013, 3, 1)).accepted(SubmitApplication(...))

The ledger has a simulated clock. Each command is sent by the first role that may, with the version that its
sender saw. People and numbers are invented: names begin with 测试, identity numbers end in a running number.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import reduce
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

from hudang.domain.decision import CHINA, Actor, Command, Event, Refusal, evolve
from hudang.domain.evidence import Evidence
from hudang.domain.identity import Relation, check_digit
from hudang.domain.jurisdiction import AdoptPolicy, AreaLevel, EstablishArea, LedgerClock, OpenLedger
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Register
from hudang.domain.registration import NewMember, RegisterHousehold
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId
from hudang.ledger.casebook import Accepted, Answer, Casebook, Conflict
from hudang.ledger.clock import Clocks, SimulatedClock
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store

LEDGER = "L0001"
MASTER = bytes(range(32))
COUNTY = "430304"
VILLAGE = "430304001001"
PROGRAMME = "dibao"
BEGINNING = date(2013, 1, 1)
OPENING = OpenLedger(name="测试区社会救助", area=COUNTY, clock=LedgerClock.SIMULATED)
POLICIES = ("dibao-2012.toml", "430304/dibao-2013.toml")


def actor(role: Role, person: str | None = None) -> Actor:
    """An invented officer of that role."""
    return Actor(person=person or f"staff-{role}", role=role, office=COUNTY)


def paper(kind: str) -> Evidence:
    return Evidence(kind=kind, sha256="ab" * 32)


def identity_number(running: int) -> str:
    """A well-formed number of nobody."""
    first = f"11010119900101{running:03}"
    return first + check_digit(first)


def new_member(name: str, running: int, relation: Relation) -> NewMember:
    return NewMember(
        name=Open(f"测试{name}"), identity_number=Open(identity_number(running)), relation=relation
    )


def registration(number: str, *running: int) -> RegisterHousehold:
    """A household file: the first identity number is the head's, the others are children's."""
    return RegisterHousehold(
        number=number,
        area=VILLAGE,
        register=Register.URBAN,
        address=Open(f"测试路{number}号"),
        members=tuple(
            new_member(f"{number}-{one}", one, Relation.CHILD if place else Relation.HEAD)
            for place, one in enumerate(running)
        ),
    )


def adoption(name: str) -> AdoptPolicy:
    text = (files("hudang.domain") / "policies" / "cn" / name).read_text(encoding="utf-8")
    return AdoptPolicy(jurisdiction=StreamId(LEDGER), text=text, in_force_from=date(2012, 12, 12))


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One command as it was sent, with its first answer."""

    command: Command
    actor: Actor
    command_id: UUID
    expected_version: int | None
    answer: Answer


@dataclass
class Office:
    """A casebook over one ledger, and what was sent through it."""

    casebook: Casebook
    store: Store
    keys: KeyRing
    clock: SimulatedClock
    sent: list[Sent] = field(default_factory=list)

    def on(self, day: date) -> "Office":
        """Go on to nine in the morning of a day."""
        self.clock.set(datetime.combine(day, time(9), CHINA))
        return self

    def send(self, command: Command, *, by: Role | None = None, command_id: UUID | None = None) -> Answer:
        """Send a command once, by the first role that may, on the file as it stands."""
        role = by or sorted(type(command).BY)[0]
        subject = next(iter(command.streams()), None)
        seen = self.store.load(LEDGER, [(subject, 0)]).versions[subject] if subject else None
        sent = Sent(
            command=command,
            actor=actor(role),
            command_id=command_id or uuid4(),
            expected_version=seen if type(command).SEES else None,
            answer=Conflict(code="not_sent", message=""),
        )
        answer = self.again(sent)
        self.sent.append(Sent(**{**vars(sent), "answer": answer}))
        return answer

    def again(self, sent: Sent, *, by: Actor | None = None) -> Answer:
        """Send a command with the id that it had."""
        return self.casebook.send(
            LEDGER,
            sent.command,
            actor=by or sent.actor,
            command_id=sent.command_id,
            expected_version=sent.expected_version,
        )

    def accepted(self, command: Command, *, by: Role | None = None) -> Accepted:
        """The same, for a command that is to be accepted."""
        answer = self.send(command, by=by)
        assert isinstance(answer, Accepted), answer
        return answer

    def refused(self, command: Command, *, by: Role | None = None) -> str:
        """The code with which a command was refused."""
        answer = self.send(command, by=by)
        assert isinstance(answer, Refusal), answer
        return answer.code

    def register(self, number: str, *running: int) -> StreamId:
        """Open a household file for the owners of these identity numbers."""
        return self.accepted(registration(number, *running)).stream

    def state(self, stream: str) -> Any:
        """The state of a stream as the ledger has it."""
        loaded = self.casebook.load(LEDGER, StreamId(stream))
        return loaded[0] if loaded else None

    def members(self, household: StreamId) -> tuple[PersonId, ...]:
        return tuple(member.person for member in self.state(household).present)

    def events(self, stream: str) -> tuple[Event, ...]:
        loaded = self.casebook.load(LEDGER, StreamId(stream))
        return tuple(recorded.event for recorded in loaded[1]) if loaded else ()

    @property
    def position(self) -> int:
        """How many events the ledger has."""
        return self.store.heads()[LEDGER].position

    def live_states(self) -> dict[StreamId, Any]:
        """Every stream folded from the first answers alone, as whoever sent the commands saw it grow."""
        states: dict[StreamId, Any] = {}
        for sent in self.sent:
            for recorded in sent.answer.events if isinstance(sent.answer, Accepted) else ():
                states[recorded.stream] = evolve(states.get(recorded.stream), recorded)
        return states

    def replayed_states(self) -> dict[StreamId, Any]:
        """Every stream folded from what the database has."""
        states: dict[StreamId, Any] = {}
        for stored in self.store.feed(LEDGER, 0, 100_000):
            if stored.version == 1:
                loaded = self.casebook.load(LEDGER, StreamId(stored.stream))
                assert loaded is not None
                states[StreamId(stored.stream)] = reduce(evolve, loaded[1], None)
        return states


@contextmanager
def open_office(database: str, *, appended: Callable[[], None] = lambda: None) -> Iterator[Office]:
    """An office over a ledger that is open and has its areas and its rules."""
    with Store(database) as store:
        clock = SimulatedClock(datetime.combine(BEGINNING, time(9), CHINA))
        keys = KeyRing(MASTER, store)
        casebook = Casebook(store, keys, Clocks({LEDGER: clock}), appended=appended)
        office = Office(casebook=casebook, store=store, keys=keys, clock=clock)
        office.accepted(OPENING)
        ledger = StreamId(LEDGER)
        office.accepted(
            EstablishArea(jurisdiction=ledger, area=COUNTY, name="测试区", level=AreaLevel.COUNTY)
        )
        office.accepted(
            EstablishArea(
                jurisdiction=ledger, area=VILLAGE, name="测试社区", level=AreaLevel.VILLAGE, parent=COUNTY
            )
        )
        for name in POLICIES:
            office.accepted(adoption(name))
        yield office
