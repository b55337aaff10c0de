"""What became of the households of the year? Asked over the API, file by file."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hudang.demo.figures import add_up
from hudang.demo.office import Office
from hudang.demo.outcome import ApplicationLine, HistoryLine, Outcome, ReviewLine, RosterLine
from hudang.demo.reconciliation import reconcile
from hudang.demo.reviewing import CAMPAIGN
from hudang.demo.story import Group

Answer = Mapping[str, Any]

PAGE: Final = 100
CONTESTED_PLACE: Final = 3
"""Whose history is shown, of those entitled from May: the household whose notice met an objection."""

_FILE: Final = """
fragment File on Household {
  number
  members(includeLeft: true) { name relation }
  entitlements { householdClass spans { fromMonth } }
  november: asOf(month: "2013-11") { amountFen persons }
  december: asOf(month: "2013-12") { amountFen }
  cases {
    kind openedOn campaignId endZh
    steps { name doneOn }
    decision { outcomeZh amountFen effectiveFrom groundZh reasons decidedBy decidedOn }
  }
}
"""

_HISTORY: Final = """
query History($id: ID!, $first: Int!, $after: String) {
  household(id: $id) {
    history(first: $first, after: $after) {
      edges { node { position topic happenedOn recordedAt who { person roleZh } what { zh en } } }
      pageInfo { endCursor hasNextPage }
    }
  }
}
"""

_LEDGER: Final = "query Ledger { ledger { ledger name head } }"


def ask_outcome(office: Office) -> Outcome:
    """Everything that is shown."""
    figures = add_up(office.client, office.noted[CAMPAIGN])
    files = office.look_at_all(office.story.households, _FILE)
    ledger = office.client.ask(_LEDGER)["ledger"]
    shown = office.story.group(Group.FROM_MAY)[CONTESTED_PLACE]
    return Outcome(
        ledger=ledger["ledger"],
        ledger_name=ledger["name"],
        events=ledger["head"],
        roster=tuple(_roster_line(file) for file in files if file["november"]),
        applications=tuple(line for file in files for line in _applications(file)),
        history_of=shown.number,
        history=tuple(_history(office, office.files[shown.number].id)),
        review=tuple(line for file in files for line in _review(file, office.noted[CAMPAIGN])),
        figures=figures,
        reconciliation=reconcile(figures),
    )


def _head(file: Answer) -> str:
    return str(next(member["name"] for member in file["members"] if member["relation"] == "HEAD"))


def _roster_line(file: Answer) -> RosterLine:
    (before,) = file["november"]
    (entitlement,) = file["entitlements"]
    return RosterLine(
        number=file["number"],
        head=_head(file),
        household_class=entitlement["householdClass"],
        persons=before["persons"],
        from_month=entitlement["spans"][0]["fromMonth"],
        before_fen=before["amountFen"],
        after_fen=file["december"][0]["amountFen"] if file["december"] else None,
    )


def _applications(file: Answer) -> Iterator[ApplicationLine]:
    for case in file["cases"]:
        if case["kind"] == "APPLICATION":
            decision = case["decision"] or {}
            yield ApplicationLine(
                number=file["number"],
                head=_head(file),
                persons=len(file["members"]),
                submitted_on=case["openedOn"],
                accepted_on=_done_on(case, "ACCEPTANCE"),
                ended=case["endZh"],
                decided_on=decision.get("decidedOn"),
                decided_by=decision.get("decidedBy"),
                from_month=decision.get("effectiveFrom"),
                amount_fen=decision.get("amountFen"),
            )


def _done_on(case: Answer, step: str) -> str | None:
    return next((taken["doneOn"] for taken in case["steps"] if taken["name"] == step), None)


def _review(file: Answer, campaign: str) -> Iterator[ReviewLine]:
    """The household's line, if the review changed its amount."""
    for case in file["cases"]:
        if case["campaignId"] != campaign:
            continue
        (before,) = file["november"]
        if case["decision"]["amountFen"] != before["amountFen"]:
            yield ReviewLine(
                number=file["number"],
                head=_head(file),
                persons=before["persons"],
                result=case["decision"]["outcomeZh"],
                before_fen=before["amountFen"],
                after_fen=case["decision"]["amountFen"],
                ground=case["decision"]["groundZh"],
                reasons=case["decision"]["reasons"],
            )


def _history(office: Office, household: str) -> Iterator[HistoryLine]:
    """Every event of a file, page by page."""
    after: str | None = None
    while True:
        asked = {"id": household, "first": PAGE, "after": after}
        page = office.client.ask(_HISTORY, asked)["household"]["history"]
        for edge in page["edges"]:
            node = edge["node"]
            yield HistoryLine(
                position=node["position"],
                happened_on=node["happenedOn"],
                recorded_on=node["recordedAt"][: len("2013-01-01")],
                who=node["who"]["person"],
                role=node["who"]["roleZh"],
                topic=node["topic"],
                zh=node["what"]["zh"],
                en=node["what"]["en"],
            )
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
