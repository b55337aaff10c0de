"""Which act happens on which day of 2013? The calendar of the demo.

Days are invented, so that each entitlement begins in the month that the figures ask for; offices are closed
on the holidays of 2013. What the scheduler does (closing notices, lapsing applications, opening rechecks,
paying) is not in here: it happens by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from hudang.demo import applying, appraising, opening, paying, reviewing
from hudang.demo.appraising import Hearing
from hudang.demo.office import Office
from hudang.demo.reviewing import CAMPAIGN, CLASS_RECHECKS
from hudang.demo.story import YEAR, Group, Household, Story
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.month import Month
from hudang.domain.policy_terms import VoteForm
from hudang.domain.workdays import is_working_day

Act = Callable[[Office], None]
Entry = tuple[int, int, Act]
"""Month, day, act."""
Calendar = dict[date, list[Act]]

FIRST_DAY: Final = date(YEAR, 1, 4)
LAST_DAY: Final = date(YEAR, 12, 31)
SURVEYED_A_DAY: Final = 9
RETURNED_IN: Final = Month(YEAR, 7)
RETURNED_PLACE: Final = 11
"""Which household's payment comes back, by its place among those entitled."""
A_DAY: Final = timedelta(days=1)


def working_days(first: date, last: date) -> Iterator[date]:
    """Every day from one to another on which offices are open."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if is_working_day(day) is True:
            yield day


def calendar(story: Story) -> Calendar:
    """Every act of the year by its day, in order."""
    acts: Calendar = {}
    for month, day, act in (
        *_january(story),
        *_for_may(story),
        *_for_june(story),
        *_class_rechecks(story),
        *_annual_review(story),
        *_payments(story),
    ):
        on = date(YEAR, month, day)
        acts.setdefault(on, []).append(act)
    return acts


def _january(story: Story) -> Iterator[Entry]:
    yield 1, 4, opening.open_the_ledger
    yield 1, 4, opening.establish_areas
    yield 1, 4, opening.adopt_policies
    yield 1, 7, partial(opening.register_all, households=story.group(Group.OPENING))
    yield 1, 9, opening.enter_existing


def _for_may(story: Story) -> Iterator[Entry]:
    """Seven apply in March: three lapse, four are approved in April, one of them after an objection."""
    four, three = story.group(Group.FROM_MAY), story.group(Group.INCOMPLETE)
    late, relative, contested = four[1], four[2], four[3]
    undisputed = [household for household in four if household is not contested]
    hearing = Hearing("meeting of March", VoteForm.SHOW_OF_HANDS, four, held_on=date(YEAR, 3, 22))
    recused = frozenset({relative.number})
    yield 3, 4, partial(opening.register_all, households=(*four, *three))
    for household in four:
        lacking: Sequence[str] = applying.PAPERS[4:] if household is late else ()
        yield (
            3,
            5,
            partial(applying.apply, household=household, without=lacking, relative=household is relative),
        )
    for place, household in enumerate(three):
        lacking = applying.PAPERS[3:] if place == 0 else applying.PAPERS[4:]
        yield 3, 5, partial(applying.apply, household=household, without=lacking)
    yield from _each(3, 7, applying.ask_for_papers, (late, *three))
    yield 3, 11, partial(applying.bring_papers, household=late, kinds=applying.PAPERS[4:])
    yield from _each(3, 12, applying.accept, four)
    yield from _each(3, 13, applying.consent, four)
    yield from _each(3, 15, partial(applying.cross_check, data_as_of=date(YEAR, 2, 28)), four)
    yield from _visits(3, 19, four)
    yield 3, 21, partial(applying.county_visit, household=relative)
    yield 3, 25, partial(appraising.convene, hearing=hearing)
    yield 3, 25, partial(appraising.vote, hearing=hearing, recused=recused, dissent=contested.number)
    yield 3, 25, partial(appraising.sign, hearing=hearing)
    yield 3, 25, partial(appraising.conclude, hearing=hearing, dissent=contested.number)
    yield from _each(3, 26, applying.recommend, four)
    yield 3, 27, partial(applying.put_up, step="notice 1 of March", notice=1, households=four)
    yield 4, 1, partial(applying.object_to, household=contested, posting="notice 1 of March")
    yield 4, 3, partial(applying.answer_objection, household=contested)
    yield 4, 7, partial(applying.take_down, posting="notice 1 of March")
    yield 4, 7, partial(applying.put_up, step="notice 1 again", notice=1, households=[contested])
    yield from _each(4, 9, applying.propose, undisputed)
    yield 4, 10, partial(applying.put_up, step="notice 2 of April", notice=2, households=undisputed)
    yield 4, 15, partial(applying.take_down, posting="notice 1 again")
    yield from _each(4, 15, applying.propose, [contested])
    yield (
        4,
        16,
        partial(applying.put_up, step="notice 2 after the objection", notice=2, households=[contested]),
    )
    yield 4, 19, partial(applying.take_down, posting="notice 2 of April")
    yield from _each(4, 22, applying.approve, undisputed)
    yield from _notifications(4, 24, undisputed)
    yield 4, 25, partial(applying.take_down, posting="notice 2 after the objection")
    yield from _each(4, 26, applying.approve, [contested])
    yield from _notifications(4, 28, [contested])


def _for_june(story: Story) -> Iterator[Entry]:
    """Two more apply in April, are appraised by secret ballot, and approved in May."""
    two = story.group(Group.FROM_JUNE)
    hearing = Hearing("meeting of April", VoteForm.SECRET_BALLOT, two, held_on=date(YEAR, 4, 19))
    yield 4, 8, partial(opening.register_all, households=two)
    yield from _each(4, 8, applying.apply, two)
    yield from _each(4, 10, applying.accept, two)
    yield from _each(4, 11, applying.consent, two)
    yield from _each(4, 15, partial(applying.cross_check, data_as_of=date(YEAR, 3, 31)), two)
    yield from _visits(4, 17, two)
    yield 4, 19, partial(appraising.convene, hearing=hearing)
    yield 4, 19, partial(appraising.vote, hearing=hearing, dissent=two[1].number)
    yield 4, 22, partial(appraising.sign, hearing=hearing)
    yield 4, 22, partial(appraising.conclude, hearing=hearing)
    yield from _each(4, 23, applying.recommend, two)
    yield 4, 24, partial(applying.put_up, step="notice 1 of April", notice=1, households=two)
    yield 5, 2, partial(applying.take_down, posting="notice 1 of April")
    yield from _each(5, 6, applying.propose, two)
    yield 5, 7, partial(applying.put_up, step="notice 2 of May", notice=2, households=two)
    yield 5, 15, partial(applying.take_down, posting="notice 2 of May")
    yield from _each(5, 16, applying.approve, two)
    yield from _notifications(5, 17, two)


def _class_rechecks(story: Story) -> Iterator[Entry]:
    """The scheduler opened them as their day came; nothing has changed."""
    due = [
        household for household in story.group(Group.OPENING) if household.household_class is HouseholdClass.B
    ]
    yield 6, 20, partial(reviewing.take_up_rechecks, households=due)
    yield 6, 21, partial(reviewing.survey, step=CLASS_RECHECKS, households=due, on=date(YEAR, 6, 20))
    yield 6, 24, partial(reviewing.give_opinions, step=CLASS_RECHECKS, households=due)
    yield 6, 26, partial(reviewing.decide_all, step=CLASS_RECHECKS, households=due)


def _annual_review(story: Story) -> Iterator[Entry]:
    """All of November: surveyed, appraised at two meetings, decided, and told to those it takes from."""
    everybody = story.entitled
    changed = [household for household in everybody if household.found_by_review is not None]
    unchanged = [household for household in everybody if household.found_by_review is None]
    hearings = (
        Hearing("review meeting 1", VoteForm.SHOW_OF_HANDS, unchanged, held_on=date(YEAR, 11, 15)),
        Hearing("review meeting 2", VoteForm.SECRET_BALLOT, changed, held_on=date(YEAR, 11, 18)),
    )
    yield 11, 4, reviewing.open_campaign
    survey_days = [day for day in working_days(date(YEAR, 11, 5), LAST_DAY)]
    for place, first in enumerate(range(0, len(everybody), SURVEYED_A_DAY)):
        day = survey_days[place]
        batch = everybody[first : first + SURVEYED_A_DAY]
        yield day.month, day.day, partial(reviewing.survey, step=CAMPAIGN, households=batch, on=day)
    for hearing, entered in zip(hearings, (18, 19), strict=True):
        yield 11, entered, partial(appraising.convene, hearing=hearing)
        yield 11, entered, partial(appraising.vote, hearing=hearing, dissent=changed[-1].number)
        yield 11, 20, partial(appraising.sign, hearing=hearing)
        yield 11, 20, partial(appraising.conclude, hearing=hearing, dissent=changed[-1].number)
    yield 11, 21, partial(reviewing.give_opinions, step=CAMPAIGN, households=everybody)
    yield 11, 25, partial(reviewing.decide_all, step=CAMPAIGN, households=everybody)
    told = [household for household in changed if household.is_cut_by_review]
    yield 11, 27, partial(reviewing.notify_all, step=CAMPAIGN, households=told)
    yield 11, 29, reviewing.close_campaign


def _payments(story: Story) -> Iterator[Entry]:
    """The bank answers on the third working day after the scheduler's payment; in July one comes back."""
    returned = story.entitled[RETURNED_PLACE]
    for month in Month(YEAR, 2).through(Month(YEAR, 12)):
        _, _, _, third, fourth, fifth, *_ = working_days(month.first_day, month.last_day)
        comes_back = (returned,) if month == RETURNED_IN else ()
        yield third.month, third.day, partial(paying.confirm_month, month=month, without=comes_back)
        if month == RETURNED_IN:
            yield third.month, third.day, partial(paying.give_back, month=month, household=returned)
            yield fourth.month, fourth.day, partial(paying.reissue, month=month, household=returned)
            again = partial(paying.confirm, month=month, households=comes_back, step=f"confirm {month} again")
            yield fifth.month, fifth.day, again


def _visits(month: int, day: int, households: Sequence[Household]) -> Iterator[Entry]:
    """Visited the day before they were entered."""
    for household in households:
        step = f"visit {household.number}"
        on = date(YEAR, month, day) - A_DAY
        yield month, day, partial(applying.visit, household=household, step=step, on=on)


def _notifications(month: int, day: int, households: Sequence[Household]) -> Iterator[Entry]:
    for household in households:
        step = f"notification {household.number}"
        yield month, day, partial(applying.notify, household=household, step=step)


def _each(month: int, day: int, act: Callable[..., None], households: Sequence[Household]) -> Iterator[Entry]:
    """One act for every household."""
    for household in households:
        yield month, day, partial(act, household=household)
