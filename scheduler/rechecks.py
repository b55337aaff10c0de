"""Which rechecks fall due? (到期复核) One is opened for every household whose class makes it due."""

from collections.abc import Iterator

from hudang.domain.recheck import OpenRecheck
from hudang.projections import rechecks
from hudang.scheduler.work import Round, Task


def open_due_rechecks(round_: Round) -> Iterator[Task]:
    """One command per household, programme and due day."""
    for due in rechecks.falling_due(round_.connection, round_.ledger, round_.today):
        yield Task(
            key=(due.household, due.programme, due.due_on),
            command=OpenRecheck(household=due.household, programme=due.programme, due_on=due.due_on),
        )
