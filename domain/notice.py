"""Is a case up on the board, how long, and has its notice run its time? (公示, 民发〔2012〕220号 art 25, 29)

One poster names many households (`posting`); here is what it means for one case. Putting it up takes no step;
closing the notice does, once its days are over and nobody's objection waits for an answer.
"""

from datetime import date
from types import MappingProxyType
from typing import ClassVar, Final

import msgspec

from hudang.domain.case import Case, CaseCommand, Step, after_step, begin_step, find_case
from hudang.domain.decision import Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.household import Household, with_case
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, StreamId

NOTICE_STEPS: Final = MappingProxyType({1: Step.NOTICE_1, 2: Step.NOTICE_2})
"""Which step each round of notice is."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One notice of a case, as the case remembers it."""

    posting: StreamId
    round: int
    place: Place
    first_day: date
    last_day: date
    shows: tuple[NoticeField, ...]
    closed_on: date | None = None
    superseded: bool = False
    """True once an objection or a return took its force: the notice must be posted again."""

    @property
    def up(self) -> bool:
        """Whether the notice still runs: neither closed nor superseded."""
        return self.closed_on is None and not self.superseded


class NoticePosted(Event, frozen=True, kw_only=True):
    """The case went up on the board, from `first_day` through `last_day`, showing these fields only."""

    TOPIC = "notice.posted"

    case: CaseId
    posting: StreamId
    round: int
    place: Place
    first_day: date
    last_day: date
    shows: tuple[NoticeField, ...]


class NoticeClosed(Event, frozen=True, kw_only=True):
    """The notice ran its time; `objections` counts those raised in this round, all of them answered."""

    TOPIC = "notice.closed"

    case: CaseId
    posting: StreamId
    round: int
    objections: int


class CloseNotice(CaseCommand, frozen=True, kw_only=True):
    """Close a notice that has run its time without an open objection (公示期满)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.SYSTEM, Role.TOWNSHIP_CLERK})

    posting: StreamId


@decides(CloseNotice)
def close_notice(household: Household, command: CloseNotice, given: Given) -> Events | Refusal:
    """Seven days from 1 March run to 8 March and may close on the 9th; an open objection keeps it open."""
    case = find_case(household, command.case)
    if isinstance(case, Refusal):
        return case
    notice = running_notice(case, command.posting)
    if isinstance(notice, Refusal):
        return notice
    refusal = refuse_open_objection(case)
    if refusal:
        return refusal
    if given.happened_on <= notice.last_day:
        return Refusal(
            code="notice_still_up",
            rule="a notice hangs for all its days",
            message=f"The notice runs through {notice.last_day}; close it after that day.",
        )
    ready = begin_step(household, case.id, NOTICE_STEPS[notice.round], given)
    if isinstance(ready, Refusal):
        return ready
    objections = sum(objection.round == notice.round for objection in case.objections)
    return (NoticeClosed(case=case.id, posting=notice.posting, round=notice.round, objections=objections),)


def running_notice(case: Case, posting: StreamId) -> Notice | Refusal:
    """The notice of the case on that poster, while it runs."""
    notice = next((notice for notice in case.notices if notice.posting == posting), None)
    if notice is None:
        return Refusal(
            code="notice_not_found",
            rule="a notice belongs to a posting",
            message="This case is not on that posting.",
        )
    if notice.superseded:
        return Refusal(
            code="notice_superseded",
            rule="art 29: after an objection or a return the notice is given again",
            message="This notice no longer counts; post the case again.",
        )
    if notice.closed_on is not None:
        return Refusal(
            code="notice_closed",
            rule="a notice closes once",
            message=f"The notice closed on {notice.closed_on}.",
        )
    return notice


def refuse_open_objection(case: Case) -> Refusal | None:
    """An objection is answered before the case goes on."""
    if all(objection.resolved_on is not None for objection in case.objections):
        return None
    return Refusal(
        code="objection_unresolved",
        rule="art 29: an objection is looked into and decided",
        message="An objection to this case waits for its answer; resolve it first.",
    )


def supersede(case: Case, posting: StreamId) -> Case:
    """The case whose notice on that poster no longer counts."""
    notices = tuple(
        msgspec.structs.replace(notice, superseded=True) if notice.posting == posting else notice
        for notice in case.notices
    )
    return msgspec.structs.replace(case, notices=notices)


def abandon_notices(case: Case, undone: tuple[Step, ...]) -> Case:
    """The case once it goes back: a notice still running, or whose step is undone, must be posted again."""
    for notice in case.notices:
        if notice.up or NOTICE_STEPS[notice.round] in undone:
            case = supersede(case, notice.posting)
    return case


@evolves(NoticePosted)
def notice_posted(household: Household, event: NoticePosted, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    notice = Notice(
        posting=event.posting,
        round=event.round,
        place=event.place,
        first_day=event.first_day,
        last_day=event.last_day,
        shows=event.shows,
    )
    return with_case(household, msgspec.structs.replace(case, notices=(*case.notices, notice)))


@evolves(NoticeClosed)
def notice_closed(household: Household, event: NoticeClosed, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    notices = tuple(
        msgspec.structs.replace(notice, closed_on=recorded.happened_on)
        if notice.posting == event.posting
        else notice
        for notice in case.notices
    )
    closed = msgspec.structs.replace(case, notices=notices)
    return with_case(household, after_step(closed, NOTICE_STEPS[event.round], recorded.happened_on))
