"""Does what the report states agree with itself, and with what the events add up to? Checks C1 to C7.

Each part compares a figure of the report with arithmetic on the report's other figures (basis `report`), or
with a query over the read models (basis `events`). Where they differ both are shown; nothing is repaired.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

import msgspec

from hudang.demo.figures import Figures
from hudang.demo.report import Figure, stated
from hudang.domain.money import FEN_PER_YUAN

CENT: Final = Decimal("0.01")
MONTHS_PREPAID: Final = 2


class Basis(StrEnum):
    """What a stated figure is compared with."""

    REPORT = "report"  # 报告自身数字的推算
    EVENTS = "events"  # 台账事件的合计


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison; money in yuan, as the report writes it."""

    label: str
    basis: Basis
    stated: Decimal
    computed: Decimal
    unit: str
    agrees: bool
    section: str
    quote: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One row: it agrees only if all its parts do."""

    check: str
    title: str
    agrees: bool
    parts: tuple[Part, ...]
    remark: str = ""


def reconcile(events: Figures, report: Mapping[str, Figure] | None = None) -> tuple[Check, ...]:
    """The seven checks, over the report's figures and what the events add up to."""
    given = report if report is not None else stated()
    return (
        _households(given, events),
        _persons(given, events),
        _money(given, events),
        _direction(given, events),
        _opening(given, events),
        _average(given, events),
        _applications_and_payments(given, events),
    )


def _households(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    return _check(
        "C1",
        "households before and after the review (年审前后户数)",
        (
            _by_report(
                report["households_after"],
                "53 less the household ended",
                value["reviewed_households"] - value["ended_households"],
            ),
            _by_report(
                report["changed_households"],
                "ended, raised and lowered together",
                value["ended_households"] + value["raised_households"] + value["lowered_households"],
            ),
            _by_events(report["reviewed_households"], "households reviewed", events.reviewed_households),
            _by_events(report["stock_households"], "households in November", events.before.households),
            _by_events(report["ended_households"], "households ended", events.ended.households),
            _by_events(report["raised_households"], "households raised", events.raised.households),
            _by_events(report["lowered_households"], "households lowered", events.lowered.households),
            _by_events(report["households_after"], "households in December", events.after.households),
        ),
    )


def _persons(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    return _check(
        "C2",
        "persons before and after the review (年审前后人数)",
        (
            _by_report(
                report["reviewed_persons"],
                "persons that §二 gives for the same 53 households",
                value["stock_persons"],
            ),
            _by_report(
                report["persons_after"],
                "persons of §二 less the person ended",
                value["stock_persons"] - value["ended_persons"],
            ),
            _by_events(report["reviewed_persons"], "persons reviewed", events.reviewed_persons),
            _by_events(report["stock_persons"], "persons in November", events.before.persons),
            _by_events(report["persons_after"], "persons in December", events.after.persons),
        ),
        remark="“增标2户1人” cannot count the people affected: quoted, not modelled.",
    )


def _money(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    return _check(
        "C3",
        "the month's amount after the review (年审后月低保金)",
        (
            _by_report(
                report["amount_after"], "25,804 − 620 + 337 − 541", value["amount_before"] + _changes(value)
            ),
            _by_report(
                report["amount_after"],
                "the amount of §二: 27,224 − 620 + 337 − 541",
                value["stock_amount"] + _changes(value),
            ),
            _by_events(report["ended_amount"], "ended", _yuan(events.ended.amount_fen)),
            _by_events(report["raised_amount"], "raised by", _yuan(events.raised.amount_fen)),
            _by_events(report["lowered_amount"], "lowered by", _yuan(events.lowered.amount_fen)),
            _by_events(report["amount_after"], "amount of December", _yuan(events.after.amount_fen)),
        ),
    )


def _direction(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    change = _yuan(events.after.amount_fen - events.before.amount_fen)
    return _check(
        "C4",
        "did the amount fall or rise (降还是升; −1 is a fall, 1 a rise)",
        (
            _by_report(
                report["direction"],
                "direction of the stated pair, 25,804 to 26,784",
                _sign(value["amount_after"] - value["amount_before"]),
            ),
            _by_report(
                report["direction"], "direction of the changes, −620 + 337 − 541", _sign(_changes(value))
            ),
            _by_report(report["change"], "sum of the changes, −620 + 337 − 541", _changes(value)),
            _by_events(report["direction"], "direction from November to December", _sign(change)),
            _by_events(report["change"], "change from November to December", change),
        ),
        remark="The word is right, the figures are wrong.",
    )


def _opening(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    return _check(
        "C5",
        "the month's amount before the review (年审前月低保金)",
        (
            _by_report(
                report["amount_before"],
                "the amount of §二 for the same 53 households",
                value["stock_amount"],
            ),
            _by_report(
                report["amount_before"],
                "the stated close without its changes: 26,784 + 620 − 337 + 541",
                value["amount_after"] - _changes(value),
            ),
            _by_report(
                report["stock_amount"],
                "the stated close without its changes: 26,784 + 620 − 337 + 541",
                value["amount_after"] - _changes(value),
            ),
            _by_events(report["stock_amount"], "amount of November", _yuan(events.before.amount_fen)),
            _by_events(
                report["amount_before"], "amount of the roster reviewed", _yuan(events.reviewed_amount_fen)
            ),
        ),
        remark="No reading fits both the stated opening and the stated close.",
    )


def _average(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    persons = value["persons_after"]
    return _check(
        "C6",
        "the average a person after the review (人均月救助水平)",
        (
            _by_report(report["average_after"], "26,784 / 86", _average_of(value["amount_after"], persons)),
            _by_report(
                report["average_after"],
                "(27,224 − 824) / 86",
                _average_of(value["stock_amount"] + _changes(value), persons),
            ),
            _by_events(
                report["average_after"],
                "amount of December / persons of December",
                _average_of(_yuan(events.after.amount_fen), Decimal(events.after.persons)),
            ),
        ),
    )


def _applications_and_payments(report: Mapping[str, Figure], events: Figures) -> Check:
    value = _values(report)
    return _check(
        "C7",
        "applications, the year's payments, the prepayment (新申、全年发放、节前发放)",
        (
            _by_report(report["approved"], "9 that applied less 3", value["applied"] - value["gave_up"]),
            _by_events(report["applied"], "applications submitted", events.applications.submitted),
            _by_events(report["gave_up"], "applications lapsed", events.applications.lapsed),
            _by_events(report["approved"], "applications approved", events.applications.approved),
            _by_events(report["approved_persons"], "persons newly entitled", events.started.persons),
            _by_events(
                report["approved_amount"], "newly entitled, a month", _yuan(events.started.amount_fen)
            ),
            _by_events(report["year_amount"], "Dibao paid for the year", _yuan(events.year_amount_fen)),
            _by_report(
                report["prepayment"],
                "two months at 25,804, without the supplement",
                MONTHS_PREPAID * value["amount_before"],
            ),
            _by_events(
                report["prepayment"],
                "paid in February: January, February and 300 a head",
                _yuan(events.prepayment_fen),
            ),
        ),
        remark="50,621 fits two months without the supplement or one month with it, never both.",
    )


def _changes(value: Mapping[str, Decimal]) -> Decimal:
    """What the review's listed changes add up to, yuan a month."""
    return value["raised_amount"] - value["ended_amount"] - value["lowered_amount"]


def _values(report: Mapping[str, Figure]) -> Mapping[str, Decimal]:
    return {name: figure.value for name, figure in report.items()}


def _yuan(amount_fen: int) -> Decimal:
    """Fen as the yuan of the report; whole ones without decimals."""
    whole, rest = divmod(amount_fen, FEN_PER_YUAN)
    return Decimal(whole) if rest == 0 else Decimal(amount_fen) / FEN_PER_YUAN


def _sign(amount: Decimal) -> Decimal:
    return Decimal((amount > 0) - (amount < 0))


def _average_of(amount: Decimal, persons: Decimal) -> Decimal:
    """Yuan a person, to the cent as in the report; zero where there is nobody."""
    return (amount / persons).quantize(CENT, ROUND_HALF_UP) if persons else Decimal(0)


def _by_report(figure: Figure, label: str, computed: Decimal) -> Part:
    return _part(figure, label, Basis.REPORT, computed)


def _by_events(figure: Figure, label: str, computed: Decimal | int) -> Part:
    return _part(figure, label, Basis.EVENTS, Decimal(computed))


def _part(figure: Figure, label: str, basis: Basis, computed: Decimal) -> Part:
    return Part(
        label=label,
        basis=basis,
        stated=figure.value,
        computed=computed,
        unit=figure.unit,
        agrees=figure.value == computed,
        section=figure.section,
        quote=figure.quote,
    )


def _check(name: str, title: str, parts: Iterable[Part], *, remark: str = "") -> Check:
    compared = tuple(parts)
    return Check(
        check=name,
        title=title,
        agrees=all(part.agrees for part in compared),
        parts=compared,
        remark=remark,
    )
