"""Was anybody paid twice? What tests ask of the events of a ledger."""

from typing import Any

from hudang.domain.decision import Recorded


def twice_paid(events: list[Recorded]) -> list[tuple[Any, ...]]:
    """Household, month and kind of every payment made while another one of them stood."""
    standing: dict[tuple[Any, ...], str] = {}
    twice: list[tuple[Any, ...]] = []
    for recorded_event in events:
        event: Any = recorded_event.event
        if recorded_event.topic == "payout.instructed":
            for part in event.parts:
                key = (recorded_event.stream, event.programme, part.month, part.kind)
                if standing.setdefault(key, event.payout) != event.payout:
                    twice.append(key)
        elif recorded_event.topic == "payout.returned":
            standing = {key: payout for key, payout in standing.items() if payout != event.payout}
    return twice
