"""What is a job? A question to the read models, and one command for each answer.

A job only finds what is due. What is done is decided by the command; its id comes from the job and the work,
so a job that runs twice, late, or on two machines records what one run on time records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from psycopg import Connection

from hudang.domain.decision import Actor, Command, Refusal
from hudang.domain.jurisdiction import Jurisdiction
from hudang.domain.policy import Policy
from hudang.domain.roles import Role
from hudang.ledger.casebook import Casebook

JOBS = UUID("6d1f1c7e-4f0a-5d6b-9c53-0b0e6a1f2d30")
"""Namespace of the ids that jobs give their commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One look at a ledger: its day, its own file, a connection to ask through, the rules in force.

    Through `casebook` a job reads files, also those of another ledger of the same database.
    """

    ledger: str
    today: date
    jurisdiction: Jurisdiction
    connection: Connection[Any]
    find_policy: Callable[[str, date], Policy | Refusal]
    casebook: Casebook

    @property
    def programmes(self) -> tuple[str, ...]:
        """The programmes whose rules this ledger has adopted."""
        return tuple(dict.fromkeys(adoption.programme for adoption in self.jurisdiction.adopted))


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: what identifies it, and the command that does it."""

    key: tuple[object, ...]
    command: Command


Job = Callable[[Round], Iterator[Task]]


class Chore(Protocol):
    """What is done to a whole ledger at every look and records nothing in it, such as sealing its head."""

    @property
    def name(self) -> str: ...
    def __call__(self, ledger: str, now: datetime) -> int:
        """Do what is due at a moment of the real clock; how much that was. Raises LedgerError."""
        ...


def command_id(job: str, ledger: str, task: Task) -> UUID:
    """The id of a task's command: the same whenever and wherever the job finds the same work."""
    return uuid5(JOBS, "/".join((job, ledger, *map(str, task.key))))


def actor_of(job: str, jurisdiction: Jurisdiction) -> Actor:
    """A job acts under its own name, so the file shows that no person did it."""
    return Actor(person=f"job:{job}", role=Role.SYSTEM, office=jurisdiction.area)
