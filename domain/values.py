"""What are the smallest values that every subject speaks in: identifiers, amounts, areas?"""

from typing import Final, NewType

StreamId = NewType("StreamId", str)
"""A stream of one ledger, `<ledger tag>-<uuid7>`; never changes, never means anything."""

PersonId = NewType("PersonId", str)
"""A person as this ledger knows them: the id of the person's stream, never an identity number."""

CaseId = NewType("CaseId", str)
"""One application or one recheck of one household, unique in its ledger."""

Fen = NewType("Fen", int)
"""Money in whole fen (1 yuan = 100 fen); never a float, never a fraction."""

Area = NewType("Area", str)
"""An administrative division's code as its own level writes it: province 2 digits, prefecture 4, county 6,
township 9, village or residents' community 12."""

AREA_LENGTHS: Final = (2, 4, 6, 9, 12)
"""The lengths an area code may have, from province to village."""


def is_area(code: str) -> bool:
    """Whether the text has the form of an area code; whether that area exists is another question."""
    return len(code) in AREA_LENGTHS and code.isascii() and code.isdigit()


def jurisdictions(area: Area) -> tuple[Area, ...]:
    """The area itself and every division above it, nearest first: village, township, ... , province.

    A code may be zero-filled (`430304000000` is a county); the filling is not a division.
    Raise ValueError for a text that has not the form of an area code.
    """
    if not is_area(area):
        raise ValueError("An area code has 2, 4, 6, 9 or 12 digits.")
    ended_at = next(length for length in AREA_LENGTHS if length >= len(area) or set(area[length:]) <= {"0"})
    return tuple(Area(area[:length]) for length in reversed(AREA_LENGTHS) if length <= ended_at)
