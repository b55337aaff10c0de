"""How is a PostgreSQL server process started, watched and ended, on each system and as root?

As root the server runs under another account (`hudang.postgres_account`), which may be unable to reach
the data directory by name, for instance below a home that is closed to others. No folder is opened for
it: it is started *in* its folder and calls it by the name /proc/self/cwd.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hudang.data_directory import DataDirectoryError, open_private
from hudang.postgres_account import Account, may_enter
from hudang.postgres_binaries import program

USES_TCP = sys.platform == "win32"
SOCKET_FOLDER_PREFIX = "hudang-"
HAS_PROC = sys.platform == "linux"
HERE = "/proc/self/cwd"
PORT = 5432
LARGEST_LOG_BYTES = 16 * 1024 * 1024
SHUTDOWN_SECONDS = 60.0
ANSWER_SECONDS = 5.0
REPORT_SECONDS = 3.0
SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of <sys/prctl.h>."""

SETTINGS = {
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
    # Personal data stays out of the log: no statements, no parameters, no DETAIL lines with row contents.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    # What was acknowledged survives a power cut.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
}

INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")


class PostgresDidNotStart(DataDirectoryError):  # noqa: N818 - the name says what is the case
    """The embedded PostgreSQL did not start; the message has its last line of log."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: the folder of its socket, or a loopback address and port."""

    host: str
    port: int = PORT


@dataclass(slots=True)
class Server:
    """A running server process, child of this one."""

    folder: Path
    child: subprocess.Popen[bytes]
    address: Address
    log: Path
    log_begins_at: int

    def is_alive(self) -> bool:
        """Whether the process exists; an ended one is reaped."""
        return self.child.poll() is None

    def listens(self) -> bool:
        """Whether something answers at the address; cheaper than to log in."""
        return answers(self.address)

    def last_words(self) -> str:
        """The last line the server wrote to its log since it was started."""
        with self.log.open("rb") as log:
            log.seek(self.log_begins_at)
            return last_line(log.read().decode("utf-8", "replace"))

    def stop(self) -> None:
        """End all sessions and the server; what is committed is safe however this goes."""
        if self.is_alive():
            end_sessions_and_server(self.folder, self.child.pid)
            try:
                self.child.wait(SHUTDOWN_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        forget_socket_folder(self.address.host)


def spawn(folder: Path, cluster: Path, address: Address, *, log: Path, account: Account | None) -> Server:
    """Start a server on a cluster; it is not yet ready."""
    begins_at = prepare_log(log)
    sockets = HERE if account and address.host == str(cluster) and HAS_PROC else address.host
    settings = {
        **SETTINGS,
        "port": str(address.port),
        "listen_addresses": address.host if USES_TCP else "",
        "unix_socket_directories": "" if USES_TCP else quoted_in_list(sockets),
    }
    with log.open("ab") as written:
        child = subprocess.Popen(
            [
                str(folder / program("postgres")),
                *location_arguments(cluster, account),
                *(argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")),
            ],
            cwd=cluster,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 - asks the kernel one thing, from the main thread
            start_new_session=not USES_TCP,  # Ctrl-C is for Hudang, which then ends the server in order
            **(account.spawn_options() if account else {}),
        )
    return Server(folder, child, address, log, begins_at)


def run(
    command: Sequence[str], *, cwd: Path, account: Account | None, pass_fds: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end under the account."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=pass_fds,
        **(account.spawn_options() if account else {}),
    )


def location_arguments(cluster: Path, account: Account | None) -> list[str]:
    """How a program that is started in the cluster's folder calls it."""
    if account is None:
        return ["-D", str(cluster)]
    if HAS_PROC:
        return ["-D", HERE]
    if may_enter(cluster.parent):
        return ["-D", str(cluster)]
    raise DataDirectoryError(
        f"PostgreSQL does not run as root, and other accounts may not enter {cluster.parent}. "
        "Run Hudang as an ordinary user, or name another data directory with --data."
    )


def environment() -> dict[str, str]:
    """Little is handed down: no PG settings of the person's, and no secrets."""
    return {"LC_ALL": "C", **{name: os.environ[name] for name in INHERITED if name in os.environ}}


def quoted_in_list(folder: str) -> str:
    """A folder as one element of a PostgreSQL list setting, whatever characters it has."""
    return '"' + folder.replace('"', '""') + '"'


def reopenable(file: IO[bytes], path: Path) -> str:
    """A name by which a child that inherits the file reads it, wherever the file lies."""
    return str(path) if USES_TCP else f"/dev/fd/{file.fileno()}"


def inheritable(file: IO[bytes]) -> tuple[int, ...]:
    """What `subprocess` has to leave open for `reopenable` to work."""
    return () if USES_TCP else (file.fileno(),)


def prepare_log(log: Path) -> int:
    """Create the log, or empty it when it has grown large; where the next server begins to write."""
    with open_private(log) as file:
        if os.fstat(file.fileno()).st_size > LARGEST_LOG_BYTES:
            file.truncate(0)
        return os.fstat(file.fileno()).st_size


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def free_loopback_address() -> Address:
    """A port that is free now, for systems whose PostgreSQL has no Unix sockets."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


def answers(address: Address) -> bool:
    """Whether a server listens there."""
    try:
        if address.host.startswith("/"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(ANSWER_SECONDS)
                probe.connect(f"{address.host}/.s.PGSQL.{address.port}")
        else:
            socket.create_connection((address.host, address.port), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def dies_with_parent() -> Callable[[], None] | None:
    """On Linux: have the kernel end the server when this process ends, even by kill -9.

    The kernel takes "parent" for the thread that started the child, so only the main thread may ask for it.
    """
    if not HAS_PROC or threading.current_thread() is not threading.main_thread():
        return None
    kernel = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        kernel.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGINT)
        if os.getppid() != parent:  # it ended before the request was made
            os._exit(1)

    return ask


def end_sessions_and_server(folder: Path, number: int) -> None:
    """Ask a server for its fast shutdown: sessions are ended, everything committed is kept."""
    if USES_TCP:
        subprocess.run([folder / program("pg_ctl"), "kill", "INT", str(number)], check=False)
    else:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGINT)


def forget_socket_folder(host: str) -> None:
    """Remove a socket's temporary folder; PostgreSQL has removed the socket."""
    folder = Path(host)
    if folder.name.startswith(SOCKET_FOLDER_PREFIX) and folder.parent == Path(tempfile.gettempdir()):
        for file in folder.glob(".s.PGSQL.*"):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
