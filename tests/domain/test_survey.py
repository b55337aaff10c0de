from datetime import date

import msgspec
import pytest

from hudang.domain.application import ApplicationWithdrawn
from hudang.domain.case import Step
from hudang.domain.decision import Changes, Refusal
from hudang.domain.grounds import MemberCause
from hudang.domain.household import Household
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Open
from hudang.domain.registration import MemberLeft
from hudang.domain.roles import Role
from hudang.domain.survey import (
    HomeVisitRecorded,
    IncomeItem,
    IncomeKind,
    RecordCountyVisit,
    RecordHomeVisit,
    VisitLevel,
)
from hudang.domain.values import Fen, PersonId
from tests.domain.cases import (
    CASE,
    DAYS,
    HEAD,
    HOUSEHOLD,
    MALFORMED,
    SPOUSE,
    decide,
    due,
    given,
    opened,
    paper,
    recorded,
    refused,
    sealed,
    then,
)
from tests.domain.entitled import DECIDED_ON, RECHECK, confirmed, under_recheck

CLERK = Role.TOWNSHIP_CLERK
COUNTY = Role.COUNTY_OFFICER
ON = DAYS[Step.SURVEY]
SHEET = paper("入户调查表")
CIRCUMSTANCES = Open("测试情况")


def income(fen: int, person: PersonId = HEAD) -> IncomeItem:
    return IncomeItem(person=person, kind=IncomeKind.WAGES, monthly_fen=Fen(fen))


VISIT = RecordHomeVisit(
    household=HOUSEHOLD,
    case=CASE,
    surveyors=("staff-1", "staff-2"),
    incomes=(income(90_000), income(0, SPOUSE)),
    assets_within_limits=True,
    neighbours_asked=2,
    circumstances=CIRCUMSTANCES,
    sheet=SHEET,
)
COUNTY_VISIT = RecordCountyVisit(**{name: getattr(VISIT, name) for name in VISIT.__struct_fields__})


def visit(household: Household | None = None, on: date = ON, **changes: object) -> Changes | Refusal:
    command = msgspec.structs.replace(VISIT, **changes)
    return decide(household or due(Step.SURVEY), command, by=CLERK, on=on)


def county_visit(household: Household, on: date = ON, **changes: object) -> Changes | Refusal:
    return decide(household, msgspec.structs.replace(COUNTY_VISIT, **changes), by=COUNTY, on=on)


class TestTheHomeVisit:
    def test_takes_the_step_with_what_was_found(self) -> None:
        outcome = visit()

        (event,) = recorded(outcome)
        assert isinstance(event, HomeVisitRecorded)
        assert opened(event.circumstances) == "测试情况"
        assert event.circumstances.of == HEAD
        assert event == HomeVisitRecorded(
            case=CASE,
            level=VisitLevel.TOWNSHIP,
            surveyors=("staff-1", "staff-2"),
            incomes=(income(90_000), income(0, SPOUSE)),
            assets_within_limits=True,
            neighbours_asked=2,
            circumstances=event.circumstances,
            sheet=SHEET,
        )
        case = then(due(Step.SURVEY), outcome, on=ON, by=CLERK).cases[CASE]
        assert case.done[-1] is Step.SURVEY
        assert (case.visits[0].income_fen, case.visits[0].persons) == (90_000, (HEAD, SPOUSE))

    def test_finds_a_household_without_any_income(self) -> None:
        assert len(recorded(visit(incomes=()))) == 1

    @pytest.mark.parametrize(
        "surveyors",
        [
            (),
            ("staff-1",),
            ("staff-1", "staff-1"),
            ("staff-1", "staff-1 "),
            ("staff-1", " "),
            ("a", "b", "a"),
        ],
    )
    def test_is_refused_to_fewer_than_two_people(self, surveyors: tuple[str, ...]) -> None:
        """Nor is anybody named twice, or nobody."""
        assert refused(visit(surveyors=surveyors)) == "too_few_surveyors"

    def test_is_refused_with_a_negative_income(self) -> None:
        """A loss counts as no income; it does not raise the assistance."""
        assert refused(visit(incomes=(income(90_000), income(-1)))) == "income_malformed"

    def test_is_refused_with_the_income_of_somebody_else(self) -> None:
        assert refused(visit(incomes=(income(1, PersonId("L0001-stranger")),))) == "income_malformed"

    def test_is_refused_with_the_income_of_a_member_who_left(self) -> None:
        household = given(
            MemberLeft(person=SPOUSE, cause=MemberCause.MOVED_OUT, reason=sealed(HEAD)),
            state=due(Step.SURVEY),
        )

        assert refused(visit(household)) == "income_malformed"

    def test_is_refused_with_fewer_than_no_neighbours(self) -> None:
        assert refused(visit(neighbours_asked=-1)) == "neighbours_malformed"

    def test_is_refused_with_an_unreadable_sheet(self) -> None:
        assert refused(visit(sheet=MALFORMED)) == "evidence_malformed"

    def test_is_refused_before_the_cross_check(self) -> None:
        assert refused(visit(due(Step.CROSS_CHECK))) == "step_out_of_order"

    def test_is_refused_on_a_day_before_the_cross_check(self) -> None:
        assert refused(visit(on=date(2013, 3, 4))) == "fact_before_previous_step"

    def test_is_refused_to_the_village(self) -> None:
        assert refused(decide(due(Step.SURVEY), VISIT, by=Role.VILLAGE_CLERK, on=ON)) == "role_not_allowed"


class TestTheCountysOwnVisit:
    def test_takes_no_step_of_its_own(self) -> None:
        household = due(Step.PROPOSAL)

        outcome = county_visit(household, DAYS[Step.PROPOSAL])

        (event,) = recorded(outcome)
        assert isinstance(event, HomeVisitRecorded)
        assert event.level is VisitLevel.COUNTY
        after = then(household, outcome, on=DAYS[Step.PROPOSAL], by=COUNTY)
        assert after.cases[CASE].done == household.cases[CASE].done
        assert len(after.cases[CASE].visits) == 2

    def test_is_refused_once_the_case_is_closed(self) -> None:
        withdrawn = ApplicationWithdrawn(case=CASE, statement=paper("撤回申请"))

        assert refused(county_visit(given(withdrawn, state=due(Step.SURVEY)))) == "case_closed"

    def test_is_refused_once_the_case_has_been_decided(self) -> None:
        """A cut waits for its notice, and its case is open so long; what it rests on is settled."""
        state = under_recheck(Step.DECISION, income_fen=100_000)
        cut = confirmed(state, DecisionOutcome.LOWER, amount_fen=30_000)

        assert refused(county_visit(cut, DECIDED_ON, case=RECHECK)) == "already_decided"

    def test_is_refused_on_a_day_before_the_case(self) -> None:
        assert refused(county_visit(due(Step.SURVEY), date(2013, 2, 28))) == "fact_before_case"

    def test_is_refused_to_a_single_surveyor(self) -> None:
        assert refused(county_visit(due(Step.SURVEY), surveyors=("staff-1",))) == "too_few_surveyors"

    def test_is_refused_for_an_unknown_case(self) -> None:
        assert refused(county_visit(due(Step.SURVEY), case="none")) == "case_not_found"

    def test_is_refused_to_the_township(self) -> None:
        assert refused(decide(due(Step.SURVEY), COUNTY_VISIT, by=CLERK, on=ON)) == "role_not_allowed"
