"""Which year do these tests look at? The demo's own, lived through once, and short ones of few households."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hudang.demo.command import carry
from hudang.demo.outcome import Outcome, as_json
from hudang.demo.story import Group, Story, the_story
from hudang.service import Service, open_service
from hudang.settings import Settings

OPENING_HOUSEHOLDS = 6
"""So few households were entitled before a short year."""


@dataclass(frozen=True)
class Lived:
    """A year that has been lived through, its service still open."""

    service: Service
    outcome: Outcome
    data: Path

    @property
    def json(self) -> Any:
        """What `hudang demo --format json` prints."""
        return msgspec.json.decode(as_json(self.outcome))


@contextmanager
def living(data: Path, story: Story) -> Iterator[Lived]:
    """Live through a story's year in a data directory."""
    with open_service(Settings(data=data, port=0), quietly) as service:
        yield Lived(service=service, outcome=carry(service, data, quietly, story), data=data)


def quietly(line: str) -> None:
    """Nobody reads along."""


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """The demo's year."""
    with living(tmp_path_factory.mktemp("year"), the_story()) as year:
        yield year


@pytest.fixture(scope="session")
def short_story() -> Story:
    """The year with its first few opening households, among them the one that the review ends."""
    story = the_story()
    opening = story.group(Group.OPENING)[:OPENING_HOUSEHOLDS]
    others = story.group(Group.FROM_MAY, Group.FROM_JUNE, Group.INCOMPLETE)
    return Story(households=(*opening, *others))


@pytest.fixture
def live(tmp_path: Path) -> Callable[[Story], Outcome]:
    """Lives through a story's year in a new data directory and tells the outcome."""
    years = iter(range(1, 10))

    def lived_through(story: Story) -> Outcome:
        with living(tmp_path / str(next(years)), story) as year:
            return year.outcome

    return lived_through
