"""Who of those present may vote on a case, and did all of them? (回避与法定人数, 2012 art 14, 21–22)"""

from hudang.domain.case import Case
from hudang.domain.case_reference import CaseRef
from hudang.domain.decision import Given, Refusal
from hudang.domain.meeting import Meeting, before_meeting, not_present
from hudang.domain.policy_terms import AppraisalRule, Recusal
from hudang.domain.values import StreamId

_MIN_TELLERS = 2


def refuse_meeting(case: Case, household: StreamId, meeting: Meeting, given: Given) -> Refusal | None:
    """The case stands on the meeting's agenda, and was surveyed before it."""
    if CaseRef(household, case.id) not in meeting.cases:
        return Refusal(
            code="not_on_agenda",
            rule="a meeting appraises the cases on its agenda",
            message="The case was not on the agenda of this meeting; appraise it at another.",
        )
    if meeting.held_on < case.last_step_on:
        return Refusal(
            code="meeting_before_survey",
            rule="art 21: the appraisal judges the survey, so it follows it",
            message=f"The step before happened on {case.last_step_on}; appraise the case at a later meeting.",
        )
    return before_meeting(meeting) if given.happened_on < meeting.held_on else None


def concerned(case: Case, household: StreamId, meeting: Meeting, rule: AppraisalRule) -> tuple[str, ...]:
    """Those present who must stand aside: the household's own people, its relatives in office."""
    return tuple(
        attendee.label
        for attendee in meeting.attendees
        if (Recusal.APPLICANT in rule.recusal and attendee.household == household)
        or (Recusal.RELATIVES in rule.recusal and attendee.staff in case.relatives_of_officials)
    )


def refuse_voters(
    meeting: Meeting,
    must_stand_aside: tuple[str, ...],
    recused: tuple[str, ...],
    voters: tuple[str, ...],
    *,
    min_attendance: int,
) -> Refusal | None:
    """Who is concerned stands aside; all others present vote, each once, and they are still enough."""
    strangers = [label for label in (*recused, *voters) if label not in meeting.labels]
    if strangers:
        return not_present(strangers)
    refusal = _refuse_recusal(must_stand_aside, recused, voters)
    if refusal:
        return refusal
    if len(set(voters)) != len(voters):
        return Refusal(
            code="voted_twice",
            rule="one vote per voter",
            message="A voter is named twice; enter each vote once.",
        )
    silent = [label for label in meeting.labels if label not in recused and label not in voters]
    if silent:
        return Refusal(
            code="vote_missing",
            rule="everybody present and not recused votes; abstaining is a choice",
            message=f"No vote from: {', '.join(silent)}.",
        )
    if len(voters) < min_attendance:
        return Refusal(
            code="quorum_lost",
            rule="an appraisal needs a minimum attendance, those recused not counted",
            message=f"{len(voters)} may vote on this case; at least {min_attendance} must. Convene again.",
        )
    return None


def _refuse_recusal(
    must_stand_aside: tuple[str, ...], recused: tuple[str, ...], voters: tuple[str, ...]
) -> Refusal | None:
    missing = [label for label in must_stand_aside if label not in recused]
    if missing:
        return Refusal(
            code="recusal_missing",
            rule="members of the household and its relatives in office take no part",
            message=f"To be recused: {', '.join(missing)}.",
        )
    voting_still = [label for label in recused if label in voters]
    if voting_still:
        return Refusal(
            code="recused_voter",
            rule="who is recused does not vote",
            message=f"Recused, yet voting: {', '.join(voting_still)}.",
        )
    return None


def refuse_count(
    voters: tuple[str, ...], tellers: tuple[str, ...], counts: tuple[int, ...]
) -> Refusal | None:
    """Two different tellers at least, who were present and not recused; the counts add up to the ballots."""
    if len(set(tellers)) < _MIN_TELLERS:
        return Refusal(
            code="too_few_tellers",
            rule="two people count together",
            message=f"Name at least {_MIN_TELLERS} different tellers.",
        )
    if not set(tellers) <= set(voters):
        return Refusal(
            code="teller_not_eligible",
            rule="a teller was present and is not recused",
            message="Name tellers who took part in this vote.",
        )
    if min(counts) < 0 or sum(counts) != len(voters):
        return Refusal(
            code="count_does_not_add_up",
            rule="every ballot is counted once",
            message=f"{len(voters)} ballots were cast and {sum(counts)} are counted; count again.",
        )
    return None
