"""How does the API speak HTTP? As GraphQL over HTTP says; every answer is well-formed and none is kept.

POST carries any operation, GET a query. A browser that asks for HTML gets a page to try operations on.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from hudang.graphql.accepting import JSON, RESPONSE_JSON, accepts_html, media_type
from hudang.graphql.authentication import bearer_token
from hudang.graphql.context import ApiContext, RequestContext
from hudang.graphql.errors import fault_body
from hudang.graphql.execution import Execution, Outcome, Request
from hudang.graphql.graphiql import Console
from hudang.graphql.health import health_routes
from hudang.graphql.marks import marking_with
from hudang.graphql.schema import schema

MAX_BODY: Final = 256 * 1024
MAX_NESTING: Final = 32

_METHODS: Final = "GET, POST"
_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"}


class Refused(NamedTuple):
    """A request that does not get as far as GraphQL."""

    status: HTTPStatus
    code: str
    message: str


def create_app(context: ApiContext, console: Console | None = None) -> Starlette:
    """The web application of the API: `/graphql` with the page to try it on, `/healthz`, `/readyz`."""
    shown = console or Console()
    endpoint = Endpoint(context, Execution(schema), shown)
    return Starlette(routes=[Route("/graphql", endpoint), *shown.routes(), *health_routes(context)])


class Endpoint:
    """`/graphql`."""

    def __init__(self, context: ApiContext, execution: Execution, console: Console) -> None:
        self._context = context
        self._execution = execution
        self._console = console
        self._mark_key = context.keys.mark_key()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = HttpRequest(scope, receive)
        try:
            async with asyncio.timeout(self._context.deadline_s):
                with marking_with(self._mark_key):
                    response = await self.respond(request)
        except ClientDisconnect:
            return
        except TimeoutError:
            response = _refusal(_TOO_SLOW, media_type(request.headers.get("accept")) or JSON)
        except Exception as fault:
            response = _json(HTTPStatus.INTERNAL_SERVER_ERROR, {"errors": [fault_body(fault)]}, JSON)
        await response(scope, receive, send)

    async def respond(self, http: HttpRequest) -> Response:
        """Refuse what is no GraphQL request, carry out what is one."""
        answered_as = media_type(http.headers.get("accept"))
        if http.method not in ("GET", "POST"):
            return _refusal(_NO_SUCH_METHOD, JSON, {"Allow": _METHODS})
        if (
            http.method == "GET"
            and "query" not in http.query_params
            and accepts_html(http.headers.get("accept"))
        ):
            return self._console.page()
        if answered_as is None:
            return _refusal(_NOT_ACCEPTABLE, JSON)
        principal = self._context.authenticate(bearer_token(http.headers.get("authorization")) or "")
        if principal is None:
            return _refusal(_UNKNOWN_TOKEN, answered_as, {"WWW-Authenticate": 'Bearer realm="hudang"'})
        request = _from_query(http) if http.method == "GET" else await _from_body(http)
        if isinstance(request, Refused):
            return _refusal(request, answered_as)
        context = RequestContext(api=self._context, principal=principal)
        answering = self._execution.answer(request, context, reading=http.method == "GET")
        outcome = await _while_connected(http, answering)
        return _answer(outcome, answered_as)


async def _while_connected(http: HttpRequest, answering: Coroutine[Any, Any, Outcome]) -> Outcome:
    """The outcome, as long as the client waits for it. Raises ClientDisconnect, and then nothing goes on."""
    answer, gone = asyncio.ensure_future(answering), asyncio.ensure_future(_disconnected(http))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise ClientDisconnect
        return answer.result()
    finally:
        for each in (answer, gone):
            each.cancel()
        await asyncio.gather(answer, gone, return_exceptions=True)


async def _disconnected(http: HttpRequest) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass


def _answer(outcome: Outcome, answered_as: str) -> Response:
    """200 for what was executed; else 4xx, but 200 in the older media type, as the specification asks."""
    if outcome.only_by_post:
        return _json(HTTPStatus.METHOD_NOT_ALLOWED, outcome.body, answered_as, {"Allow": "POST"})
    if outcome.fault:
        return _json(HTTPStatus.INTERNAL_SERVER_ERROR, outcome.body, answered_as)
    bad = not outcome.executed and answered_as == RESPONSE_JSON
    return _json(HTTPStatus.BAD_REQUEST if bad else HTTPStatus.OK, outcome.body, answered_as)


def _from_query(http: HttpRequest) -> Request | Refused:
    """The request in a URL, whose variables and extensions are JSON."""
    given = http.query_params
    try:
        fields = {
            name: msgspec.json.decode(given[name]) for name in ("variables", "extensions") if given.get(name)
        }
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _NOT_JSON
    plain = {name: given[name] for name in ("query", "operationName") if name in given}
    return _request({**plain, **fields})


async def _from_body(http: HttpRequest) -> Request | Refused:
    if not _is_json(http.headers.get("content-type", "")):
        return _NOT_JSON_TYPE
    body = await _body(http)
    if isinstance(body, Refused):
        return body
    try:
        return _request(msgspec.json.decode(body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _NOT_JSON


def _request(fields: Any) -> Request | Refused:
    """The request that these fields make, if they are those of one."""
    if not _shallow(fields):
        return _TOO_NESTED
    try:
        return msgspec.convert(fields, Request, str_keys=True)
    except msgspec.ValidationError:
        return _NOT_A_REQUEST


async def _body(http: HttpRequest) -> bytes | Refused:
    """The body, read no further than it may be long."""
    announced = http.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        return _TOO_LONG
    parts = bytearray()
    async for part in http.stream():
        parts += part
        if len(parts) > MAX_BODY:
            return _TOO_LONG
    return bytes(parts)


def _is_json(content_type: str) -> bool:
    kind, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    return kind.strip().lower() == JSON and charset in ("", "charset=utf-8")


def _shallow(value: Any) -> bool:
    """Whether lists and objects are nested no deeper than they may be."""
    level = [value]
    for _ in range(MAX_NESTING):
        level = [item for outer in level if isinstance(outer, dict | list) for item in _items(outer)]
        if not level:
            return True
    return False


def _items(outer: dict[str, Any] | list[Any]) -> list[Any]:
    return list(outer.values()) if isinstance(outer, dict) else outer


def _refusal(refused: Refused, answered_as: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"errors": [{"message": refused.message, "extensions": {"code": refused.code}}]}
    return _json(refused.status, body, answered_as, headers)


def _json(
    status: HTTPStatus, body: Mapping[str, Any], answered_as: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        headers={**_HEADERS, "Content-Type": f"{answered_as}; charset=utf-8", **(headers or {})},
    )


_TOO_SLOW: Final = Refused(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "DEADLINE",
    "The request took too long and was given up; ask for less, or again, with the same command id.",
)
_NO_SUCH_METHOD: Final = Refused(
    HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send a GraphQL request by POST, or a query by GET."
)
_NOT_ACCEPTABLE: Final = Refused(
    HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", f"The API answers as {RESPONSE_JSON} or {JSON}."
)
_UNKNOWN_TOKEN: Final = Refused(
    HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", "Send a token that is known here: Authorization: Bearer ..."
)
_NOT_JSON_TYPE: Final = Refused(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "Send the request as application/json in UTF-8.",
)
_NOT_JSON: Final = Refused(HTTPStatus.BAD_REQUEST, "NOT_JSON", "The request is not JSON in UTF-8.")
_NOT_A_REQUEST: Final = Refused(
    HTTPStatus.BAD_REQUEST,
    "NOT_A_REQUEST",
    "A request is an object with query (text), and perhaps operationName, variables and extensions.",
)
_TOO_NESTED: Final = Refused(
    HTTPStatus.BAD_REQUEST, "TOO_NESTED", f"The request is nested more than {MAX_NESTING} levels deep."
)
_TOO_LONG: Final = Refused(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_LONG", f"A request has at most {MAX_BODY} bytes."
)
