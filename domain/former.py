"""What does an event say that was stored in a shape no longer recorded? (事件的旧版本)

A stored event keeps its topic and its bytes for ever. When it has to say something else, the new version gets
a topic of its own (`survey.home_visit_recorded.v2`), and the old shape stays as a `Former`. Its upcaster says
which events of today it amounts to: none, one or several; and what two that were recorded side by side amount
to together. Sealed values are moved as they are: each keeps the place that it was sealed for.

    class HomeVisitRecordedV1(Former, frozen=True, kw_only=True):
        TOPIC = "survey.home_visit_recorded"
        ...

    @upcasts(HomeVisitRecordedV1)
    def home_visit_v1(former: HomeVisitRecordedV1) -> Today:
        return (HomeVisitRecorded(case=former.case, ...),)
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import msgspec

from hudang.domain.decision import FOLDS, Claim, Event
from hudang.domain.values import StreamId


class Former(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape of events that are in ledgers and are not recorded any more. Never changed.

    The claims are those that the event took and freed when it was recorded.
    """

    TOPIC: ClassVar[str] = ""

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        """The unique keys that recording this fact took."""
        return ()

    def frees(self) -> tuple[str, ...]:
        """The holders whose keys recording this fact freed."""
        return ()


Today = tuple[Event | Former, ...]
"""What a former event amounts to. A `Former` among it is upcast in turn: each version knows only the next."""

F = TypeVar("F", bound=Callable[..., Today])

FORMER: Final[dict[str, type[Former]]] = {}
"""The former shapes by topic."""

_ALONE: Final[dict[type[Former], Callable[[Any], Today]]] = {}
_TOGETHER: Final[dict[tuple[str, str], Callable[[Any, Any], Today]]] = {}
_FIRST: Final[set[str]] = set()
"""The topics of those that may be upcast together with what follows."""


def upcasts(former: type[Former]) -> Callable[[F], F]:
    """Register what a former event amounts to: `(former) -> events`."""

    def register(upcast: F) -> F:
        taken = former.TOPIC in FORMER or any(event.TOPIC == former.TOPIC for event in FOLDS)
        if taken or not former.TOPIC:
            raise TypeError(f"the topic of {former.__name__} is missing or taken")
        FORMER[former.TOPIC] = former
        _ALONE[former] = upcast
        return upcast

    return register


def upcasts_together(first: type[Former], second: type[Former] | type[Event]) -> Callable[[F], F]:
    """Register what two events amount to that follow one another: `(first, second) -> events`.

    They must stand side by side: one stream, one command, consecutive positions. Where they do not, each is
    upcast alone, so both have an upcaster of their own.
    """

    def register(upcast: F) -> F:
        if (first.TOPIC, second.TOPIC) in _TOGETHER:
            raise TypeError(f"two upcasters for {first.__name__} with {second.__name__}")
        for each in (first, second):
            if issubclass(each, Former) and each not in _ALONE:
                raise TypeError(f"{each.__name__} may stand alone and has no upcaster for that")
        _TOGETHER[first.TOPIC, second.TOPIC] = upcast
        _FIRST.add(first.TOPIC)
        return upcast

    return register


def belong_together(first: str, second: str) -> bool:
    """Whether events of these topics are upcast together where they stand side by side."""
    return (first, second) in _TOGETHER


def begins_together(topic: str) -> bool:
    """Whether one must look at what follows an event of this topic."""
    return topic in _FIRST


def of_today(*together: Event | Former) -> tuple[Event, ...]:
    """What a former event, or two that belong together, amounts to in events that are recorded today."""
    if len(together) == 1:
        (alone,) = together
        return (alone,) if isinstance(alone, Event) else _of_today(_ALONE[type(alone)](alone))
    first, second = together
    return _of_today(_TOGETHER[first.TOPIC, second.TOPIC](first, second))


def _of_today(amounts: Today) -> tuple[Event, ...]:
    return tuple(event for each in amounts for event in of_today(each))


class Version(NamedTuple):
    """Which version of which event a topic names: `a.b` is the first, `a.b.v2` the second."""

    name: str
    number: int


def version_of(topic: str) -> Version:
    """The version that a topic names; raise ValueError for a `.v1`, which is written without."""
    name, dot, last = topic.rpartition(".")
    if not (dot and last.startswith("v") and last[1:].isascii() and last[1:].isdigit()):
        return Version(topic, 1)
    if int(last[1:]) < 2 or last[1] == "0":  # noqa: PLR2004 -- the second version is the first that is numbered
        raise ValueError("The first version of an event has no number in its topic.")
    return Version(name, int(last[1:]))


def versions(topics: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
    """The versions of each event among these topics, oldest first."""
    found: dict[str, list[int]] = {}
    for name, number in sorted(map(version_of, topics)):
        found.setdefault(name, []).append(number)
    return MappingProxyType({name: tuple(numbers) for name, numbers in found.items()})
