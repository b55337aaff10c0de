"""`hudang verify LEDGER`: prove that nothing recorded in a ledger was changed."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hudang.database import open_database
from hudang.ledger.findings import VerificationReport
from hudang.ledger.migrate import check_schema
from hudang.ledger.seal_file import read_seals
from hudang.ledger.sealing_key import PublicKey, read_public_key, read_sealing_key
from hudang.ledger.seals import Seal
from hudang.ledger.store import Store
from hudang.ledger.verify import Brought, verify
from hudang.ledger.workers import over_processes
from hudang.serve import say
from hudang.settings import Settings, add_data_argument, read_settings
from hudang.user_error import UserError

if TYPE_CHECKING:
    from hudang.cli import Subparsers


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="prove that nothing recorded in a ledger was changed",
        description="Compute every hash of a ledger again, and streams, commands and claims from the events."
        " With a seal that was kept elsewhere, everything up to that seal is proved.",
    )
    parser.add_argument("ledger", help="the ledger's tag, such as L0001")
    parser.add_argument("--seal", metavar="FILE", help="seals that were kept outside the building")
    parser.add_argument(
        "--public-key",
        metavar="FILE",
        action="append",
        default=[],
        help="the key that the seals are checked with; again for each key (default: this installation's)",
    )
    parser.add_argument(
        "--processes", metavar="N", type=int, help="how many to run at once (default: one for each core)"
    )
    add_data_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 if everything agrees, 1 if not; every finding names its position."""
    settings = read_settings(arguments, os.environ)
    brought = Brought(
        seals=_seals(arguments.seal, arguments.ledger),
        keys=public_keys(settings, arguments.public_key),
    )
    with open_database(settings, say) as database:
        check_schema(database.url)
        with Store(database.url) as store:
            spread = over_processes(database.url, processes=arguments.processes, progress=_tell)
            report = verify(store, arguments.ledger, brought=brought, spread=spread)
    print("\n".join(lines(report, brought)))  # noqa: T201 - this is what the command says
    return 0 if report.sound else 1


def public_keys(settings: Settings, files: Sequence[str]) -> Mapping[str, PublicKey]:
    """The keys in these files; without any, the one that this installation seals with, once it has one."""
    keys = [read_public_key(Path(file)) for file in files]
    if not keys and settings.seal_key.exists():
        keys = [read_sealing_key(settings.seal_key).public]
    return {key.id: key for key in keys}


def lines(report: VerificationReport, brought: Brought) -> list[str]:
    """What was checked and what was found."""
    return [
        f"ledger {report.ledger} ({report.clock} clock): {report.events} events",
        f"head {report.head_hash.hex()}",
        *_sealed(report, brought),
        *(f"does not agree: {finding}" for finding in report.findings),
        "everything agrees"
        if report.sound
        else f"{len(report.findings)} findings; first bad position: {report.first_bad_position or 'none'}",
    ]


def _sealed(report: VerificationReport, brought: Brought) -> list[str]:
    if not brought.seals:
        return [
            f"the ledger's own seals reach position {report.sealed}; bring a seal kept elsewhere (--seal)"
            " to prove more than that the ledger agrees with itself"
        ]
    if report.sound:
        said = [f"sealed: positions 1 to {report.proved} are what was sealed"]
    else:
        said = [f"the newest seal brought along is of position {report.proved}"]
    if report.unsealed:
        said.append(f"unsealed: {report.unsealed} positions after {report.proved}")
    return said


def _seals(file: str | None, ledger: str) -> Sequence[Seal]:
    if file is None:
        return ()
    seals = read_seals(Path(file), ledger)
    if not seals:
        raise UserError(f"The file {file} holds no seal of ledger {ledger}.")
    return seals


def _tell(done: int, parts: int) -> None:
    end = "\n" if done == parts else ""
    sys.stderr.write(f"\rhudang: {100 * done // parts} % of the events checked{end}")
    sys.stderr.flush()
