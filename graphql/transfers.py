"""Which households are on their way between ledgers, and what is to be done about them? (迁移)"""

from collections.abc import Mapping
from datetime import date

import strawberry

from hudang.domain.month import Month
from hudang.domain.values import Fen
from hudang.graphql import ids
from hudang.graphql.codes import label_zh
from hudang.graphql.context import Info
from hudang.graphql.described import output
from hudang.graphql.ids import Kind
from hudang.graphql.lists import BY_POSITION, list_of, listed, page_after
from hudang.graphql.nodes import Connection
from hudang.projections import transfers
from hudang.projections.rows import Source
from hudang.projections.transfers import Direction, MovingRow, TransferRow, TransferState


@output("An entitlement that goes on in another ledger (延续待遇).")
class MovingEntitlement:
    """What was paid, for how many, and through which month."""

    programme: str
    amount_fen: Fen
    persons: int
    paid_through: Month


@output("One ledger's half of a household's move (迁移).")
class Transfer:
    """A household that leaves or arrives; an open one that arrives waits for a clerk's number and area."""

    transfer: str
    direction: Direction
    direction_zh: str
    state: TransferState
    state_zh: str
    other_ledger: str
    household_id: strawberry.ID | None
    announced_id: strawberry.ID | None
    number: str | None
    head_name: str | None
    address: str | None
    members: int
    entitlements: list[MovingEntitlement]
    begun_on: date
    completed_on: date | None


@output("Moves between ledgers (迁移).", name="Query")
class TransferQueries:
    """What may be asked about households that move."""

    @strawberry.field
    async def transfers(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        state: TransferState | None = None,
        ledger: str | None = None,
    ) -> Connection[Transfer]:
        tag = info.context.ledger(ledger)
        of = list_of("transfers", tag, state)
        page = page_after(of, first, after, BY_POSITION)
        rows = await info.context.query(transfers.transfers, tag, state, page)
        moving = await info.context.query(_moving, tag, rows)
        names = await info.context.open_all(tag, [row.head_name for row in rows])
        addresses = await info.context.open_all(tag, [row.address for row in rows])
        clear = {
            row.transfer: (name, address) for row, name, address in zip(rows, names, addresses, strict=True)
        }
        return listed(
            of,
            rows,
            first,
            lambda row: str(row.position),
            lambda row: _transfer(row, clear[row.transfer], moving[row.transfer]),
        )


def _moving(
    source: Source, ledger: str, rows: tuple[TransferRow, ...]
) -> Mapping[str, tuple[MovingRow, ...]]:
    return {row.transfer: transfers.moving(source, ledger, row.transfer) for row in rows}


def _transfer(
    row: TransferRow, clear: tuple[str | None, str | None], moving: tuple[MovingRow, ...]
) -> Transfer:
    name, address = clear
    return Transfer(
        transfer=row.transfer,
        direction=row.direction,
        direction_zh=label_zh(row.direction),
        state=row.state,
        state_zh=label_zh(row.state),
        other_ledger=row.other_ledger,
        household_id=ids.write(Kind.HOUSEHOLD, row.household) if row.household else None,
        announced_id=ids.write(Kind.TRANSFER, row.announced) if row.announced else None,
        number=row.number,
        head_name=name,
        address=address,
        members=row.members,
        entitlements=[
            MovingEntitlement(
                programme=one.programme,
                amount_fen=one.amount_fen,
                persons=one.persons,
                paid_through=one.paid_through,
            )
            for one in moving
        ],
        begun_on=row.begun_on,
        completed_on=row.completed_on,
    )
