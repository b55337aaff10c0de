"""How does a file tell its history? Event by event: who, for which office, what and when."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import strawberry

from hudang.domain.decision import Event, Recorded
from hudang.domain.money import format_yuan
from hudang.domain.month import Month
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen
from hudang.graphql import ids
from hudang.graphql.codes import LABELS, label_zh
from hudang.graphql.described import output
from hudang.graphql.nodes import Connection, edges_of, page_of, page_size, read_cursor
from hudang.graphql.scalars import Position
from hudang.graphql.words import WORDS
from hudang.projections.sentences import sentence


@output("A sentence in Chinese and in English (中英文).")
class Sentence:
    """What happened, told twice; without personal data."""

    zh: str
    en: str


@output("Who acted, in which role and for which office (经办人).")
class Actor:
    """Who acted."""

    person: str
    role: Role
    office: str

    @strawberry.field(description="What the field calls the role (角色名称).")
    def role_zh(self) -> str:
        return label_zh(self.role)

    @classmethod
    def of(cls, recorded: Recorded) -> "Actor":
        actor = recorded.actor
        return cls(person=actor.person, role=actor.role, office=actor.office)


@output("One thing that an event says, as a person reads it (变更内容).")
class Fact:
    """One field of an event."""

    name: str
    zh: str
    value: str


@output("One event of a file's history (历史记录).")
class HistoryEntry:
    """One event; `what` is a sentence without personal data."""

    recorded: strawberry.Private[Recorded]
    position: Position
    version: int
    topic: str
    who: Actor
    what: Sentence
    happened_on: date
    recorded_at: datetime
    case_id: strawberry.ID | None

    @strawberry.field(
        description="What the event changed, field by field; sealed values stay sealed (变更内容)."
    )
    def changes(self) -> list[Fact]:
        return list(_facts(self.recorded.event))

    @classmethod
    def of(cls, recorded: Recorded) -> "HistoryEntry":
        told = sentence(recorded.event)
        case: CaseId | None = getattr(recorded.event, "case", None)
        return cls(
            recorded=recorded,
            position=Position(recorded.position),
            version=recorded.version,
            topic=recorded.topic,
            who=Actor.of(recorded),
            what=Sentence(zh=told.zh, en=told.en),
            happened_on=recorded.happened_on,
            recorded_at=recorded.recorded_at,
            case_id=ids.write_case(recorded.stream, case) if case else None,
        )


def history_page(events: Sequence[Recorded], first: int, after: str | None) -> Connection[HistoryEntry]:
    """A page of these events, oldest first, after a position."""
    wanted = page_size(first)
    of = f"history {events[0].stream}" if events else "history of nothing"
    key = read_cursor(of, after, (int, int))
    rest = [recorded for recorded in events if key is None or _place(recorded) > key]
    page, info = page_of(of, rest, wanted, _place)
    entries = [HistoryEntry.of(recorded) for recorded in page]
    return Connection(edges=edges_of(of, entries, [_place(recorded) for recorded in page]), page_info=info)


def _place(recorded: Recorded) -> tuple[int, int]:
    return (recorded.position, recorded.ordinal)


def _facts(event: Event) -> Iterator[Fact]:
    for name in event.__struct_fields__:
        text = _text(name, getattr(event, name))
        if text is not None and name != "case":
            yield Fact(name=_camel(name), zh=_term(name), value=text)


def _text(name: str, value: Any) -> str | None:
    """A plain value as text; None for what has parts of its own or is sealed."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, StrEnum):
        return label_zh(value) if type(value) in LABELS else value.value
    if isinstance(value, int):
        return format_yuan(Fen(value)) if name.endswith("_fen") else str(value)
    if isinstance(value, str | date | Month):
        return str(value)
    return None


def _term(name: str) -> str:
    """The Chinese term for a field: what its words have in parentheses."""
    words = WORDS.get(name, "")
    return words[words.rindex("(") + 1 : words.rindex(")")] if "(" in words else _camel(name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
