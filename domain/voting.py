"""How did those present vote on a household's case? (代表票决, 民发〔2012〕220号 art 21–22)

By show of hands, where each choice is recorded; or by secret ballot, where a ballot is recorded without its
choice and the count is an event of its own.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from hudang.domain.appraisal import (
    Appraisal,
    AppraisalCommand,
    Ready,
    appraisal_at,
    begin,
    vote_at,
    vote_taken,
    with_appraisal,
)
from hudang.domain.decision import Changes, Claim, Event, Given, Recorded, Refusal, decides_jointly, evolves
from hudang.domain.evidence import Evidence, refuse_unreadable
from hudang.domain.household import Household, with_case
from hudang.domain.policy_terms import VoteForm
from hudang.domain.quorum import concerned, refuse_count, refuse_voters
from hudang.domain.values import CaseId, StreamId


class Choice(StrEnum):
    """What a voter says of the survey; abstaining is a choice."""

    FOR = "for"  # 同意
    AGAINST = "against"  # 不同意
    ABSTAIN = "abstain"  # 弃权


class _Cast(Event, frozen=True, kw_only=True):
    """One vote; a voter has one at a meeting on a household."""

    case: CaseId
    meeting: StreamId
    voter: str

    def takes(self, stream: StreamId) -> tuple[Claim, ...]:
        appraisal = f"vote/{self.meeting}/{stream}"
        return (Claim(key=f"{appraisal}/{self.voter}", holder=appraisal),)


class VoteCast(_Cast, frozen=True, kw_only=True):
    """Somebody voted by show of hands (举手表决)."""

    TOPIC = "appraisal.vote_cast"

    choice: Choice


class BallotCast(_Cast, frozen=True, kw_only=True):
    """Somebody put a ballot into the box (无记名投票); what it said is not recorded."""

    TOPIC = "appraisal.ballot_cast"


class BallotsCounted(Event, frozen=True, kw_only=True):
    """The tellers counted the ballots (计票)."""

    TOPIC = "appraisal.ballots_counted"

    case: CaseId
    meeting: StreamId
    in_favour: int
    against: int
    abstaining: int
    tellers: tuple[str, ...]
    sheet: Evidence


class Vote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One voter's choice in a show of hands."""

    voter: str
    choice: Choice


class RecordVotes(AppraisalCommand, frozen=True, kw_only=True):
    """Enter a show of hands, voter by voter (登记举手表决)."""

    recused: tuple[str, ...]
    votes: tuple[Vote, ...]


class RecordBallots(AppraisalCommand, frozen=True, kw_only=True):
    """Enter who put a ballot into the box (登记无记名投票)."""

    recused: tuple[str, ...]
    voters: tuple[str, ...]


class CountBallots(AppraisalCommand, frozen=True, kw_only=True):
    """Enter the count of the ballots and who made it (登记计票结果)."""

    in_favour: int
    against: int
    abstaining: int
    tellers: tuple[str, ...]
    sheet: Evidence


@decides_jointly(RecordVotes)
def record_votes(states: Mapping[StreamId, Any], command: RecordVotes, given: Given) -> Changes | Refusal:
    """Everybody present and not recused votes, once; abstaining is a choice."""
    ready = begin(states, command, given)
    if isinstance(ready, Refusal):
        return ready
    voters = tuple(vote.voter for vote in command.votes)
    refusal = _refuse_form(ready, VoteForm.SHOW_OF_HANDS) or _refuse_votes(ready, command.recused, voters)
    if refusal:
        return refusal
    return {
        command.household: tuple(
            VoteCast(case=command.case, meeting=command.meeting, voter=vote.voter, choice=vote.choice)
            for vote in command.votes
        )
    }


@decides_jointly(RecordBallots)
def record_ballots(states: Mapping[StreamId, Any], command: RecordBallots, given: Given) -> Changes | Refusal:
    """The same rules as for a show of hands; a ballot says only who cast it."""
    ready = begin(states, command, given)
    if isinstance(ready, Refusal):
        return ready
    refusal = _refuse_form(ready, VoteForm.SECRET_BALLOT) or _refuse_votes(
        ready, command.recused, command.voters
    )
    if refusal:
        return refusal
    return {
        command.household: tuple(
            BallotCast(case=command.case, meeting=command.meeting, voter=voter) for voter in command.voters
        )
    }


@decides_jointly(CountBallots)
def count_ballots(states: Mapping[StreamId, Any], command: CountBallots, given: Given) -> Changes | Refusal:
    """Two tellers at least; every ballot is counted, as for, against or abstaining."""
    ready = begin(states, command, given)
    if isinstance(ready, Refusal):
        return ready
    appraisal = vote_taken(ready)
    if isinstance(appraisal, Refusal):
        return appraisal
    if appraisal.counted:
        return Refusal(
            code="votes_already_counted",
            rule="a vote is counted once, a show of hands when it is taken",
            message="The numbers of this vote are in the file already.",
        )
    counts = (command.in_favour, command.against, command.abstaining)
    refusal = refuse_count(appraisal.voters, command.tellers, counts) or refuse_unreadable((command.sheet,))
    if refusal:
        return refusal
    counted = BallotsCounted(
        case=command.case,
        meeting=command.meeting,
        in_favour=command.in_favour,
        against=command.against,
        abstaining=command.abstaining,
        tellers=command.tellers,
        sheet=command.sheet,
    )
    return {command.household: (counted,)}


def _refuse_form(ready: Ready, form: VoteForm) -> Refusal | None:
    """One vote per meeting and household, in one form, and in a form the policy allows."""
    if form not in ready.rule.vote_forms:
        return Refusal(
            code="vote_form_not_allowed",
            rule="the policy says how an appraisal votes",
            message=f"Allowed here: {', '.join(ready.rule.vote_forms)}.",
        )
    earlier = appraisal_at(ready.case, ready.meeting.id)
    if earlier is None:
        return None
    if earlier.form is not form:
        return Refusal(
            code="vote_forms_mixed",
            rule="a vote is either by show of hands or secret",
            message="This case was voted on in the other form at this meeting.",
        )
    return Refusal(
        code="votes_already_recorded",
        rule="a meeting votes on a case once",
        message="The votes of this meeting on this case are in the file; vote again at another meeting.",
    )


def _refuse_votes(ready: Ready, recused: tuple[str, ...], voters: tuple[str, ...]) -> Refusal | None:
    return refuse_voters(
        ready.meeting,
        concerned(ready.case, ready.household.id, ready.meeting, ready.rule),
        recused,
        voters,
        min_attendance=ready.rule.min_attendance,
    )


@evolves(VoteCast)
def votevote_at(household: Household, event: VoteCast, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    vote = appraisal_at(case, event.meeting) or Appraisal(
        meeting=event.meeting, form=VoteForm.SHOW_OF_HANDS, counted=True
    )
    appraisal = msgspec.structs.replace(
        vote,
        voters=(*vote.voters, event.voter),
        in_favour=vote.in_favour + (event.choice is Choice.FOR),
        against=vote.against + (event.choice is Choice.AGAINST),
        abstaining=vote.abstaining + (event.choice is Choice.ABSTAIN),
    )
    return with_case(household, with_appraisal(case, appraisal))


@evolves(BallotCast)
def ballotvote_at(household: Household, event: BallotCast, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    vote = appraisal_at(case, event.meeting) or Appraisal(meeting=event.meeting, form=VoteForm.SECRET_BALLOT)
    return with_case(
        household, with_appraisal(case, msgspec.structs.replace(vote, voters=(*vote.voters, event.voter)))
    )


@evolves(BallotsCounted)
def ballots_counted(household: Household, event: BallotsCounted, recorded: Recorded) -> Household:
    case = household.cases[event.case]
    counted = msgspec.structs.replace(
        vote_at(case, event.meeting),
        in_favour=event.in_favour,
        against=event.against,
        abstaining=event.abstaining,
        counted=True,
    )
    return with_case(household, with_appraisal(case, counted))
