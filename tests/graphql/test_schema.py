import re
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib import resources
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)

from hudang.graphql.codes import LABELS, CodeList, codes_of
from hudang.graphql.schema import schema, sdl

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def described() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument and enum value of ours, with its description."""
    for name, published in schema._schema.type_map.items():
        if is_introspection_type(published) or is_specified_scalar_type(published):
            continue
        yield name, published.description
        if isinstance(published, GraphQLEnumType):
            for value, of_value in published.values.items():
                yield f"{name}.{value}", of_value.description
        if isinstance(published, GraphQLInputObjectType | GraphQLObjectType | GraphQLInterfaceType):
            for field, of_field in published.fields.items():
                yield f"{name}.{field}", of_field.description
        if isinstance(published, GraphQLObjectType | GraphQLInterfaceType):
            for field, of_field in published.fields.items():
                for argument, of_argument in of_field.args.items():
                    yield f"{name}.{field}({argument})", of_argument.description


class TestTheSchema:
    def test_is_the_one_that_is_committed(self) -> None:
        committed = resources.files("hudang.graphql") / "schema.graphql"

        assert sdl() == committed.read_text(encoding="utf-8"), (
            "run: python -m hudang.graphql.schema > graphql/schema.graphql"
        )

    def test_explains_everything_in_english_with_the_chinese_term(self) -> None:
        silent = [place for place, text in described() if not text or not CHINESE.search(text)]

        assert silent == []

    def test_caps_every_list_that_is_paged(self) -> None:
        paged = [
            (name, field)
            for name, published in schema._schema.type_map.items()
            if isinstance(published, GraphQLObjectType)
            for field, of_field in published.fields.items()
            if "after" in of_field.args and str(of_field.args["first"].type) != "Int!"
        ]

        assert paged == []

    def test_has_no_float_anywhere(self) -> None:
        assert "Float" not in schema._schema.type_map


class TestCodes:
    @pytest.mark.parametrize("enumeration", LABELS, ids=lambda enumeration: enumeration.__name__)
    def test_have_a_label_each(self, enumeration: type[StrEnum]) -> None:
        assert set(LABELS[enumeration][1]) == {code.value for code in enumeration}
        assert all(CHINESE.search(label) for label in LABELS[enumeration][1].values())

    def test_can_be_listed_one_enumeration_each(self) -> None:
        assert {wanted.value for wanted in CodeList} == {enumeration.__name__ for enumeration in LABELS}
        assert all(codes_of(wanted) for wanted in CodeList)


class TestTheLayout:
    def test_leaves_strawberry_importable_from_the_root_of_the_repository(self) -> None:
        root = Path(str(resources.files("hudang.graphql") / "schema.py")).resolve().parent.parent

        imported = subprocess.run(
            [sys.executable, "-c", "import graphql, strawberry; print(graphql.__version__)"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )

        assert imported.returncode == 0, imported.stderr
        assert not (root / "graphql" / "__init__.py").exists()
