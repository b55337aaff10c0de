"""Which events and commands are there? Importing this module registers every decision and fold."""

from types import ModuleType

from hudang.domain import (
    allotment,
    application,
    appraisal,
    arrival,
    campaign,
    determination,
    entitlement,
    erasure,
    hold,
    jurisdiction,
    meeting,
    notice,
    notification,
    objection,
    opening,
    opinion,
    payout,
    payroll,
    person,
    posting,
    proposal,
    recheck,
    registration,
    returning,
    survey,
    transfer,
    verification,
    voting,
)
from hudang.domain.decision import DECISIONS, FOLDS, Command, Event
from hudang.domain.former import FORMER

SUBJECTS: tuple[ModuleType, ...] = (
    jurisdiction,
    person,
    registration,
    opening,
    application,
    verification,
    survey,
    meeting,
    voting,
    appraisal,
    opinion,
    posting,
    notice,
    objection,
    returning,
    proposal,
    determination,
    notification,
    entitlement,
    recheck,
    campaign,
    payroll,
    payout,
    allotment,
    transfer,
    arrival,
    hold,
    erasure,
)
"""The subject modules, in the order of the procedure."""


def _events() -> dict[str, type[Event]]:
    events: dict[str, type[Event]] = {}
    for event in FOLDS:
        if event.TOPIC in {*events, *FORMER} or not event.TOPIC:
            raise TypeError(f"the topic of {event.__name__} is missing or taken")
        events[event.TOPIC] = event
    return events


EVENTS: dict[str, type[Event]] = _events()
"""Every event by its topic."""

COMMANDS: dict[str, type[Command]] = {command.__name__: command for command in DECISIONS}
"""Every command by its name."""

__all__ = ["COMMANDS", "EVENTS", "SUBJECTS"]
