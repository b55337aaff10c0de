"""How does a list of the read models become a page of the API? One row more is read than is shown."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from hudang.domain.personal import Personal
from hudang.domain.values import PersonId, is_area
from hudang.graphql.context import Info
from hudang.graphql.errors import ClientError
from hudang.graphql.nodes import Connection, edges_of, page_of, page_size, read_cursor
from hudang.projections.rows import Page, Scope

R = TypeVar("R", bound=msgspec.Struct)
N = TypeVar("N")


class Headed(Protocol):
    """A row that names the head of a household, sealed."""

    @property
    def head(self) -> PersonId: ...

    @property
    def head_name(self) -> Personal: ...


def scope_of(info: Info, ledger: str | None, area: str | None, programme: str | None = None) -> Scope:
    """Which households a list is about. Raises ClientError for what is no area's code."""
    if area is not None and not is_area(area):
        raise ClientError("BAD_AREA", "An area's code has 2, 4, 6, 9 or 12 digits.")
    return Scope(ledger=info.context.ledger(ledger), programme=programme, area=area or "")


def page_after(first: int, after: str | None) -> Page:
    """The stretch to read for a page: one row more than is shown. Raises ClientError."""
    key = read_cursor(after, (str,))
    return Page(after=key[0] if key else "", limit=page_size(first) + 1)


def listed(rows: Sequence[R], first: int, key: Callable[[R], str], shape: Callable[[R], N]) -> Connection[N]:
    """The page that these rows make, of which there may be one more than is shown."""
    page, page_info = page_of(rows, first, lambda row: (key(row),))
    return Connection(
        edges=edges_of([shape(row) for row in page], [(key(row),) for row in page]), page_info=page_info
    )


async def head_names(info: Info, ledger: str, rows: Sequence[Headed]) -> dict[PersonId, str | None]:
    """The names of the heads of these households, opened for case work in one go."""
    names = await info.context.open_all(ledger, [row.head_name for row in rows])
    return {row.head: name for row, name in zip(rows, names, strict=True)}
