"""What does an office need to act on a day of the year? Clock, a way to send, and the files it has opened."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from hudang.demo.client import Accepted, Client
from hudang.demo.story import Household, Story
from hudang.domain.decision import CHINA
from hudang.domain.roles import Role
from hudang.ledger.clock import SimulatedClock

OPENS_AT: Final = time(9, 0, tzinfo=CHINA)
BETWEEN_ACTS: Final = timedelta(seconds=20)

_FILE: Final = """
query File($id: ID!) {
  household(id: $id) {
    version
    members { personId relation }
    cases { id kind campaignId objections { reference resolvedOn } }
    payouts { reference state payrollId parts { month kind } }
  }
}
"""


@dataclass(frozen=True, slots=True)
class File:
    """The ids of a household's file and of its members, head first."""

    id: str
    members: tuple[str, ...]

    @property
    def head(self) -> str:
        return self.members[0]


@dataclass
class Office:
    """All offices of the year in one: each act is sent in the role whose act it is."""

    client: Client
    clock: SimulatedClock
    story: Story
    today: date = date.min
    files: dict[str, File] = field(default_factory=dict)
    """By household number."""
    cases: dict[str, str] = field(default_factory=dict)
    """The case now in hand, by household number."""
    noted: dict[str, str] = field(default_factory=dict)
    """Ids of meetings, postings and the like, by the step that began them."""

    def begin(self, day: date) -> None:
        """Open in the morning."""
        self.today = day
        self.clock.set(datetime.combine(day, OPENS_AT))

    def act(
        self,
        role: Role,
        command: str,
        step: str,
        *,
        on: date | None = None,
        seen: int | None = None,
        **value: Any,
    ) -> Accepted:
        """Send one command; `on` is the day the fact held, today unless the paper says an earlier one."""
        self.clock.set(self.clock.now() + BETWEEN_ACTS)
        happened = {"happenedOn": str(on or self.today)}
        return self.client.send(role, command, step, {**value, **happened}, expected_version=seen)

    def begin_thing(self, role: Role, command: str, step: str, **value: Any) -> str:
        """Send a command that begins a meeting, posting or review; its id."""
        created = self.act(role, command, step, **value).created_id
        self.noted[step] = str(created)
        return self.noted[step]

    def look_at(self, household: Household) -> Any:
        """The file as an officer sees it before acting on it."""
        return self.client.ask(_FILE, {"id": self.files[household.number].id})["household"]

    def of_case(self, household: Household) -> Mapping[str, Any]:
        """The fields that name a household's case in hand."""
        return {"household": self.files[household.number].id, "case": self.cases[household.number]}

    def references(self, households: Iterable[Household]) -> list[Mapping[str, str]]:
        """The cases of a meeting or a poster."""
        return [self.of_case(household) for household in households]


def paper(kind: str, step: str, pages: int = 1) -> Mapping[str, Any]:
    """A paper of the demo: the digest of its own name, for there is no scan."""
    return {"kind": kind, "sha256": hashlib.sha256(f"{step}/{kind}".encode()).hexdigest(), "pages": pages}
