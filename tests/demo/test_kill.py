"""What is lost when the demo, and with it the server, is killed on its way? Nothing that was acknowledged."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import SystemRandom
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from hudang.demo.client import Client
from hudang.demo.command import ACKNOWLEDGED, LEDGER
from hudang.domain.roles import Role
from hudang.ledger import codec
from hudang.service import open_service
from hudang.settings import Settings
from hudang.tokens import tokens_by_role
from tests.demo.conftest import Lived, quietly
from tests.demo.payments import twice_paid

EARLIEST, LATEST = 20, 550
"""After so many acknowledged commands, of about 575, the demo is killed at a random one."""
PATIENCE_S = 300
ALL = 100_000
READY = "Hudang is ready: "


@contextmanager
def demo(data: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`hudang demo` in a process of its own, ended in the end."""
    command = [sys.executable, "-m", "hudang", "demo", "--data", str(data), "--no-progress", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def acknowledged(data: Path) -> list[UUID]:
    """The commands that the client was told are done."""
    try:
        lines = (data / ACKNOWLEDGED).read_text(encoding="ascii").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [UUID(line.strip()) for line in lines if line.endswith("\n")]


def kill_after(process: subprocess.Popen[str], data: Path, commands: int) -> None:
    """Kill the demo once it has been told that so many commands are done."""
    deadline = monotonic() + PATIENCE_S
    while len(acknowledged(data)) < commands:
        assert process.poll() is None, "the demo ended before it could be killed"
        assert monotonic() < deadline, "the demo did not get so far"
        sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


def read_json(process: subprocess.Popen[str]) -> Any:
    """The JSON that the demo prints, and nothing after it."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.rstrip() == "}":
            return json.loads("".join(lines))
    raise AssertionError("the demo printed no JSON")


def test_a_killed_year_loses_nothing_and_pays_nobody_twice(lived: Lived, tmp_path: Path) -> None:
    commands = SystemRandom().randint(EARLIEST, LATEST)
    with demo(tmp_path) as process:
        kill_after(process, tmp_path, commands)

    told = acknowledged(tmp_path)
    with open_service(Settings(data=tmp_path), quietly) as service:
        kept = {row.command_id for row in service.store.feed(LEDGER, 0, ALL)}
    assert set(told) <= kept, f"killed after {commands}"

    with demo(tmp_path, "--format", "json", "--serve", "--port", "0") as process:
        shown = read_json(process)
        served_on = served_ledger(process, tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0

    assert shown == lived.json, f"killed after {commands}"
    assert served_on["clock"] == "SIMULATED"
    assert served_on["today"].startswith("2013-12")
    with open_service(Settings(data=tmp_path), quietly) as service:
        events = [codec.recorded(row) for row in service.store.feed(LEDGER, 0, ALL)]
    assert twice_paid(events) == [], f"killed after {commands}"


def served_ledger(process: subprocess.Popen[str], data: Path) -> Any:
    """What the demo's server, once it is ready, says of its ledger."""
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.startswith(READY), ready
    address = ready.removeprefix(READY).split()[0]
    with closing(Client(address, tokens_by_role(data), LEDGER)) as client:
        return client.ask("{ ledger { clock today now head } }", role=Role.AUDITOR)["ledger"]
