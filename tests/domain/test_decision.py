"""What holds for every command and every event: roles, days, subjects, areas, registration, claims."""

from datetime import date

import msgspec
import pytest

from hudang.domain import catalogue, decision
from hudang.domain.application import AcceptApplication, ApplicationAccepted
from hudang.domain.case import Step
from hudang.domain.claims import refusal_of
from hudang.domain.decision import Command, Event, Refusal
from hudang.domain.recheck import OpenRecheck
from hudang.domain.roles import Role
from tests.domain.cases import (
    CASE,
    HOUSEHOLD,
    PROGRAMME,
    decide,
    due,
    refused,
    registered,
    situation,
)
from tests.domain.cases import (
    given as folded,
)

ACCEPT = AcceptApplication(household=HOUSEHOLD, case=CASE)
MARCH_1 = date(2013, 3, 1)


class TestEveryCommand:
    @pytest.mark.parametrize("command", catalogue.COMMANDS.values(), ids=catalogue.COMMANDS.keys())
    def test_belongs_to_some_role_and_says_what_it_is_for(self, command: type[Command]) -> None:
        assert command.BY
        assert command.__doc__
        assert command.SUBJECT

    def test_is_refused_on_a_day_that_has_not_come(self) -> None:
        command = msgspec.structs.replace(ACCEPT, happened_on=date(2013, 3, 2))

        outcome = decide(due(Step.ACCEPTANCE), command, by=Role.TOWNSHIP_CLERK, on=MARCH_1)

        assert refused(outcome) == "fact_in_the_future"

    def test_is_refused_for_a_file_that_does_not_exist(self) -> None:
        assert refused(decide(None, ACCEPT, by=Role.TOWNSHIP_CLERK, on=MARCH_1)) == "not_found"

    def test_is_refused_for_a_file_of_another_kind(self) -> None:
        assert refused(decide("a meeting", ACCEPT, by=Role.TOWNSHIP_CLERK, on=MARCH_1)) == "not_found"

    @pytest.mark.parametrize("by", [role for role in Role if role is not Role.TOWNSHIP_CLERK])
    def test_is_refused_to_a_role_whose_step_it_is_not(self, by: Role) -> None:
        assert refused(decide(due(Step.ACCEPTANCE), ACCEPT, by=by, on=MARCH_1)) == "role_not_allowed"

    def test_is_decided_once(self) -> None:
        with pytest.raises(TypeError, match="two decisions"):
            decision.decides(AcceptApplication)(lambda state, command, given: ())


class TestEveryEvent:
    def test_has_a_topic_of_its_own_and_a_meaning(self) -> None:
        assert set(catalogue.EVENTS) == {event.TOPIC for event in catalogue.EVENTS.values()}
        assert all(event.__doc__ for event in catalogue.EVENTS.values())

    def test_is_folded_in_one_place(self) -> None:
        with pytest.raises(TypeError, match="two folds"):
            decision.evolves(ApplicationAccepted)(lambda state, event, recorded: state)

    def test_takes_claims_that_mean_something_to_a_clerk(self) -> None:
        kinds = {"household-number", "member", "application", "entitled", "vote", "payroll", "payout"}

        refusals = {refusal_of(f"{kind}/whatever").code for kind in kinds}

        assert len(refusals) == len(kinds)
        assert all("/" not in code for code in refusals)

    def test_frees_and_takes_nothing_unless_it_says_so(self) -> None:
        event: Event = ApplicationAccepted(case=CASE)

        assert (event.takes(HOUSEHOLD), event.frees()) == ((), ())


class TestWhatADecisionMayKnow:
    def test_is_no_rule_where_none_was_adopted(self) -> None:
        command = OpenRecheck(household=HOUSEHOLD, programme=PROGRAMME, due_on=MARCH_1)
        known = msgspec.structs.replace(situation(command, by=Role.SYSTEM, on=MARCH_1), find_policy=None)

        policy = known.policy(PROGRAMME, "430304", MARCH_1)

        assert isinstance(policy, Refusal)
        assert policy.code == "no_policy_adopted"

    def test_is_no_rule_of_what_is_no_area(self) -> None:
        command = OpenRecheck(household=HOUSEHOLD, programme=PROGRAMME, due_on=MARCH_1)

        policy = situation(command, by=Role.SYSTEM, on=MARCH_1).policy(PROGRAMME, "somewhere", MARCH_1)

        assert isinstance(policy, Refusal)
        assert policy.code == "area_malformed"

    def test_names_new_things_the_same_when_the_command_is_repeated(self) -> None:
        known = situation(ACCEPT, by=Role.TOWNSHIP_CLERK, on=MARCH_1)

        assert (known.new_case(), known.new_id("objection")) == (known.new_case(), known.new_id("objection"))
        assert known.new_id("a") != known.new_id("b")


class TestAHousehold:
    @pytest.mark.parametrize(
        ("area", "inside"),
        [
            ("430304001001", True),
            ("430304001", True),
            ("430304", True),
            ("43", True),
            ("430304000000", True),
            ("430304001002", False),
            ("430305", False),
            ("4303040010011", False),
            ("", False),
        ],
    )
    def test_lives_in_its_area_and_in_those_above_it(self, area: str, *, inside: bool) -> None:
        assert folded(registered()).lives_in(area) is inside

    def test_that_was_entered_without_an_area_lives_nowhere(self) -> None:
        assert not folded(registered(area="somewhere")).lives_in("43")
