"""Do the invented households add up to the report's totals, and is everybody visibly nobody?"""

import random
from datetime import date

import pytest

from hudang.demo.invent import NOWHERE, SEED, households
from hudang.demo.story import Group, the_place, the_story
from hudang.domain.identity import check
from hudang.domain.meeting import AttendeePart

LINE_YUAN = 650


class TestTheHouseholds:
    @pytest.mark.parametrize(
        ("group", "households", "persons", "yuan"),
        [
            (Group.OPENING, 47, 78, 24_341),
            (Group.FROM_MAY, 4, 6, 1_943),
            (Group.FROM_JUNE, 2, 3, 940),
            (Group.INCOMPLETE, 3, 6, 0),
        ],
    )
    def test_add_up(self, group: Group, households: int, persons: int, yuan: int) -> None:
        members = the_story().group(group)

        assert len(members) == households
        assert sum(len(household.members) for household in members) == persons
        assert sum(household.amount_yuan for household in members) == yuan

    def test_receive_the_gap_between_line_and_income(self) -> None:
        wrong = [
            household.number
            for household in the_story().entitled
            if len(household.members) * LINE_YUAN - household.income_yuan() != household.amount_yuan
        ]

        assert wrong == []

    def test_are_left_by_the_review_with_the_gap_it_found(self) -> None:
        changed = [each for each in the_story().entitled if each.found_by_review is not None]

        for household in changed:
            assert household.found_by_review is not None
            gap = len(household.members) * LINE_YUAN - household.income_yuan(at_review=True)
            assert household.found_by_review.amount_yuan == max(gap, 0)

    def test_are_changed_by_the_review_as_the_report_says(self) -> None:
        changes = [
            (household.found_by_review.amount_yuan - household.amount_yuan, len(household.members))
            for household in the_story().entitled
            if household.found_by_review is not None
        ]

        assert sorted(change for change, _ in changes if change > 0) == [150, 187]
        assert sum(change for change, _ in changes if -620 < change < 0) == -541
        assert len([change for change, _ in changes if -620 < change < 0]) == 4
        assert [(change, persons) for change, persons in changes if change == -620] == [(-620, 1)]

    def test_are_those_that_were_invented(self) -> None:
        invented = list(households(random.Random(SEED)))

        assert [each.persons for each in invented] == [len(each.members) for each in the_story().households]


class TestThePeople:
    def test_have_numbers_that_pass_and_can_be_nobodys(self) -> None:
        numbers = [person.identity_number for each in the_story().households for person in each.members]

        assert all(check(number, date(2013, 1, 1)) is None for number in numbers)
        assert all(number.startswith(NOWHERE) for number in numbers)
        assert len(set(numbers)) == len(numbers)

    def test_have_names_that_say_so(self) -> None:
        names = [person.name for each in the_story().households for person in each.members]
        names += [attendee.name for attendee in the_place().attendees]

        assert all(name.startswith("测试") for name in names)
        assert len(set(names)) == len(names)

    def test_appraise_with_enough_representatives(self) -> None:
        parts = [attendee.part for attendee in the_place().attendees]

        assert len(parts) >= 9
        assert parts.count(AttendeePart.RESIDENT_REPRESENTATIVE) * 3 >= len(parts) * 2
