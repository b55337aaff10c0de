"""What does an office need to act on a day of the year? Clock, a way to send, and the files it has opened."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from hudang.demo.client import Accepted, Client
from hudang.demo.story import Household, Story
from hudang.domain.decision import CHINA
from hudang.domain.roles import Role
from hudang.ledger.clock import SimulatedClock

OPENS_AT: Final = time(9, 0, tzinfo=CHINA)
BETWEEN_ACTS: Final = timedelta(seconds=20)

FILES_AT_ONCE: Final = 20
"""How many files one request looks at."""

_FILE: Final = """
fragment File on Household {
  version
  members { personId relation }
  cases { id kind campaignId objections { reference } }
  payouts { reference payrollId parts { month } }
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
        (file,) = self.look_at_all([household])
        return file

    def look_at_all(self, households: Sequence[Household], fragment: str = _FILE) -> list[Any]:
        """The files of households, in their order; `fragment` says what is looked at."""
        ids = [self.files[household.number].id for household in households]
        stretches = [ids[first : first + FILES_AT_ONCE] for first in range(0, len(ids), FILES_AT_ONCE)]
        return [file for stretch in stretches for file in self._files(stretch, fragment)]

    def _files(self, ids: Sequence[str], fragment: str) -> list[Any]:
        asked = {f"id{place}": household for place, household in enumerate(ids)}
        files = self.client.ask(_documents(len(ids), fragment), asked)
        return [files[f"file{place}"] for place in range(len(ids))]

    def of_case(self, household: Household) -> Mapping[str, Any]:
        """The fields that name a household's case in hand."""
        return {"household": self.files[household.number].id, "case": self.cases[household.number]}

    def references(self, households: Iterable[Household]) -> list[Mapping[str, str]]:
        """The cases of a meeting or a poster."""
        return [self.of_case(household) for household in households]


@cache
def _documents(count: int, fragment: str) -> str:
    """A query of so many files at once."""
    variables = " ".join(f"$id{place}: ID!" for place in range(count))
    files = "\n".join(f"  file{place}: household(id: $id{place}) {{ ...File }}" for place in range(count))
    return f"query Files({variables}) {{\n{files}\n}}\n{fragment}"


def paper(kind: str, step: str, pages: int = 1) -> Mapping[str, Any]:
    """A paper of the demo: the digest of its own name, for there is no scan."""
    return {"kind": kind, "sha256": hashlib.sha256(f"{step}/{kind}".encode()).hexdigest(), "pages": pages}
