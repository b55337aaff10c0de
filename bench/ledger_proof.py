"""What does verification cost beside a loop that only parses and hashes?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.ledger_bulk import LEDGER, Payroll
from bench.measure import Measure, at_least
from bench.pace import Effort, paired, seconds
from bench.world import World
from hudang.domain.month import Month
from hudang.ledger.export import Extract, export
from hudang.ledger.seal_file import add_seals
from hudang.ledger.sealing import seal_head
from hudang.ledger.sealing_key import make_sealing_key
from hudang.ledger.store import Store
from hudang.ledger.verify import verify
from hudang.ledger.workers import over_processes

VERIFIER: Final = Path(__file__).parents[1] / "docs" / "verify_hudang.py"

ONLY_PARSE_AND_HASH: Final = """
import json, sys
from hashlib import sha256
for line in open(sys.argv[1], "rb"):
    said = json.loads(line)
    payload = sha256(said.get("payload", "").encode()).digest()
    record = sha256(line[: -len(said.get("payload", "")) - 1] + payload).digest()
    sha256(payload + record + record).digest()
"""
"""Each line once through the parser, its payload, its record and its link once through SHA-256."""


def proof(world: World, effort: Effort) -> Iterator[Measure]:
    """A sealed payroll, checked with the standalone verifier and with ours."""
    size = 30_000 if effort.quick else 100_000
    with Store(world.conninfo) as store:
        store.open_ledger(LEDGER, "server")
        Payroll(store, size).run(Month(2013, 5))
        exported, seals, key = _exported(store, world.folder)

        def standalone() -> float:
            return size / seconds(lambda: _python(str(VERIFIER), str(exported), str(seals), str(key)))

        def only_parse_and_hash() -> float:
            return size / seconds(lambda: _python("-c", ONLY_PARSE_AND_HASH, str(exported)))

        def ours() -> float:
            return size / seconds(lambda: _verify(store, world))

        found = paired(standalone, only_parse_and_hash, min(effort.rounds, 5))
        yield Measure(
            measure=f"standalone verification of {size:,} events",
            ours=found.ours,
            against=found.against,
            unit="events/s",
            reference="a loop that parses and hashes",
            ratio=found.ratio,
            goal=at_least(0.5),
        )
        found = paired(ours, standalone, min(effort.rounds, 5))
        yield Measure(
            measure=f"hudang verify of {size:,} events, over all cores",
            ours=found.ours,
            against=found.against,
            unit="events/s",
            reference="standalone verification",
            ratio=found.ratio,
            goal=at_least(1.6),
        )


def _exported(store: Store, folder: Path) -> tuple[Path, Path, Path]:
    """The ledger, its seal and the public key, as files of an auditor."""
    files = (folder / "ledger.jsonl", folder / "seals.jsonl", folder / "key.pem")
    key = make_sealing_key(folder / "sealing.pem")
    now = datetime.now(UTC)
    seal = seal_head(store, LEDGER, key, now)
    assert seal is not None
    add_seals(files[1], LEDGER, [seal])
    files[2].write_bytes(key.public.pem)
    export(store, Extract(ledger=LEDGER), files[0], now)
    return files


def _python(*arguments: str) -> None:
    """Run a program that must succeed."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def _verify(store: Store, world: World) -> None:
    report = verify(store, LEDGER, spread=over_processes(world.conninfo))
    if not report.sound:
        raise AssertionError("the ledger that was written is not sound")
