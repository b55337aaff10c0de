"""Whose key is still to be destroyed? (删除个人信息) Everybody's whose erasure is recorded.

The event comes first, the key goes afterwards: whoever stops in between leaves work that the next look finds.
"""

from datetime import datetime

from hudang.ledger.keys import KeyRing
from hudang.ledger.store import Store


class ErasedKeys:
    """Destroys the keys of the erased and forgets their identity numbers: a chore of the clockwork."""

    name = "destroy_erased_keys"

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    def __call__(self, ledger: str, now: datetime) -> int:
        """How many keys were destroyed. Raises LedgerError."""
        due = self._store.erasures_due(ledger)
        for person in due:
            self._store.erase_person(ledger, person)
            self._keys.forget(ledger, person)
        return len(due)
