"""What does replay say of a case once a person's data were erased?"""

from __future__ import annotations

from datetime import UTC, datetime

from hudang.graphql.codes import ReplayOutcome
from hudang.graphql.replay import replayed
from tests.graphql.api import LEDGER
from tests.graphql.dibao import Dibao

ERASED_AT = datetime(2020, 1, 5, 17, tzinfo=UTC)
"""In China that is the sixth."""


class TestReplay:
    def test_says_when_the_inputs_were_erased_and_shows_the_amounts(self, decided: Dibao) -> None:
        casebook = decided.api.casebook
        loaded = casebook.load(LEDGER, decided.api.what(decided.household).stream)
        assert loaded is not None
        household, events = loaded
        case = household.cases[decided.api.what(decided.case).case]
        before = replayed(household, case, events, casebook.policies, {})

        after = replayed(household, case, events, casebook.policies, {case.persons[0]: ERASED_AT})

        assert {step.outcome for step in before} == {ReplayOutcome.REPRODUCED}
        assert {step.outcome for step in after} == {ReplayOutcome.ERASED}
        assert all("2020-01-06" in step.message for step in after)
        assert [step.recorded for step in after] == [step.recorded for step in before]
        assert {step.outcome_zh for step in after} == {"数据已删除"}
