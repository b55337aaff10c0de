"""How does a household of these tests come from its application to a decision?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from hudang.domain.application import (
    ApplicationAccepted,
    ApplicationLapsed,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    PapersReceived,
    SupplementRequested,
)
from hudang.domain.appraisal import AppraisalClosed
from hudang.domain.assessment import Assessment
from hudang.domain.case import Step
from hudang.domain.case_reference import CaseRef
from hudang.domain.determination import DecisionConfirmed, DecisionRefused
from hudang.domain.entitlement import (
    EntitlementStarted,
    HouseholdClass,
)
from hudang.domain.formula import Computation
from hudang.domain.grounds import DecisionGround
from hudang.domain.meeting import AttendeeEntry, AttendeePart, MeetingHeld, MinutesSigned
from hudang.domain.month import Month
from hudang.domain.notice import NoticeClosed, NoticePosted
from hudang.domain.notification import NotificationDelivered
from hudang.domain.objection import ObjectionRaised, ObjectionResolved
from hudang.domain.opinion import PreliminaryOpinionGiven
from hudang.domain.outcomes import DecisionOutcome
from hudang.domain.personal import Sealed
from hudang.domain.policy_terms import NoticeField, Place, VoteForm
from hudang.domain.posting import PostingEntry, PostingPutUp, PostingTakenDown
from hudang.domain.proposal import CountyProposalMade
from hudang.domain.returning import ReturnedToStage
from hudang.domain.survey import HomeVisitRecorded, IncomeItem, IncomeKind, VisitLevel
from hudang.domain.values import CaseId, Fen, StreamId
from hudang.domain.verification import CrossCheckReceived, CrossCheckResult, VerificationConsentGiven
from hudang.domain.voting import BallotCast, BallotsCounted, Choice, VoteCast
from tests.projections.recording import DIBAO, VILLAGE, Recording, paper

ROUND_1 = (
    NoticeField.APPLICANT_NAME,
    NoticeField.SURVEY_RESULT,
    NoticeField.APPRAISAL_RESULT,
    NoticeField.OPINION,
)
GROUND = {
    DecisionOutcome.APPROVE: DecisionGround.ENTITLED,
    DecisionOutcome.KEEP: DecisionGround.UNCHANGED,
    DecisionOutcome.RAISE: DecisionGround.INCOME_CHANGED,
    DecisionOutcome.LOWER: DecisionGround.INCOME_CHANGED,
    DecisionOutcome.END: DecisionGround.INCOME_ABOVE_LINE,
}
"""Why the county of these histories decides so."""

ROUND_2 = (NoticeField.APPLICANT_NAME, NoticeField.MEMBERS, NoticeField.MEMBER_COUNT, NoticeField.AMOUNT)


class Procedure(Recording):
    """The steps of an application, each in a word."""

    def submit(self, number: str, *papers: str, members: int = 1) -> CaseId:
        """A household applies, with these papers."""
        case = case_of(number)
        self.record(
            {
                self.household(number): ApplicationSubmitted(
                    case=case,
                    programme=DIBAO,
                    applicant=self.persons(number)[0],
                    persons=self.persons(number, members),
                    papers=tuple(map(paper, papers)),
                )
            }
        )
        return case

    def ask_for(self, number: str, *missing: str, due_on: date) -> None:
        """The applicant is told what is missing."""
        event = SupplementRequested(case=case_of(number), missing=missing, due_on=due_on)
        self.record({self.household(number): event})

    def accept_and_survey(self, number: str, *, income: int = 30_000) -> None:
        """Acceptance, consent, cross-check, and the township's visit."""
        case, stream, head = case_of(number), self.household(number), self.persons(number)[0]
        self.record({stream: ApplicationAccepted(case=case)})
        self.record(
            {stream: VerificationConsentGiven(case=case, signers=(head,), authorisation=paper("授权书"))}
        )
        self.record(
            {
                stream: CrossCheckReceived(
                    case=case,
                    source="测试数据",
                    data_as_of=date(2013, 1, 1),
                    result=CrossCheckResult.CONSISTENT,
                    report=paper("核对报告"),
                )
            }
        )
        self.survey(number, income=income)

    def survey(self, number: str, *, income: int = 30_000, level: VisitLevel = VisitLevel.TOWNSHIP) -> None:
        """A home visit."""
        stream, head = self.household(number), self.persons(number)[0]
        self.record(
            {
                stream: HomeVisitRecorded(
                    case=case_of(number),
                    level=level,
                    surveyors=("测试甲", "测试乙"),
                    incomes=(IncomeItem(person=head, kind=IncomeKind.WAGES, monthly_fen=Fen(income)),),
                    assets_within_limits=True,
                    neighbours_asked=2,
                    circumstances=self.sealed(
                        "测试情况", head, f"{stream}:{self.next_version(stream)}:circumstances"
                    ),
                    sheet=paper("入户调查表"),
                )
            }
        )

    def meet(self, name: str, *numbers: str) -> StreamId:
        """A meeting of three people on the cases of these households."""
        meeting = self.stream(name)
        parts = (AttendeePart.TOWNSHIP_STAFF, *(AttendeePart.RESIDENT_REPRESENTATIVE,) * 2)
        attendees = tuple(
            AttendeeEntry(
                label=f"r{nth}",
                name=self.sealed(f"测试代表{nth}", f"{meeting}/r{nth}", f"{meeting}:1:attendees/{nth}/name"),
                part=part,
                staff="测试甲" if part is AttendeePart.TOWNSHIP_STAFF else None,
            )
            for nth, part in enumerate(parts)
        )
        self.record(
            {
                meeting: MeetingHeld(
                    programme=DIBAO,
                    area=VILLAGE,
                    place="测试社区会议室",
                    attendees=attendees,
                    cases=tuple(CaseRef(self.household(number), case_of(number)) for number in numbers),
                )
            }
        )
        return meeting

    def sign(self, meeting: StreamId) -> None:
        """All sign the minutes."""
        self.record({meeting: MinutesSigned(minutes=paper("评议记录"), signers=("r0", "r1", "r2"))})

    def vote(self, number: str, meeting: StreamId, choices: str, *, undone: tuple[Step, ...] = ()) -> None:
        """A show of hands, one letter a voter: `+`, `-` or `0`; a majority passes, else `undone` go."""
        case, stream = case_of(number), self.household(number)
        meant = {"+": Choice.FOR, "-": Choice.AGAINST, "0": Choice.ABSTAIN}
        votes = [
            VoteCast(case=case, meeting=meeting, voter=f"r{nth}", choice=meant[letter])
            for nth, letter in enumerate(choices)
        ]
        self.record({stream: votes})
        self._conclude(number, meeting, VoteForm.SHOW_OF_HANDS, choices, undone)

    def ballot(self, number: str, meeting: StreamId, choices: str) -> None:
        """A secret vote, and its count."""
        case, stream = case_of(number), self.household(number)
        cast = [BallotCast(case=case, meeting=meeting, voter=f"r{nth}") for nth in range(len(choices))]
        counted = BallotsCounted(
            case=case,
            meeting=meeting,
            in_favour=choices.count("+"),
            against=choices.count("-"),
            abstaining=choices.count("0"),
            tellers=("r0", "r1"),
            sheet=paper("计票单"),
        )
        self.record({stream: [*cast, counted]})
        self._conclude(number, meeting, VoteForm.SECRET_BALLOT, choices, ())

    def _conclude(
        self, number: str, meeting: StreamId, form: VoteForm, choices: str, undone: tuple[Step, ...]
    ) -> None:
        passed = choices.count("+") > choices.count("-")
        closed = AppraisalClosed(
            case=case_of(number),
            meeting=meeting,
            form=form,
            present=3,
            resident_representatives=2,
            recused=(),
            in_favour=choices.count("+"),
            against=choices.count("-"),
            abstaining=choices.count("0"),
            passed=passed,
            conclusion=self.words(number, "conclusion", "测试结论"),
            dissent=(),
            back_to=None if passed else Step.SURVEY,
            undone=() if passed else undone,
        )
        self.record({self.household(number): closed})

    def opine(self, number: str, amount: int, *, members: int = 1, recommends: bool = True) -> None:
        """The township's opinion."""
        event = PreliminaryOpinionGiven(
            case=case_of(number),
            recommends=recommends,
            household_class=HouseholdClass.B,
            assessment=assessment(amount, members),
            ground=DecisionGround.ENTITLED if recommends else DecisionGround.INCOME_ABOVE_LINE,
            reasons=self.words(number, "reasons", "测试理由"),
        )
        self.record({self.household(number): event})

    def propose(self, number: str, amount: int, *, members: int = 1) -> None:
        """The county's proposal."""
        event = CountyProposalMade(
            case=case_of(number),
            household_class=HouseholdClass.B,
            assessment=assessment(amount, members),
        )
        self.record({self.household(number): event})

    def post(self, name: str, round_: int, amounts: Mapping[str, int], *, members: int = 1) -> StreamId:
        """A poster for these households, with their amounts, from tomorrow and for seven days."""
        posting = self.stream(name)
        first = self.day + timedelta(days=1)
        shows = ROUND_1 if round_ == 1 else ROUND_2
        put_up = PostingPutUp(
            programme=DIBAO,
            area=VILLAGE,
            round=round_,
            place=Place.VILLAGE_BOARD,
            first_day=first,
            last_day=first + timedelta(days=7),
            entries=tuple(
                PostingEntry(
                    household=self.household(number),
                    case=case_of(number),
                    person=self.persons(number)[0],
                    members=members,
                    amount_fen=Fen(amount) if NoticeField.AMOUNT in shows else None,
                )
                for number, amount in amounts.items()
            ),
            shows=shows,
        )
        posted = {
            self.household(number): NoticePosted(
                case=case_of(number),
                posting=posting,
                round=round_,
                place=put_up.place,
                first_day=put_up.first_day,
                last_day=put_up.last_day,
                shows=shows,
            )
            for number in amounts
        }
        self.record({posting: put_up, **posted})
        return posting

    def close_notice(self, number: str, posting: StreamId, round_: int) -> None:
        """The notice ran its time."""
        event = NoticeClosed(case=case_of(number), posting=posting, round=round_, objections=0)
        self.record({self.household(number): event}, on=self.day + timedelta(days=9))

    def take_down(self, posting: StreamId) -> None:
        """The poster is taken down."""
        self.record({posting: PostingTakenDown(photo=paper("照片"))})

    def object_to(self, number: str, posting: StreamId, round_: int, *, name: str = "objection-1") -> None:
        """Somebody objects."""
        stream = self.household(number)
        content = self.sealed("测试异议", f"{stream}/{name}", f"{stream}:{self.next_version(stream)}:content")
        raised = ObjectionRaised(
            case=case_of(number),
            objection=name,
            posting=posting,
            round=round_,
            content=content,
            decide_by=self.day + timedelta(days=28),
        )
        self.record({stream: raised})

    def answer(
        self, number: str, *, upheld: bool, undone: tuple[Step, ...] = (), name: str = "objection-1"
    ) -> None:
        """The office answers an objection."""
        resolved = ObjectionResolved(
            case=case_of(number),
            objection=name,
            upheld=upheld,
            finding=self.words(number, "finding", "测试调查结果"),
            back_to=Step.SURVEY if upheld else None,
            undone=undone,
        )
        self.record({self.household(number): resolved})

    def send_back(self, number: str, *undone: Step) -> None:
        """An office returns a case."""
        reason = self.words(number, "reason", "测试原因")
        event = ReturnedToStage(case=case_of(number), back_to=undone[0], undone=undone, reason=reason)
        self.record({self.household(number): event})

    def approve(self, number: str, amount: int, from_month: Month, *, members: int = 1) -> None:
        """The county approves, and the entitlement starts."""
        decided = self._decided(case_of(number), DecisionOutcome.APPROVE, amount, from_month, members)
        started = EntitlementStarted(
            case=case_of(number),
            programme=DIBAO,
            household_class=HouseholdClass.B,
            persons=self.persons(number, members),
            amount_fen=Fen(amount),
            from_month=from_month,
            next_recheck_on=decided.next_recheck_on,
        )
        self.record({self.household(number): [decided, started]})

    def lapse(self, number: str, *missing: str) -> None:
        """The papers never came."""
        self.record({self.household(number): ApplicationLapsed(case=case_of(number), missing=missing)})

    def withdraw(self, number: str) -> None:
        """The applicant takes the application back."""
        event = ApplicationWithdrawn(case=case_of(number), statement=paper("撤回声明"))
        self.record({self.household(number): event})

    def refuse(self, number: str) -> None:
        """The county refuses."""
        reasons = self.words(number, "reasons", "测试理由")
        event = DecisionRefused(case=case_of(number), ground=DecisionGround.FALSE_STATEMENT, reasons=reasons)
        self.record({self.household(number): event})

    def notify(self, number: str) -> None:
        """The written notice of a decision on an application arrives."""
        delivered = NotificationDelivered(case=case_of(number), form="当面送达", receipt=paper("送达回执"))
        self.record({self.household(number): delivered})

    def receive(self, number: str, *papers: str) -> None:
        """Further papers come."""
        event = PapersReceived(case=case_of(number), papers=tuple(map(paper, papers)))
        self.record({self.household(number): event})

    def words(self, number: str, field: str, text: str) -> Sealed:
        """What somebody wrote in the next event of a household, sealed under its head's key."""
        stream = self.household(number)
        return self.sealed(text, self.persons(number)[0], f"{stream}:{self.next_version(stream)}:{field}")

    def _decided(
        self, case: CaseId, outcome: DecisionOutcome, amount: int, from_month: Month, members: int
    ) -> DecisionConfirmed:
        return DecisionConfirmed(
            case=case,
            outcome=outcome,
            household_class=HouseholdClass.B,
            amount_fen=Fen(amount),
            assessment=assessment(amount, members),
            effective_from=from_month,
            next_recheck_on=(from_month + 6).first_day,
            ground=GROUND[outcome],
            reasons=self.words(number_of(case), "reasons", "测试理由"),
        )


def case_of(number: str) -> CaseId:
    """The case of a household; in these histories each applies once."""
    return CaseId(f"case-{number}")


def number_of(case: CaseId) -> str:
    """The household of a case, by what its id ends with."""
    return case.split("-", 1)[1]


def assessment(amount: int, members: int) -> Assessment:
    """An amount that was computed somehow."""
    return Assessment(
        policies=("sha256:" + "0" * 64,),
        persons=members,
        income_fen=Fen(30_000),
        assets_within_limits=True,
        computation=Computation(lines=(), result_fen=Fen(amount)),
        amount_fen=Fen(amount),
    )
