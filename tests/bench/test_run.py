"""Does `python -m bench` run, from the repository, on a server of its own?"""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestTheCommand:
    def test_measures_a_group_and_says_whether_goals_were_met(self) -> None:
        ran = bench("ledger", "--quick", "--only", "tail", "--format", "json")

        (missed,) = json.loads(ran.stdout)
        assert (missed["ours"], missed["against"], missed["ok"]) == (0, 50_000, True)
        assert ran.returncode == 0

    def test_refuses_a_name_that_is_none(self) -> None:
        assert bench("nothing").returncode == 2
