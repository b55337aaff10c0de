"""How does a test of a rule say: given these events, when this command, then these events or this refusal?

    household = given(registered(), At(submitted(), on=MARCH_1))
    outcome = decide(household, AcceptApplication(household=HOUSEHOLD, case=CASE), by=CLERK, on=MARCH_2)
    assert recorded(outcome) == (ApplicationAccepted(case=CASE),)
    assert refused(outcome) == "papers_missing"

`given` folds events into a state, `decide` asks the real rules, `recorded` and `refused` say what came of it.
`due(Step.APPRAISAL)` is a household whose case has taken every step before that one, on `DAYS`. A command
over several streams gets `{stream: state}`; `then` folds what was decided, so that a test can go on from it.
Ids, days and people are fixed, the people visibly invented; the policies are the real files.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple
from uuid import UUID

from hudang.domain import catalogue, decision
from hudang.domain.application import ApplicationAccepted, ApplicationSubmitted
from hudang.domain.appraisal import AppraisalClosed
from hudang.domain.assessment import Assessment, assess
from hudang.domain.case import Step
from hudang.domain.case_reference import CaseRef
from hudang.domain.decision import CHINA, Actor, Changes, Command, Event, Events, Given, Recorded, Refusal
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.evidence import Evidence
from hudang.domain.grounds import DecisionGround
from hudang.domain.household import Household
from hudang.domain.identity import Relation
from hudang.domain.meeting import AttendeeEntry, AttendeePart, MeetingHeld
from hudang.domain.notice import NoticeClosed, NoticePosted
from hudang.domain.objection import RESOLVED_BY, ObjectionRaised, ObjectionResolved
from hudang.domain.opinion import PreliminaryOpinionGiven
from hudang.domain.personal import Open, Personal, Sealed
from hudang.domain.policy import Policy, PolicyErrors, PolicyFile, read_policy, resolve
from hudang.domain.policy_terms import NoticeField, Place, Register, VoteForm
from hudang.domain.proposal import CountyProposalMade
from hudang.domain.registration import HouseholdRegistered, MemberEntry
from hudang.domain.roles import Role
from hudang.domain.survey import HomeVisitRecorded, IncomeItem, IncomeKind, VisitLevel
from hudang.domain.values import Area, CaseId, Fen, PersonId, StreamId
from hudang.domain.verification import CrossCheckReceived, CrossCheckResult, VerificationConsentGiven
from hudang.domain.voting import Choice, VoteCast

LEDGER = "L0001"
PROGRAMME = "dibao"
VILLAGE = "430304001001"
COUNTY = "430304"

HOUSEHOLD = StreamId("L0001-household-1")
NEIGHBOUR = StreamId("L0001-household-2")
MEETING = StreamId("L0001-meeting-1")
POSTING = StreamId("L0001-posting-1")
SECOND_POSTING = StreamId("L0001-posting-2")
NEW_STREAM = StreamId("L0001-new")
CASE = CaseId("case-1")
HEAD = PersonId("L0001-person-1")
SPOUSE = PersonId("L0001-person-2")
PEOPLE = {1: (HEAD, SPOUSE), 2: (PersonId("L0001-person-3"), PersonId("L0001-person-4"))}
"""Head and spouse of the first household and of the second."""

COMMAND_ID = UUID("00000000-0000-4000-8000-000000000001")

RESIDENTS = tuple(f"r{number}" for number in range(1, 10))
"""The labels of nine resident representatives."""

PAPERS = ("申请书", "身份证", "户口本", "授权书", "收入证明")

ACTORS = {role: Actor(person=f"staff-{role}", role=role, office=COUNTY) for role in Role}
"""One invented officer for each role."""

DAYS = {
    Step.ACCEPTANCE: date(2013, 3, 1),
    Step.CONSENT: date(2013, 3, 1),
    Step.CROSS_CHECK: date(2013, 3, 5),
    Step.SURVEY: date(2013, 3, 8),
    Step.APPRAISAL: date(2013, 3, 12),
    Step.OPINION: date(2013, 3, 13),
    Step.NOTICE_1: date(2013, 3, 22),
    Step.PROPOSAL: date(2013, 3, 25),
    Step.NOTICE_2: date(2013, 4, 3),
    Step.DECISION: date(2013, 4, 5),
    Step.NOTIFICATION: date(2013, 4, 7),
}
"""The day on which `due` has each step taken: an application accepted on 1 March 2013."""

POSTED_ON = {1: date(2013, 3, 14), 2: date(2013, 3, 26)}
"""The day on which `due` has the notice of each round put up."""


class At(NamedTuple):
    """An event with its day and its officer, where they matter."""

    event: Event
    on: date = DAYS[Step.ACCEPTANCE]
    by: Role = Role.TOWNSHIP_CLERK


def given(*events: Event | At, stream: StreamId = HOUSEHOLD, state: Any = None) -> Any:
    """The state of a stream after these events, going on from `state` if there is one."""
    for version, happened in enumerate(events, start=1):
        event, on, by = happened if isinstance(happened, At) else At(happened)
        state = decision.evolve(state, envelope(event, stream=stream, version=version, on=on, by=by))
    return state


def envelope(event: Event, *, stream: StreamId, version: int, on: date, by: Role) -> Recorded:
    """The event as the ledger would hand it over: recorded at nine in the morning of its day."""
    return Recorded(
        ledger=LEDGER,
        position=version,
        stream=stream,
        version=version,
        topic=event.TOPIC,
        command_id=COMMAND_ID,
        actor=ACTORS[by],
        happened_on=on,
        recorded_at=datetime.combine(on, time(9), CHINA),
        event=event,
    )


def decide(
    state: Any,
    command: Command,
    *,
    by: Role,
    on: date = DAYS[Step.ACCEPTANCE],
    known: Mapping[str, PersonId] | None = None,
) -> Changes | Refusal:
    """What the command would record. `state` is its subject's, or `{stream: state}` for several streams.

    `by`, `on` and `known` are those of `situation`.
    """
    streams = command.streams()
    states = state if isinstance(state, Mapping) else {streams[0]: state} if streams else {}
    return decision.decide(states, command, situation(command, by=by, on=on, known=known))


def situation(command: Command, *, by: Role, on: date, known: Mapping[str, PersonId] | None = None) -> Given:
    """Everything else a decision may know. `on` is today; a stream that the command begins is `NEW_STREAM`.

    `known` are the owners of the identity numbers that the ledger knows; others become `new_person(1)`,
    `new_person(2)` and so on, in the order of the command.
    """
    known = known or {}
    numbers = command.identity_numbers()
    minted = {number: new_person(place) for place, number in enumerate(numbers, start=1)}
    return Given(
        ledger=LEDGER,
        actor=ACTORS[by],
        today=on,
        happened_on=command.happened_on or on,
        command_id=COMMAND_ID,
        new_stream=NEW_STREAM,
        persons={**minted, **known},
        known_persons=frozenset(known.values()),
        find_policy=find_policy,
    )


def new_person(place: int) -> PersonId:
    """The id that the n-th person named by a command gets, unless the ledger knows them."""
    return PersonId(f"L0001-new-person-{place}")


def refused(outcome: Changes | Refusal) -> str:
    """The code of the refusal; a decision that was no refusal fails the test."""
    assert isinstance(outcome, Refusal), f"not refused: {outcome}"
    return outcome.code


def accepted(outcome: Changes | Refusal) -> Changes:
    """The new events by stream; a refusal fails the test."""
    assert not isinstance(outcome, Refusal), f"refused: {outcome.code}: {outcome.message}"
    return outcome


def recorded(outcome: Changes | Refusal, stream: StreamId | None = None) -> Events:
    """The new events of one stream: the one named, or else the first that the decision touches."""
    changes = accepted(outcome)
    return changes[stream or next(iter(changes))]


def then(state: Any, outcome: Changes | Refusal, *, on: date, by: Role, stream: StreamId = HOUSEHOLD) -> Any:
    """The state of a stream once what was decided has been recorded."""
    events = (At(event, on=on, by=by) for event in accepted(outcome).get(stream, ()))
    return given(*events, stream=stream, state=state)


def find_policy(programme: str, area: str, on: date) -> Policy | Refusal:
    """The rules in force, from every policy file that comes with Hudang."""
    return resolve(policy_files(), programme, Area(area), on)


@cache
def policy_files() -> tuple[PolicyFile, ...]:
    """Every policy file in the package, read."""
    return tuple(_read(text) for text in _texts(files("hudang.domain") / "policies"))


def _texts(folder: Traversable) -> list[bytes]:
    inner = sorted(folder.iterdir(), key=lambda entry: entry.name)
    here = [entry.read_bytes() for entry in inner if entry.name.endswith(".toml")]
    return here + [text for entry in inner if entry.is_dir() for text in _texts(entry)]


def _read(text: bytes) -> PolicyFile:
    file = read_policy(text)
    assert not isinstance(file, PolicyErrors), file.errors
    return file


def paper(kind: str) -> Evidence:
    """A paper of that kind, with the digest of no real scan."""
    return Evidence(kind=kind, sha256="ab" * 32)


TOPICS = frozenset(catalogue.EVENTS)
"""Every topic there is; importing the catalogue registered every decision and fold."""

MALFORMED = Evidence(kind="照片", sha256="not a digest")


def sealed(person: PersonId) -> Sealed:
    """A personal value as decoding yields it: closed."""
    return Sealed(of=person, at="somewhere", box="")


def registered(*, area: str = VILLAGE, household: int = 1) -> HouseholdRegistered:
    """A household of two, head and spouse; the second household has people of its own."""
    head, spouse = PEOPLE[household]
    return HouseholdRegistered(
        number=f"00{household}",
        area=area,
        register=Register.URBAN,
        address=sealed(head),
        members=(
            MemberEntry(person=head, relation=Relation.HEAD, name=sealed(head)),
            MemberEntry(person=spouse, relation=Relation.SPOUSE, name=sealed(spouse)),
        ),
    )


def submitted(
    *,
    papers: tuple[str, ...] = PAPERS,
    case: CaseId = CASE,
    relatives: tuple[str, ...] = (),
    household: int = 1,
) -> ApplicationSubmitted:
    """The head's application for Dibao, with every paper unless fewer are named."""
    return ApplicationSubmitted(
        case=case,
        programme=PROGRAMME,
        applicant=PEOPLE[household][0],
        persons=PEOPLE[household],
        papers=tuple(paper(kind) for kind in papers),
        relatives_of_officials=relatives,
    )


def visited(*, case: CaseId = CASE, income_fen: int = 90_000) -> HomeVisitRecorded:
    """The township's home visit: by default 900 yuan a month between two people, 400 below their line."""
    return HomeVisitRecorded(
        case=case,
        level=VisitLevel.TOWNSHIP,
        surveyors=("staff-1", "staff-2"),
        incomes=(IncomeItem(person=HEAD, kind=IncomeKind.WAGES, monthly_fen=Fen(income_fen)),),
        assets_within_limits=True,
        neighbours_asked=2,
        circumstances=sealed(HEAD),
        sheet=paper("入户调查表"),
    )


def met(*more: AttendeeEntry, cases: tuple[CaseRef, ...] = (CaseRef(HOUSEHOLD, CASE),)) -> MeetingHeld:
    """A meeting of nine resident representatives, `r1` to `r9`, and whoever else is named."""
    return MeetingHeld(
        programme=PROGRAMME,
        area=VILLAGE,
        place="社区会议室",
        attendees=(*(attendee(label) for label in RESIDENTS), *more),
        cases=cases,
    )


def attendee(label: str, *, staff: str | None = None, household: StreamId | None = None) -> AttendeeEntry:
    """Somebody present: an official if they have a staff id, else a resident representative."""
    part = AttendeePart.COMMITTEE if staff else AttendeePart.RESIDENT_REPRESENTATIVE
    name = sealed(PersonId(f"{MEETING}/{label}"))
    return AttendeeEntry(label=label, name=name, part=part, staff=staff, household=household)


def appraised(*, case: CaseId = CASE, meeting: StreamId = MEETING) -> Events:
    """An appraisal that found the survey true, nine to none."""
    votes = (VoteCast(case=case, meeting=meeting, voter=label, choice=Choice.FOR) for label in RESIDENTS)
    closed = AppraisalClosed(
        case=case,
        meeting=meeting,
        form=VoteForm.SHOW_OF_HANDS,
        present=9,
        resident_representatives=9,
        recused=(),
        in_favour=9,
        against=0,
        abstaining=0,
        passed=True,
        conclusion=sealed(HEAD),
        dissent=(),
    )
    return (*votes, closed)


def posted(number: int, *, posting: StreamId = POSTING, case: CaseId = CASE, on: date | None = None) -> At:
    """The case went up in that round; seven days from the day of posting."""
    first_day = on or POSTED_ON[number]
    event = NoticePosted(
        case=case,
        posting=posting,
        round=number,
        place=Place.VILLAGE_BOARD,
        first_day=first_day,
        last_day=first_day + timedelta(days=7),
        shows=(NoticeField.APPLICANT_NAME,),
    )
    return At(event, on=first_day)


def objected(
    objection: str = "first", *, upheld: bool, number: int = 1, posting: StreamId = POSTING
) -> tuple[At, At]:
    """An objection to the notice of that round, and its answer two days later."""
    raised = ObjectionRaised(
        case=CASE,
        objection=objection,
        posting=posting,
        round=number,
        content=sealed(PersonId(f"{HOUSEHOLD}/{objection}")),
    )
    taken = tuple(Step)[: tuple(Step).index(Step.NOTICE_1 if number == 1 else Step.NOTICE_2)]
    resolved = ObjectionResolved(
        case=CASE,
        objection=objection,
        upheld=upheld,
        finding=sealed(HEAD),
        back_to=Step.SURVEY if upheld else None,
        undone=taken[taken.index(Step.SURVEY) :] if upheld else (),
    )
    raised_on = POSTED_ON[number] + timedelta(days=4)
    by = RESOLVED_BY[number]
    return At(raised, on=raised_on), At(resolved, on=raised_on + timedelta(days=2), by=by)


def due(
    step: Step,
    *,
    stream: StreamId = HOUSEHOLD,
    case: CaseId = CASE,
    relatives: tuple[str, ...] = (),
    household: int = 1,
) -> Household:
    """A household whose application has taken every step before `step`, and that one not."""
    application = submitted(case=case, relatives=relatives, household=household)
    state: Household = given(registered(household=household), application, stream=stream)
    for earlier in Step:
        if earlier is step:
            break
        state = given(*_taking(earlier, state, case), stream=stream, state=state)
    return state


def _taking(step: Step, household: Household, case: CaseId) -> tuple[At, ...]:
    """The events that take one step."""
    by = Role.TOWNSHIP_CLERK
    match step:
        case Step.ACCEPTANCE:
            events: Events = (ApplicationAccepted(case=case),)
        case Step.CONSENT:
            events = (_consented(case),)
        case Step.CROSS_CHECK:
            events = (_checked(case),)
        case Step.SURVEY:
            events = (visited(case=case),)
        case Step.APPRAISAL:
            events = appraised(case=case)
        case Step.OPINION:
            events = (_opinion(household, case),)
        case Step.PROPOSAL:
            by, events = Role.COUNTY_OFFICER, (_proposal(household, case),)
        case Step.NOTICE_1 | Step.NOTICE_2:
            number = 1 if step is Step.NOTICE_1 else 2
            posting = StreamId(f"{POSTING}-{step}")
            closed = NoticeClosed(case=case, posting=posting, round=number, objections=0)
            return posted(number, posting=posting, case=case), At(closed, on=DAYS[step], by=Role.SYSTEM)
        case _:
            raise ValueError(f"a test that needs {step} taken records it itself")
    return tuple(At(event, on=DAYS[step], by=by) for event in events)


def _consented(case: CaseId) -> VerificationConsentGiven:
    return VerificationConsentGiven(case=case, signers=(HEAD, SPOUSE), authorisation=paper("授权书"))


def _proposal(household: Household, case: CaseId) -> CountyProposalMade:
    assessment = assessed(household, case)
    return CountyProposalMade(case=case, household_class=HouseholdClass.B, assessment=assessment)


def _checked(case: CaseId) -> CrossCheckReceived:
    return CrossCheckReceived(
        case=case,
        source="县级核对中心",
        data_as_of=DAYS[Step.CROSS_CHECK],
        result=CrossCheckResult.CONSISTENT,
        report=paper("核对报告"),
    )


def _opinion(household: Household, case: CaseId) -> PreliminaryOpinionGiven:
    return PreliminaryOpinionGiven(
        case=case,
        recommends=True,
        household_class=HouseholdClass.B,
        assessment=assessed(household, case),
        ground=DecisionGround.ENTITLED,
        reasons=sealed(HEAD),
    )


def assessed(household: Household, case: CaseId = CASE) -> Assessment:
    """What the real rules give on the newest visit."""
    policy = find_policy(PROGRAMME, household.area, DAYS[Step.ACCEPTANCE])
    assert not isinstance(policy, Refusal), policy.message
    assessment = assess(household, household.cases[case], policy)
    assert not isinstance(assessment, Refusal), assessment.message
    return assessment


def opened(value: Personal | None) -> str:
    """What a personal value on its way in says."""
    assert isinstance(value, Open)
    return value.value
