"""Who is paid what, in one run? (发放花名册)

A payroll is first an event, with its list and digest; then it is carried out. A resumed run reads the
list, it never derives it again. Amounts come from the entitlements, never from the asker.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import msgspec

from hudang.domain.decision import (
    Changes,
    Claim,
    Command,
    Event,
    Given,
    Recorded,
    Refusal,
    decides_jointly,
    evolves,
)
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import (
    Payout,
    PayoutConfirmed,
    PayoutInstructed,
    PayoutKind,
    PayoutPart,
    PayoutState,
    refuse_before,
)
from hudang.domain.policy import Policy
from hudang.domain.policy_terms import Frequency
from hudang.domain.roles import Role
from hudang.domain.values import Fen, StreamId

PAYERS = frozenset({Role.PAYMASTER, Role.SYSTEM})


class PayrollLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one household is paid in this run, part by part."""

    household: StreamId
    parts: tuple[PayoutPart, ...]

    @property
    def amount_fen(self) -> Fen:
        """The sum of the parts, in fen."""
        return Fen(sum(part.amount_fen for part in self.parts))


class PayrollPrepared(Event, frozen=True, kw_only=True):
    """The list of a payment run was fixed, with its total and the SHA-256 of its lines."""

    TOPIC = "payroll.prepared"

    programme: str
    area: str
    month: Month
    lines: tuple[PayrollLine, ...]
    total_fen: Fen
    digest: str
    policies: tuple[str, ...]

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        return tuple(
            Claim(
                key=f"payroll/{line.household}/{self.programme}/{part.month}/{part.kind}",
                holder=f"payroll/{stream}",
            )
            for line in self.lines
            for part in line.parts
        )


class PayrollInstructed(Event, frozen=True, kw_only=True):
    """Payment of these households of the list was instructed; the run is complete when none is left."""

    TOPIC = "payroll.instructed"

    households: tuple[StreamId, ...]


class PayrollLinesDropped(Event, frozen=True, kw_only=True):
    """These households of the list moved away before they were paid; where they went, the months are paid."""

    TOPIC = "payroll.lines_dropped"

    households: tuple[StreamId, ...]


class Payroll(msgspec.Struct, frozen=True, kw_only=True):
    """A payment run as it stands."""

    id: StreamId
    programme: str
    area: str
    month: Month
    lines: dict[StreamId, PayrollLine]
    left: frozenset[StreamId]
    """Households whose payment has not been instructed yet."""


class PaymentRun(msgspec.Struct, frozen=True, kw_only=True):
    """What one run pays: the months it covers, a supplement a head, and the days it is due between."""

    months: tuple[Month, ...]
    supplement_fen_per_person: Fen
    due_from: date
    due_by: date


def payment_run(policy: Policy, month: Month) -> PaymentRun | Refusal:
    """The run that pays a month: its own, or the one that pays it together with others before a festival."""
    payment, prepayments = policy.payment, policy.prepayments
    if isinstance(payment, Refusal):
        return payment
    if isinstance(prepayments, Refusal):
        return prepayments
    together = next((rule for rule in prepayments if month in rule.months), None)
    if together is None:
        months = months_of_period(payment.frequency, month)
        due_by = months[0].first_day.replace(day=payment.pay_by_day)
        return PaymentRun(
            months=months, supplement_fen_per_person=Fen(0), due_from=months[0].first_day, due_by=due_by
        )
    return PaymentRun(
        months=together.months,
        supplement_fen_per_person=Fen(together.supplement_fen_per_person),
        due_from=together.months[-1].first_day,
        due_by=together.pay_before,
    )


def months_of_period(frequency: Frequency, month: Month) -> tuple[Month, ...]:
    """The months that are paid with `month`: itself, or its quarter (art 31)."""
    if frequency is Frequency.MONTHLY:
        return (month,)
    first = month - (month.month - 1) % 3
    return (first, first + 1, first + 2)


class PreparePayroll(Command, frozen=True, kw_only=True):
    """Fix the list of a month's payment run for the households named (编制发放花名册)."""

    BY: ClassVar[frozenset[Role]] = PAYERS
    AFTER_CLOSE: ClassVar[bool] = True

    programme: str
    area: str
    month: Month
    households: tuple[StreamId, ...]

    def streams(self) -> tuple[StreamId, ...]:
        return self.households


class InstructPayouts(Command, frozen=True, kw_only=True):
    """Instruct payment of households on a payroll's list (下达发放指令)."""

    BY: ClassVar[frozenset[Role]] = PAYERS
    SUBJECT: ClassVar[str] = "Payroll"

    payroll: StreamId
    households: tuple[StreamId, ...]

    def streams(self) -> tuple[StreamId, ...]:
        return (self.payroll, *self.households)


class ConfirmPayouts(Command, frozen=True, kw_only=True):
    """Enter that the bank has paid households on a payroll's list (银行回盘确认)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.PAYMASTER})
    SUBJECT: ClassVar[str] = "Payroll"

    payroll: StreamId
    households: tuple[StreamId, ...]
    bank_reference: str

    def streams(self) -> tuple[StreamId, ...]:
        return (self.payroll, *self.households)


@decides_jointly(PreparePayroll)
def prepare_payroll(
    states: Mapping[StreamId, Any], command: PreparePayroll, given: Given
) -> Changes | Refusal:
    """Every household named that is entitled gets its line; nobody is listed twice for a month and kind."""
    policy = given.policy(command.programme, command.area, command.month.first_day)
    if isinstance(policy, Refusal):
        return policy
    run = payment_run(policy, command.month)
    if isinstance(run, Refusal):
        return run
    refusal = _refuse_run(states, command, run, given)
    if refusal:
        return refusal
    lines = tuple(
        line
        for stream in sorted(set(command.households))
        if (
            line := _line(
                states.get(stream), stream, command.programme, run.months, run.supplement_fen_per_person
            )
        ).parts
    )
    if not lines:
        return Refusal(
            code="nobody_to_pay",
            rule="a payroll pays the entitled",
            message=f"None of the households named is entitled in {command.month}.",
        )
    return {
        given.new_stream: (
            PayrollPrepared(
                programme=command.programme,
                area=command.area,
                month=command.month,
                lines=lines,
                total_fen=Fen(sum(line.amount_fen for line in lines)),
                digest=lines_digest(lines),
                policies=policy.hashes,
            ),
        )
    }


def _refuse_run(
    states: Mapping[StreamId, Any], command: PreparePayroll, run: PaymentRun, given: Given
) -> Refusal | None:
    """Nothing is paid before its time, and only the households of the area, whose rules these are."""
    if given.happened_on < run.months[0].first_day:
        return Refusal(
            code="payroll_too_early",
            rule="a month is paid once it, or the first of the months paid with it, has begun",
            message=f"This run pays from {run.months[0]} on; prepare it then.",
        )
    for stream in command.households:
        household = states.get(stream)
        if not isinstance(household, Household) or not household.lives_in(command.area):
            return Refusal(
                code="outside_area",
                rule="a payroll pays the households of one area",
                message=f"Household {stream} is no household of the area of this payroll.",
            )
    return None


def _line(
    household: Any, stream: StreamId, programme: str, months: tuple[Month, ...], supplement_fen: Fen
) -> PayrollLine:
    """The months' amounts, and the supplement a head in the run's last month where the policy has one."""
    entitlement = household.entitlements.get(programme) if isinstance(household, Household) else None
    if entitlement is None:
        return PayrollLine(household=stream, parts=())
    spans = [(month, span) for month in months if (span := entitlement.in_month(month))]
    regular = tuple(
        PayoutPart(month=month, kind=PayoutKind.REGULAR, amount_fen=span.amount_fen, persons=span.persons)
        for month, span in spans
    )
    if not spans or supplement_fen == 0:
        return PayrollLine(household=stream, parts=regular)
    month, span = spans[-1]
    supplement = PayoutPart(
        month=month,
        kind=PayoutKind.SUPPLEMENT,
        amount_fen=Fen(supplement_fen * span.persons),
        persons=span.persons,
    )
    return PayrollLine(household=stream, parts=(*regular, supplement))


def lines_digest(lines: tuple[PayrollLine, ...]) -> str:
    """SHA-256 over the lines as they are stored, in hex."""
    text = "\n".join(
        f"{line.household} {part.month} {part.kind} {part.amount_fen} {part.persons}"
        for line in lines
        for part in line.parts
    )
    return hashlib.sha256(text.encode()).hexdigest()


@decides_jointly(InstructPayouts)
def instruct_payouts(
    states: Mapping[StreamId, Any], command: InstructPayouts, given: Given
) -> Changes | Refusal:
    """Pays what the list says, each household once; those already instructed are passed over.

    A household that moved away since the list was fixed is dropped: its months are paid where it went.
    """
    payroll: Payroll = states[command.payroll]
    if not set(command.households) <= payroll.lines.keys():
        return Refusal(
            code="not_on_payroll",
            rule="a run pays its list",
            message="A household named is not on this payroll.",
        )
    due = tuple(stream for stream in dict.fromkeys(command.households) if stream in payroll.left)
    if not due:
        return {}
    gone = tuple(stream for stream in due if states[stream].closed)
    here = tuple(stream for stream in due if stream not in gone)
    changes: dict[StreamId, tuple[Event, ...]] = {
        command.payroll: (
            *((PayrollInstructed(households=here),) if here else ()),
            *((PayrollLinesDropped(households=gone),) if gone else ()),
        )
    }
    for stream in here:
        line = payroll.lines[stream]
        household: Household = states[stream]
        changes[stream] = (
            PayoutInstructed(
                payout=given.new_id(stream),
                household=stream,
                payroll=command.payroll,
                programme=payroll.programme,
                parts=line.parts,
                amount_fen=line.amount_fen,
                account_holder=household.payee,
            ),
        )
    return changes


@decides_jointly(ConfirmPayouts)
def confirm_payouts(
    states: Mapping[StreamId, Any], command: ConfirmPayouts, given: Given
) -> Changes | Refusal:
    """Only what was instructed is confirmed; what is confirmed already stays, what came back stays back."""
    if not command.bank_reference.strip():
        return Refusal(
            code="bank_reference_missing",
            rule="a confirmation names the bank's record",
            message="Give the reference of the bank's statement.",
        )
    changes: dict[StreamId, tuple[Event, ...]] = {}
    for stream in command.households:
        payouts = _payouts_of(states.get(stream), command.payroll)
        refusal = _refuse_confirming(stream, payouts, given)
        if refusal:
            return refusal
        confirmed = tuple(
            PayoutConfirmed(payout=payout.id, bank_reference=command.bank_reference)
            for payout in payouts
            if payout.state is PayoutState.INSTRUCTED
        )
        if confirmed:
            changes[stream] = confirmed
    return changes


def _payouts_of(household: Any, payroll: StreamId) -> tuple[Payout, ...]:
    payouts = household.payouts.values() if isinstance(household, Household) else ()
    return tuple(payout for payout in payouts if payout.payroll == payroll)


def _refuse_confirming(stream: StreamId, payouts: tuple[Payout, ...], given: Given) -> Refusal | None:
    if not payouts:
        return Refusal(
            code="payout_not_instructed",
            rule="the bank confirms what was instructed",
            message=f"No payment of household {stream} was instructed by this payroll.",
        )
    if all(payout.state is PayoutState.RETURNED for payout in payouts):
        return Refusal(
            code="payout_came_back",
            rule="what the bank returned it has not paid",
            message=f"The payment of household {stream} was returned; re-issue it before it is confirmed.",
        )
    return next((refusal for payout in payouts if (refusal := refuse_before(payout, given))), None)


@evolves(PayrollPrepared)
def payroll_prepared(state: None, event: PayrollPrepared, recorded: Recorded) -> Payroll:
    lines = {line.household: line for line in event.lines}
    return Payroll(
        id=recorded.stream,
        programme=event.programme,
        area=event.area,
        month=event.month,
        lines=lines,
        left=frozenset(lines),
    )


@evolves(PayrollInstructed, PayrollLinesDropped)
def payroll_carried_out(
    payroll: Payroll, event: PayrollInstructed | PayrollLinesDropped, recorded: Recorded
) -> Payroll:
    return msgspec.structs.replace(payroll, left=payroll.left - set(event.households))
