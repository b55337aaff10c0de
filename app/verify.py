"""`hudang verify LEDGER`: prove that nothing recorded in a ledger was changed."""

import argparse
import os

from hudang.cli import Subparsers
from hudang.database import open_database
from hudang.ledger.errors import LedgerError, UnknownLedger
from hudang.ledger.store import Store
from hudang.ledger.verify import VerificationReport, verify
from hudang.serve import say
from hudang.settings import add_data_argument, read_settings
from hudang.user_error import UserError


def add_arguments(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="prove that nothing recorded in a ledger was changed",
        description="Compute every hash of a ledger again, and its streams and commands from its events.",
    )
    parser.add_argument("ledger", help="the ledger's tag, such as L0001")
    add_data_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 if everything agrees, 1 if not; every finding names its position."""
    with open_database(read_settings(arguments, os.environ), say) as database:
        try:
            with Store(database.url) as store:
                report = verify(store, arguments.ledger)
        except UnknownLedger as error:
            raise UserError(f"There is no ledger {arguments.ledger} in this database.") from error
        except LedgerError as error:
            raise UserError(str(error)) from error
    show(report)
    return 1 if report.findings else 0


def show(report: VerificationReport) -> None:
    """What was checked and what was found."""
    lines = [
        f"ledger {report.ledger} ({report.clock} clock): {report.events} events, head {report.head_hash.hex()}",
        *(f"does not agree: {finding}" for finding in report.findings),
        "everything agrees" if not report.findings else f"{len(report.findings)} findings",
    ]
    print("\n".join(lines))  # noqa: T201 - this is what the command says
