"""Does the tree on disk build the package that `import hudang` promises?"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hudang import __version__

LONGEST_MODULE = 400
LONGEST_TEST = 500
CODE = ("app", "domain", "ledger", "projections", "graphql", "scheduler")


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def packages_on_disk(repository: Path) -> set[str]:
    """Every folder with a Python file, by the name it is imported by."""
    folders = {
        each.parent.relative_to(repository) for name in CODE for each in (repository / name).rglob("*.py")
    }
    named = {".".join(folder.parts) for folder in folders}
    return {
        "hudang" + name.removeprefix("app") if name.split(".")[0] == "app" else f"hudang.{name}"
        for name in named
    }


class TestThePackages:
    def test_are_those_in_the_tree(self, repository: Path, project: dict[str, Any]) -> None:
        listed = project["tool"]["setuptools"]["packages"]

        assert set(listed) == packages_on_disk(repository)
        assert len(listed) == len(set(listed))

    def test_are_all_watched_for_changes(self, project: dict[str, Any]) -> None:
        watched = " ".join(each.get("file", "") for each in project["tool"]["uv"]["cache-keys"])

        assert all(folder in watched for folder in CODE)

    def test_say_their_version_once(self, project: dict[str, Any]) -> None:
        assert project["project"]["version"] == __version__

    @pytest.mark.parametrize("folder", ["graphql", "tests"])
    def test_never_hide_graphql_core(self, repository: Path, folder: str) -> None:
        """An `__init__.py` there would be imported in its place by anything started at the root."""
        found = sorted((repository / folder).rglob("__init__.py"))

        assert found == []

    def test_have_no_rival_at_the_root(self, repository: Path) -> None:
        assert not (repository / "hudang").exists()
        assert not (repository / "hudang.py").exists()

    def test_are_found_beside_graphql_core(self) -> None:
        import graphql  # noqa: PLC0415 - what is under test is this import

        import hudang.domain  # noqa: PLC0415

        assert hasattr(graphql, "GraphQLSchema")
        assert hudang.domain.__name__ == "hudang.domain"


class TestTheModules:
    @pytest.mark.parametrize(
        ("folders", "limit"), [((*CODE, ".ci", "bench"), LONGEST_MODULE), (("tests",), LONGEST_TEST)]
    )
    def test_are_not_long(self, repository: Path, folders: tuple[str, ...], limit: int) -> None:
        lengths = {
            str(each.relative_to(repository)): len(each.read_text(encoding="utf-8").splitlines())
            for folder in folders
            for each in (repository / folder).rglob("*.py")
        }

        assert {name: lines for name, lines in lengths.items() if lines > limit} == {}

    def test_say_which_question_they_answer(self, repository: Path) -> None:
        silent = [
            str(each.relative_to(repository))
            for folder in CODE
            for each in (repository / folder).rglob("*.py")
            if not each.read_text(encoding="utf-8").startswith('"""')
        ]

        assert silent == []
