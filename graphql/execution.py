"""How is one request carried out? Document, operation, variables, execution; every answer is well-formed."""

from collections.abc import Iterator, Mapping
from typing import Any

import anyio.to_thread
import msgspec
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from hudang.graphql.consistency import LONGEST_WAIT_SECONDS, read_token, too_slow
from hudang.graphql.context import RequestContext
from hudang.graphql.documents import Documents, Prepared
from hudang.graphql.errors import ClientError, fault_body, safe_errors
from hudang.graphql.input_errors import variable_errors


class Request(msgspec.Struct, frozen=True, rename={"operation_name": "operationName"}):
    """A GraphQL request as it is sent."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What to answer; not `executed` where the request itself was at fault, and then there is no data."""

    body: Mapping[str, Any]
    executed: bool
    fault: bool = False
    only_by_post: bool = False


class PreparedDocument(SchemaExtension):
    """Hands the execution the document that was prepared before it."""

    execution_context: ExecutionContext

    def on_parse(self) -> Iterator[None]:
        document = self.execution_context.operation_extensions["hudang"]  # type: ignore[index]  # set below
        self.execution_context.graphql_document = document
        self.execution_context.validation_rules = ()
        yield


class QuietSchema(Schema):
    """A schema that does not write errors, and with them arguments, into the log."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Errors are reported where they are masked."""


class Execution:
    """Carries out requests on a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.documents = Documents(schema._schema)

    async def answer(self, request: Request, context: RequestContext, *, reading: bool = False) -> Outcome:
        """Carry out a request; with `reading`, only a query is."""
        prepared = self.documents.remembered(request.query)
        if prepared is None:
            prepared = await context.run(self.documents.prepare, request.query)
        chosen = _operation(prepared, request.operation_name)
        if not isinstance(chosen, OperationDefinitionNode):
            return _refused(chosen)
        if reading and chosen.operation is not OperationType.QUERY:
            return Outcome(_errors([_only_by_post()]), executed=False, only_by_post=True)
        variables = request.variables or {}
        unfit = variable_errors(self._schema._schema, chosen, variables)
        if unfit:
            return _refused(unfit)
        try:
            await _wait(request, context)
            return await self._execute(request, prepared, variables, context)
        except ClientError as error:
            return _refused([error])
        except Exception as fault:
            return Outcome({"errors": [fault_body(fault)]}, executed=False, fault=True)

    async def _execute(
        self, request: Request, prepared: Prepared, variables: dict[str, Any], context: RequestContext
    ) -> Outcome:
        result = await self._schema.execute(
            request.query,
            variable_values=variables,
            context_value=context,
            operation_name=request.operation_name,
            operation_extensions={"hudang": prepared.document},
        )
        errors = safe_errors(result.errors or ())
        body = {"data": result.data, **({"errors": errors} if errors else {})}
        return Outcome(body, executed=True)


def _operation(prepared: Prepared, name: str | None) -> OperationDefinitionNode | tuple[GraphQLError, ...]:
    """The operation that is meant, or why there is none."""
    if prepared.errors or prepared.document is None:
        return prepared.errors
    operation = get_operation_ast(prepared.document, name)
    if operation is None:
        return (
            ClientError("NO_OPERATION", "Say by operationName which operation of the document is meant."),
        )
    return operation


async def _wait(request: Request, context: RequestContext) -> None:
    """Wait until the read models have come as far as the token says."""
    token = (request.extensions or {}).get("consistency")
    if token is None:
        return
    positions = {
        ledger: position
        for ledger, position in read_token(token).items()
        if ledger in context.principal.ledgers
    }
    wait_for = context.api.projections.wait_for
    if not await anyio.to_thread.run_sync(
        wait_for, positions, LONGEST_WAIT_SECONDS, limiter=context.api.waiting
    ):
        raise too_slow()


def _only_by_post() -> GraphQLError:
    return ClientError("ONLY_BY_POST", "Whatever changes something is sent by POST.")


def _refused(errors: tuple[GraphQLError, ...] | list[GraphQLError]) -> Outcome:
    return Outcome(_errors(errors), executed=False)


def _errors(errors: tuple[GraphQLError, ...] | list[GraphQLError]) -> dict[str, Any]:
    return {"errors": [error.formatted for error in errors]}
