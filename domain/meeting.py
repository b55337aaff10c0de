"""Who met to appraise which cases, and did all of them sign? (评议会, 民发〔2012〕220号 art 22–23)

A meeting has a stream of its own, because it judges the cases of many households. Those present go by labels
(`r1`, `c2`): votes, signatures and recusals name the label, and only the name under it is personal.
"""

import re
from datetime import date
from enum import StrEnum
from typing import ClassVar

import msgspec

from hudang.domain.case_reference import CaseRef, refuse_list
from hudang.domain.decision import Command, Event, Events, Given, Recorded, Refusal, decides, evolves
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.personal import Open, Personal
from hudang.domain.policy_terms import AppraisalRule
from hudang.domain.roles import Role
from hudang.domain.values import PersonId, StreamId

TOWNSHIP = frozenset({Role.TOWNSHIP_CLERK})

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,16}")


class AttendeePart(StrEnum):
    """In which part somebody attends (art 22)."""

    TOWNSHIP_STAFF = "township_staff"  # 乡镇(街道)工作人员
    COMMITTEE = "committee"  # 村(居)党组织和村(居)委会成员
    PARTY_REPRESENTATIVE = "party_representative"  # 党员代表
    RESIDENT_REPRESENTATIVE = "resident_representative"  # 村(居)民代表


class AttendeeEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody present; `staff` is an official's staff id, `household` their own file if they have one."""

    label: str
    name: Personal
    part: AttendeePart
    staff: str | None = None
    household: StreamId | None = None


class MeetingHeld(Event, frozen=True, kw_only=True):
    """An appraisal meeting was held, with these people present, on these cases."""

    TOPIC = "meeting.held"

    programme: str
    area: str
    place: str
    attendees: tuple[AttendeeEntry, ...]
    cases: tuple[CaseRef, ...]


class MinutesSigned(Event, frozen=True, kw_only=True):
    """Those present signed the minutes (签字确认)."""

    TOPIC = "meeting.minutes_signed"

    minutes: Evidence
    signers: tuple[str, ...]


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as it stands."""

    id: StreamId
    programme: str
    area: str
    held_on: date
    attendees: tuple[AttendeeEntry, ...]
    cases: tuple[CaseRef, ...]
    minutes: Evidence | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of everybody present, as listed."""
        return tuple(attendee.label for attendee in self.attendees)

    @property
    def resident_representatives(self) -> int:
        """How many of those present represent the residents."""
        return _representatives(self.attendees)


class Attendee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody present, as the clerk enters them from the attendance sheet (签到表)."""

    label: str
    name: Open
    part: AttendeePart
    staff: str | None = None
    household: StreamId | None = None


class ConveneMeeting(Command, frozen=True, kw_only=True):
    """Enter an appraisal meeting with its attendance and its agenda (召开民主评议会)."""

    BY: ClassVar[frozenset[Role]] = TOWNSHIP
    SUBJECT: ClassVar[str] = "Meeting"

    programme: str
    area: str
    place: str
    attendees: tuple[Attendee, ...]
    cases: tuple[CaseRef, ...]


class SignMinutes(Command, frozen=True, kw_only=True):
    """Enter the signed minutes of a meeting (评议记录签字)."""

    BY: ClassVar[frozenset[Role]] = TOWNSHIP
    SUBJECT: ClassVar[str] = "Meeting"

    meeting: StreamId
    minutes: Evidence
    signers: tuple[str, ...]

    def streams(self) -> tuple[StreamId, ...]:
        return (self.meeting,)


@decides(ConveneMeeting)
def convene_meeting(state: None, command: ConveneMeeting, given: Given) -> Events | Refusal:
    """Enough people, enough of them resident representatives, each under a label of their own (art 22)."""
    rule = _rule(command.programme, command.area, given.happened_on, given)
    if isinstance(rule, Refusal):
        return rule
    refusal = (
        refuse_list(command.cases) or _refuse_labels(command) or _refuse_composition(command.attendees, rule)
    )
    if refusal:
        return refusal
    return (
        MeetingHeld(
            programme=command.programme,
            area=command.area,
            place=command.place,
            attendees=tuple(_entered(attendee, given.new_stream) for attendee in command.attendees),
            cases=command.cases,
        ),
    )


@decides(SignMinutes)
def sign_minutes(meeting: Meeting, command: SignMinutes, given: Given) -> Events | Refusal:
    """Those present sign and nobody else, all of them where the policy says so, and once (art 23)."""
    rule = _rule(meeting.programme, meeting.area, meeting.held_on, given)
    if isinstance(rule, Refusal):
        return rule
    if meeting.minutes is not None:
        return Refusal(
            code="minutes_already_signed",
            rule="art 23: a meeting has one signed record",
            message="The signed minutes of this meeting are in the file already.",
        )
    if given.happened_on < meeting.held_on:
        return before_meeting(meeting)
    strangers = [label for label in command.signers if label not in meeting.labels]
    if strangers:
        return not_present(strangers)
    signers = tuple(label for label in meeting.labels if label in command.signers)
    if len(signers) < rule.signatures_needed(len(meeting.labels)):
        unsigned = [label for label in meeting.labels if label not in signers]
        return Refusal(
            code="signature_missing",
            rule="art 23: those who took part sign",
            message=f"Not signed by: {', '.join(unsigned)}.",
        )
    malformed = refuse_unreadable((command.minutes,))
    return malformed or (MinutesSigned(minutes=command.minutes, signers=signers),)


def before_meeting(meeting: Meeting) -> Refusal:
    """What happens at a meeting does not happen before it."""
    return Refusal(
        code="fact_before_meeting",
        rule="what happens at a meeting does not happen before it",
        message=f"The meeting was held on {meeting.held_on}; give that day or a later one.",
    )


def not_present(labels: list[str]) -> Refusal:
    """Only those present take part; somebody named here is not on the attendance sheet."""
    return Refusal(
        code="not_present",
        rule="art 22: only those present take part",
        message=f"Not on the attendance sheet: {', '.join(labels)}.",
    )


def _rule(programme: str, area: str, on: date, given: Given) -> AppraisalRule | Refusal:
    """What the rules of that day say about appraisals."""
    policy = given.policy(programme, area, on)
    return policy if isinstance(policy, Refusal) else policy.appraisal


def _refuse_labels(command: ConveneMeeting) -> Refusal | None:
    labels = [attendee.label for attendee in command.attendees]
    if not all(_LABEL.fullmatch(label) for label in labels):
        return Refusal(
            code="label_malformed",
            rule="a label is no name: it stands in the ledger in the clear",
            message="Give everybody a label of 1 to 16 letters, digits, _ or -, such as r1.",
        )
    if len(set(labels)) != len(labels):
        return Refusal(
            code="label_used_twice",
            rule="a label means one person",
            message="Two people have the same label; give each their own.",
        )
    if not all(attendee.name.value.strip() for attendee in command.attendees):
        return Refusal(code="name_missing", rule="an attendee has a name", message="Give everybody's name.")
    return None


def _refuse_composition(attendees: tuple[Attendee, ...], rule: AppraisalRule) -> Refusal | None:
    if len(attendees) < rule.min_attendance:
        return Refusal(
            code="too_few_present",
            rule="an appraisal needs a minimum attendance",
            message=f"{len(attendees)} were present; at least {rule.min_attendance} must be.",
        )
    share, residents = rule.representatives_share, _representatives(attendees)
    if not share.reached_by(residents, len(attendees)):
        return Refusal(
            code="too_few_representatives",
            rule="art 22: resident representatives are a set share of those present",
            message=f"{residents} of {len(attendees)} represent the residents, "
            f"fewer than {share.numerator}/{share.denominator}; convene again.",
        )
    return None


def _representatives(attendees: tuple[Attendee, ...] | tuple[AttendeeEntry, ...]) -> int:
    return sum(attendee.part is AttendeePart.RESIDENT_REPRESENTATIVE for attendee in attendees)


def _entered(attendee: Attendee, meeting: StreamId) -> AttendeeEntry:
    """The attendee as the ledger keeps them: the name sealed under a key of this meeting's own."""
    return AttendeeEntry(
        label=attendee.label,
        name=attendee.name.about(PersonId(f"{meeting}/{attendee.label}")),
        part=attendee.part,
        staff=attendee.staff,
        household=attendee.household,
    )


@evolves(MeetingHeld)
def meeting_held(state: None, event: MeetingHeld, recorded: Recorded) -> Meeting:
    return Meeting(
        id=recorded.stream,
        programme=event.programme,
        area=event.area,
        held_on=recorded.happened_on,
        attendees=event.attendees,
        cases=event.cases,
    )


@evolves(MinutesSigned)
def minutes_signed(meeting: Meeting, event: MinutesSigned, recorded: Recorded) -> Meeting:
    return msgspec.structs.replace(meeting, minutes=event.minutes)
