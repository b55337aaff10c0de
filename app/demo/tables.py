"""How is the year shown to a person? As tables, with what is invented and what is the report's told apart."""

from collections.abc import Iterable
from decimal import Decimal
from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table

from hudang.demo.outcome import Outcome
from hudang.demo.reconciliation import Basis, Check, Part
from hudang.demo.report import SOURCE
from hudang.domain.money import format_yuan
from hudang.domain.values import Fen

NARROWEST = 100

INTRODUCTION = """\
Hudang (户档) carried a community's year 2013 through ledger, read models, scheduler and GraphQL.

[bold]From the report[/] ({source}): the numbers of households and persons, the sums of money,
9 applications of which 3 gave up, the payment before Spring Festival, the results of the annual review.
[bold]Invented[/], so that the gaps between line and income meet those sums: every household, its members,
names and incomes, the Dibao line of 650 yuan, township and community, all days, the months of approval.
Before and after mean before and after the annual review (年审)."""


def show(outcome: Outcome, to: IO[str]) -> None:
    """Write every table."""
    console = Console(file=to, highlight=False)
    if console.width < NARROWEST:
        console = Console(file=to, highlight=False, width=NARROWEST)
    console.print(INTRODUCTION.format(source=SOURCE))
    for table in (
        roster(outcome),
        applications(outcome),
        history(outcome),
        review(outcome),
        payroll(outcome),
        *(check(each) for each in outcome.reconciliation),
    ):
        console.print()
        console.print(table)
    console.print()
    console.print(verdict(outcome.reconciliation))
    console.print(
        f"Ledger {outcome.ledger} ({outcome.ledger_name}), clock simulated: {outcome.events:,} events."
    )


def roster(outcome: Outcome) -> Table:
    """The roster before and after the annual review."""
    table = _table(
        "Roster before and after the annual review (年审前后在册名册): November and December 2013",
        "households, classes, months invented; totals are the report's or follow from it",
    )
    _columns(
        table, "户号 file", "户主 head", "类 class", "自 since", right=("人 persons", "11月 Nov", "12月 Dec")
    )
    for line in outcome.roster:
        changed = line.after_fen != line.before_fen
        after = "取消 ended" if line.after_fen is None else _yuan(line.after_fen)
        table.add_row(
            line.number,
            line.head,
            line.household_class,
            line.from_month,
            str(line.persons),
            _yuan(line.before_fen),
            after,
            style="bold" if changed else None,
        )
    before, after_review = outcome.figures.before, outcome.figures.after
    table.add_section()
    table.add_row(
        "合计", f"{before.households} 户", "", "", str(before.persons), _yuan(before.amount_fen), ""
    )
    table.add_row(
        "total",
        f"{after_review.households} 户",
        "",
        "",
        str(after_review.persons),
        "",
        _yuan(after_review.amount_fen),
    )
    return table


def applications(outcome: Outcome) -> Table:
    """Who applied, and what came of it."""
    counts = outcome.figures.applications
    table = _table(
        f"Applications (新申低保): {counts.submitted} submitted, {counts.accepted} accepted, "
        f"{counts.lapsed} lapsed for missing papers, {counts.approved} approved",
        "numbers are the report's; households and days invented",
    )
    _columns(
        table,
        "户号 file",
        "户主 head",
        "申请 applied",
        "受理 accepted",
        "结果 result",
        "审批 decided",
        "自 from",
        right=("人 persons", "元/月 a month"),
    )
    for line in outcome.applications:
        table.add_row(
            line.number,
            line.head,
            line.submitted_on,
            line.accepted_on or "",
            line.ended,
            line.decided_on or "",
            line.from_month or "",
            str(line.persons),
            _yuan(line.amount_fen) if line.amount_fen is not None else "",
        )
    return table


def history(outcome: Outcome) -> Table:
    """One household's file, event by event."""
    table = _table(
        f"One household's full history (户档 {outcome.history_of}): {len(outcome.history)} events",
        "happened: the day of the fact; recorded: the day the ledger learnt it. Events keep names sealed.",
    )
    _columns(table, "发生 happened", "记录 recorded", "经办 who", "事项 what")
    for line in outcome.history:
        table.add_row(line.happened_on, line.recorded_on, f"{line.role}\n{line.who}", line.what)
    return table


def review(outcome: Outcome) -> Table:
    """What the annual review changed."""
    figures = outcome.figures
    table = _table(
        f"Annual review (年审): {figures.reviewed_households} households reviewed, {figures.kept} kept, "
        f"{figures.raised.households} raised, {figures.lowered.households} lowered, "
        f"{figures.ended.households} ended",
        "results and sums are the report's; which households, and why, is invented",
    )
    _columns(
        table,
        "户号 file",
        "户主 head",
        "结果 result",
        "理由 reasons",
        right=("人 persons", "前 before", "后 after", "增减 change"),
    )
    for line in outcome.review:
        change = line.after_fen - line.before_fen
        table.add_row(
            line.number,
            line.head,
            line.result,
            line.reasons,
            str(line.persons),
            _yuan(line.before_fen),
            _yuan(line.after_fen),
            f"{'+' if change > 0 else ''}{_yuan(change)}",
        )
    return table


def payroll(outcome: Outcome) -> Table:
    """What was paid for each month."""
    table = _table(
        "Payroll by month of entitlement (按所属月份发放)",
        "months invented; November's stock, the changes and the year's total are the report's",
    )
    _columns(table, "月份 month", right=("户 households", "人 persons", "低保金 Dibao"))
    for paid in outcome.figures.payroll:
        table.add_row(paid.month, str(paid.households), str(paid.persons), _yuan(paid.amount_fen))
    table.add_section()
    table.add_row("全年 year", "", "", _yuan(outcome.figures.year_amount_fen))
    table.add_row("其中节前 paid before Spring Festival*", "", "", _yuan(outcome.figures.prepayment_fen))
    table.caption = (
        "* January, February and 300 yuan a head, in one payment. The year's total is without the 300."
    )
    return table


def check(each: Check) -> Table:
    """One check: what the report states beside what follows from it or from the events."""
    table = _table(f"{each.check} {_mark(agrees=each.agrees)} {each.title}", each.remark)
    _columns(
        table, "", "对照 compared with", "依据 basis", right=("报告 stated", "推算 computed", "差 difference")
    )
    for part in each.parts:
        difference = part.computed - part.stated
        table.add_row(
            _mark(agrees=part.agrees),
            f"{part.label} [dim]({part.unit})[/]",
            "报告 report" if part.basis is Basis.REPORT else "事件 events",
            _number(part.stated),
            _number(part.computed),
            "" if part.agrees else f"{'+' if difference > 0 else ''}{_number(difference)}",
        )
    for quote in _quotes(part for part in each.parts if not part.agrees):
        table.add_section()
        table.add_row("", f"[italic]{quote}[/]", "", "", "", "")
    return table


def verdict(checks: Iterable[Check]) -> str:
    """In one line, which checks agree."""
    agreeing = [each.check for each in checks if each.agrees]
    others = [each.check for each in checks if not each.agrees]
    return (
        f"Reconciliation (对账): {', '.join(agreeing) or 'none'} agrees; {', '.join(others) or 'none'} "
        "do not. The report contradicts itself there; both figures stand above, nothing was repaired."
    )


def _table(title: str, caption: str) -> Table:
    return Table(
        title=title,
        caption=caption or None,
        title_justify="left",
        caption_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )


def _columns(table: Table, *left: str, right: Iterable[str] = ()) -> None:
    """Columns with the Chinese word above the English one."""
    for heading in left:
        table.add_column(heading.replace(" ", "\n", 1), overflow="fold")
    for heading in right:
        table.add_column(heading.replace(" ", "\n", 1), justify="right", no_wrap=True)


def _quotes(parts: Iterable[Part]) -> list[str]:
    """The report's own words, each once, with their section."""
    return list(dict.fromkeys(f"§{part.section} “{part.quote}”" for part in parts))


def _mark(*, agrees: bool) -> str:
    return "[green]✓[/]" if agrees else "[red]✗[/]"


def _yuan(amount_fen: int) -> str:
    """Without the word for yuan, which the heading has; whole yuan without decimals."""
    return format_yuan(Fen(amount_fen)).removesuffix(" 元").removesuffix(".00")


def _number(value: Decimal) -> str:
    return f"{value:,}"
