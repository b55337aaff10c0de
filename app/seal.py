"""`hudang seal LEDGER`: sign the head of a ledger, and write its seals to a file that leaves the building."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hudang.database import open_database
from hudang.ledger.clock import SystemClock
from hudang.ledger.migrate import check_schema
from hudang.ledger.seal_file import add_seals
from hudang.ledger.sealing import seal_head, seals_of
from hudang.ledger.sealing_key import PublicKey, make_sealing_key
from hudang.ledger.store import Store
from hudang.serve import say
from hudang.settings import add_data_argument, read_settings
from hudang.user_error import UserError

if TYPE_CHECKING:
    from hudang.cli import Subparsers


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "seal",
        help="sign the head of a ledger, to be kept outside the building",
        description="Sign the head of a ledger and add the seal to a file. Keep the file where nobody who may"
        " change the database can change it; what it seals can be proved from then on.",
    )
    parser.add_argument("ledger", help="the ledger's tag, such as L0001")
    parser.add_argument(
        "--to", metavar="FILE", help="file of seals (default: seals/LEDGER.jsonl beside the data)"
    )
    parser.add_argument("--public-key", metavar="FILE", help="also write the key that seals are checked with")
    add_data_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Seal, write, and say up to where."""
    settings = read_settings(arguments, os.environ)
    file = Path(arguments.to) if arguments.to else settings.seals / f"{arguments.ledger}.jsonl"
    with open_database(settings, say) as database:
        check_schema(database.url)
        key = make_sealing_key(settings.seal_key)
        with Store(database.url) as store:
            seal = seal_head(store, arguments.ledger, key, SystemClock().now())
            seals = seals_of(store, arguments.ledger)
    written = add_seals(file, arguments.ledger, seals)
    if arguments.public_key:
        _write(Path(arguments.public_key), key.public)
    print(  # noqa: T201 - this is what the command says
        f"{'sealed' if seal else 'nothing new to seal'}: ledger {arguments.ledger}"
        f" up to position {seals[-1].position if seals else 0}, {written} new seals in {file}"
    )
    return 0


def _write(file: Path, key: PublicKey) -> None:
    try:
        file.write_bytes(key.pem)
    except OSError as error:
        raise UserError(f"The public key cannot be written to {file}: {error.strerror}.") from error
