"""The 2012 Dibao procedure of one household, step by step, as the offices send it to the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from hudang.domain.identity import check_digit
from hudang.domain.roles import Role
from tests.graphql.api import SHA256, VILLAGE, Api

PAPERS = ("申请书", "身份证", "户口本", "授权书", "收入证明")
VOTERS = tuple(f"r{number}" for number in range(1, 9))
WRITTEN = ("测试结论", "测试不同意见", "测试审核理由", "测试审批理由")
"""What the offices write in their own words: conclusion, dissent, reasons of the opinion and the decision."""
PRESENT = ("t1", *VOTERS)


def paper(kind: str) -> dict[str, Any]:
    """A paper, as a scan's digest."""
    return {"kind": kind, "sha256": SHA256, "pages": 1}


def identity_number(first_seventeen: str) -> str:
    """An invented number with its check digit."""
    return first_seventeen + check_digit(first_seventeen)


def register(api: Api, number: str = "测-001", ordinal: int = 1) -> Any:
    """A household of one."""
    member = {
        "name": "测试甲",
        "identityNumber": identity_number(f"43030419650312{ordinal:03d}"),
        "relation": "HEAD",
    }
    return api.accepted(
        "registerHousehold",
        number=number,
        area=VILLAGE,
        register="URBAN",
        address="测试路1号",
        members=[member],
        happenedOn="2013-03-04",
    )


def head_of(api: Api, household: str) -> str:
    """The id of the head of household."""
    found = api.ask("query ($id: ID!) { household(id: $id) { members { personId } } }", id=household)
    head: str = found["household"]["members"][0]["personId"]
    return head


def version_of(api: Api, household: str) -> int:
    """The version of the file that a decision maker would see."""
    found = api.ask("query ($id: ID!) { household(id: $id) { version } }", id=household)
    version: int = found["household"]["version"]
    return version


class Dibao:
    """One household on its way through the procedure."""

    def __init__(self, api: Api, number: str = "测-001", ordinal: int = 1) -> None:
        self.api = api
        self.household = register(api, number, ordinal)["createdId"]
        self.person = head_of(api, self.household)
        self.case = ""

    def send(
        self, name: str, *, on: date, role: Role = Role.TOWNSHIP_CLERK, seen: int | None = None, **fields: Any
    ) -> Any:
        """A command on the case, on a day."""
        self.api.on(on)
        of_case = {"household": self.household, "case": self.case}
        return self.api.accepted(name, role=role, seen=seen, **of_case, **fields)

    def apply(self) -> None:
        """Apply on 4 March with every paper, accepted the next day."""
        submitted = self.api.accepted(
            "submitApplication",
            household=self.household,
            programme="dibao",
            applicant=self.person,
            papers=[paper(kind) for kind in PAPERS],
        )
        self.case = submitted["caseId"]
        self.send("acceptApplication", on=date(2013, 3, 5))

    def verify(self) -> None:
        """Consent, cross-check and a home visit that finds 150 yuan a month."""
        self.send("recordConsent", on=date(2013, 3, 6), signers=[self.person], authorisation=paper("授权书"))
        self.send(
            "recordCrossCheck",
            on=date(2013, 3, 8),
            source="测试核对中心",
            dataAsOf="2013-03-01",
            result="CONSISTENT",
            report=paper("核对报告"),
        )
        self.send(
            "recordHomeVisit",
            on=date(2013, 3, 11),
            surveyors=["staff-1", "staff-2"],
            incomes=[{"person": self.person, "kind": "WAGES", "monthlyFen": 15000}],
            assetsWithinLimits=True,
            neighboursAsked=2,
            circumstances="测试情况",
            sheet=paper("入户调查表"),
        )

    def appraise(self) -> str:
        """A meeting of nine votes by show of hands; the id of the meeting."""
        self.api.on(date(2013, 3, 13))
        parts = {"t1": "TOWNSHIP_STAFF"}
        attendees = [
            {"label": label, "name": f"测试{label}", "part": parts.get(label, "RESIDENT_REPRESENTATIVE")}
            for label in PRESENT
        ]
        meeting: str = self.api.accepted(
            "conveneMeeting",
            programme="dibao",
            area=VILLAGE,
            place="测试社区会议室",
            attendees=attendees,
            cases=[{"household": self.household, "case": self.case}],
        )["createdId"]
        votes = [{"voter": label, "choice": "AGAINST" if label == "r8" else "FOR"} for label in PRESENT]
        self.send("recordVotes", on=date(2013, 3, 13), meeting=meeting, recused=[], votes=votes)
        self.api.accepted("signMinutes", meeting=meeting, minutes=paper("评议记录"), signers=list(PRESENT))
        self.send(
            "closeAppraisal",
            on=date(2013, 3, 13),
            meeting=meeting,
            conclusion=WRITTEN[0],
            dissent=[WRITTEN[1]],
        )
        return meeting

    def post(self, round_: int, on: date, closes: date, role: Role) -> str:
        """A poster of the round, and its closing; the id of the poster."""
        self.api.on(on)
        posting: str = self.api.accepted(
            "putUpPosting",
            role=role,
            programme="dibao",
            area=VILLAGE,
            round=round_,
            place="VILLAGE_BOARD",
            cases=[{"household": self.household, "case": self.case}],
        )["createdId"]
        self.send("closeNotice", on=closes, posting=posting)
        return posting

    def opine(self) -> None:
        """The township recommends class B."""
        self.send(
            "giveOpinion",
            on=date(2013, 3, 14),
            seen=version_of(self.api, self.household),
            recommends=True,
            householdClass="B",
            ground="ENTITLED",
            reasons=WRITTEN[2],
        )

    def propose(self) -> None:
        """The county proposes what the rules give."""
        self.send(
            "proposeAmount",
            on=date(2013, 3, 26),
            role=Role.COUNTY_OFFICER,
            seen=version_of(self.api, self.household),
            householdClass="B",
        )

    def decide(self) -> Any:
        """Another person decides."""
        return self.send(
            "confirmDecision",
            on=date(2013, 4, 8),
            role=Role.COUNTY_APPROVER,
            seen=version_of(self.api, self.household),
            ground="ENTITLED",
            reasons=WRITTEN[3],
        )

    def all(self) -> Any:
        """The whole procedure; the answer to the decision."""
        self.apply()
        self.verify()
        self.appraise()
        self.opine()
        self.post(1, date(2013, 3, 15), date(2013, 3, 23), Role.TOWNSHIP_CLERK)
        self.propose()
        self.post(2, date(2013, 3, 27), date(2013, 4, 5), Role.COUNTY_OFFICER)
        return self.decide()
