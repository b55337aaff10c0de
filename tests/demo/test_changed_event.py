"""Does what is computed follow the events? One household's amount is changed, and the sums change with it."""

from pathlib import Path

import msgspec

from hudang.demo.outcome import Outcome
from hudang.demo.reconciliation import Basis
from hudang.demo.story import Income, Story, the_story
from tests.demo.conftest import Lived, living


def with_less_income(story: Story, number: str, yuan: int) -> Story:
    """The story in which one household earns less and receives as much more."""
    return Story(
        households=tuple(
            msgspec.structs.replace(
                household,
                income=Income(kind=household.income.kind, yuan=household.income.yuan - yuan),
                amount_yuan=household.amount_yuan + yuan,
            )
            if household.number == number and household.income is not None
            else household
            for household in story.households
        )
    )


def computed(outcome: Outcome, check: str, label: str) -> int:
    """What the events add up to in one part of a check."""
    (part,) = (
        part
        for row in outcome.reconciliation
        if row.check == check
        for part in row.parts
        if part.basis is Basis.EVENTS and part.label == label
    )
    return int(part.computed)


class TestWhatIsComputed:
    def test_follows_one_changed_amount(self, lived: Lived, tmp_path: Path) -> None:
        with living(tmp_path, with_less_income(the_story(), "0002", 10)) as year:
            changed = year.outcome

        for check, label, difference in (
            ("C3", "amount of December", 10),
            ("C5", "amount of November", 10),
            ("C5", "amount of the roster reviewed", 10),
            ("C7", "Dibao paid for the year", 120),
            ("C7", "paid in February: January, February and 300 a head", 20),
            ("C1", "households in December", 0),
        ):
            before = computed(lived.outcome, check, label)
            assert computed(changed, check, label) == before + difference, label
