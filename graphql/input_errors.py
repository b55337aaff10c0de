"""What is wrong with a value that was sent? Where and what is expected, never the value itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    SKIP,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VisitorAction,
    get_variable_values,
    is_required_input_field,
    type_from_ast,
    validate_input_literal,
)

BAD_INPUT = {"code": "BAD_INPUT"}
_MOST = 20


class QuietValuesRule(ValuesOfCorrectTypeRule):
    """The specification's rule on literals, with messages that do not repeat them."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        """Report each place of a literal that does not fit."""
        if input_type is not None:
            validate_input_literal(node, input_type, lambda error, _: self._report(error, node, input_type))
        return SKIP

    def _report(self, error: GraphQLError, node: ValueNode, expected: GraphQLInputType) -> None:
        message = f'A value that fits the type "{expected}" is expected here.'
        self.report_error(
            GraphQLError(message, error.nodes if error.locations else node, extensions=BAD_INPUT)
        )


def variable_errors(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[GraphQLError]:
    """Why the variables do not fit the operation; empty if they do."""
    coerced = get_variable_values(
        schema, operation.variable_definitions or (), dict(variables), max_errors=_MOST
    )
    if not isinstance(coerced, list):
        return []
    return _explained(schema, operation, variables) or [
        GraphQLError("The variables do not fit the operation.", extensions=BAD_INPUT)
    ]


def _explained(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[GraphQLError]:
    errors: list[GraphQLError] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        expected = type_from_ast(schema, definition.type)
        value = variables.get(name, Undefined)
        if value is Undefined and (definition.default_value or not isinstance(expected, GraphQLNonNull)):
            continue
        if expected is not None:
            for place, problem in problems(value, expected, f"${name}"):  # type: ignore[arg-type]  # validated
                errors.append(GraphQLError(f"{place}: {problem}.", definition, extensions=BAD_INPUT))
    return errors[:_MOST]


def problems(value: Any, expected: GraphQLInputType, place: str) -> Iterator[tuple[str, str]]:
    """Each place of a value that does not fit, and what is expected there."""
    if isinstance(expected, GraphQLNonNull):
        if value is None or value is Undefined:
            yield place, f'a value of the type "{expected}" is expected'
        else:
            yield from problems(value, expected.of_type, place)
    elif value is None or value is Undefined:
        return
    elif isinstance(expected, GraphQLList):
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            yield from problems(item, expected.of_type, f"{place}[{index}]")
    elif isinstance(expected, GraphQLInputObjectType):
        yield from _object_problems(value, expected, place)
    else:
        try:
            fits = expected.coerce_input_value(value) is not Undefined
        except Exception:  # a scalar may refuse with any exception; its message may repeat the value
            fits = False
        if not fits:
            yield place, f'a value of the type "{expected}" is expected'


def _object_problems(value: Any, expected: GraphQLInputObjectType, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield place, f'an object of the type "{expected}" is expected'
        return
    if not value.keys() <= expected.fields.keys():
        yield place, f'"{expected}" does not have all the fields that were sent'
    for name, field in expected.fields.items():
        if name in value or is_required_input_field(field):
            yield from problems(value.get(name, Undefined), field.type, f"{place}.{name}")
