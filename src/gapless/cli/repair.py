"""`gapless repair`: close the gaps through the ordinary path, and give up where it is pointless."""

from __future__ import annotations

import shlex
import sys
from datetime import timedelta
from math import inf
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site, workers_of
from gapless.cli.output import show, show_json
from gapless.cli.watching import watched
from gapless.errors import UsageError
from gapless.plan.giving_up import ATTEMPTS, RETRY_AFTER, Patience
from gapless.report.repair import repair_plan_text, repair_text
from gapless.verbs.backfill import BackfillOptions
from gapless.verbs.repair import WAIT, RepairOptions, plan_repair
from gapless.verbs.repair import repair as repair_verb

HOURS = RETRY_AFTER / timedelta(hours=1)


def repair(
    *tables: str,
    dates: Dates = DATES,
    attempts: int = ATTEMPTS,
    wait: float = WAIT,
    retry_after: float = HOURS,
    retry_given_up: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    parallel: Annotated[bool, Parameter(negative="")] = False,
    workers: int | None = None,
    chunk_size: int | None = None,
    log_level: str | None = None,
    site: Site = SITE,
) -> int:
    """Close every gap that can be closed, upstream first; every gate holds.

    What failed for no fault of its own is tried again in the same call. What was refused or failed
    so many times with the same inputs and definition is given up on: it stays a gap, makes
    the exit code 1, and is tried again by itself once what it is made from has changed.

    Exit codes: 0 every gap is closed, 1 some are left, 3 nothing was started, 4 something is
    unknown.

    Parameters
    ----------
    tables
        Tables to repair, by full or short name, with what they depend on; all when none is given.
    attempts
        After how many attempts at the same thing it is given up on.
    wait
        Seconds before the first retry; each further one waits twice as long.
    retry_after
        Hours after which something that failed for no fault of its own is tried once more.
    retry_given_up
        Try also what was given up on.
    dry_run
        Print the plan and change nothing.
    parallel
        Work on several chunks and tables side by side.
    workers
        How many; all cores with --parallel when not given. [env: GAPLESS_WORKERS]
    chunk_size
        Partitions computed by one statement; smaller needs less memory and takes longer.
        [env: GAPLESS_CHUNK_SIZE]
    log_level
        debug, info, warning or error; warning on a terminal, info otherwise.
    """
    if not 0 <= wait < inf:
        raise UsageError(f"--wait {wait} is no time to wait; give seconds from 0 on.")
    selection = dates.selection(tables)
    settings = site.settings(workers=workers, chunk_size=chunk_size)
    options = RepairOptions(
        backfill=BackfillOptions(
            command=shlex.join(["gapless", *sys.argv[1:]]),
            workers=workers_of(workers, settings.workers, parallel=parallel),
            chunk_size=settings.chunk_size,
        ),
        patience=Patience(attempts, _hours(retry_after)),
        wait=wait,
        retry_given_up=retry_given_up,
    )
    if dry_run:
        with site.workspace(workers=workers, chunk_size=chunk_size) as workspace:
            made = plan_repair(workspace, selection, options)
        if site.json:
            show_json(made.as_data())
        else:
            show(repair_plan_text(made))
        return 0
    opened = site.workspace(write=True, create=False, workers=workers, chunk_size=chunk_size)
    with opened as workspace, watched(log_level, quiet=site.json) as listen:
        report = repair_verb(workspace, selection, options, listen)
    if site.json:
        show_json(report.as_data())
    else:
        show(repair_text(report))
    return report.exit_code


def _hours(given: float) -> timedelta:
    try:
        return timedelta(hours=given)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--retry-after {given} is no number of hours that a clock could reach."
        ) from None
