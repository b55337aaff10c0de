"""Does docker-compose.yml hold together, and does the Dockerfile name what is there? Without Docker."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hudang import __version__
from tests.docs import compose

SECRETS = {"admin_password", "service_password", "master_key"}


@pytest.fixture(scope="module")
def repository() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="module")
def composition(repository: Path) -> dict[str, Any]:
    found = compose.read((repository / "docker-compose.yml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def dockerfile(repository: Path) -> str:
    return (repository / "Dockerfile").read_text(encoding="utf-8")


class TestReadingAFile:
    def test_understands_the_forms_it_uses(self) -> None:
        lists = '    - "1"\n    - ["p", "q"]\n    - |\n      one\n      two\n'
        text = f"a:\n  b: x y\n  c:\n{lists}# no\nd:\ne: true\n"

        assert compose.read(text) == {
            "a": {"b": "x y", "c": ["1", ["p", "q"], "one\ntwo\n"]},
            "d": None,
            "e": True,
        }

    @pytest.mark.parametrize(
        "text",
        ["a: &b 1\n", "a: 1\na: 2\n", "a:\n   b: 1\n", "a: b: c\n", "- a\nb: 1\n", "a: {b: 1}\n", "a: >\n"],
    )
    def test_refuses_every_other_form(self, text: str) -> None:
        with pytest.raises((compose.NotInTheFormError, ValueError)):
            compose.read(text)


class TestTheComposition:
    def test_has_the_parts_in_their_order(self, composition: dict[str, Any]) -> None:
        services = composition["services"]
        waits_for = {
            name: {other: how["condition"] for other, how in (service.get("depends_on") or {}).items()}
            for name, service in services.items()
        }

        assert waits_for == {
            "database": {},
            "login": {"database": "service_healthy"},
            "migrate": {"login": "service_completed_successfully"},
            "hudang": {"database": "service_healthy", "migrate": "service_completed_successfully"},
        }

    def test_declares_every_volume_and_secret_it_uses(self, composition: dict[str, Any]) -> None:
        services = composition["services"].values()
        named = {entry.split(":")[0] for service in services for entry in service.get("volumes", ())}
        secret = {entry for service in services for entry in service.get("secrets", ())}

        assert named == set(composition["volumes"])
        assert secret == set(composition["secrets"]) == SECRETS

    def test_keeps_secrets_in_files_that_git_ignores(
        self, repository: Path, composition: dict[str, Any]
    ) -> None:
        files = [entry["file"] for entry in composition["secrets"].values()]

        assert all(Path(file).parent == Path("secrets") for file in files)
        assert "*" in (repository / "secrets" / ".gitignore").read_text(encoding="utf-8").split("\n")
        assert not any(
            "password" in str(value).lower() and not str(value).startswith("/run/secrets/")
            for service in composition["services"].values()
            for value in service.get("environment", {}).values()
        )

    def test_looks_whether_both_are_well(self, composition: dict[str, Any]) -> None:
        assert "pg_isready" in composition["services"]["database"]["healthcheck"]["test"]
        assert "/readyz" in composition["services"]["hudang"]["healthcheck"]["test"][-1]

    def test_is_reached_from_this_machine_only(self, composition: dict[str, Any]) -> None:
        ports = [entry for service in composition["services"].values() for entry in service.get("ports", ())]

        assert ports == ["127.0.0.1:8000:8000"]

    def test_runs_the_image_of_this_version(self, composition: dict[str, Any]) -> None:
        images = {name: service["image"] for name, service in composition["services"].items()}

        assert images["hudang"] == images["migrate"] == f"hudang:{__version__}"
        assert images["database"] == images["login"] == "postgres:18"


class TestTheImage:
    def test_is_built_from_files_that_are_there(self, repository: Path, dockerfile: str) -> None:
        copied = [
            name
            for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
            for name in line.split()
        ]
        let_in = re.findall(r"^!(\S+)$", (repository / ".dockerignore").read_text(), re.MULTILINE)

        assert copied
        assert all((repository / name).exists() for name in copied)
        assert {Path(name).parts[0] for name in copied} == set(let_in)

    def test_holds_every_package(self, repository: Path, dockerfile: str) -> None:
        project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
        folders = {Path(folder).parts[0] for folder in project["tool"]["setuptools"]["package-dir"].values()}

        assert all(f"COPY {folder} {folder}\n" in dockerfile for folder in folders)

    def test_takes_what_the_lock_names_and_checks_it(self, dockerfile: str) -> None:
        reaching_out = [line for line in dockerfile.split("\n") if " pip " in line or "/pip " in line]
        unchecked = [
            line for line in reaching_out if "--require-hashes" not in line and "--no-index" not in line
        ]

        assert unchecked == ["RUN pip install setuptools==80.9.0"]

    def test_builds_with_the_tool_that_is_pinned(self, repository: Path, dockerfile: str) -> None:
        project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
        (tool,) = project["tool"]["uv"]["build-constraint-dependencies"]

        assert f"pip install {tool}\n" in dockerfile

    def test_runs_without_rights(self, dockerfile: str) -> None:
        last_stage = dockerfile.rsplit("\nFROM ", maxsplit=1)[1]

        assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
