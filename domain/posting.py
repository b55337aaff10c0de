"""What hangs on the board, where, for how many days, and about whom? (张榜公示, 民发〔2012〕220号 art 25, 29)

One poster has a stream of its own and names many households; each household's file learns of it by its own
event. An entry names the person by id: which of their details may be read is what `shows` says, and no more.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple

import msgspec

from hudang.domain.case import Case, begin_step
from hudang.domain.case_reference import CaseRef, refuse_list
from hudang.domain.decision import (
    Changes,
    Command,
    Event,
    Events,
    Given,
    Recorded,
    Refusal,
    decides,
    decides_jointly,
    evolves,
)
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household
from hudang.domain.notice import NOTICE_STEPS, NoticePosted, refuse_open_objection
from hudang.domain.policy import Policy
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.roles import Role
from hudang.domain.values import Area, CaseId, Fen, PersonId, StreamId, jurisdictions


class PostingEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the poster: applicant (or head), number of members, the amount a month if it is shown."""

    household: StreamId
    case: CaseId
    person: PersonId
    members: int
    amount_fen: Fen | None = None


class PostingPutUp(Event, frozen=True, kw_only=True):
    """A poster was put up; it hangs from `first_day` through `last_day`."""

    TOPIC = "posting.put_up"

    programme: str
    area: str
    round: int
    place: Place
    first_day: date
    last_day: date
    entries: tuple[PostingEntry, ...]
    shows: tuple[NoticeField, ...]
    poster: Evidence | None = None


class PostingTakenDown(Event, frozen=True, kw_only=True):
    """The poster was taken down after its last day; the photo shows that it hung."""

    TOPIC = "posting.taken_down"

    photo: Evidence


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """A poster as it stands."""

    id: StreamId
    programme: str
    area: str
    round: int
    place: Place
    first_day: date
    last_day: date
    entries: tuple[PostingEntry, ...]
    shows: tuple[NoticeField, ...]
    taken_down_on: date | None = None


class PutUpPosting(Command, frozen=True, kw_only=True):
    """Enter a poster that was put up for these cases (张榜公示)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})

    programme: str
    area: str
    round: int
    place: Place
    cases: tuple[CaseRef, ...]
    poster: Evidence | None = None

    def streams(self) -> tuple[StreamId, ...]:
        return tuple(dict.fromkeys(reference.household for reference in self.cases))


class TakeDownPosting(Command, frozen=True, kw_only=True):
    """Enter that a poster was taken down, with the photo of it hanging (公示结束撤榜)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.VILLAGE_CLERK, Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})
    SUBJECT: ClassVar[str] = "Posting"

    posting: StreamId
    photo: Evidence

    def streams(self) -> tuple[StreamId, ...]:
        return (self.posting,)


class _Line(NamedTuple):
    """What one case brings to the poster."""

    entry: PostingEntry
    last_day: date
    shows: tuple[NoticeField, ...]


@decides_jointly(PutUpPosting)
def put_up_posting(states: Mapping[StreamId, Any], command: PutUpPosting, given: Given) -> Changes | Refusal:
    """Every case on the poster is due for it; one that is not stops the whole poster."""
    refusal = refuse_list(command.cases) or refuse_unreadable((command.poster,) if command.poster else ())
    if refusal:
        return refusal
    lines: list[_Line] = []
    for reference in command.cases:
        line = _line(states.get(reference.household), reference.case, command, given)
        if isinstance(line, Refusal):
            return msgspec.structs.replace(line, message=f"Case {reference.case}: {line.message}")
        lines.append(line)
    last_day, shows = lines[0].last_day, lines[0].shows
    if any((line.last_day, line.shows) != (last_day, shows) for line in lines):
        return Refusal(
            code="notice_rules_differ",
            rule="one poster hangs under one rule",
            message="These cases are decided under rules that differ in days or fields; post them apart.",
        )
    put_up = PostingPutUp(
        programme=command.programme,
        area=command.area,
        round=command.round,
        place=command.place,
        first_day=given.happened_on,
        last_day=last_day,
        entries=tuple(line.entry for line in lines),
        shows=shows,
        poster=command.poster,
    )
    posted = {line.entry.household: (_posted(line.entry.case, put_up, given),) for line in lines}
    return {given.new_stream: (put_up,), **posted}


@decides(TakeDownPosting)
def take_down_posting(posting: Posting, command: TakeDownPosting, given: Given) -> Events | Refusal:
    """Only once its last day is over."""
    if posting.taken_down_on is not None:
        return Refusal(
            code="posting_already_down",
            rule="a poster is taken down once",
            message=f"It was taken down on {posting.taken_down_on}.",
        )
    if given.happened_on <= posting.last_day:
        return Refusal(
            code="notice_still_up",
            rule="a notice hangs for all its days",
            message=f"The notice runs through {posting.last_day}; take it down after that day.",
        )
    malformed = refuse_unreadable((command.photo,))
    return malformed or (PostingTakenDown(photo=command.photo),)


def _line(household: Any, case_id: CaseId, command: PutUpPosting, given: Given) -> _Line | Refusal:
    """The line of one case, provided that its notice of this round is due and nothing stands in its way."""
    if not isinstance(household, Household):
        return Refusal(
            code="not_found",
            rule="a notice is about a household",
            message="This ledger has no such household.",
        )
    step = NOTICE_STEPS.get(command.round)
    if step is None:
        return Refusal(
            code="no_such_notice",
            rule="notice is given in the rounds that the policy has",
            message=f"There is no notice round {command.round}.",
        )
    ready = begin_step(household, case_id, step, given)
    if isinstance(ready, Refusal):
        return ready
    case, policy = ready
    refusal = _refuse_place(household, case, command) or refuse_open_objection(case)
    return refusal or _shown(household, case, policy, command, given)


def _refuse_place(household: Household, case: Case, command: PutUpPosting) -> Refusal | None:
    if case.programme != command.programme:
        return Refusal(
            code="other_programme",
            rule="a poster is about one programme",
            message="The case belongs to another programme; post it apart.",
        )
    if command.area not in jurisdictions(Area(household.area)):
        return Refusal(
            code="outside_area",
            rule="a case is posted where its household lives",
            message="The household does not live in the area of this poster.",
        )
    if any(notice.up and notice.round == command.round for notice in case.notices):
        return Refusal(
            code="already_posted",
            rule="a case hangs on one poster a round",
            message="The notice of this round is up already; close it when its days are over.",
        )
    return None


def _shown(
    household: Household, case: Case, policy: Policy, command: PutUpPosting, given: Given
) -> _Line | Refusal:
    rule = policy.notice(command.round)
    if isinstance(rule, Refusal):
        return rule
    if command.place not in rule.places:
        return Refusal(
            code="place_not_allowed",
            rule="the policy says where a notice hangs",
            message=f"Allowed here: {', '.join(rule.places)}.",
        )
    last_day = policy.notice_last_day(command.round, given.happened_on)
    if isinstance(last_day, Refusal):
        return last_day
    proposal = case.proposal if NoticeField.AMOUNT in rule.fields else None
    entry = PostingEntry(
        household=household.id,
        case=case.id,
        person=case.applicant or household.head.person,
        members=len(household.present),
        amount_fen=proposal.assessment.amount_fen if proposal else None,
    )
    return _Line(entry, last_day, rule.fields)


def _posted(case: CaseId, put_up: PostingPutUp, given: Given) -> NoticePosted:
    return NoticePosted(
        case=case,
        posting=given.new_stream,
        round=put_up.round,
        place=put_up.place,
        first_day=put_up.first_day,
        last_day=put_up.last_day,
        shows=put_up.shows,
    )


@evolves(PostingPutUp)
def posting_put_up(state: None, event: PostingPutUp, recorded: Recorded) -> Posting:
    return Posting(
        id=recorded.stream,
        programme=event.programme,
        area=event.area,
        round=event.round,
        place=event.place,
        first_day=event.first_day,
        last_day=event.last_day,
        entries=event.entries,
        shows=event.shows,
    )


@evolves(PostingTakenDown)
def posting_taken_down(posting: Posting, event: PostingTakenDown, recorded: Recorded) -> Posting:
    return msgspec.structs.replace(posting, taken_down_on=recorded.happened_on)
