"""Are all versions pinned, by hash and not by host, and the same in both places?

See docs/decisions/0001-locked-by-hash-not-by-host.md.
"""

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

REGISTRIES = ("py" + "pi.org", "python" + "hosted", "npm" + "js.org", "npm" + "mirror", "tuna." + "tsinghua")
MACHINE_PATHS = re.compile(r"/(?:home|Users)/[a-z]\w*/|/work/\w+/|/tmp/\w+/\w+")


@pytest.fixture(scope="module")
def lock(repository: Path) -> ModuleType:
    """The script behind `make lock`."""
    spec = importlib.util.spec_from_file_location("lock", repository / ".ci" / "lock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tracked(repository: Path) -> dict[str, str]:
    """Every text file that goes into a clone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\0")
    files = [name for name in listed if name and (repository / name).is_file()]
    return {name: (repository / name).read_text(encoding="utf-8", errors="replace") for name in files}


class TestTheLock:
    def test_pins_the_same_versions_in_both_places(self, repository: Path, lock: ModuleType) -> None:
        project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
        pinned = lock.pins((repository / "requirements.lock").read_text(encoding="utf-8"))

        assert project["tool"]["uv"]["constraint-dependencies"] == pinned
        assert len(pinned) > 0

    def test_pins_everything_that_is_asked_for(self, repository: Path, lock: ModuleType) -> None:
        project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
        pinned = {each.split("==")[0] for each in lock.pins((repository / "requirements.lock").read_text())}
        asked = {re.split(r"[\[<>=,; ]", each)[0] for each in lock.requirements(project)}

        assert asked <= pinned

    def test_has_a_hash_for_every_version(self, repository: Path, lock: ModuleType) -> None:
        text = (repository / "requirements.lock").read_text(encoding="utf-8")

        assert len(re.findall(r"==[^\n]+\\\n +--hash=sha256:", text)) == len(lock.pins(text))


class TestTheRepository:
    def test_names_no_registry(self, tracked: dict[str, str]) -> None:
        named = [name for name, text in tracked.items() if any(host in text for host in REGISTRIES)]

        assert named == []

    def test_names_no_path_of_a_machine(self, tracked: dict[str, str]) -> None:
        named = [
            f"{name}: {found[0]}" for name, text in tracked.items() for found in MACHINE_PATHS.finditer(text)
        ]

        assert named == []
