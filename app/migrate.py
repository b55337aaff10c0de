"""`hudang migrate`: bring a database to the schema of this version."""

import argparse
import os

from hudang.cli import Subparsers
from hudang.database import open_database
from hudang.ledger.errors import LedgerError
from hudang.ledger.migrate import migrate, schema_version
from hudang.serve import say
from hudang.settings import add_data_argument, read_settings
from hudang.user_error import UserError


def add_arguments(subparsers: Subparsers) -> None:
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
        try:
            migrate(database.admin_url)
        except LedgerError as error:
            raise UserError(str(error)) from error
    say(f"the database has schema {schema_version()}")
    return 0
