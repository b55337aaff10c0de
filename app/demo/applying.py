"""Spring: how do nine applications go through the procedure of 2012? (新申低保)

Six are approved, four with effect from May and two from June; three never bring their papers and lapse.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from hudang.demo.appraising import RELATIVES_STAFF_ID
from hudang.demo.office import Office, paper
from hudang.demo.story import PROGRAMME, VILLAGE, Household
from hudang.domain.grounds import DecisionGround
from hudang.domain.money import FEN_PER_YUAN
from hudang.domain.policy_terms import Place
from hudang.domain.roles import Role
from hudang.domain.verification import CrossCheckResult

PAPERS: Final = ("申请书", "身份证", "户口本", "授权书", "收入证明")
SURVEYORS: Final = ("township-clerk-1", "township-clerk-2")
A_DAY: Final = timedelta(days=1)


def apply(
    office: Office, household: Household, *, without: Sequence[str] = (), relative: bool = False
) -> None:
    """The head applies in writing; `without` names papers that are missing."""
    step = f"apply {household.number}"
    submitted = office.act(
        Role.VILLAGE_CLERK,
        "SubmitApplication",
        step,
        household=office.files[household.number].id,
        programme=PROGRAMME,
        applicant=office.files[household.number].head,
        papers=[paper(kind, step) for kind in PAPERS if kind not in without],
        relativesOfOfficials=[RELATIVES_STAFF_ID] if relative else [],
    )
    office.cases[household.number] = str(submitted.case_id)


def ask_for_papers(office: Office, household: Household) -> None:
    """Tell the applicant once, in writing, all that is missing."""
    step = f"missing papers {household.number}"
    office.act(Role.TOWNSHIP_CLERK, "RequestSupplement", step, **office.of_case(household))


def bring_papers(office: Office, household: Household, kinds: Sequence[str]) -> None:
    """The applicant hands in what was missing."""
    step = f"papers {household.number}"
    office.act(
        Role.VILLAGE_CLERK,
        "ReceivePapers",
        step,
        **office.of_case(household),
        papers=[paper(kind, step) for kind in kinds],
    )


def accept(office: Office, household: Household) -> None:
    """The application is complete."""
    office.act(
        Role.TOWNSHIP_CLERK, "AcceptApplication", f"accept {household.number}", **office.of_case(household)
    )


def consent(office: Office, household: Household) -> None:
    """Every member authorises verification."""
    step = f"consent {household.number}"
    office.act(
        Role.VILLAGE_CLERK,
        "RecordConsent",
        step,
        **office.of_case(household),
        signers=list(office.files[household.number].members),
        authorisation=paper("授权委托书", step),
    )


def cross_check(office: Office, household: Household, *, data_as_of: date) -> None:
    """The county's data check came back and agrees with the declaration."""
    step = f"cross-check {household.number}"
    office.act(
        Role.COUNTY_OFFICER,
        "RecordCrossCheck",
        step,
        **office.of_case(household),
        source="县级居民家庭经济状况核对机构(虚构)",
        dataAsOf=str(data_as_of),
        result=CrossCheckResult.CONSISTENT.name,
        report=paper("核对报告", step, 2),
    )


def visit(office: Office, household: Household, step: str, *, on: date, at_review: bool = False) -> None:
    """Two surveyors visit; the sheet is entered when they are back."""
    office.act(
        Role.TOWNSHIP_CLERK,
        "RecordHomeVisit",
        step,
        on=on,
        **_visit(office, household, step, at_review=at_review),
    )


def county_visit(office: Office, household: Household) -> None:
    """The county visits the relative of an official itself (2012 art 26)."""
    step = f"county visit {household.number}"
    found = _visit(office, household, step, at_review=False)
    surveyors = ["county-officer-1", "county-officer-2"]
    office.act(Role.COUNTY_OFFICER, "RecordCountyVisit", step, **{**found, "surveyors": surveyors})


def _visit(office: Office, household: Household, step: str, *, at_review: bool) -> Mapping[str, Any]:
    income = household.income_yuan(at_review=at_review) * FEN_PER_YUAN
    kind = household.income.kind.name if household.income else "WAGES"
    head = office.files[household.number].head
    return {
        **office.of_case(household),
        "surveyors": list(SURVEYORS),
        "incomes": [{"person": head, "kind": kind, "monthlyFen": income}],
        "assetsWithinLimits": True,
        "neighboursAsked": 3,
        "circumstances": "演示:情况与申报一致(虚构)",
        "sheet": paper("入户调查表", step, 2),
    }


class View(NamedTuple):
    """What an office thinks of a case, and the version of the file that it saw."""

    seen: int
    ground: DecisionGround
    reasons: str
    recommends: bool = True


def give_opinion(office: Office, household: Household, step: str, view: View) -> None:
    """The township's opinion."""
    office.act(
        Role.TOWNSHIP_CLERK,
        "GiveOpinion",
        step,
        seen=view.seen,
        **office.of_case(household),
        recommends=view.recommends,
        householdClass=household.household_class.name,
        ground=view.ground.name,
        reasons=view.reasons,
    )


def recommend(office: Office, household: Household) -> None:
    """The township recommends assistance."""
    seen = office.look_at(household)["version"]
    view = View(seen, DecisionGround.ENTITLED, "家庭人均收入低于标准,符合条件")
    give_opinion(office, household, f"opinion {household.number}", view)


def put_up(office: Office, step: str, notice: int, households: Sequence[Household]) -> None:
    """One poster for many households: the township's in round 1, the county's in round 2."""
    by_county = notice == len(("township", "county"))
    office.begin_thing(
        Role.COUNTY_OFFICER if by_county else Role.TOWNSHIP_CLERK,
        "PutUpPosting",
        step,
        programme=PROGRAMME,
        area=VILLAGE,
        round=notice,
        place=Place.VILLAGE_BOARD.name,
        cases=office.references(households),
        poster=paper("公示榜", step),
    )


def take_down(office: Office, posting: str) -> None:
    """The poster comes down after its last day; a photo shows that it hung."""
    step = f"{posting}: taken down"
    office.act(
        Role.VILLAGE_CLERK,
        "TakeDownPosting",
        step,
        posting=office.noted[posting],
        photo=paper("公示照片", step),
    )


def object_to(office: Office, household: Household, posting: str) -> None:
    """Somebody objects to the notice, without a name."""
    office.act(
        Role.VILLAGE_CLERK,
        "RaiseObjection",
        f"objection {household.number}",
        **office.of_case(household),
        posting=office.noted[posting],
        content="演示:反映该户有未申报收入(虚构)",
    )


def answer_objection(office: Office, household: Household) -> None:
    """The township looked into it and found nothing; the notice is given again."""
    step = f"answer to objection {household.number}"
    case = next(
        case for case in office.look_at(household)["cases"] if case["id"] == office.cases[household.number]
    )
    office.act(
        Role.TOWNSHIP_CLERK,
        "ResolveObjection",
        step,
        **office.of_case(household),
        objection=case["objections"][0]["reference"],
        upheld=False,
        finding="经核实,未发现未申报收入,异议不成立",
        papers=[paper("异议核查记录", step)],
    )


def propose(office: Office, household: Household) -> None:
    """The county proposes the amount that the rules give."""
    office.act(
        Role.COUNTY_OFFICER,
        "ProposeAmount",
        f"proposal {household.number}",
        seen=office.look_at(household)["version"],
        **office.of_case(household),
        householdClass=household.household_class.name,
    )


def decide(office: Office, household: Household, step: str, view: View) -> None:
    """Somebody else decides for the county."""
    office.act(
        Role.COUNTY_APPROVER,
        "ConfirmDecision",
        step,
        seen=view.seen,
        **office.of_case(household),
        ground=view.ground.name,
        reasons=view.reasons,
    )


def approve(office: Office, household: Household) -> None:
    """The county approves what it proposed and posted."""
    seen = office.look_at(household)["version"]
    view = View(seen, DecisionGround.ENTITLED, "符合条件,公示无异议或异议不成立,批准")
    decide(office, household, f"decision {household.number}", view)


def notify(office: Office, household: Household, step: str) -> None:
    """The written notice is delivered against a receipt."""
    office.act(
        Role.TOWNSHIP_CLERK,
        "DeliverNotification",
        step,
        **office.of_case(household),
        form="书面送达",
        receipt=paper("送达回证", step),
    )
