"""Do the read models say the same as the households' own files, folded by the rules?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hudang.domain.case import CaseKind
from hudang.domain.decision import evolve
from hudang.domain.household import Household
from hudang.domain.values import StreamId
from hudang.ledger import codec
from hudang.projections import cases, payouts, postings, rechecks, roster
from hudang.projections.households import members
from tests.projections.recording import LEDGER
from tests.projections.year import DECEMBER, MARCH

if TYPE_CHECKING:
    from tests.projections.conftest import Year


@pytest.fixture(scope="module")
def files(year: Year) -> dict[StreamId, Household]:
    """The households of the year, folded by the rules."""
    states: dict[StreamId, Any] = {}
    for row in year.history.store.feed(LEDGER, 0, 10_000):
        recorded = codec.recorded(row)
        states[recorded.stream] = evolve(states.get(recorded.stream), recorded)
    return {stream: state for stream, state in states.items() if isinstance(state, Household)}


class TestTheReadModels:
    def test_agree_on_who_is_entitled_month_by_month(
        self, files: dict[StreamId, Household], year: Year
    ) -> None:
        for stream, household in files.items():
            for month in MARCH.through(DECEMBER):
                entitlement = household.entitlements.get("dibao")
                span = entitlement.in_month(month) if entitlement else None
                told = [
                    (s.amount_fen, s.persons) for s in roster.entitled_in(year.reading, LEDGER, stream, month)
                ]
                assert told == ([(span.amount_fen, span.persons)] if span else []), (stream, month)

    def test_agree_on_the_steps_and_ends_of_cases(self, files: dict[StreamId, Household], year: Year) -> None:
        for stream, household in files.items():
            told = {row.case_id: row for row in cases.of_household(year.reading, LEDGER, stream)}
            assert told.keys() == household.cases.keys()
            for case in household.cases.values():
                row = told[case.id]
                assert sorted(row.done) == sorted(case.done), case.id
                assert (row.kind, row.ended_as, row.campaign) == (case.kind, case.end, case.campaign)
                assert (row.last_step_on, row.in_force_on) == (case.last_step_on, case.in_force_on)
                running = [notice.last_day for notice in case.notices if notice.up and case.end is None]
                assert row.notice_ends_on == (running[0] if running else None)

    def test_agree_on_which_notices_stand(self, files: dict[StreamId, Household], year: Year) -> None:
        for stream, household in files.items():
            for case in household.cases.values():
                told = {
                    line.posting: line.state
                    for line in postings.of_case(year.reading, LEDGER, stream, case.id)
                }
                assert told.keys() == {notice.posting for notice in case.notices}
                for notice in case.notices:
                    superseded = told[notice.posting] is postings.LineState.SUPERSEDED
                    closed = told[notice.posting] is postings.LineState.CLOSED
                    assert superseded == notice.superseded
                    assert closed == (notice.closed_on is not None and not notice.superseded)

    def test_agree_on_what_was_paid(self, files: dict[StreamId, Household], year: Year) -> None:
        for stream, household in files.items():
            told = {
                (part.payout, part.month, part.kind): (part.amount_fen, part.state)
                for part in payouts.of_household(year.reading, LEDGER, stream)
            }
            assert told == {
                (payout.id, part.month, part.kind): (part.amount_fen, payout.state)
                for payout in household.payouts.values()
                for part in payout.parts
            }

    def test_agree_on_members_and_rechecks(self, files: dict[StreamId, Household], year: Year) -> None:
        for stream, household in files.items():
            told = [
                (row.person, row.relation, row.name, row.joined_on, row.left_on)
                for row in members(year.reading, LEDGER, stream)
            ]
            assert told == [
                (member.person, member.relation, member.name, member.joined_on, member.left_on)
                for member in household.members
            ]
            held = {
                row.case_id: row.concluded_on is not None
                for row in rechecks.of_household(year.reading, LEDGER, stream)
            }
            assert held == {
                case.id: case.end is not None
                for case in household.cases.values()
                if case.kind is CaseKind.RECHECK
            }
