"""How does a paper that covers many households, a meeting's agenda or a poster, name one case?"""

import msgspec

from hudang.domain.decision import Refusal
from hudang.domain.values import CaseId, StreamId


class CaseRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case of one household's file."""

    household: StreamId
    case: CaseId


def refuse_list(cases: tuple[CaseRef, ...]) -> Refusal | None:
    """A list of cases names at least one, and each household once."""
    if not cases:
        return Refusal(
            code="no_case_named",
            rule="a meeting or a posting is about cases",
            message="Name at least one case.",
        )
    if len({reference.household for reference in cases}) != len(cases):
        return Refusal(
            code="household_named_twice",
            rule="a list names a household once",
            message="Name each household once, with the case that is meant.",
        )
    return None
