"""How do seals leave the building? As lines of a file that is only ever added to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hudang.ledger.errors import LedgerError
from hudang.ledger.seals import Seal, from_line, to_line


class SealFileError(LedgerError):
    """The seal file cannot be read or written, or its seals are not those of the ledger."""


def read_seals(path: Path, ledger: str) -> list[Seal]:
    """The seals of a ledger in a file, in its order. Raises SealFileError, SealUnreadableError."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SealFileError(f"The seal file {path} cannot be read.") from error
    return [seal for seal in map(from_line, filter(None, lines)) if seal.ledger == ledger]


def add_seals(path: Path, ledger: str, seals: Sequence[Seal]) -> int:
    """Write what the file does not have yet of all the ledger's seals; the answer is how many that were.

    A line that a crash cut short is written again. Seals in the file that are not the ledger's raise
    SealFileError: one of the two was changed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.seek(0)
            kept = file.read()
            file.truncate(kept.rfind(b"\n") + 1)
            known = read_seals(path, ledger)
            if known != list(seals[: len(known)]):
                raise SealFileError(f"The seals in {path} are not those of the ledger.")
            file.write(b"".join(map(to_line, seals[len(known) :])))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SealFileError(f"The seal file {path} cannot be written.") from error
    return len(seals) - len(known)
