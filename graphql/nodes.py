"""What do all things of the schema share? An id, the area they belong to, and how their lists are paged.

Lists continue after a key, not after a count, so a page is the same however much was recorded meanwhile.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
import strawberry

from hudang.domain.jurisdiction import AreaLevel, Jurisdiction
from hudang.graphql.described import interface, output
from hudang.graphql.errors import ClientError
from hudang.graphql.marks import marked, said_in

T = TypeVar("T")

LARGEST_PAGE: Final = 100
_LONGEST_CURSOR: Final = 512


@interface("Something with an id, which `node` finds again (对象).")
class Node:
    """Something with an id."""

    id: strawberry.ID


@output("An administrative area as the ledger knows it (行政区划).")
class Area:
    """An area with its name."""

    code: str
    name: str | None
    level: AreaLevel | None
    parent: str | None


@output("Where a page of a list ends (分页信息).")
class PageInfo:
    """Where a page ends."""

    end_cursor: str | None
    has_next_page: bool


@output("One line of a list with its cursor (列表行).")
class Edge(Generic[T]):
    """One line of a list."""

    cursor: str
    node: T


@output("One page of a list (列表页).")
class Connection(Generic[T]):
    """One page of a list."""

    edges: list[Edge[T]]
    page_info: PageInfo


def area_of(jurisdiction: Jurisdiction | None, code: str) -> Area:
    """An area by its code; without a name where the ledger has not entered it."""
    known = jurisdiction.areas.get(code) if jurisdiction else None
    if known is None:
        return Area(code=code, name=None, level=None, parent=None)
    return Area(code=code, name=known.name, level=known.level, parent=known.parent)


def page_size(first: int) -> int:
    """How many lines are asked for. Raises ClientError beyond 1 to 100."""
    if not 1 <= first <= LARGEST_PAGE:
        raise ClientError("BAD_PAGE_SIZE", f"Ask for 1 to {LARGEST_PAGE} at a time (first).")
    return first


def write_cursor(of: str, *key: str | int) -> str:
    """The cursor that stands after a key of a list; it is good for no other list."""
    return marked(msgspec.json.encode(key), f"cursor {of}")


def read_cursor(of: str, cursor: str | None, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    """The key of a cursor; None without one. Raises ClientError for one that the list did not give."""
    if cursor is None:
        return None
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError
        said = said_in(cursor, f"cursor {of}")
        key: tuple[Any, ...] = msgspec.json.decode(said, type=tuple.__class_getitem__(kinds))
        return key
    except (ValueError, msgspec.MsgspecError):
        raise bad_cursor() from None


def bad_cursor() -> ClientError:
    """The refusal of a cursor that the list did not give."""
    return ClientError(
        "BAD_CURSOR", "This is not a cursor of this list; send one back that it gave to the same question."
    )


def page_of(
    of: str, rows: Sequence[T], first: int, key: Callable[[T], tuple[str | int, ...]]
) -> "tuple[Sequence[T], PageInfo]":
    """Of `first` + 1 rows that were asked for, the page and whether more follow."""
    page = rows[:first]
    end = write_cursor(of, *key(page[-1])) if page else None
    return page, PageInfo(end_cursor=end, has_next_page=len(rows) > first)


def edges_of(of: str, nodes: Sequence[T], keys: Sequence[tuple[str | int, ...]]) -> list[Edge[T]]:
    """The lines of a page."""
    return [Edge(cursor=write_cursor(of, *key), node=node) for node, key in zip(nodes, keys, strict=True)]
