"""Which command was asked for? The `hudang` command line.

A command is a module with a function `add_arguments(subparsers)` that adds one parser and sets its default
`run`, a function from the parsed arguments to an exit code. Only the module of the command asked for is
imported, so that `hudang --help` answers at once.
"""

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hudang import __version__
from hudang.user_error import UserError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

COMMANDS = {
    "demo": ("hudang.demo.command", "carry a real community's year 2013 through the system and show it"),
    "serve": ("hudang.serve", "serve the GraphQL API, with projections and scheduler, until Ctrl-C"),
    "migrate": ("hudang.migrate", "bring the database to the schema of this version"),
    "seal": ("hudang.seal", "sign the head of a ledger, to be kept outside the building"),
    "verify": ("hudang.verify", "prove that nothing recorded in a ledger was changed"),
    "export": ("hudang.export", "write a ledger, or one household's file, to be checked elsewhere"),
    "keys": ("hudang.keys", "replace the master key; nothing that is recorded is rewritten"),
    "replay": ("hudang.replay", "decide a recorded case again and compare"),
}

EXAMPLES = {
    "demo": "hudang demo                     the year as tables; --format json for machines",
    "serve": "hudang serve --port 0           listen on a free port and print it",
    "migrate": "hudang migrate                  with DATABASE_URL set: prepare your own PostgreSQL",
    "seal": "hudang seal L0001 --to FILE     the newest hash, signed; keep the file elsewhere",
    "verify": "hudang verify L0001             every hash of one ledger",
    "export": "hudang export L0001 --to FILE   one ledger, as a file that anybody can check",
    "keys": "hudang keys rotate              a new master key, everything wrapped anew",
    "replay": "hudang replay L0001 CASE        one case, decision by decision",
}

DESCRIPTION = "Hudang (户档): one household, one file. Social assistance with every decision replayable."

ENVIRONMENT = """\
environment:
  DATABASE_URL             your own PostgreSQL; without it Hudang starts one of its own
  DATABASE_ADMIN_URL       the login that migrates it
  HUDANG_DATA              data directory of the embedded PostgreSQL (flag --data)
  HUDANG_MASTER_KEY_FILE   the key that seals personal data (default: master.key in the data directory)
  HUDANG_MASTER_KEY        that key itself (64 hex digits), instead of a file
  HUDANG_SEAL_KEY_FILE     the key that signs the heads of ledgers (default: seal.key in the data directory)
  HUDANG_HOST, HUDANG_PORT where `hudang serve` listens (flags --host, --port)
  HUDANG_REQUEST_SECONDS   how long one request to the API may take (default: 10)

exit codes:
  0    done
  1    the command ran and found that something does not agree; or a bug in Hudang
  2    something to mend: a wrong argument, a setting, a database out of reach (one line says what)
  130  ended early: by Ctrl-C, or because nobody reads the output any more
"""

FAILED = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what a person can mend is said in one line."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        parsed = parser(asked_for(given)).parse_args(given)
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # as in `hudang demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except Exception as error:
        if not can_be_mended(error):
            raise
        sys.stderr.write(f"hudang: {' '.join(str(error).split())}\n")
        return FAILED
    return code


def can_be_mended(error: Exception) -> bool:
    """Whether the error is for the person at the keyboard: the user's, or one that the ledger names.

    The ledger's errors are looked up, not imported: where nobody has, none of them can have been raised.
    """
    ledger = sys.modules.get("hudang.ledger.errors")
    return isinstance(error, UserError) or (ledger is not None and isinstance(error, ledger.LedgerError))


def asked_for(arguments: Sequence[str]) -> str | None:
    """The command's name: the first argument that is not an option."""
    return next((each for each in arguments if not each.startswith("-")), None)


def available() -> list[str]:
    """The commands that this installation has."""
    return [name for name, (module, _) in COMMANDS.items() if exists(module)]


def exists(module: str) -> bool:
    """Whether a module can be imported; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def parser(command: str | None) -> argparse.ArgumentParser:
    """The command line, complete for one command and with a line for each of the others."""
    names = available()
    top = argparse.ArgumentParser(
        prog="hudang",
        description=DESCRIPTION,
        epilog=examples(names) + ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"hudang {__version__}")
    top.set_defaults(run=lambda _: explain(top))
    if names:
        subparsers = top.add_subparsers(title="commands", metavar="COMMAND")
        for name in names:
            add_command(subparsers, name, in_full=name == command)
    return top


def examples(names: Sequence[str]) -> str:
    """One line for each command; none without commands."""
    lines = [f"  {EXAMPLES[name]}\n" for name in names]
    return "".join(["examples:\n", *lines, "\n"]) if lines else ""


def add_command(subparsers: "Subparsers", name: str, *, in_full: bool) -> None:
    """Add one command: from its module if it was asked for, else its name and summary alone."""
    module, summary = COMMANDS[name]
    if in_full:
        importlib.import_module(module).add_arguments(subparsers)
    else:
        subparsers.add_parser(name, help=summary)


def explain(top: argparse.ArgumentParser) -> int:
    """Without a command: say what there is."""
    top.print_help()
    return 0
