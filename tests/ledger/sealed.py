"""What do the tests of proof start from? A ledger of twelve events in six commands, with two seals.

Positions 1 to 5 and 6 to 9 are sealed, 10 to 12 are not. Stream a has positions 1, 3, 5, 6, 10 and 12.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import ModuleType

import psycopg

from hudang.domain.application import ApplicationSubmitted, ApplicationWithdrawn
from hudang.domain.decision import Event
from hudang.domain.evidence import Evidence
from hudang.domain.values import CaseId, PersonId, StreamId
from hudang.ledger import codec
from hudang.ledger.clock import SystemClock
from hudang.ledger.export import Extract, export
from hudang.ledger.records import Claim, NewEvent
from hudang.ledger.seal_file import add_seals
from hudang.ledger.sealing import seal_head, seals_of
from hudang.ledger.sealing_key import SealingKey, make_sealing_key
from hudang.ledger.store import Store
from tests.ledger.conftest import make_request

LEDGER = "L0001"
A, B, C = (f"{LEDGER}-{letter}" for letter in "abc")
VERIFIER = Path(__file__).parents[2] / "docs" / "verify_hudang.py"
EVENTS = 12
FIRST_SEAL, NEWEST_SEAL = 5, 9


def submitted(case: str, *persons: str) -> ApplicationSubmitted:
    return ApplicationSubmitted(
        case=CaseId(case),
        programme="dibao",
        applicant=PersonId(persons[0]),
        persons=tuple(map(PersonId, persons)),
        papers=(),
    )


def withdrawn(case: str) -> ApplicationWithdrawn:
    return ApplicationWithdrawn(case=CaseId(case), statement=Evidence(kind="声明", sha256="ab" * 32))


def record(store: Store, ledger: str, *events: tuple[str, Event], at: datetime | None = None) -> None:
    """Record events of one command, each on its stream, with the claims that they take and free."""
    streams = dict.fromkeys(stream for stream, _ in events)
    versions = store.load(ledger, [(stream, 0) for stream in streams]).versions
    store.append(
        make_request(
            {stream: versions[stream] for stream in streams},
            ledger=ledger,
            at=at,
            events=[
                NewEvent(stream, event.TOPIC, codec.encode(event), date(2013, 3, 1))
                for stream, event in events
            ],
            taken=[
                Claim(claim.key, claim.holder, stream)
                for stream, event in events
                for claim in event.takes(StreamId(stream))
            ],
            freed_holders=[holder for _, event in events for holder in event.frees()],
        )
    )


@dataclass(frozen=True)
class Sealed:
    """The ledger, its key, and what an auditor holds."""

    database: str
    store: Store
    key: SealingKey
    folder: Path

    @property
    def seals(self) -> Path:
        """The auditor's copy of the seals: both of them."""
        return self.folder / "kept.jsonl"

    @property
    def public_key(self) -> Path:
        return self.folder / "kept.pem"

    def seal(self) -> None:
        seal_head(self.store, LEDGER, self.key, SystemClock().now())

    def exported(self, stream: str | None = None, *, ledger: str = LEDGER) -> Path:
        to = self.folder / "export.jsonl"
        wanted = Extract(ledger=ledger, stream=stream, keys=(self.key.public,))
        export(self.store, wanted, to, SystemClock().now())
        return to

    def tamper(self, *statements: str) -> None:
        """Run statements as a superuser who switches the triggers off."""
        with psycopg.connect(self.database) as connection:
            for table in ("events", "commands", "ledgers", "seals"):
                connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
            for statement in statements:
                connection.execute(statement.encode())


def make_sealed(database: str, store: Store, folder: Path) -> Sealed:
    """The ledger of this module's docstring, in a store where L0001 is open and empty."""
    sealed = Sealed(database, store, make_sealing_key(folder / "seal.key"), folder)
    record(store, LEDGER, (A, submitted("1", "甲")), (B, submitted("2", "乙")))
    record(store, LEDGER, (A, withdrawn("1")), (B, withdrawn("2")), (A, submitted("3", "甲", "丙")))
    sealed.seal()
    record(store, LEDGER, (A, withdrawn("3")))
    record(store, LEDGER, (C, submitted("4", "丙")), (B, submitted("5", "乙")), (C, withdrawn("4")))
    sealed.seal()
    add_seals(sealed.seals, LEDGER, seals_of(store, LEDGER))
    sealed.public_key.write_bytes(sealed.key.public.pem)
    record(store, LEDGER, (A, submitted("6", "甲")))
    record(store, LEDGER, (B, withdrawn("5")), (A, withdrawn("6")))
    return sealed


@dataclass(frozen=True)
class Verdict:
    """What the standalone verifier said."""

    code: int
    said: str

    @property
    def first_bad(self) -> int | None:
        _, found, position = self.said.partition("first bad position: ")
        return int(position) if found else None


def verify_alone(file: Path, seals: Path, *keys: Path) -> Verdict:
    """Run docs/verify_hudang.py in a fresh interpreter that sees nothing but the standard library."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(file), str(seals), *map(str, keys)],
        cwd=file.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    return Verdict(ran.returncode, ran.stdout + ran.stderr)


@cache
def verifier() -> ModuleType:
    """docs/verify_hudang.py as a module."""
    spec = importlib.util.spec_from_file_location("verify_hudang", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
