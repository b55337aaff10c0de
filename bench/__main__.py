"""`python -m bench NAME [--quick] [--format table|json|markdown] [--only TEXT]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from bench import ledger
from bench.measure import Measure, as_json, as_markdown, print_table
from bench.pace import FULL, QUICK, Effort

BENCHMARKS: dict[str, Callable[[Effort, str], Iterator[Measure]]] = {"ledger": ledger.measures}


def main() -> int:
    """0 when every goal is met, 1 when one is missed."""
    parser = argparse.ArgumentParser(
        prog="bench", description="Measure Hudang against what nobody could beat."
    )
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="within two minutes, with smaller sizes")
    parser.add_argument("--format", choices=("table", "json", "markdown"), default="table")
    parser.add_argument("--only", default="", metavar="TEXT", help="the groups whose name holds this text")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else FULL
    measures = []
    for each in BENCHMARKS[arguments.name](effort, arguments.only):
        measures.append(each)
        print(f"{each.measure}: {each.ratio:.3g}", file=sys.stderr, flush=True)  # noqa: T201 - progress
    if arguments.format == "table":
        print_table(measures)
    else:
        told = as_json(measures) if arguments.format == "json" else as_markdown(measures)
        print(told)  # noqa: T201 - this is what the command says
    return 0 if all(each.ok is not False for each in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
