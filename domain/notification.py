"""When was the household told of the decision, and what takes effect with that? (书面通知)

民发〔2012〕220号 art 26, 32: every decision is told in writing; a cut or an end counts only from then on.
"""

from typing import ClassVar

import msgspec

from hudang.domain.case import CaseCommand, Step, after_step, policy_of
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.determination import DecisionRefused
from hudang.domain.effect import effect_of
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household, with_case
from hudang.domain.outcomes import ADVERSE, CASE_ENDS
from hudang.domain.roles import Role
from hudang.domain.values import CaseId


class NotificationDelivered(Event, frozen=True, kw_only=True):
    """The written notice of the decision reached the household (书面通知)."""

    TOPIC = "decision.notified"

    case: CaseId
    form: str
    receipt: Evidence


class DeliverNotification(CaseCommand, frozen=True, kw_only=True):
    """Enter that the household received the written notice (送达书面通知)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.VILLAGE_CLERK, Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})
    AFTER_CLOSE: ClassVar[bool] = True

    form: str
    receipt: Evidence


@decides(DeliverNotification)
def deliver_notification(
    household: Household, command: DeliverNotification, given: Given
) -> Events | Refusal:
    """Once per decision; with it a cut or an end takes effect, never for a month before the notice."""
    case = household.cases.get(command.case)
    determination = case.determination if case else None
    if case is None or determination is None:
        return Refusal(
            code="nothing_to_notify",
            rule="a notice follows a decision",
            message="The case has not been decided.",
        )
    if determination.notified_on is not None:
        return Refusal(
            code="already_notified",
            rule="a decision is notified once",
            message=f"The notice was delivered on {determination.notified_on}.",
        )
    if given.happened_on < determination.decided_on:
        return Refusal(
            code="fact_before_previous_step",
            rule="a step does not happen before the one it follows",
            message=f"The decision was made on {determination.decided_on}.",
        )
    malformed = refuse_unreadable((command.receipt,))
    if malformed:
        return malformed
    delivered = NotificationDelivered(case=case.id, form=command.form, receipt=command.receipt)
    decided = determination.decision
    if isinstance(decided, DecisionRefused) or decided.outcome not in ADVERSE:
        return (delivered,)
    policy = policy_of(household, case, given)
    if isinstance(policy, Refusal):
        return policy
    earliest = policy.month_of_effect(given.happened_on)
    if isinstance(earliest, Refusal):
        return earliest
    from_month = max(decided.effective_from, earliest)
    return (delivered, effect_of(household, decided, from_month))


@evolves(NotificationDelivered)
def notification_delivered(
    household: Household, event: NotificationDelivered, recorded: Recorded
) -> Household:
    case = household.cases[event.case]
    if case.determination is None:
        return household
    notified = msgspec.structs.replace(case.determination, notified_on=recorded.happened_on)
    closed = msgspec.structs.replace(case, determination=notified, end=CASE_ENDS[notified.outcome])
    return with_case(household, after_step(closed, Step.NOTIFICATION, recorded.happened_on))
