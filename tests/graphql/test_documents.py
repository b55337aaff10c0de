from time import perf_counter

import pytest
from graphql import get_introspection_query, parse

from hudang.graphql.documents import Documents, prepare
from hudang.graphql.limits import MAX_ALIASES, MAX_DEPTH, MAX_FIELDS, refuse_size
from hudang.graphql.schema import schema

CORE = schema._schema


def doubling(fragments: int) -> str:
    """Each fragment spreads the next twice: 2^n fields once it is written out."""
    links = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments - 1)]
    return " ".join(["{ ...F0 }", *links, f"fragment F{fragments - 1} on Query {{ __typename }}"])


class TestSize:
    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("{ " + "a { " * MAX_DEPTH + "b" + " }" * MAX_DEPTH + " }", "levels deep"),
            ("{ " + " ".join(f"a{n}: __typename" for n in range(MAX_ALIASES + 1)) + " }", "aliases"),
            ("{ " + "__typename " * (MAX_FIELDS + 1) + "}", "fields"),
            ("{ ...A } fragment A on Query { " + "__typename " * (MAX_FIELDS + 1) + "}", "fields"),
            (doubling(40), "fields"),
        ],
    )
    def test_beyond_a_limit_is_refused_by_name(self, text: str, named: str) -> None:
        refused = refuse_size(parse(text))

        assert refused is not None
        assert named in refused.message

    def test_within_the_limits_passes(self) -> None:
        assert refuse_size(parse("{ a { b c: d } ...A } fragment A on Query { __typename }")) is None

    def test_of_a_cycle_is_left_to_validation(self) -> None:
        text = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"

        assert refuse_size(parse(text)) is None
        assert prepare(CORE, text).errors

    @pytest.mark.parametrize(
        "text",
        [
            doubling(150),
            "{ " + " ".join(f"a{n}: __typename" for n in range(900)) + " }",
            "{ " + "__typename @x " * 900 + "}",
            "{ " + "a " * 20_000 + "}",
            " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(490)) + " { ...F0 }",
            "{ " + "a { " * 5_000 + "}" * 5_000,
            "{" + "[" * 20_000,
            "# " * 100_000,
        ],
    )
    def test_of_a_hostile_document_is_told_quickly(self, text: str) -> None:
        began = perf_counter()
        prepared = prepare(CORE, text)

        assert prepared.errors
        assert perf_counter() - began < 0.5

    def test_of_the_introspection_query_is_allowed(self) -> None:
        assert prepare(CORE, get_introspection_query(input_value_deprecation=True)).errors == ()


class TestADocument:
    def test_asked_for_again_is_not_read_again(self) -> None:
        documents = Documents(CORE)

        first = documents.prepare("{ __typename }")

        assert documents.prepare("{ __typename }") is first
        assert documents.hits == 1

    @pytest.mark.parametrize(
        "text",
        [
            '{ ledger(tag: "6222021234567890123) { name } }',
            "{ ledger(tag: 6222021234567890123) { name } }",
            '{ codes(list: "6222021234567890123") { code } }',
            '{ node(id: {account: "6222021234567890123"}) { id } }',
            'mutation { openLedger(ledger: "", commandId: "6222021234567890123", input: {}) { __typename } }',
        ],
    )
    def test_with_a_wrong_value_is_refused_without_repeating_it(self, text: str) -> None:
        errors = prepare(CORE, text).errors

        assert errors
        assert not any("6222021234567890123" in error.message for error in errors)
        assert all(error.locations for error in errors)
