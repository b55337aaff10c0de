"""`hudang keys rotate`: replace the master key, and wrap every person's key anew. No event is rewritten."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hudang.database import open_database
from hudang.ledger.master_keys import MasterKeys, new_master_key, replace_master_keys
from hudang.ledger.migrate import check_schema
from hudang.ledger.rotation import rotate
from hudang.master_key import VARIABLE, master_key_source
from hudang.serve import say
from hudang.settings import Settings, add_data_argument, read_settings
from hudang.user_error import UserError

if TYPE_CHECKING:
    from hudang.cli import Subparsers


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "keys",
        help="replace the master key; nothing that is recorded is rewritten",
        description="Make a new master key, wrap every person's key under it, and drop the old one. If it is"
        " stopped on the way, run it again: it goes on. A running service notices by itself, if its key is in"
        " a file. Where the key stands in HUDANG_MASTER_KEY, put the new one in front of the old one first"
        " (NEW,OLD), restart the service so, run this, then take the old one out.",
    )
    parser.add_argument("what", choices=["rotate"], help="what is to be done")
    add_data_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Rotate, and say what is left to do."""
    settings = read_settings(arguments, os.environ)
    keys = _begun(settings)
    with open_database(settings, say) as database:
        check_schema(database.url)
        rewrapped = rotate(
            database.admin_url, keys, progress=lambda done: say(f"{done} persons' keys wrapped anew")
        )
    _end(settings, keys)
    print(  # noqa: T201 - this is what the command says
        f"rotated: {rewrapped} persons' keys are wrapped under {keys.current.id}."
        f" {_afterwards(settings)} Backups of the database made before need the old key, and so keep what was"
        " erased since: destroy them, or the copies of the old key, when they are no longer needed."
    )
    return 0


def _begun(settings: Settings) -> MasterKeys:
    """The new key and the old ones; a rotation that was begun goes on with the same."""
    keys = master_key_source(settings)()
    if keys.older:
        return keys
    if settings.master_key_text is not None:
        raise UserError(
            f"{VARIABLE} holds one key: put a new one (64 hex digits) in front of it, separated by a comma."
        )
    begun = MasterKeys(new_master_key(), (keys.current,))
    _write(settings.master_key, begun)
    return begun


def _end(settings: Settings, keys: MasterKeys) -> None:
    if settings.master_key_text is None:
        _write(settings.master_key, MasterKeys(keys.current))


def _write(file: Path, keys: MasterKeys) -> None:
    try:
        replace_master_keys(file, (keys.current, *keys.older))
    except OSError as error:
        raise UserError(f"The master key file {file} cannot be replaced: {error.strerror}.") from error


def _afterwards(settings: Settings) -> str:
    if settings.master_key_text is not None:
        return f"Take the old key out of {VARIABLE}, and restart the service."
    return f"Keep a copy of {settings.master_key} apart from the database."
