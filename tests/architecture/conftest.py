"""What do the architecture tests look at? The files of the repository, as they lie there."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of pyproject.toml."""
    return Path(__file__).parents[2]
