"""May the household move, what goes along, and is every month paid once, wherever the days fall?"""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st

from hudang.domain.arrival import (
    AcceptTransfer,
    AnnounceTransfer,
    MovingEntitlement,
    MovingMember,
    TransferAccepted,
    TransferAnnounced,
    TransferredIn,
)
from hudang.domain.case import Step
from hudang.domain.decision import Changes, Command, Refusal
from hudang.domain.entitlement import EntitlementChanged, HouseholdClass
from hudang.domain.grounds import DecisionGround, PayoutReturnCause
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.payout import (
    PayoutConfirmed,
    PayoutInstructed,
    PayoutKind,
    PayoutPart,
    PayoutReturned,
    ReissuePayout,
    ReturnPayout,
)
from hudang.domain.payroll import (
    InstructPayouts,
    PayrollInstructed,
    PayrollLinesDropped,
    PreparePayroll,
)
from hudang.domain.person import PersonRegistered
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Register
from hudang.domain.registration import AccountNamed, HouseholdRegistered, NameAccount
from hudang.domain.roles import Role
from hudang.domain.transfer import AcknowledgeTransfer, TransferCompleted, TransferOut, TransferredOut
from hudang.domain.values import CaseId, Fen, StreamId
from tests.domain.cases import (
    COUNTY,
    HEAD,
    HOUSEHOLD,
    NEIGHBOUR,
    NEW_STREAM,
    PROGRAMME,
    SPOUSE,
    VILLAGE,
    At,
    accepted,
    decide,
    due,
    given,
    new_person,
    paper,
    recorded,
    refused,
    sealed,
    then,
)
from tests.domain.entitled import entitled

MARCH, APRIL, MAY = Month(2013, 3), Month(2013, 4), Month(2013, 5)
MOVED_ON = date(2013, 5, 6)
THERE = StreamId("L0002-household-1")
ANNOUNCED = StreamId("L0001-transfer-1")
OUT = TransferOut(household=HOUSEHOLD, to_ledger="L0002", reason=Open("迁往外县"))
NUMBERS = ("11010119900101001", "11010119900101002")


def paid(state: Household, *months: Month, confirmed: bool = True, programme: str = PROGRAMME) -> Household:
    """The household paid for these months, one payment each."""
    for month in months:
        payout = f"payout-{month}"
        events: list[At] = [
            At(
                PayoutInstructed(
                    payout=payout,
                    household=state.id,
                    payroll=StreamId(f"L0001-payroll-{month}"),
                    programme=programme,
                    parts=(
                        PayoutPart(month=month, kind=PayoutKind.REGULAR, amount_fen=Fen(40_000), persons=2),
                    ),
                    amount_fen=Fen(40_000),
                    account_holder=HEAD,
                ),
                on=month.first_day,
                by=Role.SYSTEM,
            )
        ]
        if confirmed:
            events.append(At(PayoutConfirmed(payout=payout, bank_reference="测试"), on=month.first_day))
        state = given(*events, stream=state.id, state=state)
    return state


def ask(state: Any, command: Command = OUT, *, by: Role = Role.TOWNSHIP_CLERK, on: date = MOVED_ON) -> Any:
    return decide(state, command, by=by, on=on)


def moved(state: Household, *, on: date = MOVED_ON) -> Household:
    household: Household = then(state, ask(state, on=on), on=on, by=Role.TOWNSHIP_CLERK)
    return household


def announce(out: TransferredOut) -> AnnounceTransfer:
    """What the job makes of a household of two."""
    return AnnounceTransfer(
        transfer=out.transfer,
        from_ledger="L0001",
        from_household=out.household,
        from_number="001",
        register=Register.URBAN,
        address=Open("测试路1号"),
        members=tuple(
            MovingMember(
                origin=person, name=Open(f"测试{place}"), identity_number=Open(number), relation=relation
            )
            for place, (person, number, relation) in enumerate(
                zip((HEAD, SPOUSE), NUMBERS, (Relation.HEAD, Relation.SPOUSE), strict=True)
            )
        ),
        entitlements=tuple(
            MovingEntitlement(
                programme=one.programme,
                household_class=one.household_class,
                amount_fen=one.amount_fen,
                origins=one.persons,
                paid_through=one.paid_through,
                last_reviewed_on=one.last_reviewed_on,
            )
            for one in out.entitlements
        ),
        record=paper("迁出记录"),
    )


def announced_by(arrival: Changes, on: date) -> Any:
    """The announcement as a stream of its own."""
    events = (At(event, on=on, by=Role.SYSTEM) for event in arrival[NEW_STREAM])
    return given(*events, stream=ANNOUNCED)


def received(out: TransferredOut, *, on: date = MOVED_ON) -> tuple[Household, Changes]:
    """The household as the other ledger takes it in, and all that was recorded for it."""
    arrival = accepted(decide(None, announce(out), by=Role.SYSTEM, on=on))
    transfer = announced_by(arrival, on)
    command = AcceptTransfer(transfer=ANNOUNCED, number="77", area=VILLAGE)
    changes = accepted(decide({ANNOUNCED: transfer}, command, by=Role.TOWNSHIP_CLERK, on=on))
    return then(None, changes, on=on, by=Role.TOWNSHIP_CLERK, stream=NEW_STREAM), changes


class TestLeaving:
    def test_ends_what_the_household_is_entitled_to_with_the_last_month_paid(self) -> None:
        household = paid(entitled(), MARCH, APRIL)

        (out,) = recorded(ask(household))

        assert isinstance(out, TransferredOut)
        assert out.members == (HEAD, SPOUSE)
        assert [(one.programme, one.amount_fen, one.paid_through) for one in out.entitlements] == [
            (PROGRAMME, 40_000, APRIL)
        ]
        assert out.entitlements[0].last_reviewed_on == date(2012, 12, 1)
        gone = moved(household).entitlements[PROGRAMME]
        assert (gone.in_month(APRIL) is None, gone.in_month(MAY)) == (False, None)

    def test_frees_whom_another_household_may_take_in(self) -> None:
        (out,) = recorded(ask(paid(entitled(), MARCH)))

        assert out.frees() == (
            f"member/{HEAD}",
            f"member/{SPOUSE}",
            f"entitlement/{HOUSEHOLD}/{PROGRAMME}",
        )

    def test_says_that_nothing_was_paid_by_the_month_before_the_first(self) -> None:
        """What came from paper was paid by hand until the month in which it came in: March."""
        (out,) = recorded(ask(entitled(), on=date(2013, 3, 2)))

        assert isinstance(out, TransferredOut)
        assert out.entitlements[0].paid_through == Month(2013, 2)

    @pytest.mark.parametrize("to_ledger", ["", " ", "L0001"])
    def test_needs_another_ledger(self, to_ledger: str) -> None:
        command = msgspec.structs.replace(OUT, to_ledger=to_ledger)

        assert refused(ask(entitled(), command)) == "transfer_nowhere"

    def test_needs_a_reason(self) -> None:
        assert refused(ask(entitled(), msgspec.structs.replace(OUT, reason=Open(" ")))) == "reason_missing"

    def test_waits_for_an_open_case(self) -> None:
        assert refused(ask(due(Step.SURVEY))) == "case_open"

    def test_waits_for_the_banks_word(self) -> None:
        assert refused(ask(paid(entitled(), MARCH, confirmed=False))) == "payout_on_its_way"

    def test_waits_for_a_month_that_was_passed_over(self) -> None:
        assert refused(ask(paid(entitled(), APRIL))) == "months_unpaid"

    def test_waits_for_a_returned_payment_to_be_sent_again(self) -> None:
        household = paid(entitled(), MARCH, APRIL)
        back = PayoutReturned(payout=f"payout-{MARCH}", cause=PayoutReturnCause.OTHER, reason=sealed(HEAD))
        household = given(back, state=household)

        assert refused(ask(household)) == "months_unpaid"

    def test_waits_until_one_amount_goes_along(self) -> None:
        """Paid through March, raised from May: April is paid here first."""
        raised = EntitlementChanged(
            case=CaseId("c"),
            programme=PROGRAMME,
            household_class=HouseholdClass.C,
            persons=2,
            before_fen=Fen(40_000),
            amount_fen=Fen(50_000),
            from_month=MAY,
            next_recheck_on=date(2014, 1, 1),
            ground=DecisionGround.INCOME_CHANGED,
        )
        household = given(At(raised, on=date(2013, 4, 2)), state=paid(entitled(), MARCH))

        assert refused(ask(household)) == "change_pending"
        (out,) = recorded(ask(paid(household, APRIL)))
        assert isinstance(out, TransferredOut)
        assert out.entitlements[0].amount_fen == 50_000


class TestAFileThatMovedAway:
    def test_is_not_continued(self) -> None:
        household = moved(paid(entitled(), MARCH))
        account = NameAccount(household=HOUSEHOLD, holder=HEAD, account=Open("测试账户"))

        assert refused(ask(household, account)) == "file_closed"
        assert refused(ask(household)) == "file_closed"

    def test_still_settles_what_the_bank_sends_back(self) -> None:
        household = moved(paid(entitled(), MARCH))
        back = ReturnPayout(
            household=HOUSEHOLD,
            payout=f"payout-{MARCH}",
            cause=PayoutReturnCause.OTHER,
            reason=Open("账户已销"),
        )
        returned = then(household, ask(household, back, by=Role.PAYMASTER), on=MOVED_ON, by=Role.PAYMASTER)
        again = ReissuePayout(household=HOUSEHOLD, payout=f"payout-{MARCH}")

        (instructed,) = recorded(ask(returned, again, by=Role.PAYMASTER))

        assert isinstance(instructed, PayoutInstructed)
        assert instructed.parts[0].month == MARCH

    def test_is_dropped_from_a_list_that_was_fixed_before(self) -> None:
        payroll = StreamId("L0001-payroll-1")
        here, gone = entitled(household=2), paid(entitled(), MARCH)
        both = {HOUSEHOLD: gone, NEIGHBOUR: here}
        command = PreparePayroll(
            programme=PROGRAMME, area=COUNTY, month=APRIL, households=(HOUSEHOLD, NEIGHBOUR)
        )
        prepared = decide(both, command, by=Role.SYSTEM, on=date(2013, 4, 2))
        run = then(None, prepared, on=date(2013, 4, 2), by=Role.SYSTEM, stream=NEW_STREAM)
        states = {payroll: run, HOUSEHOLD: moved(gone), NEIGHBOUR: here}
        instruct = InstructPayouts(payroll=payroll, households=(HOUSEHOLD, NEIGHBOUR))

        changes = accepted(decide(states, instruct, by=Role.SYSTEM, on=MOVED_ON))

        assert changes[payroll] == (
            PayrollInstructed(households=(NEIGHBOUR,)),
            PayrollLinesDropped(households=(HOUSEHOLD,)),
        )
        assert changes.keys() == {payroll, NEIGHBOUR}
        after = then(run, changes, on=MOVED_ON, by=Role.SYSTEM, stream=payroll)
        assert after.left == frozenset()


class TestArriving:
    def test_is_announced_with_people_who_become_known(self) -> None:
        (out,) = recorded(ask(paid(entitled(), MARCH)))
        assert isinstance(out, TransferredOut)

        changes = accepted(decide(None, announce(out), by=Role.SYSTEM, on=MOVED_ON))

        (announced,) = changes[NEW_STREAM]
        assert isinstance(announced, TransferAnnounced)
        assert [member.person for member in announced.members] == [new_person(1), new_person(2)]
        assert announced.entitlements[0].persons == (new_person(1), new_person(2))
        assert isinstance(changes[StreamId(new_person(1))][0], PersonRegistered)
        assert [claim.key for claim in announced.takes(NEW_STREAM)] == [f"transfer/{out.transfer}"]

    def test_begins_a_file_that_is_due_for_recheck_at_once(self) -> None:
        (out,) = recorded(ask(paid(entitled(), MARCH)))
        assert isinstance(out, TransferredOut)

        household, changes = received(out)

        events = [type(event) for event in changes[NEW_STREAM]]
        assert events[0] is HouseholdRegistered
        assert TransferredIn in events
        assert [type(event) for event in changes[ANNOUNCED]] == [TransferAccepted]
        entitlement = household.entitlements[PROGRAMME]
        assert entitlement.decided_before_ledger
        assert entitlement.next_recheck_on == MOVED_ON
        assert entitlement.spans[0].from_month == entitlement.owed_from == APRIL
        assert household.moved_here is not None
        assert household.number == "77"

    def test_brings_the_account_along_sealed_as_it_came(self) -> None:
        household = given(AccountNamed(holder=HEAD, account=sealed(HEAD)), state=paid(entitled(), MARCH))
        (out,) = recorded(ask(household))
        assert isinstance(out, TransferredOut)
        command = msgspec.structs.replace(announce(out), account_origin=HEAD, account=Open("测试账户"))

        (announced,) = recorded(decide(None, command, by=Role.SYSTEM, on=MOVED_ON), NEW_STREAM)

        assert isinstance(announced, TransferAnnounced)
        assert announced.account_holder == new_person(1)
        assert announced.account == Open("测试账户", of=new_person(1))

    @pytest.mark.parametrize(
        ("number", "area", "code"),
        [
            (" ", VILLAGE, "household_number_missing"),
            ("77", "nowhere", "area_malformed"),
        ],
    )
    def test_needs_number_area_and_rules(self, number: str, area: str, code: str) -> None:
        (out,) = recorded(ask(paid(entitled(), MARCH)))
        assert isinstance(out, TransferredOut)
        arrival = accepted(decide(None, announce(out), by=Role.SYSTEM, on=MOVED_ON))
        transfer = announced_by(arrival, MOVED_ON)
        command = AcceptTransfer(transfer=ANNOUNCED, number=number, area=area)

        outcome = decide({ANNOUNCED: transfer}, command, by=Role.TOWNSHIP_CLERK, on=MOVED_ON)

        assert refused(outcome) == code

    def test_happens_once(self) -> None:
        (out,) = recorded(ask(paid(entitled(), MARCH)))
        assert isinstance(out, TransferredOut)
        arrival = accepted(decide(None, announce(out), by=Role.SYSTEM, on=MOVED_ON))
        transfer = announced_by(arrival, MOVED_ON)
        taken = given(
            TransferAccepted(transfer=out.transfer, household=THERE), stream=ANNOUNCED, state=transfer
        )
        command = AcceptTransfer(transfer=ANNOUNCED, number="77", area=VILLAGE)

        outcome = decide({ANNOUNCED: taken}, command, by=Role.TOWNSHIP_CLERK, on=MOVED_ON)

        assert refused(outcome) == "transfer_already_accepted"


class TestTheReceipt:
    def test_completes_the_transfer_once(self) -> None:
        household = moved(paid(entitled(), MARCH))
        assert household.moved_away is not None
        receipt = AcknowledgeTransfer(
            household=HOUSEHOLD,
            transfer_id=household.moved_away.transfer,
            there=THERE,
            accepted_on=MOVED_ON,
        )

        outcome = ask(household, receipt, by=Role.SYSTEM)
        (completed,) = recorded(outcome)
        after = then(household, outcome, on=MOVED_ON, by=Role.SYSTEM)

        assert isinstance(completed, TransferCompleted)
        assert after.moved_away.there == THERE
        assert recorded(ask(after, receipt, by=Role.SYSTEM)) == ()

    def test_of_another_transfer_is_refused(self) -> None:
        receipt = AcknowledgeTransfer(
            household=HOUSEHOLD, transfer_id="other", there=THERE, accepted_on=MOVED_ON
        )

        assert refused(ask(entitled(), receipt, by=Role.SYSTEM)) == "transfer_not_found"
        assert refused(ask(moved(paid(entitled(), MARCH)), receipt, by=Role.SYSTEM)) == "transfer_not_found"


FIRST_DAY = date(2013, 3, 2)
days = st.integers(0, 300)


class TestEveryMonth:
    @settings(max_examples=200, deadline=None)
    @each(leaves=days, arrives=days, runs=st.lists(days, max_size=8), looks=st.lists(days, max_size=8))
    def test_is_paid_once(self, leaves: int, arrives: int, runs: list[int], looks: list[int]) -> None:
        """Whatever the days of the payrolls here, of the move, and of the payrolls there."""
        household = entitled()
        for run in sorted(run for run in runs if run < leaves):
            month = Month.of(FIRST_DAY + timedelta(days=run))
            if not isinstance(_prepared(household, month), Refusal):
                household = paid(household, month)
        left_on = FIRST_DAY + timedelta(days=leaves)
        outcome = ask(household, on=left_on)
        while isinstance(outcome, Refusal):
            assert outcome.code == "months_unpaid"
            household = paid(household, Month.parse(outcome.message[:7]))
            outcome = ask(household, on=left_on)
        (out,) = recorded(outcome)
        assert isinstance(out, TransferredOut)
        accepted_on = left_on + timedelta(days=arrives)
        there, _ = received(out, on=accepted_on)
        here_after = moved(household, on=left_on)

        last = Month.of(accepted_on + timedelta(days=max(looks, default=0)))
        paid_here = _months_paid(here_after)
        owed_there = [month for month in MARCH.through(last) if there.entitlements[PROGRAMME].in_month(month)]

        assert sorted(paid_here) == list(MARCH.through(out.entitlements[0].paid_through))
        assert [*sorted(paid_here), *owed_there] == list(
            MARCH.through(max(last, out.entitlements[0].paid_through))
        )
        assert all(
            isinstance(_prepared(here_after, month), Refusal)
            for month in MARCH.through(last + 3)
            if month not in paid_here
        )


def _prepared(household: Household, month: Month) -> Changes | Refusal:
    """The payroll of a month for the household; a refusal if nothing is due to it, or it was paid."""
    if month in _months_paid(household):
        return Refusal(code="already_paid", rule="", message="")
    command = PreparePayroll(programme=PROGRAMME, area=COUNTY, month=month, households=(household.id,))
    return decide({household.id: household}, command, by=Role.SYSTEM, on=month.first_day)


def _months_paid(household: Household) -> set[Month]:
    return {part.month for payout in household.payouts.values() for part in payout.parts}
