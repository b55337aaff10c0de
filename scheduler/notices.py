"""Which notices have hung long enough? (公示期满) Each is closed, unless an objection stands."""

from collections.abc import Iterator

from hudang.domain.notice import CloseNotice
from hudang.projections import postings
from hudang.scheduler.work import Round, Task


def close_expired_notices(round_: Round) -> Iterator[Task]:
    """One command per household, case and posting; an objection that is still open refuses it."""
    for notice in postings.due_to_close(round_.connection, round_.ledger, round_.today):
        yield Task(
            key=(notice.household, notice.case, notice.posting),
            command=CloseNotice(household=notice.household, case=notice.case, posting=notice.posting),
        )
