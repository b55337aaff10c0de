"""What does a verification say, and where is the first thing wrong?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from hudang.ledger.records import Clock

MOST_FINDINGS: Final = 100
"""After so many findings the rest is not listed; one is enough to say no."""

DERIVED: Final = frozenset({"head", "stream", "command", "claim"})
"""The checks of what is recomputed from the events; the others are about the events and the seals."""


class Finding(NamedTuple):
    """Something that is not as it should be, at a position where it has one."""

    position: int | None
    check: str
    what: str

    def __str__(self) -> str:
        where = "" if self.position is None else f"position {self.position}: "
        return f"{where}{self.what} ({self.check})"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What a verification saw: the clock, how far it looked, the hash found there, and what was wrong.

    `proved` is the newest position whose hash was brought from outside; later events are unsealed.
    `sealed` is the newest position that the ledger's own seals reach.
    """

    ledger: str
    clock: Clock
    events: int
    position: int
    head_hash: bytes
    proved: int
    sealed: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether everything agreed."""
        return not self.findings

    @property
    def unsealed(self) -> int:
        """How many positions come after the newest one that was brought along."""
        return max(self.position - self.proved, 0)

    @property
    def first_bad_position(self) -> int | None:
        """The lowest position whose event or seal is wrong; failing that, that another table has wrong."""
        placed = [finding for finding in self.findings if finding.position is not None]
        return min(placed, key=severity).position if placed else None


def severity(finding: Finding) -> tuple[bool, bool, int]:
    """What is told first: events and seals in order of position, then what is recomputed from them."""
    return finding.check in DERIVED, finding.position is None, finding.position or 0
