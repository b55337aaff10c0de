"""`hudang serve`: the API, read models and scheduler in one process, until Ctrl-C."""

import argparse
import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from hudang.service import Service, open_service
from hudang.settings import Settings, add_address_arguments, add_data_argument, read_settings
from hudang.tokens import TOKENS
from hudang.user_error import UserError

if TYPE_CHECKING:
    from hudang.cli import Subparsers

SHUTDOWN_S = 5


def add_arguments(subparsers: "Subparsers") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "serve", help="serve the GraphQL API", description="Serve the GraphQL API until Ctrl-C."
    )
    add_data_argument(parser)
    add_address_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    settings = read_settings(arguments, os.environ)
    with listening(settings) as listener, open_service(settings, say) as service:
        say(f"tokens, one for each role: {settings.data / TOKENS}")
        serve(service, listener)
    return 0


def listening(settings: Settings) -> socket.socket:
    """A socket bound to the address asked for, before anything else is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named as TCP, so that asyncio sends small answers at once (TCP_NODELAY): 40 ms less a request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UserError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}."
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    """The address of the API."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/graphql" if ":" in host else f"http://{host}:{port}/graphql"


def serve(service: Service, listener: socket.socket) -> None:
    """Serve on a bound socket, looking for due work on an interval, until interrupted."""
    service.clockwork.start()
    print(f"Hudang is ready: {address(listener)} (queries in a browser; Ctrl-C ends it)", flush=True)  # noqa: T201 - this is what the command says
    server = web_server(service)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def web_server(service: Service) -> uvicorn.Server:
    """A web server of the API that writes no request into its log."""
    return uvicorn.Server(
        uvicorn.Config(
            service.app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
    )


def say(line: str) -> None:
    """Tell the person at the keyboard what is going on."""
    sys.stderr.write(f"hudang: {line}\n")
    sys.stderr.flush()
