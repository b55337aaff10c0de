"""Which steps do several files of the year take? Each in a word, by the name of the file."""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from hudang.domain.application import (
    ApplicationSubmitted,
    SubmitApplication,
)
from hudang.domain.appraisal import CloseAppraisal
from hudang.domain.case_reference import CaseRef
from hudang.domain.decision import Event
from hudang.domain.determination import ConfirmDecision
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.evidence import Evidence
from hudang.domain.grounds import DecisionGround
from hudang.domain.meeting import Attendee, AttendeePart, ConveneMeeting, SignMinutes
from hudang.domain.notice import CloseNotice
from hudang.domain.notification import DeliverNotification
from hudang.domain.opinion import GiveOpinion
from hudang.domain.payroll import ConfirmPayouts
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Place
from hudang.domain.posting import PutUpPosting
from hudang.domain.recheck import OpenRecheck, RecheckOpened
from hudang.domain.survey import IncomeItem, IncomeKind, RecordCountyVisit, RecordHomeVisit
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.domain.verification import CrossCheckResult, RecordCrossCheck
from hudang.domain.voting import Choice, RecordVotes, Vote
from hudang.ledger.casebook import Accepted
from tests.ledger.office import PROGRAMME, VILLAGE, Office, paper

E = TypeVar("E", bound=Event)

VOTERS = tuple(f"r{number}" for number in range(1, 10))


@dataclass
class Steps:
    """The offices, with the files and the cases they have begun, by name."""

    office: Office
    households: dict[str, StreamId] = field(default_factory=dict)
    cases: dict[str, CaseId] = field(default_factory=dict)

    def submit(self, name: str, on: date, papers: tuple[Evidence, ...]) -> None:
        household = self.households[name]
        answer = self.office.on(on).accepted(
            SubmitApplication(
                household=household,
                programme=PROGRAMME,
                applicant=self.office.members(household)[0],
                papers=papers,
            )
        )
        self.cases[name] = only(answer, ApplicationSubmitted).case

    def open_recheck(self, name: str, on: date, due_on: date | None = None) -> None:
        answer = self.office.on(on).accepted(
            OpenRecheck(household=self.households[name], programme=PROGRAMME, due_on=due_on or on)
        )
        self.cases[name] = only(answer, RecheckOpened).case

    def cross_check(self, name: str) -> None:
        self.office.on(date(2013, 1, 20)).accepted(
            RecordCrossCheck(
                household=self.households[name],
                case=self.cases[name],
                source="测试核对中心",
                data_as_of=date(2013, 1, 15),
                result=CrossCheckResult.CONSISTENT,
                report=paper("核对报告"),
            )
        )

    def visit(
        self,
        name: str,
        income: Fen,
        on: date,
        kind: type[RecordHomeVisit] | type[RecordCountyVisit] = RecordHomeVisit,
    ) -> None:
        household = self.households[name]
        head = self.office.members(household)[0]
        self.office.on(on).accepted(
            kind(
                household=household,
                case=self.cases[name],
                surveyors=("staff-1", "staff-2"),
                incomes=(IncomeItem(person=head, kind=IncomeKind.WAGES, monthly_fen=income),),
                assets_within_limits=True,
                neighbours_asked=2,
                circumstances=Open("测试情况"),
                sheet=paper("入户调查表"),
            )
        )

    def meet(self, names: tuple[str, ...], on: date) -> StreamId:
        answer = self.office.on(on).accepted(
            ConveneMeeting(
                programme=PROGRAMME,
                area=VILLAGE,
                place="社区会议室",
                attendees=tuple(
                    Attendee(
                        label=label, name=Open(f"测试{label}"), part=AttendeePart.RESIDENT_REPRESENTATIVE
                    )
                    for label in VOTERS
                ),
                cases=self.references(names),
            )
        )
        return answer.stream

    def vote(self, name: str, meeting: StreamId) -> None:
        self.office.accepted(
            RecordVotes(
                household=self.households[name],
                case=self.cases[name],
                meeting=meeting,
                recused=(),
                votes=tuple(Vote(voter, Choice.FOR) for voter in VOTERS),
            )
        )

    def sign(self, meeting: StreamId) -> None:
        self.office.accepted(SignMinutes(meeting=meeting, minutes=paper("评议记录"), signers=VOTERS))

    def conclude(self, name: str, meeting: StreamId) -> None:
        self.office.accepted(
            CloseAppraisal(
                household=self.households[name],
                case=self.cases[name],
                meeting=meeting,
                conclusion=Open("属实"),
                dissent=(Open("测试不同意见"),),
            )
        )

    def opinion(self, name: str, on: date, ground: DecisionGround, *, recommends: bool = True) -> None:
        self.office.on(on).accepted(
            GiveOpinion(
                household=self.households[name],
                case=self.cases[name],
                recommends=recommends,
                household_class=HouseholdClass.C,
                ground=ground,
                reasons=Open("测试意见"),
            )
        )

    def post(self, number: int, names: tuple[str, ...], on: date, place: Place) -> StreamId:
        answer = self.office.on(on).accepted(
            PutUpPosting(
                programme=PROGRAMME,
                area=VILLAGE,
                round=number,
                place=place,
                cases=self.references(names),
                poster=paper("公示"),
            )
        )
        return answer.events[0].stream

    def close(self, name: str, posting: StreamId, on: date) -> None:
        self.office.on(on).accepted(
            CloseNotice(household=self.households[name], case=self.cases[name], posting=posting)
        )

    def confirm(self, name: str, on: date, ground: DecisionGround) -> None:
        self.office.on(on).accepted(
            ConfirmDecision(
                household=self.households[name],
                case=self.cases[name],
                ground=ground,
                reasons=Open("测试理由"),
            )
        )

    def deliver(self, name: str, on: date) -> None:
        self.office.on(on).accepted(
            DeliverNotification(
                household=self.households[name],
                case=self.cases[name],
                form="送达回证",
                receipt=paper("送达回证"),
            )
        )

    def bank_confirms(self, payroll: StreamId) -> None:
        self.office.accepted(
            ConfirmPayouts(
                payroll=payroll, households=(self.households["assisted"],), bank_reference="测试回盘"
            )
        )

    def references(self, names: tuple[str, ...]) -> tuple[CaseRef, ...]:
        return tuple(CaseRef(self.households[name], self.cases[name]) for name in names)


def only(answer: Accepted, kind: type[E]) -> E:
    """The one event of that kind that a command recorded."""
    (event,) = (recorded.event for recorded in answer.events if isinstance(recorded.event, kind))
    return event
