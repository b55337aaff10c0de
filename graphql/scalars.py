"""How are months, days, moments, amounts and ids written? No message ever repeats what was sent."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final, NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLString, IntValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from hudang.domain.month import Month
from hudang.domain.values import Fen

Position = NewType("Position", int)
"""Where an event stands in its ledger, counted from 1 without gaps."""

LARGEST_EXACT: Final = 2**53 - 1
"""The largest whole number that a JSON reader may be trusted to keep."""

_DAY_LENGTH: Final = len("2013-05-20")


def parse_month(value: object) -> Month:
    """A month as text, "2013-05"; raise GraphQLError for anything else."""
    try:
        return Month.parse(_text(value))
    except ValueError:
        raise GraphQLError('A month is written like "2013-05".') from None


def parse_day(value: object) -> date:
    """A day as text, "2013-05-20"; raise GraphQLError for anything else."""
    text = _text(value)
    try:
        if len(text) != _DAY_LENGTH:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise GraphQLError('A day is written like "2013-05-20".') from None


def parse_fen(value: object) -> Fen:
    """Whole fen as a JSON number; a fraction, a text or a number beyond 2^53 is refused, never rounded."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_EXACT:
        raise GraphQLError("An amount is a whole number of fen, such as 288300.")
    return Fen(value)


def parse_position(value: object) -> Position:
    """A whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_EXACT:
        raise GraphQLError("A position is a whole number, such as 1042.")
    return Position(value)


def parse_instant(value: object) -> datetime:
    """A moment with its offset, "2013-05-20T09:30:00+08:00"; one without an offset is refused."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise GraphQLError('A moment is written with its offset, like "2013-05-20T09:30:00+08:00".')
    return moment


def parse_uuid(value: object) -> UUID:
    """A UUID in its usual form of 36 characters."""
    text = _text(value)
    try:
        parsed = UUID(text)
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != text.lower():
        raise GraphQLError('A UUID is written like "9c5b94b1-35ad-49bb-b118-8e8fc24abf80".')
    return parsed


def write_whole(value: object) -> int:
    """The number as JSON has it; a float here would be a fault of ours."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_EXACT:
        raise TypeError("not a whole number within 2^53")
    return value


def write_instant(value: object) -> str:
    """The moment in UTC, "2013-05-20T01:30:00.000000Z"."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a moment has no offset")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def write_day(value: object) -> str:
    """The day, "2013-05-20"."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError("a day is not a date")
    return value.isoformat()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("This value is written as text.")
    return value


def _literal_text(parse: Callable[[object], Any]) -> Callable[..., Any]:
    def parse_literal(node: ValueNode, variables: Any = None) -> Any:
        return parse(GraphQLString.parse_literal(node, variables))

    return parse_literal


def _literal_whole(parse: Callable[[object], Any]) -> Callable[..., Any]:
    def parse_literal(node: ValueNode, variables: Any = None) -> Any:
        return parse(int(node.value) if isinstance(node, IntValueNode) else None)

    return parse_literal


def _scalar(
    name: str, description: str, serialize: Callable[[Any], Any], parse: Callable[[object], Any]
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=serialize,
        parse_value=parse,
        parse_literal=(_literal_whole if serialize is write_whole else _literal_text)(parse),
    )


SCALARS: Final[dict[object, ScalarDefinition]] = {
    Month: _scalar("Month", 'A calendar month (月份), "2013-05".', str, parse_month),
    date: _scalar("LocalDate", 'A day in China\'s time (日期), "2013-05-20".', write_day, parse_day),
    Fen: _scalar(
        "Fen",
        "Money in whole fen (分; 1 yuan = 100 fen), a JSON number within 2^53, never a fraction.",
        write_whole,
        parse_fen,
    ),
    datetime: _scalar(
        "Instant", 'A moment in UTC (时刻), "2013-05-20T01:30:00.000000Z".', write_instant, parse_instant
    ),
    Position: _scalar(
        "Position",
        "Where an event stands in its ledger, from 1 without gaps (台账序号).",
        write_whole,
        parse_position,
    ),
    UUID: _scalar("UUID", "A UUID (通用唯一标识), 36 characters.", str, parse_uuid),
}
"""The scalar that stands for each Python type, wherever it appears in the schema."""
