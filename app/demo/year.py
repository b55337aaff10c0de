"""How is the year lived through? Each working day the clock moves on, the scheduler looks, offices act."""

from collections.abc import Callable

from hudang.demo.office import Office
from hudang.demo.plan import FIRST_DAY, LAST_DAY, calendar, working_days


def live_through(office: Office, look: Callable[[], object], say: Callable[[str], None]) -> None:
    """Carry the year; `look` is one look of the scheduler, `say` hears each month as it begins.

    Days that the ledger has behind it already are gone through again by the offices alone: their commands are
    known by their ids and record nothing twice. So a year that was interrupted continues.
    """
    acts = calendar(office.story)
    month = ""
    for day in working_days(FIRST_DAY, LAST_DAY):
        if f"{day:%Y-%m}" != month:
            month = f"{day:%Y-%m}"
            say(month)
        behind = office.clock.now().date() > day
        office.begin(day)
        if not behind:
            look()
        for act in acts.get(day, ()):
            act(office)
