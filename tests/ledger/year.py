"""What do the offices do in a year? Every command there is, in the order of the procedure, on five files.

- `applicant` applies, is asked once for a missing paper, is objected to, is approved, is ended by the annual
  review and applies again.
- `assisted` comes in with an opening entry, is raised, paid, paid again after a return, lowered by the review
  and kept by the recheck after it.
- `refused_one` is voted on by secret ballot and refused; `slow` never brings the papers; `shy` withdraws.
- Years later (`later_years`) one household moves away and one here, and the data of `shy` are erased.
"""

from datetime import date

from hudang.domain.allotment import (
    AidPurpose,
    AllotmentDrawn,
    DrawOnAllotment,
    DrawReturnCause,
    GrantAllotment,
    ReturnDraw,
)
from hudang.domain.application import (
    AcceptApplication,
    LapseApplication,
    ReceivePapers,
    RequestSupplement,
    WithdrawApplication,
)
from hudang.domain.campaign import CampaignOpened, CloseCampaign, OpenCampaign
from hudang.domain.case import Step
from hudang.domain.determination import RefuseApplication
from hudang.domain.entitlement import HouseholdClass
from hudang.domain.grounds import DecisionGround, MemberCause, PayoutReturnCause
from hudang.domain.identity import Relation
from hudang.domain.month import Month
from hudang.domain.objection import ObjectionRaised, RaiseObjection, ResolveObjection
from hudang.domain.opening import RegisterExistingEntitlement
from hudang.domain.payout import PayoutInstructed, ReissuePayout, ReturnPayout
from hudang.domain.payroll import InstructPayouts, PreparePayroll
from hudang.domain.personal import Open
from hudang.domain.policy_terms import Place
from hudang.domain.posting import TakeDownPosting
from hudang.domain.proposal import ProposeAmount
from hudang.domain.registration import AddMember, NameAccount, RemoveMember
from hudang.domain.returning import ReturnToStage
from hudang.domain.roles import Role
from hudang.domain.survey import RecordCountyVisit
from hudang.domain.values import Fen
from hudang.domain.verification import RecordConsent
from hudang.domain.voting import CountBallots, RecordBallots
from tests.ledger import later_years
from tests.ledger.office import COUNTY, PROGRAMME, VILLAGE, new_member, paper
from tests.ledger.steps import VOTERS, Steps, only

PAPERS = tuple(paper(kind) for kind in ("申请书", "身份证", "户口本", "授权书", "收入证明"))
ENTITLED, CHANGED = DecisionGround.ENTITLED, DecisionGround.INCOME_CHANGED
APPLICANT_INCOME, ASSISTED_INCOME = Fen(90_000), Fen(60_000)
"""Incomes a month for two people on a line of 1,300 yuan: 400 and 700 yuan are due."""


class Year(Steps):
    """The year 2013, as the offices send it."""

    def run(self) -> None:
        """Everything, from the first file to the second application."""
        self.register()
        self.bring_in_the_assisted()
        self.apply()
        self.look_into()
        self.appraise()
        self.post_and_object()
        self.propose_and_decide()
        self.pay()
        self.review()
        self.recheck_and_keep()
        self.apply_again()
        self.draw()
        later_years.move_away(self.office)
        later_years.move_here(self.office)
        later_years.erase(self.office, self.office.members(self.households["shy"])[0])

    def register(self) -> None:
        for number, name in enumerate(("applicant", "assisted", "refused_one", "slow", "shy")):
            self.households[name] = self.office.register(name, 10 * number, 10 * number + 1)

    def bring_in_the_assisted(self) -> None:
        """The opening entry, then the recheck that its class makes due: the amount is raised."""
        household, office = self.households["assisted"], self.office
        office.on(date(2013, 1, 2)).accepted(
            RegisterExistingEntitlement(
                household=household,
                programme=PROGRAMME,
                household_class=HouseholdClass.C,
                amount_fen=Fen(62_000),
                from_month=Month(2011, 3),
                last_reviewed_on=date(2012, 12, 10),
                source=paper("存量名册"),
                vouched_by="测试经办",
            )
        )
        child = new_member("孩子", 99, Relation.CHILD)
        office.accepted(
            AddMember(household=household, member=child, cause=MemberCause.RETURNED, reason=Open("回迁"))
        )
        *_, grandchild = office.members(household)
        office.accepted(
            RemoveMember(
                household=household, person=grandchild, cause=MemberCause.MOVED_OUT, reason=Open("迁出")
            )
        )
        head = office.members(household)[0]
        office.accepted(NameAccount(household=household, holder=head, account=Open("测试账户")))
        self.open_recheck("assisted", date(2013, 1, 10))
        self.visit("assisted", ASSISTED_INCOME, date(2013, 1, 12))
        self.opinion("assisted", date(2013, 1, 13), CHANGED)
        self.confirm("assisted", date(2013, 1, 14), CHANGED)

    def apply(self) -> None:
        for name in ("applicant", "refused_one", "slow", "shy"):
            papers = PAPERS[:4] if name in {"applicant", "slow"} else PAPERS
            self.submit(name, date(2013, 1, 16), papers)
        for name in ("applicant", "slow"):
            self.office.accepted(RequestSupplement(household=self.households[name], case=self.cases[name]))
        self.office.accepted(
            ReceivePapers(
                household=self.households["applicant"], case=self.cases["applicant"], papers=PAPERS[4:]
            )
        )
        self.office.accepted(
            WithdrawApplication(
                household=self.households["shy"], case=self.cases["shy"], statement=paper("撤回申请")
            )
        )

    def look_into(self) -> None:
        """Acceptance, consent, cross-check, home visit; one case goes back to the cross-check."""
        for name in ("applicant", "refused_one"):
            household, case = self.households[name], self.cases[name]
            office = self.office.on(date(2013, 1, 18))
            office.accepted(AcceptApplication(household=household, case=case))
            office.accepted(
                RecordConsent(
                    household=household,
                    case=case,
                    signers=office.members(household),
                    authorisation=paper("授权书"),
                )
            )
            self.cross_check(name)
        self.office.accepted(
            ReturnToStage(
                household=self.households["applicant"],
                case=self.cases["applicant"],
                back_to=Step.CROSS_CHECK,
                reason=Open("数据过旧"),
            )
        )
        self.cross_check("applicant")
        self.visit("applicant", APPLICANT_INCOME, date(2013, 1, 22))
        self.visit("refused_one", APPLICANT_INCOME, date(2013, 1, 22))

    def appraise(self) -> None:
        """One meeting, one case by show of hands, one by secret ballot."""
        meeting = self.meet(("applicant", "refused_one"), date(2013, 1, 25))
        self.vote("applicant", meeting)
        household, case = self.households["refused_one"], self.cases["refused_one"]
        self.office.accepted(
            RecordBallots(household=household, case=case, meeting=meeting, recused=(), voters=VOTERS)
        )
        self.office.accepted(
            CountBallots(
                household=household,
                case=case,
                meeting=meeting,
                in_favour=6,
                against=2,
                abstaining=1,
                tellers=("r1", "r2"),
                sheet=paper("计票单"),
            )
        )
        self.sign(meeting)
        for name in ("applicant", "refused_one"):
            self.conclude(name, meeting)
            self.opinion(name, date(2013, 1, 26), ENTITLED)

    def post_and_object(self) -> None:
        """The first notice; an objection is not upheld, and that case is posted again."""
        both = ("applicant", "refused_one")
        posting = self.post(1, both, date(2013, 1, 27), Place.VILLAGE_BOARD)
        household, case = self.households["applicant"], self.cases["applicant"]
        raised = self.office.on(date(2013, 1, 30)).accepted(
            RaiseObjection(
                household=household,
                case=case,
                posting=posting,
                content=Open("测试异议"),
                objector=Open("测试邻居"),
            )
        )
        objection = only(raised, ObjectionRaised).objection
        self.office.on(date(2013, 2, 1)).accepted(
            ResolveObjection(
                household=household,
                case=case,
                objection=objection,
                upheld=False,
                finding=Open("情况属实"),
                papers=(paper("异议核查记录"),),
            ),
            by=Role.TOWNSHIP_CLERK,
        )
        again = self.post(1, ("applicant",), date(2013, 2, 2), Place.VILLAGE_BOARD)
        self.close("refused_one", posting, date(2013, 2, 4))
        self.office.accepted(TakeDownPosting(posting=posting, photo=paper("撤榜照片")))
        self.close("applicant", again, date(2013, 2, 10))

    def propose_and_decide(self) -> None:
        both = ("applicant", "refused_one")
        self.visit("applicant", APPLICANT_INCOME, date(2013, 2, 11), RecordCountyVisit)
        for name in both:
            self.office.on(date(2013, 2, 12)).accepted(
                ProposeAmount(
                    household=self.households[name],
                    case=self.cases[name],
                    household_class=HouseholdClass.B,
                )
            )
        posting = self.post(2, both, date(2013, 2, 13), Place.TOWNSHIP_BOARD)
        for name in both:
            self.close(name, posting, date(2013, 2, 21))
        self.confirm("applicant", date(2013, 2, 22), ENTITLED)
        self.office.accepted(
            RefuseApplication(
                household=self.households["refused_one"],
                case=self.cases["refused_one"],
                ground=DecisionGround.FALSE_STATEMENT,
                reasons=Open("查实有隐瞒收入"),
            )
        )
        for name in both:
            self.deliver(name, date(2013, 2, 23))
        self.office.on(date(2013, 2, 28)).accepted(
            LapseApplication(household=self.households["slow"], case=self.cases["slow"])
        )

    def pay(self) -> None:
        """January and February at once; the payment comes back and is made once more."""
        household, office = self.households["assisted"], self.office
        prepared = office.accepted(
            PreparePayroll(
                programme=PROGRAMME, area=COUNTY, month=Month(2013, 2), households=(household, household)
            )
        )
        payroll = prepared.events[0].stream
        instructed = office.accepted(InstructPayouts(payroll=payroll, households=(household,)))
        self.bank_confirms(payroll)
        payout = only(instructed, PayoutInstructed).payout
        office.accepted(
            ReturnPayout(
                household=household,
                payout=payout,
                cause=PayoutReturnCause.ACCOUNT_CLOSED,
                reason=Open("账户已销"),
            )
        )
        office.accepted(ReissuePayout(household=household, payout=payout))
        self.bank_confirms(payroll)

    def review(self) -> None:
        """The annual review of March: the class recheck joins, one household is lowered, one ended."""
        self.open_recheck("assisted", date(2013, 3, 1), due_on=date(2013, 2, 14))
        self.visit("assisted", Fen(80_000), date(2013, 3, 2))
        both = ("applicant", "assisted")
        households = tuple(self.households[name] for name in both)
        opened = self.office.on(date(2013, 3, 3)).accepted(
            OpenCampaign(
                programme=PROGRAMME, area=VILLAGE, roster_month=Month(2013, 3), households=households
            )
        )
        self.cases["applicant"] = only(opened, CampaignOpened).roster[0].case
        self.visit("applicant", Fen(140_000), date(2013, 3, 4))
        meeting = self.meet(both, date(2013, 3, 6))
        for name in both:
            self.vote(name, meeting)
        self.sign(meeting)
        for name in both:
            self.conclude(name, meeting)
            ground = CHANGED if name == "assisted" else DecisionGround.INCOME_ABOVE_LINE
            self.opinion(name, date(2013, 3, 7), ground, recommends=name == "assisted")
            self.confirm(name, date(2013, 3, 8), ground)
            self.deliver(name, date(2013, 3, 10))
        campaign = opened.events[0].stream
        self.office.accepted(CloseCampaign(campaign=campaign, households=households))

    def recheck_and_keep(self) -> None:
        """Nothing has changed: the amount stays, the next recheck is set."""
        on = date(2013, 4, 10)
        self.open_recheck("assisted", on)
        self.visit("assisted", Fen(80_000), on)
        self.opinion("assisted", on, DecisionGround.UNCHANGED)
        self.confirm("assisted", on, DecisionGround.UNCHANGED)

    def apply_again(self) -> None:
        """The months of the ended entitlement stay what they were, and the household may apply anew."""
        self.submit("applicant", date(2013, 4, 11), PAPERS)

    def draw(self) -> None:
        """A quarter's allotment of temporary assistance: a draw, and its return."""
        office = self.office
        granted = office.accepted(
            GrantAllotment(
                programme="temporary-assistance",
                area=VILLAGE,
                group="第一片组",
                first_month=Month(2013, 4),
                last_month=Month(2013, 6),
                amount_fen=Fen(100_000),
                source=paper("资金分配名单"),
            )
        )
        drawn = office.accepted(
            DrawOnAllotment(
                allotment=granted.stream,
                household=self.households["applicant"],
                amount_fen=Fen(70_000),
                purpose=AidPurpose.LIVING,
            )
        )
        office.accepted(
            ReturnDraw(
                allotment=granted.stream,
                draw=only(drawn, AllotmentDrawn).draw,
                cause=DrawReturnCause.NOT_PAID_OUT,
                reason=Open("测试退回"),
            )
        )
