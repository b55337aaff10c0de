from datetime import date
from typing import Any

import msgspec

from hudang.domain.appraisal import AppraisalClosed
from hudang.domain.case import Step
from hudang.domain.case_reference import CaseRef
from hudang.domain.decision import Changes, Claim, Refusal
from hudang.domain.meeting import AttendeeEntry
from hudang.domain.policy import Policy
from hudang.domain.policy_terms import AppraisalRule, VoteForm
from hudang.domain.roles import Role
from hudang.domain.values import CaseId
from hudang.domain.voting import (
    BallotCast,
    BallotsCounted,
    Choice,
    CountBallots,
    RecordBallots,
    RecordVotes,
    Vote,
    VoteCast,
    record_votes,
)
from tests.domain.cases import (
    CASE,
    DAYS,
    HOUSEHOLD,
    MALFORMED,
    MEETING,
    NEIGHBOUR,
    PROGRAMME,
    RESIDENTS,
    VILLAGE,
    At,
    appraised,
    attendee,
    decide,
    due,
    find_policy,
    given,
    met,
    paper,
    recorded,
    refused,
    situation,
)

HELD_ON = DAYS[Step.APPRAISAL]
SHEET = paper("计票表")
BALLOTS = tuple(BallotCast(case=CASE, meeting=MEETING, voter=label) for label in RESIDENTS)


def files(*more: AttendeeEntry, relatives: tuple[str, ...] = (), held_on: date = HELD_ON) -> dict[Any, Any]:
    """A household due for appraisal, and a meeting that has it on the agenda."""
    return {
        HOUSEHOLD: due(Step.APPRAISAL, relatives=relatives),
        MEETING: given(At(met(*more), on=held_on), stream=MEETING),
    }


def voted(*events: Any) -> dict[Any, Any]:
    """The same, with these events on the household's file."""
    states = files()
    dated = (At(event, on=HELD_ON) for event in events)
    return {**states, HOUSEHOLD: given(*dated, state=states[HOUSEHOLD])}


def hands(*voters: str, recused: tuple[str, ...] = (), against: tuple[str, ...] = ()) -> RecordVotes:
    votes = tuple(
        Vote(voter=voter, choice=Choice.AGAINST if voter in against else Choice.FOR) for voter in voters
    )
    return RecordVotes(household=HOUSEHOLD, case=CASE, meeting=MEETING, recused=recused, votes=votes)


def ballots(*voters: str, recused: tuple[str, ...] = ()) -> RecordBallots:
    return RecordBallots(household=HOUSEHOLD, case=CASE, meeting=MEETING, recused=recused, voters=voters)


def count(
    in_favour: int = 7, against: int = 1, abstaining: int = 1, tellers: tuple[str, ...] = ("r1", "r2")
) -> CountBallots:
    return CountBallots(
        household=HOUSEHOLD,
        case=CASE,
        meeting=MEETING,
        in_favour=in_favour,
        against=against,
        abstaining=abstaining,
        tellers=tellers,
        sheet=SHEET,
    )


def send(states: dict[Any, Any], command: Any, on: date = HELD_ON) -> Changes | Refusal:
    return decide(states, command, by=Role.TOWNSHIP_CLERK, on=on)


class TestAShowOfHands:
    def test_records_one_vote_for_each_voter_on_the_household(self) -> None:
        outcome = send(files(), hands(*RESIDENTS, against=("r9",)))

        assert recorded(outcome) == (
            *(
                VoteCast(case=CASE, meeting=MEETING, voter=label, choice=Choice.FOR)
                for label in RESIDENTS[:-1]
            ),
            VoteCast(case=CASE, meeting=MEETING, voter="r9", choice=Choice.AGAINST),
        )

    def test_takes_one_claim_for_each_voter_household_and_meeting(self) -> None:
        vote = VoteCast(case=CASE, meeting=MEETING, voter="r1", choice=Choice.FOR)

        assert vote.takes(HOUSEHOLD) == (
            Claim(key=f"vote/{MEETING}/{HOUSEHOLD}/r1", holder=f"vote/{MEETING}/{HOUSEHOLD}"),
        )

    def test_is_counted_as_it_is_taken(self) -> None:
        choices = zip(RESIDENTS, [Choice.FOR] * 6 + [Choice.AGAINST] * 2 + [Choice.ABSTAIN], strict=True)
        events = (
            VoteCast(case=CASE, meeting=MEETING, voter=voter, choice=choice) for voter, choice in choices
        )

        (appraisal,) = voted(*events)[HOUSEHOLD].cases[CASE].appraisals

        assert (appraisal.in_favour, appraisal.against, appraisal.abstaining) == (6, 2, 1)
        assert appraisal.counted
        assert appraisal.form is VoteForm.SHOW_OF_HANDS

    def test_leaves_out_who_is_recused(self) -> None:
        states = files(attendee("r10", household=HOUSEHOLD))

        outcome = send(states, hands(*RESIDENTS, recused=("r10",)))

        assert len(recorded(outcome)) == 9

    def test_is_refused_while_the_household_s_own_member_is_not_recused(self) -> None:
        states = files(attendee("r10", household=HOUSEHOLD))

        outcome = send(states, hands(*RESIDENTS, "r10"))

        assert refused(outcome) == "recusal_missing"

    def test_is_refused_while_a_relative_in_office_is_not_recused(self) -> None:
        states = files(attendee("c1", staff="staff-9"), relatives=("staff-9",))

        outcome = send(states, hands(*RESIDENTS, "c1"))

        assert refused(outcome) == "recusal_missing"

    def test_lets_a_member_of_another_household_vote(self) -> None:
        states = files(attendee("r10", household=NEIGHBOUR), attendee("c1", staff="staff-8"))

        outcome = send(states, hands(*RESIDENTS, "r10", "c1"))

        assert len(recorded(outcome)) == 11

    def test_is_refused_when_who_is_recused_votes(self) -> None:
        outcome = send(files(attendee("r10")), hands(*RESIDENTS, "r10", recused=("r10",)))

        assert refused(outcome) == "recused_voter"

    def test_is_refused_when_somebody_absent_votes(self) -> None:
        outcome = send(files(), hands(*RESIDENTS, "r10"))

        assert refused(outcome) == "not_present"

    def test_is_refused_when_somebody_votes_twice(self) -> None:
        outcome = send(files(), hands(*RESIDENTS, "r1"))

        assert refused(outcome) == "voted_twice"

    def test_is_refused_while_somebody_has_not_voted(self) -> None:
        outcome = send(files(), hands(*RESIDENTS[:-1]))

        assert refused(outcome) == "vote_missing"

    def test_is_refused_when_recusal_leaves_too_few(self) -> None:
        outcome = send(files(), hands(*RESIDENTS[:-1], recused=("r9",)))

        assert refused(outcome) == "quorum_lost"

    def test_is_refused_a_second_time(self) -> None:
        states = voted(VoteCast(case=CASE, meeting=MEETING, voter="r1", choice=Choice.FOR))

        assert refused(send(states, hands(*RESIDENTS))) == "votes_already_recorded"

    def test_is_refused_where_the_policy_wants_a_secret_ballot(self) -> None:
        """Narrowed by hand: the policies at hand allow both forms."""
        policy = find_policy(PROGRAMME, VILLAGE, HELD_ON)
        assert isinstance(policy, Policy)
        assert isinstance(policy.appraisal, AppraisalRule)
        secret = msgspec.structs.replace(policy.appraisal, vote_forms=(VoteForm.SECRET_BALLOT,))
        narrowed = msgspec.structs.replace(policy, appraisal=secret)
        command = hands(*RESIDENTS)
        given_rules = msgspec.structs.replace(
            situation(command, by=Role.TOWNSHIP_CLERK, on=HELD_ON), find_policy=lambda *_: narrowed
        )

        assert refused(record_votes(files(), command, given_rules)) == "vote_form_not_allowed"

    def test_is_refused_after_ballots(self) -> None:
        assert refused(send(voted(*BALLOTS), hands(*RESIDENTS))) == "vote_forms_mixed"


class TestTheMeetingOfAVote:
    def test_is_refused_when_the_case_is_not_on_its_agenda(self) -> None:
        other = met(cases=(CaseRef(NEIGHBOUR, CaseId("case-2")),))
        states = {**files(), MEETING: given(At(other, on=HELD_ON), stream=MEETING)}

        assert refused(send(states, hands(*RESIDENTS))) == "not_on_agenda"

    def test_is_refused_when_it_was_held_before_the_survey(self) -> None:
        states = files(held_on=date(2013, 3, 7))

        assert refused(send(states, hands(*RESIDENTS))) == "meeting_before_survey"

    def test_is_refused_on_a_day_before_it(self) -> None:
        assert refused(send(files(), hands(*RESIDENTS), on=date(2013, 3, 11))) == "fact_before_meeting"

    def test_is_refused_when_it_does_not_exist(self) -> None:
        assert refused(send({**files(), MEETING: None}, hands(*RESIDENTS))) == "not_found"

    def test_is_refused_when_another_step_is_due(self) -> None:
        states = {**files(), HOUSEHOLD: due(Step.SURVEY)}

        assert refused(send(states, hands(*RESIDENTS))) == "step_out_of_order"

    def test_is_refused_where_the_policy_does_not_know_the_rules_of_appraisal(self) -> None:
        states = files()
        elsewhere = msgspec.structs.replace(states[HOUSEHOLD], area="110101001001")

        outcome = send({**states, HOUSEHOLD: elsewhere}, hands(*RESIDENTS))

        assert refused(outcome) == "unknown_parameter"


class TestASecretBallot:
    def test_records_who_voted_and_not_what(self) -> None:
        outcome = send(files(), ballots(*RESIDENTS))

        assert recorded(outcome) == BALLOTS
        assert set(BallotCast.__struct_fields__) == {"case", "meeting", "voter"}

    def test_takes_the_same_claim_as_a_show_of_hands(self) -> None:
        hand = VoteCast(case=CASE, meeting=MEETING, voter="r1", choice=Choice.FOR)

        assert BALLOTS[0].takes(HOUSEHOLD) == hand.takes(HOUSEHOLD)

    def test_follows_the_rules_of_recusal_too(self) -> None:
        outcome = send(files(attendee("r10", household=HOUSEHOLD)), ballots(*RESIDENTS, "r10"))

        assert refused(outcome) == "recusal_missing"

    def test_is_refused_after_a_show_of_hands(self) -> None:
        states = voted(VoteCast(case=CASE, meeting=MEETING, voter="r1", choice=Choice.FOR))

        assert refused(send(states, ballots(*RESIDENTS))) == "vote_forms_mixed"


class TestCountingBallots:
    def test_records_the_count_with_its_tellers(self) -> None:
        outcome = send(voted(*BALLOTS), count())

        assert recorded(outcome) == (
            BallotsCounted(
                case=CASE,
                meeting=MEETING,
                in_favour=7,
                against=1,
                abstaining=1,
                tellers=("r1", "r2"),
                sheet=SHEET,
            ),
        )

    def test_is_refused_when_the_counts_do_not_add_up(self) -> None:
        assert refused(send(voted(*BALLOTS), count(in_favour=8))) == "count_does_not_add_up"

    def test_is_refused_when_a_count_is_negative(self) -> None:
        outcome = send(voted(*BALLOTS), count(in_favour=9, against=1, abstaining=-1))

        assert refused(outcome) == "count_does_not_add_up"

    def test_is_refused_with_one_teller(self) -> None:
        assert refused(send(voted(*BALLOTS), count(tellers=("r1", "r1")))) == "too_few_tellers"

    def test_is_refused_with_a_teller_who_took_no_part(self) -> None:
        assert refused(send(voted(*BALLOTS), count(tellers=("r1", "r10")))) == "teller_not_eligible"

    def test_is_refused_without_a_vote(self) -> None:
        assert refused(send(files(), count())) == "no_vote_taken"

    def test_is_refused_after_a_show_of_hands(self) -> None:
        states = voted(VoteCast(case=CASE, meeting=MEETING, voter="r1", choice=Choice.FOR))

        assert refused(send(states, count())) == "votes_already_counted"

    def test_is_refused_with_an_unreadable_sheet(self) -> None:
        command = msgspec.structs.replace(count(), sheet=MALFORMED)

        assert refused(send(voted(*BALLOTS), command)) == "evidence_malformed"


def test_a_concluded_appraisal_takes_no_more_votes() -> None:
    """Its step is taken; another vote would be another appraisal."""
    *_, closed = appraised()
    assert isinstance(closed, AppraisalClosed)

    assert refused(send(voted(*appraised()), hands(*RESIDENTS))) == "step_out_of_order"
