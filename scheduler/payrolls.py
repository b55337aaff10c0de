"""Which payments are due? (到期发放)

A payroll is prepared for everybody who is entitled and not listed yet; then it is carried out.
"""

import hashlib
from collections.abc import Iterator, Sequence

from hudang.domain.decision import Refusal
from hudang.domain.month import Month
from hudang.domain.payroll import InstructPayouts, PreparePayroll, payment_run
from hudang.domain.values import StreamId
from hudang.projections import payrolls
from hudang.scheduler.work import Round, Task

CHUNK = 200
"""Households whose payment one command instructs, so that others get a turn."""


def prepare_due_payrolls(round_: Round) -> Iterator[Task]:
    """The run that is due this month, for every household entitled that no payroll lists yet."""
    month = Month.of(round_.today)
    for programme in round_.programmes:
        policy = round_.find_policy(programme, month.first_day)
        run = policy if isinstance(policy, Refusal) else payment_run(policy, month)
        if isinstance(run, Refusal) or round_.today < run.due_from:
            continue
        households = payrolls.entitled_but_not_listed(round_.connection, round_.ledger, programme, run.months)
        if households:
            yield Task(
                key=(programme, month, _digest(households)),
                command=PreparePayroll(
                    programme=programme,
                    area=round_.jurisdiction.area,
                    month=month,
                    households=tuple(households),
                ),
            )


def instruct_prepared_payrolls(round_: Round) -> Iterator[Task]:
    """The households of every unfinished payroll whose payment has not been instructed, in chunks."""
    for payroll in payrolls.unfinished(round_.connection, round_.ledger):
        for first in range(0, len(payroll.left), CHUNK):
            chunk = payroll.left[first : first + CHUNK]
            yield Task(
                key=(payroll.payroll, _digest(chunk)),
                command=InstructPayouts(payroll=payroll.payroll, households=chunk),
            )


def _digest(households: Sequence[StreamId]) -> str:
    return hashlib.sha256("\n".join(sorted(households)).encode()).hexdigest()
