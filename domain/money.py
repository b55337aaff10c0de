"""How is money (金额) written, read and rounded?

Money is whole fen. A fraction of a fen exists only inside a computation, as an exact `Fraction`, until a rule
named in the policy rounds it; a float never appears.
"""

import re
from enum import StrEnum
from fractions import Fraction
from typing import Final

import msgspec

from hudang.domain.values import Fen

FEN_PER_YUAN: Final = 100

_GROUPED: Final = r"\d{1,3}(?:,\d{3})+|\d+"
_YUAN: Final = re.compile(rf"(-?)({_GROUPED})(?:\.(\d{{1,2}}))?\s*元?", re.ASCII)


class RoundingUnit(StrEnum):
    """The coin that an amount is rounded to."""

    YUAN = "yuan"  # 元
    JIAO = "jiao"  # 角
    FEN = "fen"  # 分

    @property
    def fen(self) -> int:
        """The unit's worth in fen."""
        return {RoundingUnit.YUAN: 100, RoundingUnit.JIAO: 10, RoundingUnit.FEN: 1}[self]


class RoundingMode(StrEnum):
    """What happens to the part below the unit. All modes treat a debt like the same claim, mirrored."""

    HALF_UP = "half_up"  # 四舍五入
    UP = "up"  # 进一: away from zero
    DOWN = "down"  # 去尾: towards zero


class Rounding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rounding rule: to which unit, and how."""

    to: RoundingUnit
    mode: RoundingMode


def round_fen(amount_fen: Fraction | int, rounding: Rounding) -> Fen:
    """Round an exact amount, in fen, to a whole number of the rule's unit."""
    unit = rounding.to.fen
    magnitude = abs(Fraction(amount_fen)) / unit
    match rounding.mode:
        case RoundingMode.DOWN:
            units = magnitude // 1
        case RoundingMode.UP:
            units = -(-magnitude // 1)
        case RoundingMode.HALF_UP:
            units = (magnitude + Fraction(1, 2)) // 1
    return Fen(units * unit if amount_fen >= 0 else -units * unit)


def format_yuan(amount: Fen) -> str:
    """Write fen as a person reads them: 288300 is "2,883.00 元"."""
    yuan, fen = divmod(abs(amount), FEN_PER_YUAN)
    return f"{'-' if amount < 0 else ''}{yuan:,}.{fen:02d} 元"


def parse_yuan(text: str) -> Fen:
    """Read "2,883.00 元", "2883" or "2883.5"; raise ValueError for anything else."""
    written = _YUAN.fullmatch(text.strip())
    if written is None:
        raise ValueError('An amount is written like "2,883.00 元", with at most two decimals.')
    sign, yuan, decimals = written.groups()
    fen = int(yuan.replace(",", "")) * FEN_PER_YUAN + int((decimals or "").ljust(2, "0"))
    return Fen(-fen if sign else fen)
