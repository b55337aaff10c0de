"""What somebody writes in their own words can name people and illnesses: is it sealed in every event?"""

from typing import Any, get_args, get_type_hints

import pytest

from hudang.domain.catalogue import COMMANDS, EVENTS
from hudang.domain.decision import Command, Event
from hudang.domain.personal import Open, Sealed

WORDS = frozenset({"reason", "reasons", "finding", "conclusion", "dissent", "circumstances", "content"})
"""The fields for words of one's own, in every event and command."""


def fields_for_words(kind: type[Event] | type[Command]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in kind.__struct_fields__ if name in WORDS}


def holds(hint: Any, wanted: type) -> bool:
    """Whether a field of this type, or each of its items, is of the wanted type."""
    return hint is wanted or any(holds(inner, wanted) for inner in get_args(hint))


class TestWordsOfOnesOwn:
    @pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
    def test_are_sealed_in_an_event(self, event: type[Event]) -> None:
        plain = [name for name, hint in fields_for_words(event).items() if not holds(hint, Sealed)]

        assert plain == []

    @pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.__name__)
    def test_come_open_in_a_command(self, command: type[Command]) -> None:
        plain = [name for name, hint in fields_for_words(command).items() if not holds(hint, Open)]

        assert plain == []

    def test_stand_beside_a_code_in_the_clear_wherever_something_is_decided(self) -> None:
        coded = {
            event.TOPIC for event in EVENTS.values() if {"ground", "cause"} & set(event.__struct_fields__)
        }

        assert coded >= {
            "opinion.given",
            "decision.confirmed",
            "decision.refused",
            "entitlement.changed",
            "entitlement.ended",
            "household.member_joined",
            "household.member_left",
            "payout.returned",
        }
