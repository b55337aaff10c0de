"""What does a request to the API carry with it: who asks, and the way to files, names and read models?"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

import anyio
import anyio.to_thread
import strawberry
from psycopg import Connection

from hudang.domain.case import Step
from hudang.domain.decision import CHINA, Actor, Command, Given, Recorded
from hudang.domain.jurisdiction import Jurisdiction
from hudang.domain.personal import Erased, Personal, Sealed
from hudang.domain.values import CaseId, StreamId
from hudang.graphql.authentication import Principal
from hudang.graphql.errors import ClientError
from hudang.graphql.ids import ledger_of
from hudang.graphql.trace import steps_taken
from hudang.ledger.casebook import Answer, Casebook
from hudang.ledger.interruption import Interruption
from hudang.ledger.keys import KeyRing, Purpose
from hudang.ledger.store import Store
from hudang.projections.checkpoints import ModelStatus

T = TypeVar("T")

THREADS = 8
"""How many requests read or write at once; the rest wait their turn."""

DEADLINE_S = 10.0
"""How long one request may take, if the operator says nothing else."""

WAITING = 32
"""How many requests wait at once for the read models to come as far as they ask."""


class Projections(Protocol):
    """What the API asks of the projection engine."""

    def wait_for(self, until: Mapping[str, int], timeout_s: float) -> bool:
        """Whether every read model passed these positions in time."""
        ...

    def status(self) -> tuple[ModelStatus, ...]:
        """How far every model is behind, and whether it is parked."""
        ...


@dataclass(frozen=True, kw_only=True)
class ApiContext:
    """What the API works with; made once by the application."""

    casebook: Casebook
    store: Store
    keys: KeyRing
    projections: Projections
    authenticate: Callable[[str], Principal | None]
    schema_is_current: Callable[[], bool]
    max_lag_events: int = 1_000
    deadline_s: float = DEADLINE_S
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))
    waiting: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(WAITING))


@dataclass(frozen=True, kw_only=True)
class File:
    """A stream as a request sees it: state and events, loaded once."""

    ledger: str
    stream: StreamId
    state: Any
    events: tuple[Recorded, ...]

    @property
    def version(self) -> int:
        """How many events it has."""
        return self.events[-1].version

    @cached_property
    def steps_taken(self) -> dict[CaseId, dict[Step, Recorded]]:
        """For every case of a household, the event that took each step."""
        return steps_taken(self.events)


@dataclass(kw_only=True)
class RequestContext:
    """One request: who asks, and what has been loaded for it so far."""

    api: ApiContext
    principal: Principal
    _files: dict[StreamId, File | None] = field(default_factory=dict)

    async def run(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Read in a thread of the API's own. Once nobody waits for it, its statements are cancelled."""
        interruption = Interruption()

        def reading() -> T:
            with interruption.covering():
                return work(*arguments, **named)

        try:
            return await self._in_a_thread(reading)
        except asyncio.CancelledError:
            asyncio.get_running_loop().run_in_executor(None, interruption.end)
            raise

    def ledger(self, asked: str | None) -> str:
        """The ledger that is meant; one that this person may not use looks like one that does not exist."""
        ledgers = self.principal.ledgers
        if asked is None and len(ledgers) == 1:
            return next(iter(ledgers))
        if asked is None:
            raise ClientError("LEDGER_MISSING", "You may use several ledgers; say which one is meant.")
        if asked not in ledgers:
            raise ClientError("UNKNOWN_LEDGER", "There is no such ledger, or it is not yours to use.")
        return asked

    async def send(
        self, command: Command, *, ledger: str, command_id: UUID, expected_version: int | None
    ) -> Answer:
        """Send a command in the name of who asks. What has begun is finished, even if nobody waits for it."""
        return await self._in_a_thread(
            partial(
                self.api.casebook.send,
                ledger,
                command,
                actor=self.principal.actor,
                command_id=command_id,
                expected_version=expected_version,
            )
        )

    async def file(self, stream: StreamId, kind: type[Any]) -> File | None:
        """A stream's state and events, if it exists, is of that kind and in a ledger one may use."""
        if ledger_of(stream) not in self.principal.ledgers:
            return None
        if stream not in self._files:
            self._files[stream] = await self.run(self._load, stream)
        found = self._files[stream]
        return found if found is not None and isinstance(found.state, kind) else None

    async def jurisdiction(self, ledger: str) -> Jurisdiction | None:
        """The ledger's own file."""
        return await self.run(self.api.casebook.jurisdiction, ledger)

    async def open_all(self, ledger: str, values: Iterable[Personal | None]) -> list[str | None]:
        """Open personal values for case work, all in one go; None where the key was destroyed."""
        wanted = list(values)
        if not any(isinstance(value, Sealed) for value in wanted):
            return [None] * len(wanted)
        return await self.run(lambda: [self._open(ledger, value) for value in wanted])

    async def query(self, ask: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Ask a read model: `ask(connection, ...)`, with a connection of its own."""

        def asked() -> T:
            borrowed: AbstractContextManager[Connection[Any]] = self.api.store.connection()
            with borrowed as connection:
                return ask(connection, *arguments, **named)

        return await self.run(asked)

    def today(self, ledger: str) -> date:
        """The day in a ledger."""
        return self.api.casebook.now(ledger).astimezone(CHINA).date()

    def given(self, ledger: str) -> Given:
        """What a decision would know if who asks sent a command today; nothing is recorded with it."""
        jurisdiction = self.api.casebook.jurisdiction(ledger)
        policies, today = self.api.casebook.policies, self.today(ledger)
        return Given(
            ledger=ledger,
            actor=self.actor,
            today=today,
            happened_on=today,
            command_id=UUID(int=0),
            new_stream=StreamId(f"{ledger}-"),
            find_policy=partial(policies.find, jurisdiction.adopted if jurisdiction else ()),
        )

    @property
    def actor(self) -> Actor:
        """Who asks, as a decision knows them."""
        return self.principal.actor

    async def _in_a_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self.api.threads, abandon_on_cancel=True)

    def _load(self, stream: StreamId) -> File | None:
        ledger = ledger_of(stream)
        loaded = self.api.casebook.load(ledger, stream)
        if loaded is None:
            return None
        state, events = loaded
        return File(ledger=ledger, stream=stream, state=state, events=events)

    def _open(self, ledger: str, value: Personal | None) -> str | None:
        if not isinstance(value, Sealed):
            return None
        opened = self.api.keys.open(ledger, value, Purpose.CASE_WORK)
        return None if isinstance(opened, Erased) else opened


Info = strawberry.Info[RequestContext, None]
