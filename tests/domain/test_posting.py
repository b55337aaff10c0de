from datetime import date
from typing import Any

import msgspec
import pytest

from hudang.domain.case import Step
from hudang.domain.case_reference import CaseRef
from hudang.domain.decision import Changes, Refusal
from hudang.domain.notice import NoticePosted
from hudang.domain.policy_terms import NoticeField, Place
from hudang.domain.posting import (
    Posting,
    PostingEntry,
    PostingPutUp,
    PostingTakenDown,
    PutUpPosting,
    TakeDownPosting,
)
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, Fen
from tests.domain.cases import (
    CASE,
    HOUSEHOLD,
    MALFORMED,
    NEIGHBOUR,
    NEW_STREAM,
    PEOPLE,
    POSTED_ON,
    POSTING,
    PROGRAMME,
    VILLAGE,
    At,
    decide,
    due,
    given,
    objected,
    paper,
    posted,
    recorded,
    refused,
)

NEIGHBOURS_CASE = CaseId("case-2")
BOTH = (CaseRef(HOUSEHOLD, CASE), CaseRef(NEIGHBOUR, NEIGHBOURS_CASE))
PHOTO = paper("张榜照片")


def files(step: Step, neighbour: Step | None = None) -> dict[Any, Any]:
    """Two households, both due for the step unless the neighbour is elsewhere."""
    return {
        HOUSEHOLD: due(step),
        NEIGHBOUR: due(neighbour or step, stream=NEIGHBOUR, case=NEIGHBOURS_CASE, household=2),
    }


def put_up(number: int = 1, cases: tuple[CaseRef, ...] = BOTH, **changed: Any) -> PutUpPosting:
    fields: dict[str, Any] = {
        "programme": PROGRAMME,
        "area": VILLAGE,
        "round": number,
        "place": Place.VILLAGE_BOARD,
        "cases": cases,
    }
    return PutUpPosting(**{**fields, **changed})


def send(states: dict[Any, Any], command: PutUpPosting) -> Changes | Refusal:
    return decide(states, command, by=Role.TOWNSHIP_CLERK, on=POSTED_ON[min(command.round, 2)])


class TestPuttingUpAPosting:
    def test_hangs_the_first_notice_for_seven_days_and_tells_every_household(self) -> None:
        outcome = send(files(Step.NOTICE_1), put_up(poster=PHOTO))

        shows = (
            NoticeField.APPLICANT_NAME,
            NoticeField.SURVEY_RESULT,
            NoticeField.APPRAISAL_RESULT,
            NoticeField.OPINION,
        )
        assert recorded(outcome, NEW_STREAM) == (
            PostingPutUp(
                programme=PROGRAMME,
                area=VILLAGE,
                round=1,
                place=Place.VILLAGE_BOARD,
                first_day=date(2013, 3, 14),
                last_day=date(2013, 3, 21),
                entries=(
                    PostingEntry(household=HOUSEHOLD, case=CASE, person=PEOPLE[1][0], members=2),
                    PostingEntry(household=NEIGHBOUR, case=NEIGHBOURS_CASE, person=PEOPLE[2][0], members=2),
                ),
                shows=shows,
                poster=PHOTO,
            ),
        )
        assert recorded(outcome, NEIGHBOUR) == (
            NoticePosted(
                case=NEIGHBOURS_CASE,
                posting=NEW_STREAM,
                round=1,
                place=Place.VILLAGE_BOARD,
                first_day=date(2013, 3, 14),
                last_day=date(2013, 3, 21),
                shows=shows,
            ),
        )

    def test_shows_the_proposed_amount_in_the_second_notice_only(self) -> None:
        (event,) = recorded(send(files(Step.NOTICE_2), put_up(2)), NEW_STREAM)

        assert isinstance(event, PostingPutUp)
        assert event.shows == (NoticeField.APPLICANT_NAME, NoticeField.MEMBERS, NoticeField.AMOUNT)
        assert [entry.amount_fen for entry in event.entries] == [Fen(40_000), Fen(40_000)]

    def test_posts_a_case_again_once_its_notice_was_superseded(self) -> None:
        states = files(Step.NOTICE_1)
        raised, resolved = objected(upheld=False)
        again = given(posted(1), raised, resolved, state=states[HOUSEHOLD])

        outcome = decide({**states, HOUSEHOLD: again}, put_up(), by=Role.TOWNSHIP_CLERK, on=date(2013, 3, 20))

        (notice,) = recorded(outcome, HOUSEHOLD)
        assert isinstance(notice, NoticePosted)
        assert notice.last_day == date(2013, 3, 27)

    def test_is_refused_whole_and_names_the_case_when_one_is_not_due(self) -> None:
        outcome = send(files(Step.NOTICE_1, neighbour=Step.OPINION), put_up())

        assert refused(outcome) == "step_out_of_order"
        assert isinstance(outcome, Refusal)
        assert outcome.message.startswith("Case case-2: ")

    def test_is_refused_while_the_case_hangs_already(self) -> None:
        states = files(Step.NOTICE_1)
        hanging = given(posted(1), state=states[HOUSEHOLD])

        assert refused(send({**states, HOUSEHOLD: hanging}, put_up())) == "already_posted"

    def test_is_refused_while_an_objection_waits(self) -> None:
        states = files(Step.NOTICE_1)
        first, resolved = objected(upheld=False)
        second, _ = objected("second", upheld=False)
        waiting = given(posted(1), first, second, resolved, state=states[HOUSEHOLD])

        outcome = decide(
            {**states, HOUSEHOLD: waiting}, put_up(), by=Role.TOWNSHIP_CLERK, on=date(2013, 3, 20)
        )

        assert refused(outcome) == "objection_unresolved"

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"programme": "temporary-assistance"}, "other_programme"),
            ({"area": "430304001002"}, "outside_area"),
            ({"place": Place.TOWNSHIP_BOARD}, "place_not_allowed"),
            ({"cases": ()}, "no_case_named"),
            ({"cases": BOTH[:1] * 2}, "household_named_twice"),
            ({"round": 3}, "no_such_notice"),
            ({"poster": MALFORMED}, "evidence_malformed"),
        ],
    )
    def test_is_refused_with(self, changed: dict[str, Any], code: str) -> None:
        assert refused(send(files(Step.NOTICE_1), put_up(**changed))) == code

    def test_accepts_a_poster_for_the_whole_county(self) -> None:
        outcome = send(files(Step.NOTICE_2), put_up(2, area="430304", place=Place.SERVICE_HALL_SCREEN))

        assert len(recorded(outcome, NEW_STREAM)) == 1

    def test_is_refused_for_a_household_that_does_not_exist(self) -> None:
        states = {**files(Step.NOTICE_1), NEIGHBOUR: None}

        assert refused(send(states, put_up())) == "not_found"

    def test_is_refused_when_its_cases_follow_different_rules(self) -> None:
        """One application was accepted under the rules of 2012, the other under those of 2021."""
        states = files(Step.NOTICE_1)
        case = states[NEIGHBOUR].cases[NEIGHBOURS_CASE]
        intake = msgspec.structs.replace(case.intake, accepted_on=date(2021, 8, 2))
        later = msgspec.structs.replace(case, intake=intake)
        neighbour = msgspec.structs.replace(states[NEIGHBOUR], cases={NEIGHBOURS_CASE: later})

        outcome = decide(
            {**states, NEIGHBOUR: neighbour}, put_up(), by=Role.TOWNSHIP_CLERK, on=date(2021, 8, 20)
        )

        assert refused(outcome) == "notice_rules_differ"

    def test_is_refused_to_the_village(self) -> None:
        outcome = decide(files(Step.NOTICE_1), put_up(), by=Role.VILLAGE_CLERK, on=POSTED_ON[1])

        assert refused(outcome) == "role_not_allowed"


def hanging() -> Posting:
    """A poster that hangs from 14 through 21 March."""
    event = PostingPutUp(
        programme=PROGRAMME,
        area=VILLAGE,
        round=1,
        place=Place.VILLAGE_BOARD,
        first_day=date(2013, 3, 14),
        last_day=date(2013, 3, 21),
        entries=(PostingEntry(household=HOUSEHOLD, case=CASE, person=PEOPLE[1][0], members=2),),
        shows=(NoticeField.APPLICANT_NAME,),
    )
    posting: Posting = given(At(event, on=date(2013, 3, 14)), stream=POSTING)
    return posting


class TestTakingDownAPosting:
    def test_keeps_the_photo_of_it_hanging(self) -> None:
        command = TakeDownPosting(posting=POSTING, photo=PHOTO)

        outcome = decide(hanging(), command, by=Role.VILLAGE_CLERK, on=date(2013, 3, 22))

        assert recorded(outcome, POSTING) == (PostingTakenDown(photo=PHOTO),)

    def test_is_refused_on_its_last_day(self) -> None:
        command = TakeDownPosting(posting=POSTING, photo=PHOTO)

        outcome = decide(hanging(), command, by=Role.VILLAGE_CLERK, on=date(2013, 3, 21))

        assert refused(outcome) == "notice_still_up"

    def test_is_refused_a_second_time(self) -> None:
        down = given(At(PostingTakenDown(photo=PHOTO), on=date(2013, 3, 22)), stream=POSTING, state=hanging())

        outcome = decide(
            down, TakeDownPosting(posting=POSTING, photo=PHOTO), by=Role.VILLAGE_CLERK, on=date(2013, 3, 23)
        )

        assert refused(outcome) == "posting_already_down"

    def test_is_refused_with_an_unreadable_photo(self) -> None:
        command = TakeDownPosting(posting=POSTING, photo=MALFORMED)

        outcome = decide(hanging(), command, by=Role.VILLAGE_CLERK, on=date(2013, 3, 22))

        assert refused(outcome) == "evidence_malformed"
