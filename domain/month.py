"""Which month (所属月份) does an entitlement, a payout or a review belong to?"""

from calendar import monthrange
from datetime import date
from functools import total_ordering
from typing import Final, NoReturn, Self, overload

_LAST_YEAR: Final = 9999
_MONTHS: Final = 12
_TEXT_LENGTH: Final = len("2013-05")


@total_ordering
class Month:
    """A calendar month, written "2013-05"; benefits start, change and end by whole months (2012 art 29)."""

    __slots__ = ("_number",)
    _number: int

    def __init__(self, year: int, month: int) -> None:
        """Raise ValueError unless 1 <= year <= 9999 and 1 <= month <= 12."""
        if not (1 <= year <= _LAST_YEAR and 1 <= month <= _MONTHS):
            raise ValueError(f"There is no month {month} in a year {year}.")
        object.__setattr__(self, "_number", year * _MONTHS + month - 1)

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that holds the day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "2013-05"; raise ValueError for anything else, "2013-5" included."""
        digits = text.replace("-", "", 1)
        if len(text) != _TEXT_LENGTH or text[4] != "-" or not (digits.isascii() and digits.isdigit()):
            raise ValueError('A month is written like "2013-05".')
        return cls(int(text[:4]), int(text[5:]))

    @property
    def year(self) -> int:
        return self._number // _MONTHS

    @property
    def month(self) -> int:
        """The month in its year, 1 to 12."""
        return self._number % _MONTHS + 1

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def through(self, last: "Month") -> "tuple[Month, ...]":
        """Every month from this one to `last`, both included; empty if `last` is earlier."""
        return tuple(self + step for step in range(last - self + 1))

    def __add__(self, months: int) -> "Month":
        """The month so many months later (earlier, if negative)."""
        year, month = divmod(self._number + months, _MONTHS)
        return Month(year, month + 1)

    @overload
    def __sub__(self, other: "Month") -> int: ...
    @overload
    def __sub__(self, other: int) -> "Month": ...
    def __sub__(self, other: "Month | int") -> "int | Month":
        """The number of months from `other` to this month; or, given a number, the month so many earlier."""
        if isinstance(other, Month):
            return self._number - other._number
        return self + -other

    def __contains__(self, day: date) -> bool:
        return (day.year, day.month) == (self.year, self.month)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Month) and self._number == other._number

    def __lt__(self, other: "Month") -> bool:
        if not isinstance(other, Month):
            return NotImplemented
        return self._number < other._number

    def __hash__(self) -> int:
        return hash((Month, self._number))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __repr__(self) -> str:
        return f"Month({self.year}, {self.month})"

    def __reduce__(self) -> "tuple[type[Month], tuple[int, int]]":
        return (type(self), (self.year, self.month))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A month never changes.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("A month never changes.")
