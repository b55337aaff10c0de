"""Does the command line explain itself, and end in one line where a person can mend something?"""

import argparse
import subprocess
import sys
from types import ModuleType

import pytest

from hudang import __version__, cli
from hudang.user_error import UserError


@pytest.fixture
def failing_command(monkeypatch: pytest.MonkeyPatch) -> str:
    """A command whose database is out of reach."""

    def run(_: argparse.Namespace) -> int:
        raise UserError("The database is out of reach:\n  name another in DATABASE_URL.")

    module = ModuleType("failing_command")
    module.add_arguments = lambda subparsers: subparsers.add_parser("fail").set_defaults(run=run)  # type: ignore[attr-defined]  # made here
    module.__spec__ = argparse.__spec__
    monkeypatch.setitem(sys.modules, "failing_command", module)
    monkeypatch.setitem(cli.COMMANDS, "fail", ("failing_command", "fail"))
    monkeypatch.setitem(cli.EXAMPLES, "fail", "hudang fail")
    return "fail"


class TestTheCommandLine:
    def test_explains_itself_without_a_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main([]) == 0

        said = capsys.readouterr().out
        assert "DATABASE_URL" in said
        assert "exit codes:" in said

    def test_lists_every_command_that_it_has(self, capsys: pytest.CaptureFixture[str]) -> None:
        cli.main([])

        said = capsys.readouterr().out
        assert all(cli.EXAMPLES[name] in said for name in cli.available())

    def test_has_an_example_for_every_command(self) -> None:
        assert cli.EXAMPLES.keys() == cli.COMMANDS.keys()

    def test_tells_its_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            cli.main(["--version"])

        assert capsys.readouterr().out == f"hudang {__version__}\n"

    def test_says_in_one_line_what_can_be_mended(
        self, failing_command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main([failing_command]) == 2

        said = capsys.readouterr()
        assert said.err == "hudang: The database is out of reach: name another in DATABASE_URL.\n"
        assert said.out == ""

    def test_refuses_a_command_that_it_does_not_have(self) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(["no-such-command"])

        assert ended.value.code == 2

    def test_loads_nothing_heavy_to_explain_itself(self) -> None:
        heavy = ("psycopg", "strawberry", "msgspec", "uvicorn", "rich")
        asked = (
            "import sys; from hudang import cli; cli.main([]); "
            f"sys.exit(any(m in sys.modules for m in {heavy}))"
        )

        assert subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False).returncode == 0
