from time import perf_counter

import pytest
from graphql import get_introspection_query, parse

from hudang.graphql.documents import Documents, prepare
from hudang.graphql.limits import (
    MAX_ALIASES,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_FRAGMENTS,
    MAX_REPEATS,
    refuse_size,
)
from hudang.graphql.schema import schema

CORE = schema._schema


def doubling(fragments: int) -> str:
    """Each fragment spreads the next twice: 2^n fields once it is written out."""
    links = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments - 1)]
    return " ".join(["{ ...F0 }", *links, f"fragment F{fragments - 1} on Query {{ __typename }}"])


def chain(fragments: int) -> str:
    """Each fragment spreads the next."""
    links = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(fragments))
    return f"{{ ...F0 }} {links} fragment F{fragments} on Query {{ __typename }}"


class TestSize:
    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("{ " + "a { " * MAX_DEPTH + "b" + " }" * MAX_DEPTH + " }", "levels deep"),
            ("{ " + " ".join(f"a{n}: __typename" for n in range(MAX_ALIASES + 1)) + " }", "aliases"),
            ("{ " + "__typename " * (MAX_FIELDS + 1) + "}", "fields"),
            ("{ ...A } fragment A on Query { " + "__typename " * (MAX_FIELDS + 1) + "}", "fields"),
            (doubling(40), "fields"),
            (chain(MAX_FRAGMENTS + 1), "fragments"),
            ("{ " + "__typename " * (MAX_REPEATS + 1) + "}", "times the same field"),
            ("{ " + "... { __typename @skip(if: true) } " * (MAX_REPEATS + 1) + "}", "times the same field"),
            ("{ " + "...A " * (MAX_REPEATS + 1) + "} fragment A on Query { __typename }", "times the same"),
        ],
    )
    def test_beyond_a_limit_is_refused_by_name(self, text: str, named: str) -> None:
        refused = refuse_size(parse(text))

        assert refused is not None
        assert named in refused.message

    def test_of_the_largest_allowed_is_validated_in_time(self) -> None:
        repeated = " ".join(f"a{n}: ledger {{ {'name ' * (MAX_REPEATS - 1)} }}" for n in range(32))
        began = perf_counter()

        assert prepare(CORE, f"{{ {repeated} }}").errors == ()
        assert perf_counter() - began < 1

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
            chain(350),
            "{ "
            + "".join(f"...F{n} " for n in range(99))
            + "}"
            + "".join(f"fragment F{n} on Query {{ ...F{(n + 1) % 99} }}" for n in range(99)),
            "{ " + 'node(id: "a") { id } ' * 300 + "}",
            "{ " + "ledger { area { code } } " * 300 + "}",
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

        assert documents.remembered("{ __typename }") is first
        assert documents.remembered("{ a: __typename }") is None
        assert documents.hits == 1

    def test_is_forgotten_when_many_others_were_asked_for(self) -> None:
        documents = Documents(CORE)
        documents.prepare("{ __typename }")

        for number in range(512):
            documents.prepare(f"{{ a{number}: __typename }}")

        assert documents.remembered("{ __typename }") is None

    def test_that_is_very_long_is_not_kept(self) -> None:
        documents = Documents(CORE)
        long = "{ __typename }" + " " * 20_000

        documents.prepare(long)

        assert documents.remembered(long) is None

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
