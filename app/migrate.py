"""`hudang migrate`: bring a database to the schema of this version."""

import argparse
import os
from typing import TYPE_CHECKING

from hudang.database import open_database
from hudang.ledger.migrate import migrate, schema_version
from hudang.serve import say
from hudang.settings import add_data_argument, read_settings

if TYPE_CHECKING:
    from hudang.cli import Subparsers


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "migrate",
        help="bring the database to the schema of this version",
        description="Bring the database to the schema of this version; running it again changes nothing.",
    )
    add_data_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Migrate, and say to what."""
    with open_database(read_settings(arguments, os.environ), say) as database:
        migrate(database.admin_url)
    say(f"the database has schema {schema_version()}")
    return 0
