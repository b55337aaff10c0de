"""Under which number, area and head does a read model list a household?

Lists sort by household number and are cut by area, and each model stands at its own position; so every model
that lists households keeps these few columns itself. The head's name stays sealed.
"""

from typing import Any

from psycopg import Cursor

from hudang.domain.decision import Recorded
from hudang.domain.identity import Relation
from hudang.domain.registration import HouseholdRegistered
from hudang.projections.model import ReadModel
from hudang.projections.rows import Table

COLUMNS = """
    ledger    text NOT NULL,
    household text COLLATE "C" NOT NULL,
    number    text COLLATE "C" NOT NULL,
    area      text COLLATE "C" NOT NULL,
    register  text NOT NULL,
    head      text NOT NULL,
    head_name jsonb NOT NULL,
    position  bigint NOT NULL
"""


def directory(model: str, *, version: int) -> Table:
    """The table `<model>_households_v<version>`."""
    return Table(
        f"{model}_households_v{version}",
        COLUMNS,
        key="ledger, household",
        indexes=("ledger, number",),
    )


def keep_directory(model: ReadModel, table: Table) -> None:
    """Let a model write down every household as it is registered."""

    @model.on(HouseholdRegistered)
    def listed(cursor: Cursor[Any], event: HouseholdRegistered, recorded: Recorded) -> None:
        head = next(member for member in event.members if member.relation is Relation.HEAD)
        table.put(
            cursor,
            ledger=recorded.ledger,
            household=recorded.stream,
            number=event.number,
            area=event.area,
            register=event.register,
            head=head.person,
            head_name=head.name,
            position=recorded.position,
        )
