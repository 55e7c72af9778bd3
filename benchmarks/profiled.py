"""Where the CPU seconds of a Gapless backfill go, statement kind by statement kind.

Usage: profiled.py FOLDER   (with gapless.toml and a loaded warehouse)
Chunks are worked on in the calling thread, and tables are read one by one, so that a statement's
seconds are its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self

import gapless.plan.reading
import gapless.run.work
import gapless_nba.pipeline
from gapless.config.settings import load_settings
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.selection import Selection
from gapless.warehouse.duckdb import DuckDBWarehouse
from gapless.warehouse.interface import Row
from gapless.wiring import open_workspace
from results import IN_PYTHON

_LOADED = gapless_nba.pipeline
KINDS = (
    ('AS\nWITH "partitions"', "stage the rows"),
    ("AS\nSELECT unnest", "stage the dates"),
    ("CREATE OR REPLACE TABLE", "stage the expected sets"),
    ("INSERT INTO gapless.publications", "record publications"),
    ("INSERT INTO", "insert the published rows"),
    ("COMMIT", "commit"),
    ("row_facts", "audit"),
    ("WITH live AS", "read again what is published"),
    ("FILTER (WHERE ok IS NOT TRUE)", "checks of sources and tables"),
    ("(sum(hash(", "fingerprints of what is there"),
)


class InThisThread:
    """Stands in for the pool of workers."""

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *arguments: object) -> Future[Any]:
        """Do it at once."""
        done: Future[Any] = Future()
        done.set_result(work(*arguments))
        return done


def main() -> None:
    """Run a backfill and print the seconds of each part."""
    seconds: dict[str, float] = defaultdict(float)
    fetch = DuckDBWarehouse.fetch

    def timed(self: DuckDBWarehouse, sql: str) -> list[Row]:
        started = time.process_time()
        try:
            return fetch(self, sql)
        finally:
            part = next((title for mark, title in KINDS if mark in sql), "other statements")
            seconds[part] += time.process_time() - started

    setattr(DuckDBWarehouse, "fetch", timed)  # noqa: B010 - put in for this run alone
    setattr(gapless.run.work, "ThreadPoolExecutor", InThisThread)  # noqa: B010
    setattr(gapless.plan.reading, "READERS", 1)  # noqa: B010
    os.chdir(sys.argv[1])
    started = time.process_time()
    wanted = Selection(tables=("precompute.player_composite_factors",), with_upstream=True)
    with open_workspace(load_settings({}), write=True) as workspace:
        report = backfill(workspace, wanted, BackfillOptions(workers=1), lambda _: None).report
    if report.exit_code:
        sys.exit(f"the backfill ended with {report.exit_code}: {report.counts}")
    seconds[IN_PYTHON] = time.process_time() - started - sum(seconds.values())
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    print(json.dumps({"parts": dict(ordered)}))


if __name__ == "__main__":
    main()
