"""What is an event, a command, a refusal, and what may a decision know?

`decide` turns state and command into events or a `Refusal`; `evolve` folds recorded events back into
state. Both are pure: whatever a decision needs from outside stands in `Given`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID, uuid5

import msgspec

from hudang.domain.roles import Role
from hudang.domain.values import CaseId, PersonId, StreamId, is_area

if TYPE_CHECKING:
    from hudang.domain.policy import Policy

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Day boundaries of every office are China's; there is no daylight saving time."""


class Refusal(msgspec.Struct, frozen=True):
    """An expected no: a stable code, the rule that said it, and what to do next. Never personal data."""

    code: str
    rule: str
    message: str


class Claim(msgspec.Struct, frozen=True):
    """A key that only one holder may have in a ledger at a time; `holder` names what frees it."""

    key: str
    holder: str


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact that happened. `TOPIC` is its name in the ledger, for ever."""

    TOPIC: ClassVar[str] = ""

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        """The unique keys that recording this fact takes."""
        return ()

    def frees(self) -> tuple[str, ...]:
        """The holders whose keys recording this fact frees."""
        return ()


class Actor(msgspec.Struct, frozen=True):
    """Who acts: a person (staff id or job name), in a role, for an office (area code)."""

    person: str
    role: Role
    office: str


class Recorded(msgspec.Struct, frozen=True):
    """An event with its envelope: where it stands, who recorded it, when it held, when it was learnt.

    `ordinal` numbers, from 0, what one event of a former shape amounts to today; they share its position.
    """

    ledger: str
    position: int
    stream: StreamId
    version: int
    topic: str
    command_id: UUID
    actor: Actor
    happened_on: date
    recorded_at: datetime
    event: Event
    ordinal: int = 0


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something a person or a job asks for. It carries what identifies the work; amounts are decided.

    `happened_on` is the day the fact held when an office worked on paper first; left out, it is today.
    """

    BY: ClassVar[frozenset[Role]] = frozenset()
    """The roles that may ask for it."""
    SUBJECT: ClassVar[str] = "Household"
    """Name of the state class of its subject."""
    SEES: ClassVar[bool] = False
    """True where one decides on what one saw: then an expected version is mandatory."""
    AFTER_CLOSE: ClassVar[bool] = False
    """True where it may still be asked of a file that was closed, because the household moved away."""

    happened_on: date | None = None

    def streams(self) -> tuple[StreamId, ...]:
        """The streams this command decides on; the first is its subject. Empty: it begins a new stream."""
        return ()

    def identity_numbers(self) -> tuple[str, ...]:
        """Identity numbers whose owners the casebook must know before deciding."""
        return ()

    def concerns(self) -> tuple[PersonId, ...]:
        """Persons whose every file the decision must see, whichever those are; for rare commands."""
        return ()


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a decision may know besides state and command."""

    ledger: str
    actor: Actor
    today: date
    happened_on: date
    command_id: UUID
    new_stream: StreamId
    """The id a new stream gets, should this command begin one."""
    persons: Mapping[str, PersonId] = {}
    """Owner of each identity number the command names: known, or newly minted."""
    known_persons: frozenset[PersonId] = frozenset()
    """Those of `persons` that this ledger knew before."""
    find_policy: Callable[[str, str, date], "Policy | Refusal"] | None = None

    def policy(self, programme: str, area: str, on: date) -> "Policy | Refusal":
        """The rules of a programme that bind an area on a day, or why there are none."""
        if not is_area(area):
            return Refusal(
                code="area_malformed",
                rule="rules bind areas, and an area is named by its code",
                message="Give an area code of 2, 4, 6, 9 or 12 digits.",
            )
        if self.find_policy is None:
            return Refusal(
                code="no_policy_adopted",
                rule="a decision names the policy it was made under",
                message="This ledger has adopted no policy for the programme; adopt one first.",
            )
        return self.find_policy(programme, area, on)

    def __repr__(self) -> str:
        return f"Given({self.ledger}, {self.command_id})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """`persons` is keyed by identity number; it never reaches a log."""
        return [("ledger", self.ledger), ("command_id", self.command_id)]

    def new_case(self) -> CaseId:
        """The id of a case begun by this command: the same again when the command is repeated."""
        return CaseId(str(uuid5(self.command_id, "case")))

    def new_id(self, name: str) -> str:
        """An id for a thing inside a stream, derived from the command: the same again on repetition."""
        return str(uuid5(self.command_id, name))


Events = tuple[Event, ...]
Changes = Mapping[StreamId, Events]
"""New events by stream. A decision on one stream answers plain `Events`, for the command's subject."""

Outcome = Events | Changes | Refusal
F = TypeVar("F", bound=Callable[..., Any])


class Decision(msgspec.Struct, frozen=True):
    """The function that decides a command; `joint` ones get `{stream: state}` instead of one state."""

    decide: Callable[[Any, Any, Given], Outcome]
    joint: bool


DECISIONS: dict[type[Command], Decision] = {}
FOLDS: dict[type[Event], Callable[[Any, Any, Recorded], Any]] = {}


def decides(command: type[Command]) -> Callable[[F], F]:
    """Register the decision of a command on one stream: `(state, command, given) -> Outcome`."""
    return _register(command, joint=False)


def decides_jointly(command: type[Command]) -> Callable[[F], F]:
    """Register the decision of a command over several streams; it gets `{stream: state}`."""
    return _register(command, joint=True)


def _register(command: type[Command], *, joint: bool) -> Callable[[F], F]:
    def register(decide: F) -> F:
        if command in DECISIONS:
            raise TypeError(f"two decisions for {command.__name__}")
        DECISIONS[command] = Decision(decide=decide, joint=joint)
        return decide

    return register


def evolves(*events: type[Event]) -> Callable[[F], F]:
    """Register how state follows from a recorded event: `(state, event, recorded) -> state`.

    The event that begins a stream finds `None` as its state.
    """

    def register(fold: F) -> F:
        for event in events:
            if event in FOLDS:
                raise TypeError(f"two folds for {event.__name__}")
            FOLDS[event] = fold
        return fold

    return register


def decide(states: Mapping[StreamId, Any], command: Command, given: Given) -> Changes | Refusal:
    """Decide any command: what would be recorded, by stream, or why not."""
    if given.actor.role not in command.BY:
        return Refusal(
            code="role_not_allowed",
            rule="each step belongs to an office",
            message=f"The role {given.actor.role} may not send {type(command).__name__}.",
        )
    if given.happened_on > given.today:
        return Refusal(
            code="fact_in_the_future",
            rule="facts are recorded once they have happened",
            message=f"{given.happened_on} has not come yet; give the day on which it happened.",
        )
    decision = DECISIONS[type(command)]
    streams = command.streams()
    if streams and type(states.get(streams[0])).__name__ != command.SUBJECT:
        return Refusal(
            code="not_found",
            rule="a command names its file",
            message=f"This ledger has no such {command.SUBJECT.lower()}.",
        )
    if streams and not command.AFTER_CLOSE and getattr(states[streams[0]], "closed", False):
        return Refusal(
            code="file_closed",
            rule="a file whose household moved away is kept, not continued",
            message="The household moved to another ledger; go on with its file there.",
        )
    if decision.joint:
        outcome = decision.decide(states, command, given)
    else:
        outcome = decision.decide(states.get(streams[0]) if streams else None, command, given)
    if isinstance(outcome, tuple):
        return {streams[0] if streams else given.new_stream: outcome}
    return outcome


def evolve(state: Any, recorded: Recorded) -> Any:
    """Fold one recorded event into the state of its stream."""
    return FOLDS[type(recorded.event)](state, recorded.event, recorded)
