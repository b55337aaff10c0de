"""Is the head of every ledger its newest event? Quick enough to be asked at every start.

An append trusts the head: ahead of the events it would leave a gap, behind them nothing can be recorded.
"""

from __future__ import annotations

from hudang.ledger.errors import HeadDisagrees
from hudang.ledger.store import Store

_DISAGREEING = """
    SELECT h.ledger
    FROM ledger.heads h
    LEFT JOIN LATERAL (
        SELECT e.position, e.hash, e.recorded_at FROM ledger.events e
        WHERE e.ledger = h.ledger ORDER BY e.position DESC LIMIT 1
    ) newest ON true
    WHERE (h.position, h.hash, h.recorded_at) IS DISTINCT FROM (
        COALESCE(newest.position, 0),
        COALESCE(newest.hash, ledger.genesis_hash(h.ledger, h.clock)),
        newest.recorded_at)
    ORDER BY 1 LIMIT 1
"""


def check_heads(store: Store) -> None:
    """Raises HeadDisagrees, naming a ledger."""
    with store.connection() as connection:
        row = connection.execute(_DISAGREEING).fetchone()
    if row is not None:
        raise HeadDisagrees(
            f"The head of ledger {row[0]} is not its newest event; run `hudang verify {row[0]}`."
        )
