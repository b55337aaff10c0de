"""What is the schema of the API? `python -m hudang.graphql.schema` prints what `schema.graphql` holds."""

import sys

from strawberry.schema.config import StrawberryConfig

from hudang.graphql.cases import Case
from hudang.graphql.commands import mutation_type
from hudang.graphql.execution import PreparedDocument, QuietSchema
from hudang.graphql.files import Campaign, Ledger, Meeting, Payroll, Posting
from hudang.graphql.households import Household
from hudang.graphql.queries import Query
from hudang.graphql.scalars import SCALARS

schema = QuietSchema(
    query=Query,
    mutation=mutation_type(),
    types=[Household, Case, Meeting, Posting, Campaign, Payroll, Ledger],
    extensions=[PreparedDocument],
    config=StrawberryConfig(scalar_map=SCALARS, relay_max_results=100),
)


def sdl() -> str:
    """The schema in the schema definition language."""
    return f"{schema.as_str().strip()}\n"


if __name__ == "__main__":
    sys.stdout.write(sdl())
