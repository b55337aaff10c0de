"""How large may an operation be? Decided once per fragment, so no document makes deciding expensive.

The library's own depth and alias limiters walk every spread again: k fragments that each spread the next
twice cost them 2^k steps.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

MAX_TOKENS: Final = 3_000
MAX_DEPTH: Final = 20
MAX_ALIASES: Final = 100
MAX_FIELDS: Final = 1_000
MAX_FRAGMENTS: Final = 100
MAX_REPEATS: Final = 30
"""How often one place of the answer may be asked for: validation compares each asking with each."""

_MOST_VISITS: Final = 50_000


class Size(NamedTuple):
    """What an operation or fragment amounts to with every spread written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0


class _Spread(NamedTuple):
    """A fragment spread at a depth of the selection around it."""

    name: str
    depth: int


@dataclass
class _Own:
    """What one operation or fragment says itself."""

    size: Size
    spreads: list[_Spread]


def refuse_size(document: DocumentNode) -> GraphQLError | None:
    """Why the document is too large, or None. Unknown fragments and cycles are left to validation."""
    written = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    if len(written) > MAX_FRAGMENTS:
        return _too_large(MAX_FRAGMENTS, "fragments")
    fragments = {name: _own(selection_set) for name, selection_set in written.items()}
    sizes: dict[str, Size] = {}
    for name in fragments:
        _measure(name, fragments, sizes)
    refusals = (
        _refuse(_total(_own(definition.selection_set), sizes)) or _refuse_repeats(definition, written)
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )
    return next((refusal for refusal in refusals if refusal), None)


def _measure(name: str, fragments: dict[str, _Own], sizes: dict[str, Size]) -> None:
    """The size of a fragment after those it spreads, without recursion."""
    waiting = [name]
    entered: set[str] = set()
    while waiting:
        current = waiting[-1]
        if current in sizes:
            waiting.pop()
        elif current in entered:
            sizes[current] = _total(fragments[current], sizes)
        else:
            entered.add(current)
            waiting.extend(
                spread.name
                for spread in fragments[current].spreads
                if spread.name in fragments and spread.name not in entered and spread.name not in sizes
            )


def _total(own: _Own, sizes: dict[str, Size]) -> Size:
    """The own size with the known sizes of what is spread, cut off where it is far too large."""
    depth, fields, aliases = own.size
    for spread in own.spreads:
        inner = sizes.get(spread.name, Size())
        depth = max(depth, spread.depth + inner.depth)
        fields = min(fields + inner.fields, 10 * MAX_FIELDS)
        aliases = min(aliases + inner.aliases, 10 * MAX_ALIASES)
    return Size(depth, fields, aliases)


def _own(selection_set: SelectionSetNode) -> _Own:
    depth = fields = aliases = 0
    spreads: list[_Spread] = []
    for selection, level in _selections(selection_set):
        if isinstance(selection, FragmentSpreadNode):
            spreads.append(_Spread(selection.name.value, level - 1))
        else:
            depth, fields = max(depth, level), fields + 1
            aliases += selection.alias is not None
    return _Own(Size(depth, fields, aliases), spreads)


def _selections(selection_set: SelectionSetNode) -> Iterator[tuple[FieldNode | FragmentSpreadNode, int]]:
    """Every field and spread with its level, the outermost being 1; an inline fragment adds no level."""
    waiting = [(selection_set, 1)]
    while waiting:
        around, level = waiting.pop()
        for selection in around.selections:
            if isinstance(selection, FieldNode):
                yield selection, level
                if selection.selection_set is not None:
                    waiting.append((selection.selection_set, level + 1))
            elif isinstance(selection, FragmentSpreadNode):
                yield selection, level
            else:
                waiting.append((selection.selection_set, level))  # type: ignore[attr-defined]  # an inline fragment


def _refuse(size: Size) -> GraphQLError | None:
    for found, limit, what in (
        (size.depth, MAX_DEPTH, "levels deep"),
        (size.fields, MAX_FIELDS, "fields"),
        (size.aliases, MAX_ALIASES, "aliases"),
    ):
        if found > limit:
            return _too_large(limit, what)
    return None


def _refuse_repeats(
    operation: OperationDefinitionNode, fragments: Mapping[str, SelectionSetNode]
) -> GraphQLError | None:
    """Nothing is asked for too often at one place. Not many fields are left to look at; a cycle runs out."""
    asked: Counter[tuple[str, ...]] = Counter()
    waiting: list[tuple[SelectionSetNode, tuple[str, ...]]] = [(operation.selection_set, ())]
    visits = 0
    while waiting and visits < _MOST_VISITS:
        around, place = waiting.pop()
        visits += len(around.selections)
        for selection, inner, name in _inside(around, fragments):
            at = (*place, name) if name else place
            asked[at] += isinstance(selection, FieldNode)
            if inner is not None:
                waiting.append((inner, at))
    most = max(asked.values(), default=0)
    return _too_large(MAX_REPEATS, "times the same field") if most > MAX_REPEATS else None


def _inside(
    around: SelectionSetNode, fragments: Mapping[str, SelectionSetNode]
) -> Iterator[tuple[SelectionNode, SelectionSetNode | None, str]]:
    """Every selection with the selections inside it, and its name in the answer if it is a field."""
    for selection in around.selections:
        if isinstance(selection, FieldNode):
            yield selection, selection.selection_set, (selection.alias or selection.name).value
        elif isinstance(selection, FragmentSpreadNode):
            yield selection, fragments.get(selection.name.value), ""
        elif isinstance(selection, InlineFragmentNode):
            yield selection, selection.selection_set, ""


def _too_large(limit: int, what: str) -> GraphQLError:
    return GraphQLError(
        f"The operation is too large: at most {limit} {what}.", extensions={"code": "TOO_LARGE"}
    )
