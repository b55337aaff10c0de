"""Are all versions pinned, by hash and not by host, and the same in both places?

See docs/decisions/0001-locked-by-hash-not-by-host.md.
"""

import importlib.util
import os
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

REGISTRIES = ("py" + "pi.org", "python" + "hosted", "npm" + "js.org", "npm" + "mirror", "tuna." + "tsinghua")
LEFT_BEHIND = {".git", ".venv", ".hypothesis", "__pycache__", "build", "dist", "uv.lock"}
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
def texts(repository: Path) -> dict[str, str]:
    """Every file of the repository by its name, without what the tools leave behind."""
    found: dict[str, str] = {}
    for folder, inner, files in os.walk(repository):
        inner[:] = [
            name for name in inner if name not in LEFT_BEHIND and not name.endswith((".egg-info", "_cache"))
        ]
        for name in set(files) - LEFT_BEHIND:
            path = Path(folder) / name
            found[str(path.relative_to(repository))] = path.read_text(encoding="utf-8", errors="replace")
    return found


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
    def test_names_no_registry(self, texts: dict[str, str]) -> None:
        named = [name for name, text in texts.items() if any(host in text for host in REGISTRIES)]

        assert named == []

    def test_names_no_path_of_a_machine(self, texts: dict[str, str]) -> None:
        named = [
            f"{name}: {found[0]}" for name, text in texts.items() for found in MACHINE_PATHS.finditer(text)
        ]

        assert named == []
