"""`hudang export LEDGER`: write a ledger, or one household's file, to be checked elsewhere."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hudang.database import open_database
from hudang.ledger.clock import SystemClock
from hudang.ledger.export import Extract, export
from hudang.ledger.migrate import check_schema
from hudang.ledger.store import Store
from hudang.serve import say
from hudang.settings import add_data_argument, read_settings
from hudang.verify import public_keys

if TYPE_CHECKING:
    from hudang.cli import Subparsers


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "export",
        help="write a ledger, or one household's file, to be checked elsewhere",
        description="Write every event of a ledger as it is stored, with its seals. A household's file shows"
        " the events of that household alone and proves their place and that none is left out."
        " docs/verify_hudang.py checks such a file.",
    )
    parser.add_argument("ledger", help="the ledger's tag, such as L0001")
    parser.add_argument("--household", metavar="ID", help="only the events of this household")
    parser.add_argument("--to", metavar="FILE", required=True, help="where to write it")
    add_data_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write, and say how much."""
    settings = read_settings(arguments, os.environ)
    with open_database(settings, say) as database:
        check_schema(database.url)
        with Store(database.url) as store:
            shown = export(
                store,
                Extract(
                    ledger=arguments.ledger,
                    stream=arguments.household,
                    keys=tuple(public_keys(settings, ()).values()),
                ),
                Path(arguments.to),
                SystemClock().now(),
            )
    print(f"{shown} events written to {arguments.to}")  # noqa: T201 - this is what the command says
    return 0
