"""`gapless backfill`: compute, gate and publish every partition that is not done."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.logs import LogListener, configure_logs
from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.cli.progress import ProgressListener
from gapless.errors import UsageError
from gapless.events import Event
from gapless.report.plan import plan_data, plan_text
from gapless.report.run import run_text
from gapless.run.settings import DEFAULT_WAIVER_DAYS, waiver_lifetime
from gapless.verbs.backfill import BackfillOptions, check_force
from gapless.verbs.backfill import backfill as backfill_verb
from gapless.verbs.backfill import plan as plan_verb


def backfill(
    *tables: str,
    dates: Dates = DATES,
    with_upstream: Annotated[bool, Parameter(negative="")] = False,
    parallel: Annotated[bool, Parameter(negative="")] = False,
    workers: int | None = None,
    chunk_size: int | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    force: Annotated[bool, Parameter(negative="")] = False,
    reason: str | None = None,
    waive_days: int = DEFAULT_WAIVER_DAYS,
    log_level: str | None = None,
    site: Site = SITE,
) -> int:
    """Compute, gate and publish every partition that is not done; what is done is not touched.

    Parameters
    ----------
    tables
        Tables to compute, by full or short name; all of the pipeline when none is given.
    with_upstream
        First complete the upstream partitions that are not complete.
    parallel
        Work on several chunks and tables side by side.
    workers
        How many; all cores with --parallel when not given. [env: GAPLESS_WORKERS]
    chunk_size
        Partitions computed by one statement; smaller needs less memory and takes longer.
        [env: GAPLESS_CHUNK_SIZE]
    dry_run
        Print the plan and change nothing.
    force
        Publish the named dates even below their gates, as `waived`; needs --reason.
    reason
        Why it is right to publish them; kept for ever.
    waive_days
        Days after which the waiver has to be looked at again.
    log_level
        debug, info, warning or error; warning on a terminal, info otherwise.
    """
    if reason is not None and not force:
        raise UsageError("--reason belongs to --force; without it nothing is overridden.")
    waiver_lifetime(waive_days, "--waive-days")
    if force and reason is None:
        raise UsageError('--force needs --reason "…": it is kept with the partitions for ever.')
    selection = dates.selection(tables, with_upstream=with_upstream)
    settings = site.settings(workers=workers, chunk_size=chunk_size)
    options = BackfillOptions(
        command=shlex.join(["gapless", *sys.argv[1:]]),
        workers=_workers(workers, settings.workers, parallel=parallel),
        chunk_size=settings.chunk_size,
        force_reason=reason,
        waiver_days=waive_days,
    )
    check_force(selection, options)
    if dry_run:
        with site.workspace(workers=workers, chunk_size=chunk_size) as workspace:
            made, standings = plan_verb(workspace, selection)
        if site.json:
            show_json(plan_data(made, standings))
        else:
            show(plan_text(made, standings, dry_run=True))
        return 0
    configure_logs(log_level)
    progress, logs = ProgressListener(quiet=site.json), LogListener()

    def listen(event: Event) -> None:
        logs(event)
        progress(event)

    opened = site.workspace(write=True, create=False, workers=workers, chunk_size=chunk_size)
    with opened as workspace, progress:
        outcome = backfill_verb(workspace, selection, options, listen)
    if site.json:
        show_json(outcome.report.as_data())
    else:
        show(run_text(outcome))
    return outcome.report.exit_code


def _workers(given: int | None, configured: int, *, parallel: bool) -> int:
    """One chunk at a time; with --parallel as many as configured, or all cores; --workers rules."""
    if given is not None or not parallel:
        return given or 1
    return configured if configured > 1 else os.cpu_count() or 1
