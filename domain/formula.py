"""How is an amount computed, line by line, so that a person can check it on paper? (核算过程)

A computation is stored in the decision's event. The same inputs under the same rules give the same bytes.
"""

import msgspec

from hudang.domain.decision import Refusal
from hudang.domain.money import Rounding, RoundingMode, RoundingUnit, format_yuan, round_fen
from hudang.domain.policy_file import Source
from hudang.domain.values import Fen

_UNITS_ZH = {RoundingUnit.YUAN: "元", RoundingUnit.JIAO: "角", RoundingUnit.FEN: "分"}
_MODES_ZH = {RoundingMode.HALF_UP: "四舍五入", RoundingMode.UP: "进一", RoundingMode.DOWN: "去尾"}


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that went into a line: fen if its name ends in `_fen`, else a count."""

    name: str
    label_zh: str
    value: int


class ComputationLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the arithmetic as it can be read aloud, and the rule that commands it."""

    label_zh: str
    formula: str
    inputs: tuple[Input, ...]
    source: Source
    result_fen: Fen


class Computation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All lines in order; the last line's result is the amount, in fen."""

    lines: tuple[ComputationLine, ...]
    result_fen: Fen


class GapPayment(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a gap payment with where each stands: the line, the formula itself, the rounding."""

    line_fen: Fen
    """Dibao line, fen per person and month."""
    line_source: Source
    formula_source: Source
    rounding: Rounding
    rounding_source: Source


def gap_payment(rule: GapPayment, *, persons: int, income_fen: Fen) -> Computation | Refusal:
    """The household's amount a month: line times persons less its income, not below zero, rounded.

    This is 2012 art 27, "(line - income per head) times members", without its detour over a rounded average.
    """
    refusal = _refuse_persons(persons) or _refuse_income(income_fen)
    if refusal:
        return refusal
    standard = _standard(rule, persons)
    gap = _gap(rule, standard.result_fen, income_fen)
    rounded = _rounded(rule, gap.result_fen)
    return Computation(lines=(standard, gap, rounded), result_fen=rounded.result_fen)


def supplement_per_person(per_person_fen: Fen, source: Source, *, persons: int) -> Computation | Refusal:
    """A fixed sum for each person of the household, such as the 300 yuan before Spring Festival 2013 (B8)."""
    refusal = _refuse_persons(persons)
    if refusal:
        return refusal
    result = Fen(per_person_fen * persons)
    line = ComputationLine(
        label_zh="按人补助",
        formula=f"{format_yuan(per_person_fen)} × {persons} 人 = {format_yuan(result)}",
        inputs=(
            Input(name="per_person_fen", label_zh="每人补助", value=per_person_fen),
            Input(name="persons", label_zh="人数", value=persons),
        ),
        source=source,
        result_fen=result,
    )
    return Computation(lines=(line,), result_fen=result)


def _standard(rule: GapPayment, persons: int) -> ComputationLine:
    result = Fen(rule.line_fen * persons)
    return ComputationLine(
        label_zh="家庭保障标准",
        formula=f"{format_yuan(rule.line_fen)} × {persons} 人 = {format_yuan(result)}",
        inputs=(
            Input(name="line_fen", label_zh="低保标准(每人每月)", value=rule.line_fen),
            Input(name="persons", label_zh="共同生活的家庭成员人数", value=persons),
        ),
        source=rule.line_source,
        result_fen=result,
    )


def _gap(rule: GapPayment, standard_fen: Fen, income_fen: Fen) -> ComputationLine:
    result = Fen(max(0, standard_fen - income_fen))
    floor = "" if standard_fen >= income_fen else "(收入高于标准,按零计)"
    return ComputationLine(
        label_zh="补差",
        formula=f"{format_yuan(standard_fen)} - {format_yuan(income_fen)} = {format_yuan(result)}{floor}",
        inputs=(
            Input(name="standard_fen", label_zh="家庭保障标准", value=standard_fen),
            Input(name="income_fen", label_zh="家庭月收入", value=income_fen),
        ),
        source=rule.formula_source,
        result_fen=result,
    )


def _rounded(rule: GapPayment, gap_fen: Fen) -> ComputationLine:
    result = round_fen(gap_fen, rule.rounding)
    how = f"{_MODES_ZH[rule.rounding.mode]}到{_UNITS_ZH[rule.rounding.to]}"
    return ComputationLine(
        label_zh="月保障金额",
        formula=f"{format_yuan(gap_fen)} {how} = {format_yuan(result)}",
        inputs=(Input(name="gap_fen", label_zh="补差", value=gap_fen),),
        source=rule.rounding_source,
        result_fen=result,
    )


def _refuse_persons(persons: int) -> Refusal | None:
    if persons >= 1:
        return None
    return Refusal(
        code="no_persons",
        rule="an amount is for at least one person",
        message="The household has no present member; end the entitlement instead.",
    )


def _refuse_income(income_fen: Fen) -> Refusal | None:
    if income_fen >= 0:
        return None
    return Refusal(
        code="income_negative",
        rule="a household's counted income is not negative",
        message="Correct the survey: a loss counts as no income.",
    )
