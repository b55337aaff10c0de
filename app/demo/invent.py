"""How were the households of `year.toml` made up? Run `python -m hudang.demo.invent` to see the file again.

The report gives totals and changes, no household. Sizes, incomes, days and names are invented so that
line × persons − income meets those totals; a fixed seed makes the same households every time. What the demo
reads is the committed file, not this module.
"""

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from hudang.domain.identity import check_digit

SEED: Final = 2013
LINE_YUAN: Final = 650
STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"
ORDINALS: Final = "一二三四五"
NOWHERE: Final = "999999"
"""No division of China has this code: the numbers pass their check digit and can be nobody's."""

OPENING_SIZES: Final = (*(1,) * 24, *(2,) * 16, *(3,) * 6, 4)
OPENING_YUAN: Final = 24_341
ENDED_YUAN: Final = 620
RAISES: Final = (150, 187)
CUTS: Final = (118, 132, 141, 150)
FROM_MAY: Final = ((1, 430), (1, 395), (2, 560), (2, 558))
FROM_JUNE: Final = ((1, 385), (2, 555))
INCOMPLETE_SIZES: Final = (2, 1, 3)
RELATIONS: Final = {
    2: ("head", "spouse"),
    3: ("head", "spouse", "child"),
    4: ("head", "spouse", "child", "parent"),
}
KINDS: Final = ("wages", "transfer", "business", "property")
CLASS_B: Final = {4, 13, 22, 31, 40, 49}
"""Class B: opening entries last reviewed in December 2012, rechecked in June; and one of those who apply."""
DUE_BEFORE_THE_REVIEW: Final = {8, 27, 36}
"""Opening entries of class A whose recheck falls due just before the annual review begins."""


class Invented(NamedTuple):
    """One household: its size, what it receives (0: it never does), and what the annual review finds."""

    group: str
    persons: int
    amount_yuan: int
    reviewed_yuan: int


def households(chance: random.Random) -> Iterator[Invented]:
    """All households in the order of their numbers."""
    for place, (persons, amount) in enumerate(zip(sizes(), amounts(chance), strict=True)):
        yield Invented("opening", persons, amount, review(place, amount))
    yield from (Invented("from_may", persons, amount, amount) for persons, amount in FROM_MAY)
    yield from (Invented("from_june", persons, amount, amount) for persons, amount in FROM_JUNE)
    yield from (Invented("incomplete", persons, 0, 0) for persons in INCOMPLETE_SIZES)


def sizes() -> list[int]:
    """The sizes of the opening households; the first is the single person whose 620 yuan end."""
    others = list(OPENING_SIZES[1:])
    random.Random(SEED).shuffle(others)
    return [1, *others]


def amounts(chance: random.Random) -> list[int]:
    """Amounts a month that add up to the report's total, each about half of the household's line."""
    drawn = [round(size * LINE_YUAN * chance.uniform(0.38, 0.62)) for size in sizes()[1:]]
    missing = OPENING_YUAN - ENDED_YUAN - sum(drawn)
    for step in range(abs(missing)):
        drawn[step % len(drawn)] += 1 if missing > 0 else -1
    return [ENDED_YUAN, *drawn]


def review(place: int, amount: int) -> int:
    """What the annual review leaves of an opening household's amount."""
    if place == 0:
        return 0
    changes = dict(zip((5, 17), RAISES, strict=True)) | dict(
        zip((9, 20, 29, 43), (-cut for cut in CUTS), strict=True)
    )
    return amount + changes.get(place, 0)


def identity_number(born: date, serial: int) -> str:
    """A number of nowhere with a true check digit."""
    first = f"{NOWHERE}{born:%Y%m%d}{900 + serial % 100:03d}"
    return first + check_digit(first)


def members(place: int, household: Invented, chance: random.Random) -> Iterator[str]:
    """The members as lines of TOML; the head has the household's whole income."""
    name = f"测试·{STEMS[place % 10]}{BRANCHES[place % 12]}"
    for index, relation in enumerate(RELATIONS.get(household.persons, ("head",))):
        years = {"child": 12, "parent": 74}.get(relation, 52)
        born = date(2013 - years - chance.randrange(5), 1 + chance.randrange(12), 1 + chance.randrange(28))
        yield (
            f'    {{ name = "{name}{ORDINALS[index]}", relation = "{relation}", '
            f'identity_number = "{identity_number(born, place * 4 + index)}" }},'
        )


def written(place: int, household: Invented, chance: random.Random) -> str:
    """One household as it stands in the file."""
    income = household.persons * LINE_YUAN - household.amount_yuan
    lines = [
        "[[households]]",
        f'number = "{place + 1:04d}"',
        f'group = "{household.group}"',
        "members = [",
        *members(place, household, chance),
        "]",
    ]
    if household.group != "incomplete":
        lines += [
            f'income = {{ kind = "{KINDS[place % 4]}", yuan = {income} }}',
            f"amount_yuan = {household.amount_yuan}",
            f'class = "{"B" if place in CLASS_B else "A"}"',
        ]
    if household.group == "opening":
        lines += [
            f'since = "{2005 + chance.randrange(7)}-{1 + chance.randrange(12):02d}"',
            f"last_reviewed_on = {last_reviewed_on(place)}",
        ]
    if household.reviewed_yuan != household.amount_yuan:
        found = max(household.persons * LINE_YUAN - household.reviewed_yuan, 0)
        found = 1_480 if household.reviewed_yuan == 0 else found
        lines += [f"found_by_review = {{ yuan = {found}, amount_yuan = {household.reviewed_yuan} }}"]
    return "\n".join(lines)


def last_reviewed_on(place: int) -> date:
    """The last review on paper, before this ledger."""
    if place in CLASS_B:
        return date(2012, 12, 11) + timedelta(days=place % 9)
    if place in DUE_BEFORE_THE_REVIEW:
        return date(2012, 10, 29) + timedelta(days=place % 3)
    return date(2012, 11, 19) + timedelta(days=place % 30)


HEADER: Final = """\
# The households of the demonstration. ALL INVENTED, by app/demo/invent.py: the report (source 001 篇十四a)
# gives totals and changes, no household. Names and identity numbers are visibly nobody's (999999 is no
# division of China). With the invented line of 650 yuan, persons × 650 − income is the amount; the amounts
# add up to the report's figures, month by month.
#
# group: opening (entitled before the ledger), from_may and from_june (apply in 2013, entitled from then on),
# incomplete (apply and never hand in their papers). found_by_review: what the annual review finds, where that
# changes anything.
"""


def main() -> None:
    """Print the file."""
    chance = random.Random(SEED)
    parts = [written(place, household, chance) for place, household in enumerate(households(chance))]
    sys.stdout.write(HEADER + "\n" + "\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
