"""Can a person read the tables? Chinese is two cells wide, so columns must line up by cells, not letters."""

from io import StringIO

from rich.cells import cell_len

from hudang.demo.tables import show
from tests.demo.conftest import Lived


def shown(lived: Lived) -> list[str]:
    """The lines that `hudang demo` prints."""
    text = StringIO()
    show(lived.outcome, text)
    return text.getvalue().splitlines()


class TestTheTables:
    def test_line_up(self, lived: Lived) -> None:
        roster = [line for line in shown(lived) if line.startswith(" 00") and "测试" in line][:53]

        assert len(roster) == 53
        assert len({cell_len(line) for line in roster}) == 1

    def test_say_what_is_invented(self, lived: Lived) -> None:
        text = "\n".join(shown(lived))

        assert "Invented" in text
        assert "the Dibao line of 650 yuan" in text

    def test_show_both_figures(self, lived: Lived) -> None:
        rows = [line for line in shown(lived) if "amount of December (yuan a month)" in line]

        assert "26,784" in rows[0]
        assert "26,400" in rows[0]
