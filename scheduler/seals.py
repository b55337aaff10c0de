"""Which heads are due to be sealed? Those that moved, once an hour; the seals are written to a file."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from hudang.ledger.seal_file import add_seals
from hudang.ledger.sealing import seal_head, seals_of
from hudang.ledger.sealing_key import SealingKey
from hudang.ledger.store import Store

AT_LEAST_APART: Final = timedelta(hours=1)


class HeadSealing:
    """Seals the head of a ledger and adds the seal to `<folder>/<ledger>.jsonl`: a chore of the clockwork."""

    name = "seal_heads"

    def __init__(self, store: Store, key: SealingKey, folder: Path) -> None:
        self._store = store
        self._key = key
        self._folder = folder
        self._written: set[str] = set()

    def __call__(self, ledger: str, now: datetime) -> int:
        """How many seals were made. Raises LedgerError."""
        seal = seal_head(self._store, ledger, self._key, now, at_least_apart=AT_LEAST_APART)
        if seal is not None or ledger not in self._written:
            add_seals(self._folder / f"{ledger}.jsonl", ledger, seals_of(self._store, ledger))
            self._written.add(ledger)
        return 0 if seal is None else 1
