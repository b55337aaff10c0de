"""Whose identity number is this, and under whose key is an event's personal value sealed?"""

from collections.abc import Mapping, Sequence

from hudang.domain.decision import Event, Given
from hudang.domain.personal import Open
from hudang.domain.values import PersonId, StreamId
from hudang.ledger import codec
from hudang.ledger.ids import new_stream_id
from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store


def owners(
    store: Store, keys: KeyRing, ledger: str, numbers: Sequence[str]
) -> tuple[Mapping[str, PersonId], frozenset[PersonId]]:
    """The owner of each identity number, an id minted for who is new; and those that the ledger knew."""
    if not numbers:
        return {}, frozenset()
    digests = {number: keys.identity_digest(ledger, number) for number in numbers}
    known = store.find_identities(ledger, list(digests.values()))
    persons = {
        number: PersonId(known[digest]) if digest in known else PersonId(new_stream_id(ledger))
        for number, digest in digests.items()
    }
    return persons, frozenset(PersonId(person) for person in known.values())


def new_identities(keys: KeyRing, given: Given) -> Mapping[bytes, str]:
    """The keyed digests of the numbers whose owners become known with this decision."""
    return {
        keys.identity_digest(given.ledger, number): person
        for number, person in given.persons.items()
        if person not in given.known_persons
    }


def sealed(keys: KeyRing, ledger: str, stream: StreamId, version: int, event: Event) -> Event:
    """The event with every open value sealed for its place, `stream:version:field path`."""
    if not codec.holds_personal(type(event)):
        return event
    closed: Event = codec.map_personal(
        event,
        lambda value, path: (
            keys.seal(ledger, value, f"{stream}:{version}:{path}") if isinstance(value, Open) else value
        ),
    )
    return closed
