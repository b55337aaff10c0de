"""How are the spans of a ledger checked on all cores?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from hudang.ledger.span import Span, SpanJob, check_span_apart
from hudang.ledger.verify import Spread

Progress = Callable[[int, int], None]
"""Hears how many of so many parts are done."""


def over_processes(
    conninfo: str,
    *,
    role: str | None = "hudang_service",
    processes: int | None = None,
    progress: Progress = lambda done, of: None,
) -> Spread:
    """Each span in one of several processes with a connection of its own; by default one for each core.

    The processes are started afresh, not forked: this one has threads and open connections.
    """

    def spread(jobs: Sequence[SpanJob]) -> Iterator[Span]:
        if not jobs:
            return
        workers = min(processes or os.cpu_count() or 1, len(jobs))
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            try:
                for done, span in enumerate(
                    pool.map(partial(check_span_apart, conninfo, role), jobs), start=1
                ):
                    progress(done, len(jobs))
                    yield span
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    return spread
