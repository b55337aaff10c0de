"""Who may erase a person's data, when, and what stands against it?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from hudang.domain import decision
from hudang.domain.case import Step
from hudang.domain.decision import Actor, Changes, Command, Refusal
from hudang.domain.entitlement import EntitlementEnded
from hudang.domain.erasure import (
    ConfirmErasure,
    ErasureProposed,
    ErasureWithdrawn,
    Ground,
    PersonErased,
    ProposeErasure,
    WithdrawErasure,
)
from hudang.domain.grounds import DecisionGround
from hudang.domain.hold import HoldKind, HoldLifted, HoldPlaced, LiftHold, PlaceHold
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payout import PayoutInstructed
from hudang.domain.person import Person, PersonRegistered
from hudang.domain.roles import Role
from hudang.domain.transfer import TransferredOut
from hudang.domain.values import CaseId, Fen, StreamId
from tests.domain.cases import (
    COUNTY,
    HEAD,
    HOUSEHOLD,
    PROGRAMME,
    At,
    due,
    given,
    recorded,
    refused,
    registered,
    sealed,
    situation,
    then,
)
from tests.domain.entitled import entitled

PERSON = StreamId(HEAD)
PROPOSE = ProposeErasure(person=HEAD, ground=Ground.RETENTION_ENDED, basis="档案鉴定书〔2019〕3号")
ENDED_AFTER = Month(2014, 1)
KEPT_UNTIL = date(2019, 1, 31)
"""Five years after the last month paid."""
LATER = date(2019, 2, 1)


def person() -> Person:
    known: Person = given(PersonRegistered(name=sealed(HEAD), identity_number=sealed(HEAD)), stream=PERSON)
    return known


def left(*, after: Month = ENDED_AFTER) -> Household:
    """A household whose entitlement ended."""
    ended = EntitlementEnded(
        case=CaseId("c"),
        programme=PROGRAMME,
        amount_fen=Fen(40_000),
        persons=2,
        last_month=after,
        household=HOUSEHOLD,
        ground=DecisionGround.OWN_REQUEST,
    )
    household: Household = given(At(ended, on=date(2014, 1, 8)), state=entitled())
    return household


def ask(
    command: Command, known: Person | None = None, *files: Household, on: date = LATER, who: str = "officer-1"
) -> Changes | Refusal:
    """What the command would record, asked by an officer, with these files of the person."""
    states: Mapping[StreamId, Any] = {PERSON: known or person(), **{file.id: file for file in files}}
    role = Role.COUNTY_OFFICER
    about = msgspec.structs.replace(situation(command, by=role, on=on), actor=Actor(who, role, COUNTY))
    return decision.decide(states, command, about)


def proposed(known: Person | None = None) -> Person:
    """The person with a proposal of the first officer; test people are recorded by `staff-county_officer`."""
    state: Person = then(
        known or person(), ask(PROPOSE, known, left()), on=LATER, by=Role.COUNTY_OFFICER, stream=PERSON
    )
    return state


def confirmation(known: Person) -> ConfirmErasure:
    assert known.proposal is not None
    return ConfirmErasure(person=HEAD, proposal=known.proposal.id)


class TestProposing:
    def test_is_possible_once_every_retention_has_ended(self) -> None:
        (event,) = recorded(ask(PROPOSE, None, left()))

        assert isinstance(event, ErasureProposed)
        assert (event.ground, event.kept_until) == (Ground.RETENTION_ENDED, KEPT_UNTIL)

    @pytest.mark.parametrize("ground", Ground)
    def test_is_refused_on_every_ground_while_the_rules_want_the_records(self, ground: Ground) -> None:
        command = msgspec.structs.replace(PROPOSE, ground=ground)

        assert refused(ask(command, None, left(), on=KEPT_UNTIL)) == "retention_runs"

    def test_counts_from_the_last_that_happened_in_any_file(self) -> None:
        elsewhere = msgspec.structs.replace(left(after=Month(2016, 5)), id=StreamId("L0001-household-9"))

        assert refused(ask(PROPOSE, None, left(), elsewhere)) == "retention_runs"

    def test_of_somebody_in_no_file_of_a_programme_waits_for_nothing(self) -> None:
        (event,) = recorded(ask(PROPOSE, None, given(registered())))

        assert isinstance(event, ErasureProposed)

    @pytest.mark.parametrize(
        "file",
        [entitled(), due(Step.SURVEY), left(after=Month(2019, 2))],
        ids=["entitled", "open case", "entitled until today"],
    )
    def test_is_refused_while_something_is_under_way(self, file: Household) -> None:
        assert refused(ask(PROPOSE, None, file)) == "file_in_use"

    def test_is_refused_while_a_payment_waits_for_the_bank(self) -> None:
        paying = PayoutInstructed(
            payout="p",
            household=HOUSEHOLD,
            payroll=StreamId("L0001-payroll"),
            programme=PROGRAMME,
            parts=(),
            amount_fen=Fen(0),
            account_holder=HEAD,
        )

        assert refused(ask(PROPOSE, None, given(paying, state=left()))) == "file_in_use"

    def test_is_refused_while_nobody_has_taken_the_household_in(self) -> None:
        gone = TransferredOut(
            transfer="t",
            household=HOUSEHOLD,
            to_ledger="L0002",
            reason=sealed(HEAD),
            members=(HEAD,),
            entitlements=(),
        )

        assert refused(ask(PROPOSE, None, given(gone, state=left()))) == "file_in_use"

    @pytest.mark.parametrize("kind", HoldKind)
    def test_is_refused_while_a_hold_stands(self, kind: HoldKind) -> None:
        held = given(
            HoldPlaced(hold="h", kind=kind, reference="审〔2019〕1号"), stream=PERSON, state=person()
        )

        assert refused(ask(PROPOSE, held, left())) == "records_held"
        freed = given(HoldLifted(hold="h"), stream=PERSON, state=held)
        assert recorded(ask(PROPOSE, freed, left()))

    def test_names_its_basis(self) -> None:
        assert refused(ask(msgspec.structs.replace(PROPOSE, basis=" "), None, left())) == "basis_missing"

    def test_happens_once_at_a_time(self) -> None:
        assert refused(ask(PROPOSE, proposed(), left())) == "erasure_already_proposed"

    def test_can_be_taken_back(self) -> None:
        known = proposed()
        assert known.proposal is not None
        command = WithdrawErasure(person=HEAD, proposal=known.proposal.id)

        assert recorded(ask(command, known)) == (ErasureWithdrawn(proposal=known.proposal.id),)
        assert refused(ask(command, person())) == "erasure_not_proposed"


class TestConfirming:
    def test_takes_another_officer(self) -> None:
        known = proposed()

        outcome = ask(confirmation(known), known, left(), who="staff-county_officer")

        assert refused(outcome) == "proposer_cannot_approve"

    def test_erases(self) -> None:
        known = proposed()

        (event,) = recorded(ask(confirmation(known), known, left()))

        assert isinstance(event, PersonErased)
        assert (event.person, event.proposed_by) == (HEAD, "staff-county_officer")
        assert event.frees() == (f"member/{HEAD}",)
        assert [claim.key for claim in event.takes(PERSON)] == [f"member/{HEAD}"]

    def test_asks_everything_again(self) -> None:
        known = proposed()

        assert refused(ask(confirmation(known), known, due(Step.SURVEY))) == "file_in_use"
        held = given(
            HoldPlaced(hold="h", kind=HoldKind.AUDIT, reference="审〔2019〕1号"), stream=PERSON, state=known
        )
        assert refused(ask(confirmation(held), held, left())) == "records_held"

    def test_names_the_proposal(self) -> None:
        command = ConfirmErasure(person=HEAD, proposal="another")

        assert refused(ask(command, proposed(), left())) == "erasure_not_proposed"

    def test_is_the_end(self) -> None:
        known = proposed()
        erased = then(
            known,
            ask(confirmation(known), known, left()),
            on=LATER,
            by=Role.COUNTY_APPROVER,
            stream=PERSON,
        )

        for command in (
            PROPOSE,
            confirmation(known),
            PlaceHold(person=HEAD, kind=HoldKind.AUDIT, reference="1"),
        ):
            assert refused(ask(command, erased, left())) == "person_erased"


class TestAHold:
    def test_has_a_reference_and_is_lifted_by_its_id(self) -> None:
        place = PlaceHold(person=HEAD, kind=HoldKind.AUDIT, reference="审〔2019〕1号")

        outcome = ask(place)
        (placed,) = recorded(outcome)
        held = then(person(), outcome, on=LATER, by=Role.AUDITOR, stream=PERSON)

        assert isinstance(placed, HoldPlaced)
        assert recorded(ask(LiftHold(person=HEAD, hold=placed.hold), held)) == (HoldLifted(hold=placed.hold),)
        assert refused(ask(LiftHold(person=HEAD, hold="other"), held)) == "hold_not_found"
        assert refused(ask(msgspec.structs.replace(place, reference=""))) == "reference_missing"
