"""What does an operation's text ask for, and is it valid? Read and judged once, then remembered."""

from collections import OrderedDict
from threading import Lock
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
    validate,
)

from hudang.graphql.input_errors import QuietValuesRule
from hudang.graphql.limits import MAX_TOKENS, refuse_size

_KEPT: Final = 512
_LONGEST_KEPT: Final = 16_384
_RULES: Final = tuple(
    QuietValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


class Prepared(NamedTuple):
    """A document and what is wrong with it; without a document it did not parse."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]


class Documents:
    """The documents of one schema: the newest that were asked for stay prepared. Safe for threads."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = Lock()
        self.hits = 0

    def remembered(self, text: str) -> Prepared | None:
        """A document that was prepared before and is still kept."""
        with self._lock:
            known = self._kept.get(text)
            if known is not None:
                self.hits += 1
                self._kept.move_to_end(text)
            return known

    def prepare(self, text: str) -> Prepared:
        """Parse and validate a text, and keep it unless it is long."""
        prepared = prepare(self._schema, text)
        if len(text) <= _LONGEST_KEPT:
            with self._lock:
                self._kept[text] = prepared
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return prepared


def prepare(schema: GraphQLSchema, text: str) -> Prepared:
    """Parse a text, measure it, then validate it."""
    try:
        document = parse(text, max_lexical_tokens=MAX_TOKENS, max_comments=MAX_TOKENS)
        too_large = refuse_size(document)
        errors = [too_large] if too_large else validate(schema, document, _RULES, max_errors=20)
    except GraphQLSyntaxError as error:
        return Prepared(None, (_quiet_syntax_error(error),))
    except RecursionError:
        return Prepared(None, (GraphQLError("The operation is nested too deeply.", extensions=_UNREADABLE),))
    return Prepared(document, tuple(errors))


_UNREADABLE: Final = {"code": "UNREADABLE"}


def _quiet_syntax_error(error: GraphQLSyntaxError) -> GraphQLError:
    """Where the text stops making sense; not what stands there."""
    return GraphQLError(
        "The operation cannot be read from here on.",
        source=error.source,
        positions=error.positions,
        extensions=_UNREADABLE,
    )
