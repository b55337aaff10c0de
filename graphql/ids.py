"""How does the API name a thing? By an opaque id that a client keeps and sends back, never takes apart.

An id is the base64 of a mark, its kind and the ledger's own id. One without the right mark is none of ours.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from graphql import GraphQLError
from strawberry import ID

from hudang.domain.values import CaseId, StreamId
from hudang.graphql.marks import marked, said_in

_LONGEST = 256
_MEANT_FOR = "id"
_LOCAL = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?", re.ASCII)


class Kind(StrEnum):
    """The kinds of things that have an id; the value is the name of their type in the schema."""

    HOUSEHOLD = "Household"
    PERSON = "Person"
    CASE = "Case"
    MEETING = "Meeting"
    POSTING = "Posting"
    CAMPAIGN = "Campaign"
    PAYROLL = "Payroll"
    ALLOTMENT = "Allotment"
    TRANSFER = "Transfer"
    LEDGER = "Ledger"


KIND_OF_STATE = {
    "Household": Kind.HOUSEHOLD,
    "Person": Kind.PERSON,
    "Meeting": Kind.MEETING,
    "Posting": Kind.POSTING,
    "Campaign": Kind.CAMPAIGN,
    "Payroll": Kind.PAYROLL,
    "Allotment": Kind.ALLOTMENT,
    "Transfer": Kind.TRANSFER,
    "Jurisdiction": Kind.LEDGER,
}
"""The kind of a stream by the name of its state's class."""


class IdError(GraphQLError):
    """This is not an id of the kind that is expected here; send back an id that the API gave."""

    def __init__(self, kind: Kind | None = None) -> None:
        wanted = f"an id of a {kind}" if kind else "an id of the API"
        super().__init__(
            f"This is not {wanted}; send back an id that the API gave.", extensions={"code": "BAD_ID"}
        )


class GlobalId(NamedTuple):
    """An id taken apart."""

    kind: Kind
    local: str

    @property
    def stream(self) -> StreamId:
        """The stream that holds the thing."""
        return StreamId(self.local.split("/", 1)[0])

    @property
    def case(self) -> CaseId:
        """The case's own id in its household."""
        return CaseId(self.local.split("/", 1)[-1])

    @property
    def ledger(self) -> str:
        """The tag of the ledger that the stream's id begins with."""
        return ledger_of(self.stream)


def ledger_of(stream: str) -> str:
    """The tag of the ledger that a stream belongs to."""
    return stream.split("-", 1)[0]


def write(kind: Kind, local: str) -> ID:
    """The id of a thing."""
    return ID(marked(f"{kind}:{local}".encode(), _MEANT_FOR))


def write_case(household: StreamId, case: CaseId) -> ID:
    """The id of a case, which is found through its household."""
    return write(Kind.CASE, f"{household}/{case}")


def read_any(text: str) -> GlobalId:
    """The kind and the local id; raise IdError for what the API cannot have given."""
    try:
        if len(text) > _LONGEST:
            raise ValueError
        kind, local = said_in(text, _MEANT_FOR).decode().split(":", 1)
        found = GlobalId(Kind(kind), local)
    except ValueError:
        raise IdError from None
    if not _LOCAL.fullmatch(local) or (found.kind is Kind.CASE) != ("/" in local):
        raise IdError
    return found


def read(text: str, kind: Kind) -> GlobalId:
    """The local id of a thing of that kind; raise IdError for any other."""
    try:
        found = read_any(text)
    except IdError:
        raise IdError(kind) from None
    if found.kind is not kind:
        raise IdError(kind)
    return found
