"""Which year do these tests look at? The demo's own, lived through once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hudang.demo.command import carry
from hudang.demo.outcome import Outcome, as_json
from hudang.demo.story import Story, the_story
from hudang.service import Service, open_service
from hudang.settings import Settings


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
