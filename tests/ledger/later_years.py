"""What happens in the years after: a household moves away, one moves here, and a person's data are erased."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from hudang.domain.arrival import AcceptTransfer, AnnounceTransfer, MovingEntitlement, MovingMember
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.erasure import ConfirmErasure, ErasureProposed, Ground, ProposeErasure, WithdrawErasure
from hudang.domain.hold import HoldKind, HoldPlaced, LiftHold, PlaceHold
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.opening import RegisterExistingEntitlement
from hudang.domain.payroll import InstructPayouts, PreparePayroll
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Register
from hudang.domain.roles import Role
from hudang.domain.transfer import AcknowledgeTransfer, TransferOut
from hudang.domain.values import Fen, PersonId, StreamId
from tests.ledger.office import COUNTY, PROGRAMME, VILLAGE, Office, identity_number, paper

MOVES_ON = date(2014, 1, 6)
ERASED_ON = date(2020, 1, 6)


def move_away(office: Office) -> StreamId:
    """A household that is on a payroll's list, and leaves before it is paid."""
    office.on(MOVES_ON)
    household = office.register("mover", 70)
    office.accepted(
        RegisterExistingEntitlement(
            household=household,
            programme=PROGRAMME,
            household_class=HouseholdClass.A,
            amount_fen=Fen(30_000),
            from_month=Month(2013, 6),
            last_reviewed_on=date(2014, 1, 2),
            source=paper("存量名册"),
            vouched_by="测试经办",
        )
    )
    payroll = (
        office.accepted(
            PreparePayroll(
                programme=PROGRAMME, area=COUNTY, month=Month.of(MOVES_ON), households=(household,)
            )
        )
        .events[0]
        .stream
    )
    office.accepted(TransferOut(household=household, to_ledger="L0002", reason=Open("测试迁往外县")))
    office.accepted(InstructPayouts(payroll=payroll, households=(household,)))
    moved = office.state(household).moved_away
    office.accepted(
        AcknowledgeTransfer(
            household=household,
            transfer_id=moved.transfer,
            there="L0002-household",
            accepted_on=MOVES_ON,
        )
    )
    return household


def move_here(office: Office) -> StreamId:
    """A household that another ledger announced, with everything that one can bring along."""
    announced = office.accepted(
        AnnounceTransfer(
            transfer=str(UUID(int=7)),
            from_ledger="L0003",
            from_household="L0003-household",
            from_number="外001",
            register=Register.RURAL,
            address=Open("测试外县路1号"),
            members=(
                MovingMember(
                    origin="L0003-person",
                    name=Open("测试外来"),
                    identity_number=Open(identity_number(80)),
                    relation=Relation.HEAD,
                ),
            ),
            entitlements=(
                MovingEntitlement(
                    programme=PROGRAMME,
                    household_class=HouseholdClass.B,
                    amount_fen=Fen(25_000),
                    origins=("L0003-person",),
                    paid_through=Month(2013, 12),
                    last_reviewed_on=date(2013, 9, 1),
                ),
            ),
            record=paper("外地台账记录"),
            account_origin="L0003-person",
            account=Open("测试外县账户"),
        )
    )
    accepted = office.accepted(
        AcceptTransfer(transfer=announced.events[0].stream, number="mover-here", area=VILLAGE)
    )
    return accepted.events[0].stream


def erase(office: Office, person: PersonId) -> None:
    """Held for an audit, proposed, taken back, proposed again, and confirmed by another officer."""
    office.on(ERASED_ON)
    held = office.accepted(PlaceHold(person=person, kind=HoldKind.AUDIT, reference="测试审计1号"))
    (placed,) = (recorded.event for recorded in held.events)
    assert isinstance(placed, HoldPlaced)
    office.accepted(LiftHold(person=person, hold=placed.hold))
    office.accepted(WithdrawErasure(person=person, proposal=propose(office, person)))
    proposal = propose(office, person)
    office.accepted(ConfirmErasure(person=person, proposal=proposal), by=Role.COUNTY_APPROVER)


def propose(office: Office, person: PersonId) -> str:
    """The id of a proposal to erase."""
    answer = office.accepted(
        ProposeErasure(person=person, ground=Ground.RETENTION_ENDED, basis="测试鉴定1号"),
        by=Role.COUNTY_OFFICER,
    )
    (proposed,) = (recorded.event for recorded in answer.events)
    assert isinstance(proposed, ErasureProposed)
    return proposed.proposal
