"""How is the year shown to a person? As tables, with what is invented and what is the report's told apart."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import IO, Final, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from hudang.demo.outcome import HistoryLine, Outcome
from hudang.demo.reconciliation import Basis, Check, Part
from hudang.demo.report import SOURCE
from hudang.domain.money import format_yuan
from hudang.domain.values import Fen

NARROWEST: Final = 110

INTRODUCTION: Final = """\
Hudang (户档) carried a community's year 2013 through ledger, read models, scheduler and GraphQL.

[bold]The report's[/] are the numbers of households and persons, the sums of money, 9 applications of which
3 gave up, the payment before Spring Festival, and the results of the annual review:
{source}.
[bold]Invented[/], so that the gaps between line and income meet those sums, are all households, names and
incomes, the Dibao line of 650 yuan, township and community, all days, and the months of approval.
Before and after mean before and after the annual review (年审)."""

SOURCE_OF_BASIS: Final = {Basis.REPORT: "报告 report", Basis.EVENTS: "事件 events"}

SENTENCES: Final = ("事项 what", "理由 reasons", "报告的数字,与何相比 what is stated, compared with")


class Section(NamedTuple):
    """A table with its title, and a remark below it."""

    title: str
    table: Table
    remark: str = ""


def show(outcome: Outcome, to: IO[str]) -> None:
    """Write every table."""
    console = Console(file=to, highlight=False)
    if console.width < NARROWEST:
        console = Console(file=to, highlight=False, width=NARROWEST)
    console.print(INTRODUCTION.format(source=SOURCE))
    for section in (
        roster(outcome),
        applications(outcome),
        history(outcome),
        review(outcome),
        payroll(outcome),
        reconciliation(outcome.reconciliation),
    ):
        console.print(f"\n[bold]{section.title}[/]")
        console.print(section.table)
        if section.remark:
            console.print(f"[dim]{section.remark}[/]")
    console.print(f"\n{verdict(outcome.reconciliation)}")
    console.print(f"Ledger {outcome.ledger} ({outcome.ledger_name}): {outcome.events:,} events.")


def roster(outcome: Outcome) -> Section:
    """The roster before and after the annual review."""
    table = _table(
        "户号 file",
        "户主 head",
        "类 class",
        "自 since",
        right=("人 persons", "11月 November", "12月 December"),
    )
    for line in outcome.roster:
        after = "取消 ended" if line.after_fen is None else _yuan(line.after_fen)
        table.add_row(
            line.number,
            line.head,
            line.household_class,
            line.from_month,
            str(line.persons),
            _yuan(line.before_fen),
            after if line.after_fen == line.before_fen else f"[bold]{after}[/]",
        )
    before, since = outcome.figures.before, outcome.figures.after
    table.add_section()
    table.add_row(
        "11月", f"{before.households} 户", "", "", str(before.persons), _yuan(before.amount_fen), ""
    )
    table.add_row("12月", f"{since.households} 户", "", "", str(since.persons), "", _yuan(since.amount_fen))
    return Section(
        "Roster before and after the annual review (年审前后在册名册), yuan a month",
        table,
        "Households, classes and months are invented; the totals are the report's or follow from it.",
    )


def applications(outcome: Outcome) -> Section:
    """Who applied, and what came of it."""
    counts = outcome.figures.applications
    table = _table(
        "户号 file",
        "户主 head",
        "申请 applied",
        "受理 accepted",
        "审批 decided",
        "自 from",
        "结果 result",
        right=("人 persons", "元/月 a month"),
    )
    for line in outcome.applications:
        table.add_row(
            line.number,
            line.head,
            line.submitted_on,
            line.accepted_on or "",
            line.decided_on or "",
            line.from_month or "",
            line.ended,
            str(line.persons),
            _yuan(line.amount_fen) if line.amount_fen is not None else "",
        )
    return Section(
        f"Applications (新申低保): {counts.submitted} submitted, {counts.accepted} accepted, "
        f"{counts.lapsed} lapsed, {counts.approved} approved",
        table,
        "The numbers are the report's; households and days are invented.",
    )


def history(outcome: Outcome) -> Section:
    """One household's file, event by event; events of one kind in a row, such as votes, together."""
    table = _table("发生 happened", "记录 recorded", "经办 who", "事项 what")
    for (_, happened, recorded, who, role), lines in groupby(outcome.history, _together):
        table.add_row(happened, recorded, f"{role}\n[dim]{who}[/]", _told(list(lines)))
    return Section(
        f"One household's full history (户档 {outcome.history_of}): {len(outcome.history)} events",
        table,
        "Happened is the day of the fact, recorded the day the ledger learnt it. Events keep names sealed.",
    )


def review(outcome: Outcome) -> Section:
    """What the annual review changed."""
    figures = outcome.figures
    table = _table(
        "户号 file",
        "户主 head",
        "结果 result",
        "事由 ground",
        "理由 reasons",
        right=("人 persons", "前 before", "后 after", "增减 change"),
    )
    for line in outcome.review:
        table.add_row(
            line.number,
            line.head,
            line.result,
            line.ground,
            line.reasons,
            str(line.persons),
            _yuan(line.before_fen),
            _yuan(line.after_fen),
            _yuan(line.after_fen - line.before_fen, sign=True),
        )
    return Section(
        f"Annual review (年审): {figures.reviewed_households} households, {figures.kept} kept, "
        f"{figures.raised.households} raised, {figures.lowered.households} lowered, "
        f"{figures.ended.households} ended",
        table,
        "Results and sums are the report's; which households, and why, is invented.",
    )


def payroll(outcome: Outcome) -> Section:
    """What was paid for each month."""
    table = _table("月份 month", right=("户 households", "人 persons", "低保金 Dibao"))
    for paid in outcome.figures.payroll:
        table.add_row(paid.month, str(paid.households), str(paid.persons), _yuan(paid.amount_fen))
    table.add_section()
    table.add_row("全年 year", "", "", _yuan(outcome.figures.year_amount_fen))
    return Section(
        "Payroll by month of entitlement (按所属月份发放), yuan",
        table,
        "November's stock, the changes and the year's total are the report's; the months are invented.\n"
        f"January and February were paid before Spring Festival with 300 yuan a head, "
        f"{_yuan(outcome.figures.prepayment_fen)} yuan in all;\nthe 300 are not in the table.",
    )


def reconciliation(checks: Iterable[Check]) -> Section:
    """Every check: what the report states beside what follows from it or from the events."""
    table = _table(
        "",
        SENTENCES[-1],
        "依据 basis",
        right=("报告 stated", "推算 computed", "差 difference"),
    )
    for check in checks:
        table.add_section()
        table.add_row(
            f"{_mark(agrees=check.agrees)} [bold]{check.check}[/]", f"[bold]{check.title}[/]", "", "", "", ""
        )
        for part in check.parts:
            table.add_row("", *_compared(part))
        for quote in _quotes(part for part in check.parts if not part.agrees):
            table.add_row("", f"[dim]{quote}[/]", "", "", "", "")
        if check.remark:
            table.add_row("", f"[dim]{check.remark}[/]", "", "", "", "")
    return Section("Reconciliation (对账): the report against itself, and against the events", table)


def verdict(checks: Sequence[Check]) -> str:
    """In one line, which checks agree."""
    agreeing = ", ".join(check.check for check in checks if check.agrees) or "nothing"
    others = ", ".join(check.check for check in checks if not check.agrees) or "nothing"
    return (
        f"In agreement: {agreeing}. Not in agreement: {others}: there the report contradicts itself. "
        "Both figures stand above;\nnothing was repaired."
    )


def _table(*left: str, right: Iterable[str] = ()) -> Table:
    """Columns with the Chinese word above the English one; those of sentences are cut into lines."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in left:
        table.add_column(heading.replace(" ", "\n", 1), no_wrap=heading not in SENTENCES, overflow="fold")
    for heading in right:
        table.add_column(heading.replace(" ", "\n", 1), justify="right", no_wrap=True)
    return table


def _together(line: HistoryLine) -> tuple[str, str, str, str, str]:
    return line.topic, line.happened_on, line.recorded_on, line.who, line.role


def _told(lines: list[HistoryLine]) -> str:
    """The sentences of events of one kind; of several, the Chinese ones."""
    if len(lines) == 1:
        return f"{lines[0].zh}\n[dim]{lines[0].en}[/]"
    return f"[dim]{len(lines)} events:[/] " + "; ".join(line.zh for line in lines)


def _compared(part: Part) -> tuple[str, ...]:
    difference = part.computed - part.stated
    return (
        f"{_mark(agrees=part.agrees)} {part.label} [dim]({part.unit})[/]",
        SOURCE_OF_BASIS[part.basis],
        _number(part.stated),
        _number(part.computed),
        "" if part.agrees else f"{difference:+,}",
    )


def _quotes(parts: Iterable[Part]) -> list[str]:
    """The report's own words, each once, with their section."""
    return list(dict.fromkeys(f"§{part.section} “{part.quote}”" for part in parts))


def _mark(*, agrees: bool) -> str:
    return "[green]✓[/]" if agrees else "[red]✗[/]"


def _yuan(amount_fen: int, *, sign: bool = False) -> str:
    """Without the word for yuan, which the heading has; whole yuan without decimals."""
    text = format_yuan(Fen(amount_fen)).removesuffix(" 元").removesuffix(".00")
    return f"+{text}" if sign and amount_fen > 0 else text


def _number(value: Decimal) -> str:
    return f"{value:,}"
