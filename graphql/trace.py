"""Which event took which step of a case? Read off the fold of a household's events, one at a time."""

from collections.abc import Sequence
from typing import Any

from hudang.domain.case import Case, Step
from hudang.domain.decision import Recorded, evolve
from hudang.domain.household import Household
from hudang.domain.values import CaseId


def steps_taken(events: Sequence[Recorded]) -> dict[CaseId, dict[Step, Recorded]]:
    """For every case of a household, the event that took each step which still counts as taken."""
    taken: dict[CaseId, dict[Step, Recorded]] = {}
    state: Any = None
    for recorded in events:
        state = evolve(state, recorded)
        case = _touched(state, recorded)
        if case is not None:
            known = taken.get(case.id, {})
            taken[case.id] = {step: known.get(step, recorded) for step in case.done}
    return taken


def _touched(state: Any, recorded: Recorded) -> Case | None:
    """The case that an event of a household speaks of."""
    case: CaseId | None = getattr(recorded.event, "case", None)
    return state.cases.get(case) if case is not None and isinstance(state, Household) else None
