"""Do Python and PostgreSQL compute the hashes that docs/chain.md promises?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from hudang.ledger import chain
from hudang.ledger.records import StoredEvent

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "chain-vectors.json").read_text("utf-8")
)
RECORDS = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["records"] + VECTORS["chain"]]


def event_of(vector: dict[str, Any]) -> StoredEvent:
    happened_on = vector["happened_on"]
    return StoredEvent(
        ledger=vector["ledger"],
        position=vector["position"],
        stream=vector["stream"],
        version=vector["version"],
        topic=vector["topic"],
        payload=bytes.fromhex(vector["payload"]),
        command_id=UUID(vector["command_id"]),
        actor_person=vector["actor_person"],
        actor_role=vector["actor_role"],
        actor_office=vector["actor_office"],
        happened_on=cast("date", None if happened_on is None else date.fromisoformat(happened_on)),
        recorded_at=datetime.fromisoformat(vector["recorded_at"]).astimezone(UTC),
        hash=bytes.fromhex(vector["hash"]),
    )


class TestTheChainInPython:
    def test_uses_the_format_and_algorithm_of_the_vectors(self) -> None:
        assert (VECTORS["format"], VECTORS["algorithm"]) == (chain.FORMAT, chain.ALGORITHM)

    @pytest.mark.parametrize("vector", VECTORS["fields"])
    def test_gives_the_fields_of_the_vectors(self, vector: dict[str, Any]) -> None:
        assert chain.text_field(vector["text"]).hex() == vector["field"]

    @pytest.mark.parametrize("vector", VECTORS["genesis"])
    def test_gives_the_genesis_hashes_of_the_vectors(self, vector: dict[str, Any]) -> None:
        assert chain.genesis_hash(vector["ledger"], vector["clock"]).hex() == vector["hash"]

    @pytest.mark.parametrize("vector", RECORDS)
    def test_gives_the_event_hashes_of_the_vectors(self, vector: dict[str, Any]) -> None:
        event, previous = event_of(vector), bytes.fromhex(vector["previous"])

        assert chain.place(event.ledger, event.position, event.stream).hex() == vector["place"]
        assert chain.record(event).hex() == vector["record"]
        assert chain.event_hash(event, previous) == event.hash

    @pytest.mark.parametrize("vector", RECORDS)
    def test_links_an_event_of_which_only_the_digests_are_known(self, vector: dict[str, Any]) -> None:
        previous, mark, record = (
            bytes.fromhex(vector[name]) for name in ("previous", "mark", "record_digest")
        )

        assert chain.link(previous, mark, record).hex() == vector["hash"]


class TestTheChainInPostgreSQL:
    def test_gives_the_fields_of_the_vectors(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            for vector in VECTORS["fields"]:
                row = connection.execute("SELECT ledger.text_field(%s)", (vector["text"],)).fetchone()

                assert row == (bytes.fromhex(vector["field"]),)

    def test_gives_the_genesis_hashes_of_the_vectors(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            for vector in VECTORS["genesis"]:
                row = connection.execute(
                    "SELECT ledger.genesis_hash(%s, %s)", (vector["ledger"], vector["clock"])
                ).fetchone()

                assert row == (bytes.fromhex(vector["hash"]),)

    def test_gives_the_event_hashes_of_the_vectors(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            # Neither the style of dates nor the time zone of a session may reach the chain.
            connection.execute("SET DateStyle = 'German'")
            connection.execute("SET TimeZone = 'Asia/Shanghai'")
            for vector in VECTORS["records"] + VECTORS["chain"]:
                row = connection.execute(
                    "SELECT ledger.event_hash(%(ledger)s, %(position)s, %(stream)s, %(version)s, %(topic)s,"
                    " decode(%(payload)s, 'hex'), %(command_id)s, %(actor_person)s, %(actor_role)s,"
                    " %(actor_office)s, make_date(%(year)s, %(month)s, %(day)s), %(recorded_at)s,"
                    " decode(%(previous)s, 'hex'))",
                    {**vector, **parts_of(vector["happened_on"])},
                ).fetchone()

                assert row == (bytes.fromhex(vector["hash"]),), vector["name"]


def parts_of(day: str | None) -> dict[str, int | None]:
    if day is None:
        return {"year": None, "month": None, "day": None}
    year, month, of_month = map(int, day.split("-"))
    return {"year": year, "month": month, "day": of_month}
