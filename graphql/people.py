"""What may be shown of a person? Names to those who work on the case; numbers only by their last four."""

from hudang.domain.personal import Personal
from hudang.graphql.context import RequestContext

SHOWN = 4


def masked(number: str | None) -> str | None:
    """An identity number or account with all but its last four characters hidden."""
    if number is None:
        return None
    return "*" * (len(number) - SHOWN) + number[-SHOWN:] if len(number) > SHOWN else "*" * len(number)


async def opened(context: RequestContext, ledger: str, value: Personal | None) -> str | None:
    """One personal value, opened for case work; None where there is none or its key was destroyed."""
    return (await context.open_all(ledger, [value]))[0]
