"""How does a list of the read models become a page of the API? One row more is read than is shown."""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

import msgspec

from hudang.domain.personal import Personal
from hudang.domain.values import PersonId, is_area
from hudang.graphql.context import Info
from hudang.graphql.errors import ClientError
from hudang.graphql.nodes import Connection, bad_cursor, edges_of, page_of, page_size, read_cursor
from hudang.projections.rows import Page, Scope

_PROGRAMME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

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
    if programme is not None and not _PROGRAMME.fullmatch(programme):
        raise ClientError("BAD_PROGRAMME", "A programme is named by letters, digits, - and _, such as dibao.")
    return Scope(ledger=info.context.ledger(ledger), programme=programme, area=area or "")


BY_POSITION: Final = re.compile(r"\d{1,15}", re.ASCII)
BY_NUMBER: Final = re.compile(r"[^\0]{1,300}")
BY_NUMBER_AND_CASE: Final = re.compile(r"[^\0]{1,300}/[^\0/]{1,100}")
BY_NUMBER_PAYOUT_AND_KIND: Final = re.compile(r"[^\0]{1,300}/[^\0/]{1,100}/[^\0/]{1,20}")


def list_of(name: str, *filters: object) -> str:
    """Which list of what is asked for; a cursor is good for this one only."""
    return f"{name} {filters}"


def page_after(of: str, first: int, after: str | None, key: re.Pattern[str]) -> Page:
    """The stretch to read for a page: one row more than is shown, after a key of that form.

    Raises ClientError for a cursor that this list did not give to the same question.
    """
    (told,) = read_cursor(of, after, (str,)) or ("",)
    if after is not None and not key.fullmatch(told):
        raise bad_cursor()
    return Page(after=told, limit=page_size(first) + 1)


def listed(
    of: str, rows: Sequence[R], first: int, key: Callable[[R], str], shape: Callable[[R], N]
) -> Connection[N]:
    """The page that these rows make, of which there may be one more than is shown."""
    page, page_info = page_of(of, rows, first, lambda row: (key(row),))
    return Connection(
        edges=edges_of(of, [shape(row) for row in page], [(key(row),) for row in page]), page_info=page_info
    )


async def head_names(info: Info, ledger: str, rows: Sequence[Headed]) -> dict[PersonId, str | None]:
    """The names of the heads of these households, opened for case work in one go."""
    names = await info.context.open_all(ledger, [row.head_name for row in rows])
    return {row.head: name for row, name in zip(rows, names, strict=True)}
