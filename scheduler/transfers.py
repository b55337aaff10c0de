"""Which households are on their way between ledgers? (迁移) Each step is sent to the ledger that it concerns.

Nothing is written in two ledgers at once: a look at a ledger reads what others say and asks only this one.
What is sent carries the transfer's id, so a step that was taken is found taken, wherever the way was cut.
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from hudang.domain.arrival import AnnounceTransfer, MovingEntitlement, MovingMember
from hudang.domain.decision import Recorded
from hudang.domain.evidence import Evidence
from hudang.domain.household import Household
from hudang.domain.month import Month
from hudang.domain.payroll import PreparePayroll
from hudang.domain.person import Person
from hudang.domain.personal import Open, Personal, Sealed
from hudang.domain.transfer import AcknowledgeTransfer, TransferredOut
from hudang.domain.values import StreamId
from hudang.ledger.keys import Purpose
from hudang.projections import transfers
from hudang.projections.transfers import Leaving
from hudang.scheduler.work import Round, Task

RECORD: Final = "迁出记录"
"""The kind of paper that the other ledger's event is: its digest is the hash that its chain gave it."""

_log = logging.getLogger("hudang.scheduler")


class UnreadableError(Exception):
    """A household cannot be announced because a person's data were erased or are missing."""


def announce_transfers(round_: Round) -> Iterator[Task]:
    """One command per household that another ledger let go to this one; what is personal is sealed anew."""
    for leaving in transfers.leaving_for(round_.connection, round_.ledger):
        try:
            command = announcement(round_, leaving)
        except UnreadableError:
            _log.warning("transfer %s cannot be announced: a person's data are not there", leaving.transfer)
            continue
        yield Task(key=(leaving.transfer,), command=command)


def acknowledge_transfers(round_: Round) -> Iterator[Task]:
    """One command per household that left this ledger and was taken in where it went."""
    for arrived in transfers.arrived_from(round_.connection, round_.ledger):
        yield Task(
            key=(arrived.transfer,),
            command=AcknowledgeTransfer(
                household=arrived.household,
                transfer_id=arrived.transfer,
                there=arrived.there,
                accepted_on=arrived.accepted_on,
            ),
        )


def prepare_payrolls_of_moved_households(round_: Round) -> Iterator[Task]:
    """The months before this one that a household brought along unpaid, one run a household and month."""
    for owed in transfers.owed_and_not_listed(round_.connection, round_.ledger, Month.of(round_.today)):
        yield Task(
            key=(owed.household, owed.programme, owed.month),
            command=PreparePayroll(
                programme=owed.programme,
                area=round_.jurisdiction.area,
                month=owed.month,
                households=(owed.household,),
            ),
        )


def announcement(round_: Round, leaving: Leaving) -> AnnounceTransfer:
    """What the ledger that the household left says of it. Raises UnreadableError."""
    household, events = _file(round_, leaving)
    gone, record = _departure(round_, leaving, events)
    opened = partial(_opened, round_, leaving.ledger)
    return AnnounceTransfer(
        transfer=leaving.transfer,
        from_ledger=leaving.ledger,
        from_household=leaving.household,
        from_number=household.number,
        register=household.register,
        address=opened(household.address),
        members=tuple(
            MovingMember(
                origin=member.person,
                name=opened(member.name),
                identity_number=opened(_person(round_, leaving.ledger, member.person).identity_number),
                relation=member.relation,
            )
            for member in household.present
        ),
        entitlements=tuple(
            MovingEntitlement(
                programme=moving.programme,
                household_class=moving.household_class,
                amount_fen=moving.amount_fen,
                origins=moving.persons,
                paid_through=moving.paid_through,
                last_reviewed_on=moving.last_reviewed_on,
            )
            for moving in gone.entitlements
        ),
        record=record,
        account_origin=household.account_holder,
        account=opened(household.account) if household.account else None,
    )


def _file(round_: Round, leaving: Leaving) -> tuple[Household, tuple[Recorded, ...]]:
    loaded = round_.casebook.load(leaving.ledger, leaving.household)
    if loaded is None:
        raise UnreadableError
    return loaded


def _departure(
    round_: Round, leaving: Leaving, events: tuple[Recorded, ...]
) -> tuple[TransferredOut, Evidence]:
    """The event with which the household left, and what the chain of its ledger says of it."""
    for recorded in events:
        event = recorded.event
        if isinstance(event, TransferredOut) and event.transfer == leaving.transfer:
            row = round_.connection.execute(
                "SELECT encode(hash, 'hex') FROM ledger.events WHERE (ledger, position) = (%s, %s)",
                (recorded.ledger, recorded.position),
            ).fetchone()
            if row is not None:
                return event, Evidence(kind=RECORD, sha256=row[0])
    raise UnreadableError


def _person(round_: Round, ledger: str, person: str) -> Person:
    loaded: tuple[Any, int] | None = round_.casebook.state(ledger, StreamId(person))
    if loaded is None:
        raise UnreadableError
    state: Person = loaded[0]
    return state


def _opened(round_: Round, ledger: str, value: Personal) -> Open:
    """In the clear for as long as it takes to seal it under a key of the other ledger."""
    opened = round_.casebook.open(ledger, value, Purpose.TRANSFER) if isinstance(value, Sealed) else None
    if not isinstance(opened, str):
        raise UnreadableError
    return Open(opened)
