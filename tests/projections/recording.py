"""How does a test record events of invented people in a real ledger?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import uuid4

from hudang.domain.decision import Event
from hudang.domain.entitlement import (
    ExistingEntitlementRegistered,
    HouseholdClass,
)
from hudang.domain.evidence import Evidence
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.personal import Open, Sealed
from hudang.domain.policy_terms import Register
from hudang.domain.registration import (
    HouseholdRegistered,
    MemberEntry,
)
from hudang.domain.roles import Role
from hudang.domain.values import Fen, PersonId, StreamId
from hudang.ledger import codec
from hudang.ledger.keys import KeyRing
from hudang.ledger.records import AppendRequest, NewEvent
from hudang.ledger.store import Store

LEDGER = "L0001"
VILLAGE = "430304001001"
CLERK = "测试经办人"
DIBAO = "dibao"


class Recording:
    """A ledger under test: records events command by command, on the day given or the day after the last."""

    def __init__(self, store: Store, keys: KeyRing, ledger: str = LEDGER) -> None:
        self.store = store
        self.keys = keys
        self.ledger = ledger
        self.day = date(2013, 1, 4)
        self.names: dict[str, tuple[Sealed, ...]] = {}
        self._versions: dict[str, int] = {}
        store.open_ledger(ledger, "server")

    def stream(self, name: str) -> StreamId:
        """The id of a stream of this ledger, the same for the same name."""
        return StreamId(f"{self.ledger}-{name}")

    def household(self, number: str) -> StreamId:
        """The id of a household by its number."""
        return self.stream(f"h{number}")

    def persons(self, number: str, count: int = 1) -> tuple[PersonId, ...]:
        """The members of a household, head first."""
        return tuple(PersonId(f"{self.ledger}-p{number}-{nth}") for nth in range(count))

    def sealed(self, text: str, of: str, at: str) -> Sealed:
        """A personal value as the casebook would seal it."""
        return self.keys.seal(self.ledger, Open(value=text, of=PersonId(of)), at)

    def record(self, changes: Mapping[StreamId, Event | Sequence[Event]], *, on: date | None = None) -> int:
        """Record events on their streams as one command; the position of the last."""
        self.day = on or self.day + timedelta(days=1)
        lists = {
            stream: [events] if isinstance(events, Event) else list(events)
            for stream, events in changes.items()
        }
        return self._append(
            [
                NewEvent(stream, event.TOPIC, codec.encode(event), self.day)
                for stream, events in lists.items()
                for event in events
            ]
        )

    def garble(self, stream: StreamId, topic: str) -> int:
        """Record an event of a known topic that nobody can decode."""
        return self._append([NewEvent(stream, topic, b"{}", self.day)])

    def heads(self) -> dict[str, int]:
        """The newest positions."""
        return {ledger: head.position for ledger, head in self.store.heads().items()}

    def _append(self, events: list[NewEvent]) -> int:
        streams = dict.fromkeys(event.stream for event in events)
        appended = self.store.append(
            AppendRequest(
                ledger=self.ledger,
                command_id=uuid4(),
                fingerprint=b"asked",
                actor_person=CLERK,
                actor_role=Role.TOWNSHIP_CLERK,
                actor_office=VILLAGE[:9],
                expected={stream: self._versions.get(stream, 0) for stream in streams},
                events=events,
            )
        )
        for event in events:
            self._versions[event.stream] = self._versions.get(event.stream, 0) + 1
        return appended.last

    def register(self, number: str, *, members: int = 1, area: str = VILLAGE) -> StreamId:
        """Register a household of visibly invented people."""
        stream = self.household(number)
        relations = (Relation.HEAD, Relation.SPOUSE, *(Relation.CHILD,) * (members - 2))[:members]
        persons = self.persons(number, members)
        self.names[number] = tuple(
            self.sealed(f"测试{number}之{nth}", person, f"{stream}:1:members/{nth}/name")
            for nth, person in enumerate(persons)
        )
        entries = tuple(
            MemberEntry(person=person, relation=relation, name=name)
            for person, relation, name in zip(persons, relations, self.names[number], strict=True)
        )
        self.record(
            {
                stream: HouseholdRegistered(
                    number=number,
                    area=area,
                    register=Register.URBAN,
                    address=self.sealed("测试路1号", persons[0], f"{stream}:1:address"),
                    members=entries,
                )
            }
        )
        return stream

    def existing(self, number: str, amount: int, *, members: int = 1) -> StreamId:
        """A household whose entitlement is older than the ledger."""
        stream = self.register(number, members=members)
        self.record(
            {
                stream: ExistingEntitlementRegistered(
                    programme=DIBAO,
                    household_class=HouseholdClass.C,
                    persons=self.persons(number, members),
                    amount_fen=Fen(amount),
                    from_month=Month(2011, 3),
                    last_reviewed_on=date(2012, 12, 3),
                    next_recheck_on=date(2013, 3, 3),
                    source=paper("审批表"),
                    vouched_by=CLERK,
                )
            }
        )
        return stream

    def next_version(self, stream: StreamId) -> int:
        """The version that a stream's next event gets."""
        return self._versions.get(stream, 0) + 1


def paper(kind: str) -> Evidence:
    """A paper of that kind, with the digest of no real scan."""
    return Evidence(kind=kind, sha256="ab" * 32)
