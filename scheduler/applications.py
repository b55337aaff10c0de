"""Which applications waited in vain for their papers? (资料未交齐) Each lapses once its due day is over."""

from collections.abc import Iterator

from hudang.domain.application import LapseApplication
from hudang.projections import applications
from hudang.scheduler.work import Round, Task


def lapse_incomplete_applications(round_: Round) -> Iterator[Task]:
    """One command per application whose missing papers are overdue."""
    for overdue in applications.overdue_supplements(round_.connection, round_.ledger, round_.today):
        yield Task(
            key=(overdue.household, overdue.case),
            command=LapseApplication(household=overdue.household, case=overdue.case),
        )
