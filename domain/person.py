"""Who is a person to the ledger? An id that never changes, with name and identity number sealed."""

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from hudang.domain.decision import Event, Recorded, evolves
from hudang.domain.personal import Personal
from hudang.domain.values import PersonId

if TYPE_CHECKING:
    from hudang.domain.erasure import ErasureProposal
    from hudang.domain.hold import Hold


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
    holds: "tuple[Hold, ...]" = ()
    """What forbids, for now, that the person's data are erased."""
    proposal: "ErasureProposal | None" = None
    erased_on: date | None = None


@evolves(PersonRegistered)
def register(state: None, event: PersonRegistered, recorded: Recorded) -> Person:
    return Person(id=PersonId(recorded.stream), name=event.name, identity_number=event.identity_number)
