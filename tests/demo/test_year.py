"""Does the year, carried through the real system, come out as it should, and can it be replayed?"""

from functools import reduce
from typing import Any

from psycopg import Connection, sql

from hudang.demo.command import LEDGER
from hudang.domain.decision import Recorded, evolve
from hudang.ledger import codec
from hudang.projections.models import MODELS
from tests.demo.conftest import Lived
from tests.demo.payments import twice_paid

ALL = 100_000
MONTHS = [f"2013-{month:02d}" for month in range(1, 13)]


def recorded(lived: Lived) -> list[Recorded]:
    """Every event of the ledger, in order."""
    return [codec.recorded(row) for row in lived.service.store.feed(LEDGER, 0, ALL)]


def rows(connection: Connection[Any]) -> dict[str, list[Any]]:
    """Every row of every table of every read model."""
    return {
        table.name: sorted(
            connection.execute(
                sql.SQL("SELECT row_to_json(t)::text FROM {} t").format(
                    sql.Identifier("projections", table.name)
                )
            ).fetchall()
        )
        for model in MODELS
        for table in model.tables
    }


class TestTheResults:
    def test_hold_the_counts_of_the_report(self, lived: Lived) -> None:
        shown = lived.json

        assert shown["households_before"] == 53
        assert shown["households_after"] == 52
        assert shown["applications"] == {"submitted": 9, "accepted": 6, "lapsed": 3, "approved": 6}

    def test_hold_the_payroll_month_by_month(self, lived: Lived) -> None:
        amounts = [24_341] * 4 + [26_284] + [27_224] * 6 + [26_400]
        households = [47] * 4 + [51] + [53] * 6 + [52]
        persons = [78] * 4 + [84] + [87] * 6 + [86]

        assert lived.json["payroll"] == [
            {"month": month, "households": entitled, "persons": heads, "amount_fen": yuan * 100}
            for month, entitled, heads, yuan in zip(MONTHS, households, persons, amounts, strict=True)
        ]
        assert lived.json["year_amount_fen"] == 31_339_200

    def test_hold_seven_checks_of_which_one_agrees(self, lived: Lived) -> None:
        checks = {check["check"]: check for check in lived.json["reconciliation"]}

        assert list(checks) == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
        assert [name for name, check in checks.items() if check["agrees"]] == ["C1"]
        assert {"label", "basis", "stated", "computed", "unit", "agrees"} <= checks["C2"]["parts"][0].keys()
        assert {part["basis"] for check in checks.values() for part in check["parts"]} == {"report", "events"}

    def test_hold_a_history_of_facts_learnt_later(self, lived: Lived) -> None:
        history = lived.outcome.history

        assert any(line.happened_on < line.recorded_on for line in history)
        assert {"objection.raised", "decision.confirmed", "payout.confirmed"} <= {
            line.topic for line in history
        }

    def test_hold_what_the_review_changed(self, lived: Lived) -> None:
        changes = sorted(line.after_fen - line.before_fen for line in lived.outcome.review)

        assert len(changes) == 7
        assert sum(changes) == -82_400


class TestThePayments:
    def test_are_made_once_for_a_month_and_kind(self, lived: Lived) -> None:
        assert twice_paid(recorded(lived)) == []

    def test_came_back_once_and_were_made_again(self, lived: Lived) -> None:
        topics = [event.topic for event in recorded(lived)]

        assert topics.count("payout.returned") == 1


class TestTheLedger:
    def test_gives_the_same_state_when_every_stream_is_replayed(self, lived: Lived) -> None:
        streams: dict[str, list[Recorded]] = {}
        for event in recorded(lived):
            streams.setdefault(event.stream, []).append(event)

        for stream, events in streams.items():
            loaded = lived.service.casebook.load(LEDGER, events[0].stream)
            assert loaded is not None
            assert reduce(evolve, events, None) == loaded[0], stream

    def test_gives_the_same_tables_when_every_read_model_is_rebuilt(self, lived: Lived) -> None:
        engine = lived.service.engine
        engine.catch_up()
        with lived.service.store.connection() as connection:
            live = rows(connection)

        for model in MODELS:
            engine.rebuild(model.name)
        engine.catch_up()

        with lived.service.store.connection() as connection:
            assert rows(connection) == live
