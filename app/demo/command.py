"""`hudang demo`: carry the year 2013 of a community through the whole system, then show what came of it."""

import argparse
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from hudang.demo import outcome, tables
from hudang.demo.client import Acknowledged, Client, DemoStoppedError, step_id
from hudang.demo.office import OPENS_AT, Office
from hudang.demo.opening import OPEN_THE_LEDGER
from hudang.demo.outcome import Outcome
from hudang.demo.plan import FIRST_DAY
from hudang.demo.questions import ask_outcome
from hudang.demo.story import Story, the_story
from hudang.demo.year import live_through
from hudang.domain.roles import Role
from hudang.ledger.clock import SimulatedClock
from hudang.serve import address, listening, say, serve, web_server
from hudang.service import Service, open_service
from hudang.settings import (
    DEFAULT_HOST,
    Settings,
    add_address_arguments,
    add_data_argument,
    default_data,
    read_settings,
)
from hudang.tokens import TOKENS, tokens_by_role
from hudang.user_error import UserError

if TYPE_CHECKING:
    from hudang.cli import Subparsers

LEDGER: Final = "L0001"
ACKNOWLEDGED: Final = "demo-acknowledged.txt"
"""In the data directory: the ids of the commands that the demo was told are done."""
STARTED_S: Final = 0.01
"""How often to look whether the web server listens."""


class DemoDataError(UserError):
    """The data directory cannot be used for the demo."""


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "demo",
        help="carry a community's year through the system and show it",
        description="Carry a community's year 2013 through ledger, read models, scheduler and GraphQL, and "
        "show what came of it. Without --data and --serve nothing is kept. On data of an earlier run it "
        "continues where that run ended, and a complete year is only shown again.",
    )
    add_data_argument(parser)
    add_address_arguments(parser)
    parser.add_argument("--serve", action="store_true", help="keep serving the year's data afterwards")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="tables, or JSON")
    parser.add_argument("--no-progress", action="store_true", help="say nothing on the way (stderr)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Live through the year, show it, and serve it if asked to."""
    report: Callable[[str], None] = (lambda line: None) if arguments.no_progress else say
    with ExitStack() as stack:
        settings = stack.enter_context(settings_for(arguments))
        listener = stack.enter_context(listening(settings)) if arguments.serve else None
        service = stack.enter_context(open_service(settings, report))
        show(carry(service, settings.data, report), arguments.format)
        if listener is not None:
            say(f"tokens, one for each role: {settings.data / TOKENS}")
            clock_of(service).run()
            serve(service, listener)
    return 0


@contextmanager
def settings_for(arguments: argparse.Namespace) -> Iterator[Settings]:
    """The settings of the run: data where they were asked for, kept for --serve, else gone afterwards."""
    settings = read_settings(arguments, os.environ)
    if settings.data != default_data():
        yield settings
    elif arguments.serve or settings.database_url is not None:
        yield replace(settings, data=settings.data / "demo")
    else:
        with TemporaryDirectory(prefix="hudang-demo-") as folder:
            yield replace(settings, data=Path(folder))


def carry(service: Service, data: Path, report: Callable[[str], None], story: Story | None = None) -> Outcome:
    """Live through the year over the API, and ask what came of it; or only the rest of the year."""
    clock, tokens = clock_of(service), tokens_of(data)
    with (
        serving(service) as endpoint,
        closing(Acknowledged(data / ACKNOWLEDGED)) as acknowledged,
        closing(Client(endpoint, tokens, LEDGER, acknowledged.note)) as client,
    ):
        office = Office(client=client, clock=clock, story=story or the_story())
        live_through(office, look=lambda: look(service), say=report)
        return ask_outcome(office)


def tokens_of(data: Path) -> Mapping[Role, str]:
    """The tokens in whose names the demo acts."""
    try:
        return tokens_by_role(data)
    except OSError as error:
        raise DemoDataError(
            f"The demo acts under the tokens of {data / TOKENS}, which cannot be read. Put the file back, or "
            "name another place with --data."
        ) from error


def clock_of(service: Service) -> SimulatedClock:
    """The ledger's simulated clock; of a ledger still to be opened, one that stands on the first day."""
    if LEDGER in service.store.heads():
        (first,) = service.store.feed(LEDGER, 0, 1)
        clock = service.clocks.simulated(LEDGER)
        if clock is None or first.command_id != step_id(OPEN_THE_LEDGER):
            raise DemoDataError(
                f"The ledger {LEDGER} here is not the demo's. Name another place with --data."
            )
        return clock
    clock = SimulatedClock(datetime.combine(FIRST_DAY, OPENS_AT))
    service.clocks.simulate(LEDGER, clock)
    return clock


def look(service: Service) -> None:
    """One look of the scheduler, in which nothing failed. Raises DemoStoppedError."""
    failed = [report.job for report in service.clockwork.look(LEDGER) if report.failed]
    if failed:
        raise DemoStoppedError(f"The scheduler could not finish: {', '.join(failed)}.")


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The API on a free port of this machine, in a thread; its address."""
    # asyncio sends small answers without delay only where the socket names its protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((DEFAULT_HOST, 0))
        listener.listen()
        server = web_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="hudang-demo-api")
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(STARTED_S)
            yield address(listener)
        finally:
            server.should_exit = True
            thread.join()


def show(shown: Outcome, form: str) -> None:
    """Write the results to the standard output."""
    if form == "json":
        sys.stdout.write(outcome.as_json(shown).decode() + "\n")
    else:
        tables.show(shown, sys.stdout)
    sys.stdout.flush()
