"""Does the process live, and is it ready to serve? For whoever watches over it; nothing here is personal."""

from http import HTTPStatus
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hudang.graphql.context import ApiContext
from hudang.ledger.errors import LedgerError

_HEADERS = {"Cache-Control": "no-store"}


def health_routes(context: ApiContext) -> list[Route]:
    """`/healthz` and `/readyz`."""

    async def alive(_: Request) -> Response:
        return _answer(HTTPStatus.OK, {"status": "alive"})

    async def ready(_: Request) -> Response:
        checks = await anyio.to_thread.run_sync(readiness, context, limiter=context.threads)
        serving = all(checks.values())
        status = HTTPStatus.OK if serving else HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(status, {"status": "ready" if serving else "not ready", "checks": checks})

    return [Route("/healthz", alive), Route("/readyz", ready)]


def readiness(context: ApiContext) -> dict[str, bool]:
    """Each thing that must hold before this process may be sent requests."""
    try:
        context.store.heads()
        statuses = context.projections.status()
        current = context.schema_is_current()
    except LedgerError:
        return {"database": False}
    return {
        "database": True,
        "schema": current,
        "projections_running": all(status.parked_at is None for status in statuses),
        "projections_current": all(status.lag_events <= context.max_lag_events for status in statuses),
    }


def _answer(status: HTTPStatus, body: Any) -> Response:
    return Response(
        msgspec.json.encode(body), status_code=status, media_type="application/json", headers=_HEADERS
    )
