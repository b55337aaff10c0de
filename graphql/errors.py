"""What does a client learn when something goes wrong? What it did wrong; of our own faults, an id."""

import logging
import traceback
from collections.abc import Iterable, Iterator
from secrets import token_hex
from typing import Any

from graphql import GraphQLError

from hudang.ledger.errors import StoreUnavailable

log = logging.getLogger("hudang.graphql")

AWAY = "The ledger's database does not answer; ask again, with the same command id."
FAULT = "Something went wrong on our side; tell the operator the error id."


class ClientError(GraphQLError):
    """Something the client can put right; its message is ours and repeats nothing that was sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


def safe_errors(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """The errors of an execution as the client may see them; faults are logged by type and error id."""
    return [_safe(error) for error in errors]


def report_fault(fault: BaseException) -> str:
    """Log a fault by type and place, never with its message or arguments; return its error id."""
    error_id = token_hex(8)
    log.error("error %s: %s at %s", error_id, type(fault).__qualname__, " < ".join(_places(fault)) or "?")
    return error_id


def fault_body(fault: BaseException) -> dict[str, Any]:
    """What the client sees of a fault, which is reported."""
    away = isinstance(fault, StoreUnavailable)
    code, message = ("UNAVAILABLE", AWAY) if away else ("INTERNAL", FAULT)
    return {"message": message, "extensions": {"code": code, "errorId": report_fault(fault)}}


def _safe(error: GraphQLError) -> dict[str, Any]:
    known = next((cause for cause in _causes(error) if _is_ours(cause)), None)
    place: dict[str, Any] = {"path": error.path} if error.path else {}
    if error.locations:
        place["locations"] = [location.formatted for location in error.locations]
    if known is not None:
        return {"message": known.message, **place, "extensions": dict(known.extensions or {})}
    return {**fault_body(error.original_error or error), **place}


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, GraphQLError) and type(error).__module__.startswith("hudang.")


def _causes(error: BaseException | None) -> Iterator[Any]:
    while error is not None:
        yield error
        error = getattr(error, "original_error", None)


def _places(fault: BaseException) -> list[str]:
    """Where it was raised, innermost first: module and line, no values."""
    frames = traceback.extract_tb(fault.__traceback__)
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames)][:4]
