from datetime import date

import msgspec
import pytest

from hudang.domain.case_reference import CaseRef
from hudang.domain.meeting import (
    Attendee,
    AttendeeEntry,
    AttendeePart,
    ConveneMeeting,
    Meeting,
    MeetingHeld,
    MinutesSigned,
    SignMinutes,
)
from hudang.domain.personal import Open
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, PersonId, StreamId
from tests.domain.cases import (
    CASE,
    HOUSEHOLD,
    MALFORMED,
    MEETING,
    NEIGHBOUR,
    NEW_STREAM,
    PROGRAMME,
    RESIDENTS,
    VILLAGE,
    At,
    decide,
    given,
    met,
    paper,
    recorded,
    refused,
)

HELD_ON = date(2013, 3, 12)
CLERK = Role.TOWNSHIP_CLERK
MINUTES = paper("评议记录")
AGENDA = (CaseRef(HOUSEHOLD, CASE), CaseRef(NEIGHBOUR, CaseId("case-2")))


def attendee(label: str, part: AttendeePart = AttendeePart.RESIDENT_REPRESENTATIVE) -> Attendee:
    return Attendee(label=label, name=Open(f"测试{label}"), part=part)


REPRESENTATIVES = tuple(attendee(label) for label in RESIDENTS[:7])
OTHERS = (
    Attendee(label="t1", name=Open("测试甲"), part=AttendeePart.TOWNSHIP_STAFF, staff="staff-1"),
    attendee("c1", AttendeePart.COMMITTEE),
    attendee("p1", AttendeePart.PARTY_REPRESENTATIVE),
)


def convene(*attendees: Attendee, cases: tuple[CaseRef, ...] = AGENDA, area: str = VILLAGE) -> ConveneMeeting:
    return ConveneMeeting(
        programme=PROGRAMME, area=area, place="社区会议室", attendees=attendees, cases=cases
    )


def held() -> Meeting:
    """A meeting of nine resident representatives."""
    meeting: Meeting = given(At(met(cases=AGENDA), on=HELD_ON), stream=MEETING)
    return meeting


def sign(*signers: str) -> SignMinutes:
    return SignMinutes(meeting=MEETING, minutes=MINUTES, signers=signers)


class TestConveningAMeeting:
    def test_records_who_was_present_each_name_under_a_key_of_its_own(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS), by=CLERK, on=HELD_ON)

        (event,) = recorded(outcome, NEW_STREAM)
        assert isinstance(event, MeetingHeld)
        assert event.cases == AGENDA
        assert event.attendees[7] == AttendeeEntry(
            label="t1",
            name=Open("测试甲", of=PersonId(f"{NEW_STREAM}/t1")),
            part=AttendeePart.TOWNSHIP_STAFF,
            staff="staff-1",
        )
        assert [entry.label for entry in event.attendees] == [a.label for a in (*REPRESENTATIVES, *OTHERS)]

    def test_keeps_in_its_state_what_an_appraisal_needs(self) -> None:
        meeting = held()

        assert meeting.held_on == HELD_ON
        assert meeting.labels == RESIDENTS
        assert meeting.resident_representatives == 9
        assert meeting.minutes is None

    def test_is_refused_below_the_minimum_attendance(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, OTHERS[0]), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "too_few_present"

    def test_accepts_exactly_two_thirds_of_resident_representatives(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES[:6], *OTHERS), by=CLERK, on=HELD_ON)

        assert len(recorded(outcome)) == 1

    def test_is_refused_below_two_thirds_of_resident_representatives(self) -> None:
        outcome = decide(
            None,
            convene(*REPRESENTATIVES[:6], *OTHERS, attendee("c2", AttendeePart.COMMITTEE)),
            by=CLERK,
            on=HELD_ON,
        )

        assert refused(outcome) == "too_few_representatives"

    @pytest.mark.parametrize("label", ["", "测试甲", "a/b", "x" * 17])
    def test_is_refused_with_a_label_that_could_be_a_name(self, label: str) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS, attendee(label)), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "label_malformed"

    def test_is_refused_when_two_people_have_one_label(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS, attendee("r1")), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "label_used_twice"

    def test_is_refused_without_a_name(self) -> None:
        nameless = msgspec.structs.replace(attendee("r8"), name=Open(" "))

        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS, nameless), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "name_missing"

    def test_is_refused_without_a_case(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS, cases=()), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "no_case_named"

    def test_is_refused_when_a_household_is_named_twice(self) -> None:
        twice = (CaseRef(HOUSEHOLD, CASE), CaseRef(HOUSEHOLD, CaseId("case-2")))

        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS, cases=twice), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "household_named_twice"

    def test_is_refused_where_the_minimum_attendance_is_unknown(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS, area="110101001001"), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "unknown_parameter"

    def test_is_refused_before_the_programme_has_rules(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS), by=CLERK, on=date(2012, 1, 1))

        assert refused(outcome) == "no_policy_in_force"

    def test_is_refused_to_the_village(self) -> None:
        outcome = decide(None, convene(*REPRESENTATIVES, *OTHERS), by=Role.VILLAGE_CLERK, on=HELD_ON)

        assert refused(outcome) == "role_not_allowed"


class TestSigningTheMinutes:
    def test_records_every_signature(self) -> None:
        outcome = decide(held(), sign(*reversed(RESIDENTS)), by=CLERK, on=HELD_ON)

        assert recorded(outcome, MEETING) == (MinutesSigned(minutes=MINUTES, signers=RESIDENTS),)

    def test_is_refused_while_one_signature_is_missing(self) -> None:
        outcome = decide(held(), sign(*RESIDENTS[:-1]), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "signature_missing"

    def test_is_refused_with_the_signature_of_somebody_absent(self) -> None:
        outcome = decide(held(), sign(*RESIDENTS, "r10"), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "not_present"

    def test_is_refused_a_second_time(self) -> None:
        signed = given(MinutesSigned(minutes=MINUTES, signers=RESIDENTS), stream=MEETING, state=held())

        outcome = decide(signed, sign(*RESIDENTS), by=CLERK, on=HELD_ON)

        assert refused(outcome) == "minutes_already_signed"

    def test_is_refused_before_the_meeting(self) -> None:
        outcome = decide(held(), sign(*RESIDENTS), by=CLERK, on=date(2013, 3, 11))

        assert refused(outcome) == "fact_before_meeting"

    def test_is_refused_with_an_unreadable_paper(self) -> None:
        command = SignMinutes(meeting=MEETING, minutes=MALFORMED, signers=RESIDENTS)

        outcome = decide(held(), command, by=CLERK, on=HELD_ON)

        assert refused(outcome) == "evidence_malformed"

    def test_is_refused_for_a_meeting_that_was_never_held(self) -> None:
        command = SignMinutes(meeting=StreamId("L0001-nowhere"), minutes=MINUTES, signers=())

        outcome = decide(None, command, by=CLERK, on=HELD_ON)

        assert refused(outcome) == "not_found"
