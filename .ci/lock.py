"""Which exact versions does Hudang install? Solves them and writes them down, in two places.

`requirements.lock` gets every version with its hashes, and no host: it installs from any mirror. The
same versions, without hashes, become `constraint-dependencies` in `pyproject.toml`, where `uv run` reads
them. Run it as `make lock`, or `make upgrade` to take newer versions.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"
PIN = re.compile(r"^(?P<pin>[A-Za-z0-9][\w.-]*==[^\\\n]+?)\s*\\?$", re.MULTILINE)


def requirements(project: dict[str, Any]) -> list[str]:
    """Everything that `uv run` installs beside Hudang itself: dependencies, extras and groups."""
    lists: list[list[str]] = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return sorted({each for named in lists for each in named if not each.startswith("hudang[")})


def solve(wanted: list[str], options: list[str]) -> None:
    """Write `requirements.lock`; versions already in it stay unless an option upgrades them."""
    with tempfile.TemporaryDirectory() as elsewhere:
        source = Path(elsewhere) / "requirements.in"
        source.write_text("\n".join(wanted), encoding="utf-8")
        subprocess.run(
            [
                *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
                *("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"),
                *("--output-file", str(LOCK), *options, source.name),
            ],
            cwd=elsewhere,  # the project's own constraints are what is being solved
            check=True,
        )


def pins(lock: str) -> list[str]:
    """`name==version` with its marker, once for each package of a lock file."""
    return [found["pin"] for found in PIN.finditer(lock)]


def with_pins(project: str, pinned: list[str]) -> str:
    """The text of `pyproject.toml` with these pins as its constraints."""
    lines = "".join(f'    "{pin.replace(chr(34), chr(39))}",\n' for pin in pinned)
    block = f"constraint-dependencies = [\n{lines}]\n"
    changed, places = re.subn(r"(?ms)^constraint-dependencies = \[\n.*?^\]\n", lambda _: block, project)
    if places != 1:
        sys.exit("pyproject.toml must have one list `constraint-dependencies` in [tool.uv]")
    return changed


def main() -> None:
    """Solve, then copy the pins."""
    text = PROJECT.read_text(encoding="utf-8")
    solve(requirements(tomllib.loads(text)), sys.argv[1:])
    PROJECT.write_text(with_pins(text, pins(LOCK.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
