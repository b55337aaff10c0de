"""Is what the documents say true? Commands parse, names exist, links lead somewhere, queries fit."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from hudang import cli
from hudang.domain.catalogue import EVENTS
from hudang.domain.roles import Role
from hudang.graphql.authentication import read_tokens
from tests.docs.markdown import Document, anchor, documents

ROOT = Path(__file__).parents[2]
DOCUMENTS = documents(ROOT)
FOLDERS = ("app", "domain", "ledger", "projections", "graphql", "scheduler", "tests", "docs", ".ci")
CODE = FOLDERS[:6]
TWO_COMMANDS = ["pip install uv && uv run hudang demo", "pip install uv && uv run pytest"]
TARGET = re.compile(r"\bmake ([a-z]+)\b")
IDENTIFIER = re.compile(r"\w+")

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda each: str(each.path.relative_to(ROOT))
)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema that is committed."""
    return build_schema((ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8"))


def document(name: str) -> Document:
    return next(each for each in DOCUMENTS if each.path == ROOT / name)


def understood(arguments: list[str]) -> bool:
    """Whether `hudang` knows what to do with these arguments; help, version and a bare name count."""
    if len(arguments) == 1 and arguments[0] in cli.available():
        return True
    try:
        cli.parser(cli.asked_for(arguments)).parse_args(arguments)
    except SystemExit as ended:
        return ended.code == 0
    return True


class TestReadingADocument:
    def test_finds_commands_in_blocks_and_in_prose(self) -> None:
        text = "Run `hudang verify L0001`.\n\n```sh\npip install uv && uv run hudang demo  # shows it\n```\n"

        assert list(Document(ROOT, text).hudang_arguments()) == [["demo"], ["verify", "L0001"]]

    def test_names_headings_as_links_do(self) -> None:
        assert anchor("Run `hudang serve`, then …") == "run-hudang-serve-then-"
        assert anchor("先看一遍 (demo)") == "先看一遍-demo"


class TestEveryDocument:
    @each_document
    def test_shows_commands_that_there_are(self, document: Document) -> None:
        refused = [" ".join(shown) for shown in document.hudang_arguments() if not understood(shown)]

        assert refused == []

    @each_document
    def test_names_files_that_there_are(self, document: Document) -> None:
        ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split("\n")
        made = {line.removeprefix("/") for line in ignored}
        named = {name for name in document.names if name.split("/")[0] in FOLDERS and "/" in name} - made

        assert {name for name in named if not (ROOT / name).exists()} == set()

    @each_document
    def test_links_to_what_is_there(self, document: Document) -> None:
        for link in document.links:
            target, _, part = link.partition("#")
            if "://" in target:
                continue
            found = (document.path.parent / target).resolve() if target else document.path
            assert found.exists(), link
            if part:
                assert part in Document(found, found.read_text(encoding="utf-8")).anchors, link

    @each_document
    def test_names_targets_of_make_that_there_are(self, document: Document) -> None:
        targets = set(
            re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        )
        named = {
            found for name in [*document.names, *document.command_lines] for found in TARGET.findall(name)
        }

        assert named <= targets

    @each_document
    def test_asks_only_what_the_schema_has(self, document: Document, schema: GraphQLSchema) -> None:
        sent = [
            json.loads(found)["query"]
            for line in document.command_lines
            for found in re.findall(r"--data '(\{.*?\})'", line)
        ]

        for query in [*document.blocks("graphql"), *sent]:
            assert validate(schema, parse(query)) == []


class TestTheReadme:
    @pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
    def test_begins_with_the_two_commands(self, name: str) -> None:
        assert document(name).command_lines[:2] == TWO_COMMANDS

    def test_has_the_same_commands_in_both_languages(self) -> None:
        assert document("README.md").command_lines == document("README.zh.md").command_lines

    def test_shows_the_same_output_in_both_languages(self) -> None:
        assert document("README.md").blocks("text") == document("README.zh.md").blocks("text")

    def test_tells_every_folder_of_the_code(self) -> None:
        assert {f"{folder}/" for folder in CODE} <= set(document("README.md").names)


class TestTheProcedure:
    def test_names_every_event(self) -> None:
        assert EVENTS.keys() - set(document("docs/domain.md").names) == set()

    def test_names_no_other_event(self) -> None:
        topics = {name for name in document("docs/domain.md").names if re.fullmatch(r"[a-z]+\.[a-z_]+", name)}

        assert topics - EVENTS.keys() == set()


class TestTheGlossary:
    def test_names_what_the_code_has(self) -> None:
        code = "\n".join(
            each.read_text(encoding="utf-8") for folder in CODE for each in (ROOT / folder).rglob("*.py")
        )
        words = set(IDENTIFIER.findall(code))

        assert set(document("docs/glossary.md").names) - words == set()


class TestOperations:
    def test_shows_a_token_that_can_be_read(self, tmp_path: Path) -> None:
        (shown,) = document("docs/operations.md").blocks("toml")
        file = tmp_path / "tokens.toml"
        file.write_text(shown, encoding="utf-8")

        (principal,) = read_tokens(file).values()
        assert principal.role is Role.TOWNSHIP_CLERK

    def test_lists_every_role_that_a_person_can_have(self) -> None:
        assert {role.value for role in Role if role is not Role.SYSTEM} <= set(
            document("docs/operations.md").names
        )


class TestTheChangelog:
    def test_knows_the_version(self) -> None:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

        assert (
            "[Unreleased]" in document("CHANGELOG.md").text or f"[{version}]" in document("CHANGELOG.md").text
        )


class TestDecisions:
    def test_are_numbered_without_a_gap(self) -> None:
        numbers = sorted(int(each.name[:4]) for each in (ROOT / "docs" / "decisions").glob("*.md"))

        assert numbers == list(range(1, len(numbers) + 1))
