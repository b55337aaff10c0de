"""June and November: how are households rechecked, by their class and in the annual review? (复核、年审)"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from hudang.demo.applying import View, decide, give_opinion, notify, visit
from hudang.demo.office import Office
from hudang.demo.story import COUNTY, PROGRAMME, Household
from hudang.domain.grounds import DecisionGround
from hudang.domain.roles import Role

CAMPAIGN: Final = "annual review"
CLASS_RECHECKS: Final = "class recheck"
ROSTER_MONTH: Final = "2013-11"

_ROSTER: Final = """
query Roster($area: String!, $programme: String!, $month: Month!) {
  roster(area: $area, programme: $programme, month: $month, first: 100) {
    edges { node { householdId } }
  }
}
"""


def take_up_rechecks(office: Office, households: Sequence[Household]) -> None:
    """The rechecks that the scheduler opened when their class made them due."""
    for household, file in zip(households, office.look_at_all(households), strict=True):
        rechecks = (case["id"] for case in file["cases"] if case["kind"] == "RECHECK")
        office.cases[household.number] = next(rechecks)


def open_campaign(office: Office) -> None:
    """The annual review of everybody on November's roster; rechecks already open join it."""
    asked = {"area": COUNTY, "programme": PROGRAMME, "month": ROSTER_MONTH}
    edges = office.client.ask(_ROSTER, asked)["roster"]["edges"]
    campaign = office.begin_thing(
        Role.TOWNSHIP_CLERK,
        "OpenCampaign",
        CAMPAIGN,
        programme=PROGRAMME,
        area=COUNTY,
        rosterMonth=ROSTER_MONTH,
        households=[edge["node"]["householdId"] for edge in edges],
    )
    entitled = office.story.entitled
    for household, file in zip(entitled, office.look_at_all(entitled), strict=True):
        under_review = (case["id"] for case in file["cases"] if case["campaignId"] == campaign)
        office.cases[household.number] = next(under_review)


def survey(office: Office, step: str, households: Sequence[Household], *, on: date) -> None:
    """The home visits of one day."""
    for household in households:
        visit(office, household, f"{step}: visit {household.number}", on=on, at_review=step == CAMPAIGN)


def give_opinions(office: Office, step: str, households: Sequence[Household]) -> None:
    """The township proposes to keep, raise, cut or end (2012 art 32)."""
    for household, file in zip(households, office.look_at_all(households), strict=True):
        give_opinion(office, household, f"{step}: opinion {household.number}", _view(step, household, file))


def decide_all(office: Office, step: str, households: Sequence[Household]) -> None:
    """The county decides, household by household."""
    for household, file in zip(households, office.look_at_all(households), strict=True):
        decide(office, household, f"{step}: decision {household.number}", _view(step, household, file))


def notify_all(office: Office, step: str, households: Sequence[Household]) -> None:
    """Cuts and ends are told in writing; with that they take effect."""
    for household in households:
        notify(office, household, f"{step}: notice {household.number}")


def close_campaign(office: Office) -> None:
    """Every household on the roster has its result."""
    office.act(
        Role.TOWNSHIP_CLERK,
        "CloseCampaign",
        f"{CAMPAIGN}: closed",
        campaign=office.noted[CAMPAIGN],
        households=[office.files[household.number].id for household in office.story.entitled],
    )


def _view(step: str, household: Household, file: Any) -> View:
    ends = step == CAMPAIGN and household.is_ended_by_review
    ground, reasons = _words(step, household)
    return View(seen=file["version"], ground=ground, reasons=reasons, recommends=not ends)


def _words(step: str, household: Household) -> tuple[DecisionGround, str]:
    """The ground, and the reasons in writing."""
    if step != CAMPAIGN or household.found_by_review is None:
        return DecisionGround.UNCHANGED, "经复核,家庭收入无变化,维持原标准"
    if household.is_ended_by_review:
        return DecisionGround.INCOME_ABOVE_LINE, "家庭人均收入已高于低保标准,停发"
    if household.found_by_review.amount_yuan > household.amount_yuan:
        return DecisionGround.INCOME_CHANGED, "家庭收入减少,按标准增发"
    return DecisionGround.INCOME_CHANGED, "家庭收入增加,按标准减发"
