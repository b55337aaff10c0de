"""Does the server of a Hudang that was killed still run on this cluster? Then it must end first.

PostgreSQL leaves `postmaster.pid` while it runs. The file alone proves nothing: the number in it may be a
zombie's, or by now another program's, and PostgreSQL would then refuse to start for ever. So a server
counts as running if it answers, or if the process is seen to work in the cluster's folder.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hudang.postgres_process import (
    HERE,
    REPORT_SECONDS,
    Address,
    answers,
    end_sessions_and_server,
)

PID_FILE = "postmaster.pid"
ZOMBIE = "Z"
PORT_LINE, SOCKET_LINE, LISTEN_LINE = 3, 4, 5
PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class FormerServer:
    """What `postmaster.pid` says."""

    number: int
    addresses: tuple[Address, ...]


def end_former_server(folder: Path, cluster: Path, report: Callable[[str], None]) -> None:
    """Return when no server runs on the cluster and the next one may start.

    The caller holds the data directory, so a server found here has lost its Hudang.
    """
    begun = time.monotonic()
    next_report = REPORT_SECONDS
    asked = None
    while (former := read_pid_file(cluster)) is not None:
        if not is_running(former, cluster):
            disown(cluster)
            return
        if former.number > 0 and asked != former.number:
            end_sessions_and_server(folder, former.number)
            asked = former.number
        if (waited := time.monotonic() - begun) >= next_report:
            report(f"Waiting for the former PostgreSQL server to end, {waited:.0f} s so far.")
            next_report += REPORT_SECONDS
        time.sleep(PAUSE_SECONDS)


def read_pid_file(cluster: Path) -> FormerServer | None:
    """The server that a cluster's `postmaster.pid` names; None without the file."""
    try:
        lines = (cluster / PID_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    number = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
    if len(lines) <= LISTEN_LINE or not lines[PORT_LINE].isdigit():
        return FormerServer(number, ())
    port = int(lines[PORT_LINE])
    hosts = {str(cluster) if lines[SOCKET_LINE] == HERE else lines[SOCKET_LINE], lines[LISTEN_LINE]}
    return FormerServer(number, tuple(Address(host, port) for host in sorted(hosts) if host))


def is_running(former: FormerServer, cluster: Path) -> bool:
    """Whether the server answers, or its process is alive in the cluster's folder."""
    return any(answers(each) for each in former.addresses) or works_in(former.number, cluster)


def works_in(number: int, cluster: Path) -> bool:
    """Whether a living process has the cluster as its working folder (known on Linux only)."""
    if sys.platform != "linux" or number <= 0:
        return False
    process = Path("/proc") / str(number)
    try:
        state = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        return state != ZOMBIE and (process / "cwd").samefile(cluster)
    except OSError:
        return False


def disown(cluster: Path) -> None:
    """Let PostgreSQL take the file for one of a server that is gone.

    It compares the number with its parent's, which is ours, and then still looks by itself whether
    sessions of the dead server share its memory. To delete the file would switch that protection off.
    """
    pid_file = cluster / PID_FILE
    lines = pid_file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    with pid_file.open("r+", encoding="utf-8") as file:
        file.write("".join([f"{os.getpid()}\n", *lines[1:]]))
        file.truncate()
