from datetime import UTC, date, datetime
from uuid import UUID

from hudang.domain.application import ApplicationAccepted
from hudang.domain.decision import Actor, Recorded
from hudang.domain.roles import Role
from hudang.domain.values import CaseId, StreamId
from hudang.graphql.history import history_page


def accepted(position: int, ordinal: int = 0) -> Recorded:
    return Recorded(
        ledger="L0001",
        position=position,
        stream=StreamId("L0001-1"),
        version=position,
        topic=ApplicationAccepted.TOPIC,
        command_id=UUID(int=1),
        actor=Actor("staff-1", Role.TOWNSHIP_CLERK, "430304001"),
        happened_on=date(2013, 3, 1),
        recorded_at=datetime(2013, 3, 1, 1, tzinfo=UTC),
        event=ApplicationAccepted(case=CaseId(f"{position}-{ordinal}")),
        ordinal=ordinal,
    )


def test_a_page_may_end_between_events_that_share_a_position() -> None:
    """One stored event of a former shape can be several today; none is left out or told twice."""
    events = [accepted(1), accepted(2, 0), accepted(2, 1), accepted(3)]
    seen: list[Recorded] = []
    after: str | None = None
    for _ in events:
        page = history_page(events, 1, after)
        seen += [edge.node.recorded for edge in page.edges]
        after = page.page_info.end_cursor

    assert seen == events
    assert not page.page_info.has_next_page
