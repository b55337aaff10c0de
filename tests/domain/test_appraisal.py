from typing import Any

import msgspec

from hudang.domain.appraisal import AppraisalClosed, CloseAppraisal
from hudang.domain.case import CaseKind, Step
from hudang.domain.decision import Changes, Event, Refusal
from hudang.domain.meeting import AttendeeEntry, MinutesSigned
from hudang.domain.personal import Open
from hudang.domain.policy_terms import VoteForm
from hudang.domain.returning import ReturnedToStage
from hudang.domain.roles import Role
from hudang.domain.values import StreamId
from hudang.domain.voting import BallotCast, BallotsCounted, Choice, VoteCast
from tests.domain.cases import (
    CASE,
    DAYS,
    HEAD,
    HOUSEHOLD,
    MEETING,
    RESIDENTS,
    At,
    attendee,
    decide,
    due,
    given,
    met,
    paper,
    recorded,
    refused,
    sealed,
    then,
    visited,
)

HELD_ON = DAYS[Step.APPRAISAL]
SIGNED = MinutesSigned(minutes=paper("评议记录"), signers=RESIDENTS)
BALLOTS = tuple(BallotCast(case=CASE, meeting=MEETING, voter=label) for label in RESIDENTS)


def hands(against: int = 0, abstaining: int = 0) -> tuple[VoteCast, ...]:
    """Nine votes by show of hands."""
    choices = [Choice.AGAINST] * against + [Choice.ABSTAIN] * abstaining
    choices += [Choice.FOR] * (len(RESIDENTS) - len(choices))
    return tuple(
        VoteCast(case=CASE, meeting=MEETING, voter=voter, choice=choice)
        for voter, choice in zip(RESIDENTS, choices, strict=True)
    )


def files(*votes: Event, more: tuple[AttendeeEntry, ...] = (), signed: bool = True) -> dict[Any, Any]:
    """A household whose case was voted on, and the meeting that did so."""
    meeting = (met(*more), SIGNED) if signed else (met(*more),)
    return {
        HOUSEHOLD: given(*(At(vote, on=HELD_ON) for vote in votes), state=due(Step.APPRAISAL)),
        MEETING: given(*(At(event, on=HELD_ON) for event in meeting), stream=MEETING),
    }


def close(
    states: dict[Any, Any], conclusion: str = "情况属实", dissent: tuple[str, ...] = ()
) -> Changes | Refusal:
    command = CloseAppraisal(
        household=HOUSEHOLD,
        case=CASE,
        meeting=MEETING,
        conclusion=Open(conclusion),
        dissent=tuple(map(Open, dissent)),
    )
    return decide(states, command, by=Role.TOWNSHIP_CLERK, on=HELD_ON)


def closed(**changed: Any) -> AppraisalClosed:
    """The conclusion of a show of hands, nine to none."""
    fields: dict[str, Any] = {
        "case": CASE,
        "meeting": MEETING,
        "form": VoteForm.SHOW_OF_HANDS,
        "present": 9,
        "resident_representatives": 9,
        "recused": (),
        "in_favour": 9,
        "against": 0,
        "abstaining": 0,
        "passed": True,
        "conclusion": Open("情况属实", of=HEAD),
        "dissent": (),
    }
    return AppraisalClosed(**{**fields, **changed})


class TestClosingAnAppraisal:
    def test_finds_the_survey_true_and_takes_the_step(self) -> None:
        states = files(*hands())

        outcome = close(states)

        assert recorded(outcome) == (closed(),)
        after = then(states[HOUSEHOLD], outcome, on=HELD_ON, by=Role.TOWNSHIP_CLERK)
        assert after.cases[CASE].done[-1] is Step.APPRAISAL
        assert after.cases[CASE].appraisals[0].passed

    def test_names_who_was_recused_and_counts_who_was_present(self) -> None:
        states = files(*hands(), more=(attendee("r10", household=HOUSEHOLD), attendee("c1", staff="staff-9")))

        outcome = close(states)

        assert recorded(outcome) == (closed(present=11, resident_representatives=10, recused=("r10", "c1")),)

    def test_keeps_the_dissent(self) -> None:
        outcome = close(files(*hands(against=2)), dissent=("另有收入未报",))

        assert recorded(outcome) == (
            closed(in_favour=7, against=2, dissent=(Open("另有收入未报", of=HEAD),)),
        )

    def test_does_not_count_abstentions_as_votes_cast(self) -> None:
        outcome = close(files(*hands(against=1, abstaining=6)))

        assert recorded(outcome) == (closed(in_favour=2, against=1, abstaining=6),)

    def test_sends_the_case_back_to_the_survey_on_a_large_dispute(self) -> None:
        states = files(*hands(against=5))

        outcome = close(states, conclusion="争议较大,重新调查")

        assert recorded(outcome) == (
            closed(
                in_favour=4,
                against=5,
                passed=False,
                conclusion=Open("争议较大,重新调查", of=HEAD),
                back_to=Step.SURVEY,
                undone=(Step.SURVEY,),
            ),
        )
        case = then(states[HOUSEHOLD], outcome, on=HELD_ON, by=Role.TOWNSHIP_CLERK).cases[CASE]
        assert case.done == (Step.ACCEPTANCE, Step.CONSENT, Step.CROSS_CHECK)
        assert case.last_step_on == HELD_ON

    def test_does_not_pass_on_a_tie(self) -> None:
        outcome = close(files(*hands(against=4, abstaining=1)))

        (event,) = recorded(outcome)
        assert isinstance(event, AppraisalClosed)
        assert not event.passed

    def test_concludes_a_secret_ballot_once_it_is_counted(self) -> None:
        count = BallotsCounted(
            case=CASE,
            meeting=MEETING,
            in_favour=6,
            against=2,
            abstaining=1,
            tellers=("r1", "r2"),
            sheet=paper("计票表"),
        )

        outcome = close(files(*BALLOTS, count))

        assert recorded(outcome) == (
            closed(form=VoteForm.SECRET_BALLOT, in_favour=6, against=2, abstaining=1),
        )

    def test_is_refused_before_the_ballots_are_counted(self) -> None:
        assert refused(close(files(*BALLOTS))) == "ballots_not_counted"

    def test_is_refused_before_a_vote(self) -> None:
        assert refused(close(files())) == "no_vote_taken"

    def test_is_refused_before_the_minutes_are_signed(self) -> None:
        assert refused(close(files(*hands(), signed=False))) == "minutes_not_signed"

    def test_is_refused_without_a_conclusion(self) -> None:
        assert refused(close(files(*hands()), conclusion=" ")) == "conclusion_missing"

    def test_is_refused_with_a_long_statement_of_dissent(self) -> None:
        assert refused(close(files(*hands()), dissent=("长" * 201,))) == "dissent_malformed"

    def test_is_refused_once_the_case_has_gone_back(self) -> None:
        """Votes on the old survey decide nothing about the new one, even on the same day."""
        states = files(*hands(against=5))
        back = then(states[HOUSEHOLD], close(states), on=HELD_ON, by=Role.TOWNSHIP_CLERK)

        assert refused(close({**states, HOUSEHOLD: back})) == "step_out_of_order"


class TestAVoteWhoseCaseIsReturned:
    def test_no_longer_decides_even_after_a_new_survey_on_the_same_day(self) -> None:
        returned = ReturnedToStage(case=CASE, back_to=Step.SURVEY, undone=(Step.SURVEY,), reason=sealed(HEAD))
        states = files(*hands())
        again = given(At(returned, on=HELD_ON), At(visited(), on=HELD_ON), state=states[HOUSEHOLD])

        assert refused(close({**states, HOUSEHOLD: again})) == "no_vote_taken"


class TestAnAppraisalInAnAnnualReview:
    def review(self, *votes: Event, campaign: StreamId | None) -> dict[Any, Any]:
        """The same household under recheck: surveyed, and voted on."""
        states = files(*votes)
        case = msgspec.structs.replace(
            states[HOUSEHOLD].cases[CASE], kind=CaseKind.RECHECK, campaign=campaign, done=(Step.SURVEY,)
        )
        return {**states, HOUSEHOLD: msgspec.structs.replace(states[HOUSEHOLD], cases={CASE: case})}

    def test_follows_the_same_rules(self) -> None:
        states = self.review(*hands(), campaign=StreamId("L0001-campaign-1"))

        assert recorded(close(states)) == (closed(),)

    def test_is_no_step_of_a_recheck_outside_a_campaign(self) -> None:
        assert refused(close(self.review(*hands(), campaign=None))) == "step_out_of_order"
