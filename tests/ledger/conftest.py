"""Which ledgers do these tests write to? A fresh database each, copied from one that was migrated once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from hudang.ledger.migrate import migrate
from hudang.ledger.records import AppendRequest, NewEvent
from hudang.ledger.store import Store

LEDGER = "L0001"
TEMPLATE = "hudang_template"

AskFor = Callable[..., AppendRequest]


@pytest.fixture(scope="session")
def template(admin_url: Callable[[str], str]) -> None:
    """The migrated database that `new_database` copies."""
    with psycopg.connect(admin_url("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template1")
    migrate(admin_url(TEMPLATE))


@pytest.fixture
def database(template: None, new_database: Callable[[], str]) -> str:
    """A fresh migrated database, by the superuser's address."""
    return new_database()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store with the service's rights, in which the ledger L0001 is open and empty."""
    with Store(database) as store:
        store.open_ledger(LEDGER, "server")
        yield store


@pytest.fixture
def ask() -> AskFor:
    """Makes append requests; by default one event on a new stream of L0001."""
    return make_request


def make_request(
    expected: Mapping[str, int] | None = None,
    *,
    events: int | Sequence[NewEvent] = 1,
    ledger: str = LEDGER,
    **others: Any,
) -> AppendRequest:
    expected = {f"{ledger}-{uuid4()}": 0} if expected is None else expected
    streams = list(expected)
    if isinstance(events, int):
        events = [
            NewEvent(streams[n % len(streams)], "test.happened", b'{"n":%d}' % n, date(2013, 3, 1))
            for n in range(events)
        ]
    return AppendRequest(
        **{
            "ledger": ledger,
            "command_id": uuid4(),
            "fingerprint": b"asked",
            "actor_person": "L0001-测试甲",
            "actor_role": "township_clerk",
            "actor_office": "430304001000",
            "expected": expected,
            "events": events,
            **others,
        }
    )
