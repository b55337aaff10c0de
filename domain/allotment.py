"""How much of an allotment is left, and who drew on it? (资金分配: 季度救助资金分到片组)

The county divides a quarter's sum among townships and their area groups. The sum is decided here, on the
allotment's own stream: whatever is drawn at the same moment, the draws never exceed it (T1, T2).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Final

import msgspec

from hudang.domain.decision import (
    Changes,
    Claim,
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
from hudang.domain.month import Month
from hudang.domain.personal import Open, Personal
from hudang.domain.roles import Role
from hudang.domain.values import Fen, PersonId, StreamId, is_area

DRAWERS = frozenset({Role.TOWNSHIP_CLERK, Role.COUNTY_OFFICER})


class AidPurpose(StrEnum):
    """What temporary assistance is given for (府谷镇临时救助 2015, T1)."""

    LIVING = "living"
    SUDDEN_EVENT = "sudden_event"
    MEDICAL = "medical"
    EDUCATION = "education"
    OTHER = "other"

    @property
    def label_zh(self) -> str:
        """What people of the field call it."""
        return _PURPOSES_ZH[self]


class DrawReturnCause(StrEnum):
    """Why a draw was given back to its allotment."""

    ENTERED_IN_ERROR = "entered_in_error"
    NOT_APPROVED = "not_approved"
    NOT_PAID_OUT = "not_paid_out"
    OTHER = "other"

    @property
    def label_zh(self) -> str:
        """What people of the field call it."""
        return _RETURN_CAUSES_ZH[self]


_PURPOSES_ZH: Final = MappingProxyType(
    {
        AidPurpose.LIVING: "生活类",
        AidPurpose.SUDDEN_EVENT: "突发事件类",
        AidPurpose.MEDICAL: "医疗类",
        AidPurpose.EDUCATION: "教育类",
        AidPurpose.OTHER: "其他类",
    }
)

_RETURN_CAUSES_ZH: Final = MappingProxyType(
    {
        DrawReturnCause.ENTERED_IN_ERROR: "录入有误",
        DrawReturnCause.NOT_APPROVED: "审批未通过",
        DrawReturnCause.NOT_PAID_OUT: "未发放",
        DrawReturnCause.OTHER: "其他",
    }
)


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """What one household was given out of an allotment; a draw that was returned counts no more."""

    id: str
    household: StreamId
    recipient: PersonId
    amount_fen: Fen
    purpose: AidPurpose
    returned: bool = False


class Allotment(msgspec.Struct, frozen=True, kw_only=True):
    """An allotment as it stands."""

    id: StreamId
    programme: str
    area: str
    group: str | None
    first_month: Month
    last_month: Month
    amount_fen: Fen
    draws: dict[str, Draw] = {}

    @property
    def left_fen(self) -> Fen:
        """What may still be drawn, in fen; never below zero."""
        return Fen(
            self.amount_fen - sum(draw.amount_fen for draw in self.draws.values() if not draw.returned)
        )


class AllotmentGranted(Event, frozen=True, kw_only=True):
    """A sum was set aside for an area, or a group in it, to be drawn in these months."""

    TOPIC = "allotment.granted"

    programme: str
    area: str
    group: str | None
    first_month: Month
    last_month: Month
    amount_fen: Fen
    source: Evidence

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        place = f"{self.programme}/{self.area}/{self.group or ''}"
        return tuple(
            Claim(key=f"allotment/{place}/{month}", holder=f"allotment/{stream}")
            for month in self.first_month.through(self.last_month)
        )


class AllotmentDrawn(Event, frozen=True, kw_only=True):
    """A household was given a sum out of the allotment; `recipient` is who will be paid."""

    TOPIC = "allotment.drawn"

    draw: str
    household: StreamId
    recipient: PersonId
    amount_fen: Fen
    purpose: AidPurpose


class DrawReturned(Event, frozen=True, kw_only=True):
    """A draw was given back, and its sum may be drawn again."""

    TOPIC = "allotment.draw_returned"

    draw: str
    cause: DrawReturnCause
    reason: Personal


class GrantAllotment(Command, frozen=True, kw_only=True):
    """Set aside a sum for an area, or a group in it, for some months (下达资金分配额度)."""

    BY: ClassVar[frozenset[Role]] = frozenset({Role.COUNTY_OFFICER})
    SUBJECT: ClassVar[str] = "Allotment"

    programme: str
    area: str
    first_month: Month
    last_month: Month
    amount_fen: Fen
    source: Evidence
    group: str | None = None


class DrawOnAllotment(Command, frozen=True, kw_only=True):
    """Give a household a sum out of an allotment (使用分配额度)."""

    BY: ClassVar[frozenset[Role]] = DRAWERS
    SUBJECT: ClassVar[str] = "Allotment"

    allotment: StreamId
    household: StreamId
    amount_fen: Fen
    purpose: AidPurpose

    def streams(self) -> tuple[StreamId, ...]:
        return (self.allotment, self.household)


class ReturnDraw(Command, frozen=True, kw_only=True):
    """Give a draw back to its allotment, and say why (退回分配额度)."""

    BY: ClassVar[frozenset[Role]] = DRAWERS
    SUBJECT: ClassVar[str] = "Allotment"

    allotment: StreamId
    draw: str
    cause: DrawReturnCause
    reason: Open

    def streams(self) -> tuple[StreamId, ...]:
        return (self.allotment,)


LONGEST_MONTHS: Final = 12
"""An allotment is for a quarter; one for more than a year is a slip of the pen."""


@decides(GrantAllotment)
def grant_allotment(state: None, command: GrantAllotment, given: Given) -> Events | Refusal:
    """A sum, an area, months that follow one another, and the paper that says so."""
    if not is_area(command.area):
        return Refusal(
            code="area_malformed",
            rule="an area is named by its code",
            message="Give an area code of 2, 4, 6, 9 or 12 digits.",
        )
    if not 0 <= command.last_month - command.first_month < LONGEST_MONTHS:
        return Refusal(
            code="months_malformed",
            rule="an allotment is for a quarter, at most for a year",
            message="Give a last month that is not before the first, nor a year or more after it.",
        )
    if not command.programme.strip() or (command.group is not None and not command.group.strip()):
        return Refusal(
            code="name_missing",
            rule="an allotment names its programme, and its group where it has one",
            message="Give the programme, and a group's name or none.",
        )
    refusal = _refuse_amount(command.amount_fen) or refuse_unreadable((command.source,))
    return refusal or (
        AllotmentGranted(
            programme=command.programme,
            area=command.area,
            group=command.group,
            first_month=command.first_month,
            last_month=command.last_month,
            amount_fen=command.amount_fen,
            source=command.source,
        ),
    )


@decides_jointly(DrawOnAllotment)
def draw_on_allotment(
    states: Mapping[StreamId, Any], command: DrawOnAllotment, given: Given
) -> Changes | Refusal:
    """A household of the area, within the months, and no more than what is left."""
    allotment: Allotment = states[command.allotment]
    household = states.get(command.household)
    if not isinstance(household, Household) or household.closed or not household.lives_in(allotment.area):
        return Refusal(
            code="outside_area",
            rule="an allotment is for the households of one area",
            message=f"Household {command.household} is no household of the area of this allotment.",
        )
    refusal = _refuse_amount(command.amount_fen) or _refuse_drawing(allotment, command.amount_fen, given)
    if refusal:
        return refusal
    drawn = AllotmentDrawn(
        draw=given.new_id("draw"),
        household=command.household,
        recipient=household.payee,
        amount_fen=command.amount_fen,
        purpose=command.purpose,
    )
    return {command.allotment: (drawn,)}


@decides(ReturnDraw)
def return_draw(allotment: Allotment, command: ReturnDraw, given: Given) -> Events | Refusal:
    """A draw is returned once and whole, with a reason."""
    draw = allotment.draws.get(command.draw)
    if draw is None:
        return Refusal(
            code="draw_not_found",
            rule="a return names the draw",
            message="This allotment has no such draw; look it up in its history.",
        )
    if draw.returned:
        return Refusal(
            code="draw_already_returned", rule="a draw is returned once", message="It was returned before."
        )
    if not command.reason.value.strip():
        return Refusal(
            code="reason_missing", rule="every return has a reason", message="Say why the draw goes back."
        )
    reason = command.reason.about(draw.recipient)
    return (DrawReturned(draw=draw.id, cause=command.cause, reason=reason),)


def _refuse_amount(amount_fen: Fen) -> Refusal | None:
    if amount_fen > 0:
        return None
    return Refusal(
        code="amount_not_positive",
        rule="money moves in whole fen, one or more",
        message="Give an amount above zero.",
    )


def _refuse_drawing(allotment: Allotment, amount_fen: Fen, given: Given) -> Refusal | None:
    """Drawn in its months, and never beyond its sum."""
    if not allotment.first_month <= Month.of(given.happened_on) <= allotment.last_month:
        return Refusal(
            code="allotment_not_current",
            rule="an allotment is drawn on in its months",
            message=f"This is for {allotment.first_month} to {allotment.last_month}; take the current one.",
        )
    if amount_fen > allotment.left_fen:
        return Refusal(
            code="allotment_exhausted",
            rule="what is drawn never exceeds what was allotted (T1)",
            message=f"{allotment.left_fen} fen are left; draw no more than that, or ask the county.",
        )
    return None


@evolves(AllotmentGranted)
def allotment_granted(state: None, event: AllotmentGranted, recorded: Recorded) -> Allotment:
    return Allotment(
        id=recorded.stream,
        programme=event.programme,
        area=event.area,
        group=event.group,
        first_month=event.first_month,
        last_month=event.last_month,
        amount_fen=event.amount_fen,
    )


@evolves(AllotmentDrawn)
def allotment_drawn(allotment: Allotment, event: AllotmentDrawn, recorded: Recorded) -> Allotment:
    draw = Draw(
        id=event.draw,
        household=event.household,
        recipient=event.recipient,
        amount_fen=event.amount_fen,
        purpose=event.purpose,
    )
    return msgspec.structs.replace(allotment, draws={**allotment.draws, draw.id: draw})


@evolves(DrawReturned)
def draw_returned(allotment: Allotment, event: DrawReturned, recorded: Recorded) -> Allotment:
    returned = msgspec.structs.replace(allotment.draws[event.draw], returned=True)
    return msgspec.structs.replace(allotment, draws={**allotment.draws, event.draw: returned})
