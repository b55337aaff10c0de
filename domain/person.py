"""Who is a person to the ledger? An id that never changes, with name and identity number sealed."""

import msgspec

from hudang.domain.decision import Event, Recorded, evolves
from hudang.domain.personal import Personal
from hudang.domain.values import PersonId


class PersonRegistered(Event, frozen=True, kw_only=True):
    """A person became known to the ledger, with the number on the identity card (居民身份证)."""

    TOPIC = "person.registered"

    name: Personal
    identity_number: Personal


class Person(msgspec.Struct, frozen=True):
    """What the ledger knows of a person."""

    id: PersonId
    name: Personal
    identity_number: Personal


@evolves(PersonRegistered)
def register(state: None, event: PersonRegistered, recorded: Recorded) -> Person:
    return Person(id=PersonId(recorded.stream), name=event.name, identity_number=event.identity_number)
