"""Does the README show what the demo prints?"""

from io import StringIO
from pathlib import Path

import pytest

from hudang.demo import tables
from tests.demo.conftest import Lived
from tests.docs.markdown import ELLIPSIS, Document

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def printed(lived: Lived) -> list[str]:
    """The lines of the tables, without the spaces at their ends."""
    output = StringIO()
    tables.show(lived.outcome, output)
    return [line.rstrip() for line in output.getvalue().split("\n")]


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_shows_lines_that_the_demo_prints_in_their_order(name: str, printed: list[str]) -> None:
    path = ROOT / name
    (shown,) = Document(path, path.read_text(encoding="utf-8")).blocks("text")
    rest = iter(printed)

    missing = [line for line in shown.rstrip().split("\n") if line != ELLIPSIS and line not in rest]

    assert missing == []
