"""How does a meeting appraise the cases on its agenda? (民主评议) By show of hands, or by secret ballot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hudang.demo.office import Office, paper
from hudang.demo.story import PROGRAMME, VILLAGE, Household, the_place
from hudang.domain.policy_terms import VoteForm
from hudang.domain.roles import Role
from hudang.domain.voting import Choice

DISSENT: Final = "邻居认为其子女另有帮扶,建议再核实"
RELATIVE_IN_OFFICE: Final = "c2"
"""The committee member who stands aside where the household declared them as a relative."""
RELATIVES_STAFF_ID: Final = "committee-2"


@dataclass(frozen=True, slots=True)
class Hearing:
    """One meeting over many cases, and how it votes."""

    step: str
    form: VoteForm
    households: Sequence[Household]
    held_on: date


@dataclass(frozen=True, slots=True)
class Poll:
    """The vote on one household: who stands aside, who votes, who of them against."""

    household: Household
    aside: Sequence[str]
    voters: Sequence[str]
    against: str | None


def convene(office: Office, hearing: Hearing) -> None:
    """Enter attendance and agenda, on the day after the meeting if the paper came first."""
    office.begin_thing(
        Role.TOWNSHIP_CLERK,
        "ConveneMeeting",
        hearing.step,
        on=hearing.held_on,
        programme=PROGRAMME,
        area=VILLAGE,
        place="测试社区会议室",
        attendees=[
            {
                "label": attendee.label,
                "name": attendee.name,
                "part": attendee.part.name,
                "staff": attendee.staff,
            }
            for attendee in the_place().attendees
        ],
        cases=office.references(hearing.households),
    )


def vote(
    office: Office, hearing: Hearing, *, recused: frozenset[str] = frozenset(), dissent: str = ""
) -> None:
    """Take the vote on every case; `recused` names the households for which a relative stands aside."""
    for household in hearing.households:
        aside = (RELATIVE_IN_OFFICE,) if household.number in recused else ()
        voters = [person.label for person in the_place().attendees if person.label not in aside]
        poll = Poll(household, aside, voters, voters[-1] if household.number == dissent else None)
        if hearing.form is VoteForm.SHOW_OF_HANDS:
            _show_hands(office, hearing, poll)
        else:
            _cast_ballots(office, hearing, poll)
            _count(office, hearing, poll)


def sign(office: Office, hearing: Hearing) -> None:
    """Everybody present signs the minutes."""
    step = f"{hearing.step}: minutes"
    office.act(
        Role.TOWNSHIP_CLERK,
        "SignMinutes",
        step,
        meeting=office.noted[hearing.step],
        minutes=paper("民主评议记录", step, 3),
        signers=[person.label for person in the_place().attendees],
    )


def conclude(office: Office, hearing: Hearing, *, dissent: str = "") -> None:
    """The township's staff draw the conclusion; what was said against it is kept."""
    for household in hearing.households:
        office.act(
            Role.TOWNSHIP_CLERK,
            "CloseAppraisal",
            f"{hearing.step}: conclusion {household.number}",
            **office.of_case(household),
            meeting=office.noted[hearing.step],
            conclusion="入户调查情况属实",
            dissent=[DISSENT] if household.number == dissent else [],
        )


def _show_hands(office: Office, hearing: Hearing, poll: Poll) -> None:
    office.act(
        Role.TOWNSHIP_CLERK,
        "RecordVotes",
        f"{hearing.step}: votes {poll.household.number}",
        on=hearing.held_on,
        **office.of_case(poll.household),
        meeting=office.noted[hearing.step],
        recused=list(poll.aside),
        votes=[
            {"voter": voter, "choice": (Choice.AGAINST if voter == poll.against else Choice.FOR).name}
            for voter in poll.voters
        ],
    )


def _cast_ballots(office: Office, hearing: Hearing, poll: Poll) -> None:
    office.act(
        Role.TOWNSHIP_CLERK,
        "RecordBallots",
        f"{hearing.step}: ballots {poll.household.number}",
        on=hearing.held_on,
        **office.of_case(poll.household),
        meeting=office.noted[hearing.step],
        recused=list(poll.aside),
        voters=list(poll.voters),
    )


def _count(office: Office, hearing: Hearing, poll: Poll) -> None:
    step = f"{hearing.step}: count {poll.household.number}"
    against = int(poll.against is not None)
    office.act(
        Role.TOWNSHIP_CLERK,
        "CountBallots",
        step,
        on=hearing.held_on,
        **office.of_case(poll.household),
        meeting=office.noted[hearing.step],
        inFavour=len(poll.voters) - against,
        against=against,
        abstaining=0,
        tellers=["r1", "r2"],
        sheet=paper("计票单", step),
    )
