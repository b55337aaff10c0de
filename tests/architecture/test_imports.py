"""Do imports point downwards only?

`domain` imports nothing of ours, `ledger` imports `domain`, `projections` import both; `graphql` and
`scheduler` import those three and never each other; `app` imports everything and nobody imports `app`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MAY_IMPORT = {
    "domain": {"domain"},
    "ledger": {"domain", "ledger"},
    "projections": {"domain", "ledger", "projections"},
    "graphql": {"domain", "ledger", "projections", "graphql"},
    "scheduler": {"domain", "ledger", "projections", "scheduler"},
}
FOLDERS = {*MAY_IMPORT, "app"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
IMPURE_MODULES = {"os", "io", "pathlib", "random", "secrets", "socket", "subprocess", "time", "psycopg"}


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports, wherever in the module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide their direction"
            yield from ((node.lineno, f"{node.module}.{each.name}") for each in node.names)


def upward(folder: str, source: str) -> list[str]:
    """The imports of a module in this folder that the direction forbids."""
    allowed = MAY_IMPORT[folder]
    return [
        f"{line}: {name}"
        for line, name in imported(source)
        if (parts := name.split("."))[0] == "hudang" and (len(parts) == 1 or parts[1] not in allowed)
    ]


def bare(source: str) -> list[str]:
    """Imports of our folders by their own names, which would load every class a second time."""
    return [
        f"{line}: {name}" for line, name in imported(source) if name.split(".")[0] in FOLDERS - {"graphql"}
    ]


def clock_calls(source: str) -> list[str]:
    """Where a module asks for the time."""
    return [
        f"{node.lineno}: {called}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and (called := ".".join(ast.unparse(node).split(".")[-2:])) in CLOCKS
    ]


def modules(repository: Path, folder: str) -> list[Path]:
    return sorted((repository / folder).rglob("*.py"))


class TestTheDirectionOfImports:
    @pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
    def test_is_downwards(self, repository: Path, folder: str) -> None:
        wrong = [
            f"{each.relative_to(repository)}:{found}"
            for each in modules(repository, folder)
            for found in upward(folder, each.read_text(encoding="utf-8"))
        ]

        assert wrong == []

    @pytest.mark.parametrize("folder", sorted({*FOLDERS, "tests"}))
    def test_goes_through_the_name_of_the_package(self, repository: Path, folder: str) -> None:
        wrong = [
            f"{each.relative_to(repository)}:{found}"
            for each in modules(repository, folder)
            for found in bare(each.read_text(encoding="utf-8"))
        ]

        assert wrong == []

    @pytest.mark.parametrize(
        ("folder", "source"),
        [
            ("domain", "import hudang.ledger.store"),
            ("domain", "from hudang import ledger"),
            ("ledger", "from hudang.projections.engine import run"),
            ("graphql", "def late():\n    from hudang.scheduler import leader"),
            ("scheduler", "from hudang.graphql import schema"),
            ("projections", "from hudang.settings import Settings"),
            ("ledger", "import hudang"),
        ],
    )
    def test_is_noticed_when_it_is_upwards(self, folder: str, source: str) -> None:
        assert upward(folder, source) != []

    def test_lets_graphql_core_be_imported(self) -> None:
        assert upward("graphql", "from graphql import GraphQLError") == []
        assert bare("from graphql import GraphQLError") == []


class TestTheDomain:
    def test_asks_for_no_time(self, repository: Path) -> None:
        wrong = [
            f"{each.relative_to(repository)}:{found}"
            for each in modules(repository, "domain")
            for found in clock_calls(each.read_text(encoding="utf-8"))
        ]

        assert wrong == []

    def test_touches_nothing_outside(self, repository: Path) -> None:
        wrong = [
            f"{each.relative_to(repository)}:{line}: {name}"
            for each in modules(repository, "domain")
            for line, name in imported(each.read_text(encoding="utf-8"))
            if name.split(".")[0] in IMPURE_MODULES
        ]

        assert wrong == []

    @pytest.mark.parametrize(
        "source",
        [
            "datetime.now(CHINA)",
            "datetime.datetime.now()",
            "dt.date.today()",
            "clock = time.time",
            "date.today()",
        ],
    )
    def test_is_noticed_when_it_asks_for_the_time(self, source: str) -> None:
        assert clock_calls(source) != []
