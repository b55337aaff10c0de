"""Which histories do the tests of the read models fold? Everything a community does, a word each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from hudang.domain.campaign import CampaignClosed, CampaignOpened, RosterLine
from hudang.domain.decision import Event
from hudang.domain.entitlement import (
    EntitlementChanged,
    EntitlementEnded,
    EntitlementKept,
    HouseholdClass,
)
from hudang.domain.grounds import MemberCause, PayoutReturnCause
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.notification import NotificationDelivered
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.payout import PayoutConfirmed, PayoutInstructed, PayoutKind, PayoutPart, PayoutReturned
from hudang.domain.payroll import PayrollInstructed, PayrollLine, PayrollPrepared
from hudang.domain.recheck import RecheckJoined, RecheckOpened
from hudang.domain.registration import (
    AccountNamed,
    MemberJoined,
    MemberLeft,
)
from hudang.domain.values import CaseId, Fen, PersonId, StreamId
from tests.projections.procedure import Procedure
from tests.projections.recording import DIBAO, VILLAGE, paper


class History(Procedure):
    """A ledger under test, with everything that a community does."""

    def open_recheck(self, number: str, due_on: date) -> CaseId:
        """A recheck falls due by class."""
        case = recheck_of(number)
        self.record(
            {self.household(number): RecheckOpened(case=case, programme=DIBAO, due_on=due_on)}, on=due_on
        )
        return case

    def open_campaign(
        self, name: str, month: Month, roster: Mapping[str, tuple[int, int]], *, joining: frozenset[str]
    ) -> StreamId:
        """An annual review over households of (persons, amount); an open recheck in `joining` joins."""
        campaign = self.stream(name)
        lines = tuple(
            RosterLine(
                household=self.household(number),
                case=recheck_of(number),
                persons=persons,
                amount_fen=Fen(amount),
            )
            for number, (persons, amount) in roster.items()
        )
        opened = CampaignOpened(programme=DIBAO, area=VILLAGE, roster_month=month, roster=lines)
        today = self.day + timedelta(days=1)
        rechecks: dict[StreamId, Event] = {
            self.household(number): RecheckJoined(case=recheck_of(number), campaign=campaign)
            if number in joining
            else RecheckOpened(case=recheck_of(number), programme=DIBAO, due_on=today, campaign=campaign)
            for number in roster
        }
        self.record({campaign: opened, **rechecks})
        return campaign

    def close_campaign(self, campaign: StreamId, results: dict[str, int]) -> None:
        """Every household has its result."""
        self.record({campaign: CampaignClosed(results=results)})

    def keep(self, number: str, amount: int, from_month: Month, *, members: int = 1) -> None:
        """A recheck changes nothing but the class."""
        decided = self._decided(recheck_of(number), DecisionOutcome.KEEP, amount, from_month, members)
        kept = EntitlementKept(
            case=recheck_of(number),
            programme=DIBAO,
            household_class=HouseholdClass.B,
            amount_fen=Fen(amount),
            next_recheck_on=decided.next_recheck_on,
        )
        self.record({self.household(number): [decided, kept]})

    def change(self, number: str, before: int, after: int, from_month: Month, *, members: int = 1) -> None:
        """A recheck raises the amount at once, or lowers it once that was notified."""
        stream = self.household(number)
        raised = after > before
        outcome = DecisionOutcome.RAISE if raised else DecisionOutcome.LOWER
        decided = self._decided(recheck_of(number), outcome, after, from_month, members)
        changed = EntitlementChanged(
            case=recheck_of(number),
            programme=DIBAO,
            household_class=HouseholdClass.B,
            persons=members,
            before_fen=Fen(before),
            amount_fen=Fen(after),
            from_month=from_month,
            next_recheck_on=decided.next_recheck_on,
            ground=decided.ground,
        )
        if raised:
            self.record({stream: [decided, changed]})
        else:
            self.record({stream: decided})
            self.record({stream: [notified(number), changed]})

    def decide_to_lower(self, number: str, after: int, from_month: Month) -> None:
        """The county decides on a cut, which nobody has been told of."""
        decided = self._decided(recheck_of(number), DecisionOutcome.LOWER, after, from_month, 1)
        self.record({self.household(number): decided})

    def notify_recheck(self, number: str) -> None:
        """The written notice of a recheck's decision arrives."""
        self.record({self.household(number): notified(number)})

    def end(self, number: str, amount: int, last_month: Month, *, members: int = 1) -> None:
        """A recheck ends the entitlement, once that was notified."""
        stream = self.household(number)
        decided = self._decided(recheck_of(number), DecisionOutcome.END, 0, last_month + 1, members)
        self.record({stream: decided})
        ended = EntitlementEnded(
            case=recheck_of(number),
            programme=DIBAO,
            amount_fen=Fen(amount),
            persons=members,
            last_month=last_month,
            household=stream,
            ground=decided.ground,
        )
        self.record({stream: [notified(number), ended]})

    def prepare_payroll(
        self, name: str, month: Month, amounts: Mapping[str, int], *, supplement: int = 0
    ) -> StreamId:
        """The list of a month, one person a household, with a supplement if there is one."""
        payroll = self.stream(name)
        lines = tuple(
            PayrollLine(household=self.household(number), parts=parts_of(month, amount, supplement))
            for number, amount in amounts.items()
        )
        prepared = PayrollPrepared(
            programme=DIBAO,
            area=VILLAGE,
            month=month,
            lines=lines,
            total_fen=Fen(sum(line.amount_fen for line in lines)),
            digest="0" * 64,
            policies=(),
        )
        self.record({payroll: prepared})
        return payroll

    def instruct(
        self, payroll: StreamId, month: Month, amounts: Mapping[str, int], *, supplement: int = 0
    ) -> None:
        """Payment of these households is instructed."""
        streams = tuple(self.household(number) for number in amounts)
        instructed = {
            self.household(number): self._payout(number, payroll, parts_of(month, amount, supplement))
            for number, amount in amounts.items()
        }
        self.record({payroll: PayrollInstructed(households=streams), **instructed})

    def _payout(
        self, number: str, payroll: StreamId, parts: tuple[PayoutPart, ...], *, again: bool = False
    ) -> PayoutInstructed:
        first = payout_of(number, payroll)
        return PayoutInstructed(
            payout=f"{first}-again" if again else first,
            household=self.household(number),
            payroll=payroll,
            programme=DIBAO,
            parts=parts,
            amount_fen=Fen(sum(part.amount_fen for part in parts)),
            account_holder=self.persons(number)[0],
            reissue_of=first if again else None,
        )

    def confirm(self, number: str, payroll: StreamId) -> None:
        """The bank paid."""
        event = PayoutConfirmed(payout=payout_of(number, payroll), bank_reference="测试回单")
        self.record({self.household(number): event})

    def send_money_back(self, number: str, payroll: StreamId) -> None:
        """The bank returned the money."""
        event = PayoutReturned(
            payout=payout_of(number, payroll),
            cause=PayoutReturnCause.ACCOUNT_WRONG,
            reason=self.words(number, "reason", "测试账号有误"),
        )
        self.record({self.household(number): event})

    def reissue(self, number: str, payroll: StreamId, month: Month, amount: int) -> None:
        """The money is sent once more."""
        parts = parts_of(month, amount, 0)
        self.record({self.household(number): self._payout(number, payroll, parts, again=True)})

    def name_account(self, number: str) -> None:
        """The household names its account."""
        stream, head = self.household(number), self.persons(number)[0]
        account = self.sealed("测试账号0001", head, f"{stream}:{self.next_version(stream)}:account")
        self.record({stream: AccountNamed(holder=head, account=account)})

    def join(self, number: str, nth: int) -> PersonId:
        """A child joins the household."""
        stream, person = self.household(number), PersonId(f"{self.ledger}-p{number}-{nth}")
        name = self.sealed(f"测试{number}之{nth}", person, f"{stream}:{self.next_version(stream)}:name")
        joined = MemberJoined(
            person=person,
            relation=Relation.CHILD,
            name=name,
            cause=MemberCause.BIRTH,
            reason=self.words(number, "reason", "测试原因"),
        )
        self.record({stream: joined})
        return person

    def leave(self, number: str, nth: int) -> None:
        """A member leaves."""
        person = PersonId(f"{self.ledger}-p{number}-{nth}")
        reason = self.words(number, "reason", "测试原因")
        left = MemberLeft(person=person, cause=MemberCause.MOVED_OUT, reason=reason)
        self.record({self.household(number): left})


def recheck_of(number: str) -> CaseId:
    """The recheck of a household; in these histories each has one."""
    return CaseId(f"recheck-{number}")


def payout_of(number: str, payroll: StreamId) -> str:
    """The payment of a household in a run."""
    return f"{payroll}-{number}"


def notified(number: str) -> NotificationDelivered:
    """The written notice reached the household."""
    return NotificationDelivered(case=recheck_of(number), form="当面送达", receipt=paper("送达回执"))


def parts_of(month: Month, amount: int, supplement: int) -> tuple[PayoutPart, ...]:
    """A month's sum for one person, with a supplement if there is one."""
    regular = PayoutPart(month=month, kind=PayoutKind.REGULAR, amount_fen=Fen(amount), persons=1)
    extra = PayoutPart(month=month, kind=PayoutKind.SUPPLEMENT, amount_fen=Fen(supplement), persons=1)
    return (regular, extra) if supplement else (regular,)
