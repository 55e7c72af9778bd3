"""`gapless backfill`: compute, gate and publish every partition that is not done."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from gapless.cli.options import DATES, SITE, DateOptions, Dates, Site, SiteOptions, workers_of
from gapless.cli.output import show, show_json
from gapless.cli.watching import watched
from gapless.errors import UsageError
from gapless.report.plan import plan_data, plan_text
from gapless.report.run import resumed_note, run_text
from gapless.run.settings import DEFAULT_WAIVER_DAYS, waiver_lifetime
from gapless.verbs.backfill import BackfillOptions, check_force
from gapless.verbs.backfill import backfill as backfill_verb
from gapless.verbs.backfill import plan as plan_verb
from gapless.verbs.resume import resume as resume_verb
from gapless.verbs.resume import what_is_left
from gapless.verbs.selection import Selection
from gapless.verbs.workspace import Workspace

RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")


def backfill(
    *tables: str,
    dates: Dates = DATES,
    resume: Annotated[bool, Parameter(negative="")] = False,
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
    resume
        Do the rest of what an earlier run had planned, whatever the clock says now: of the newest
        run that left something to do, or of the one named: --resume RUN_ID (see gapless runs).
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
    run_id = _run_to_resume(tables, dates, with_upstream=with_upstream) if resume else None
    selection = dates.selection(() if resume else tables, with_upstream=with_upstream)
    settings = site.settings(workers=workers, chunk_size=chunk_size)
    options = BackfillOptions(
        command=shlex.join(["gapless", *sys.argv[1:]]),
        workers=workers_of(workers, settings.workers, parallel=parallel),
        chunk_size=settings.chunk_size,
        force_reason=reason,
        waiver_days=waive_days,
    )
    if not resume:
        check_force(selection, options)
    if dry_run:
        with site.workspace(workers=workers, chunk_size=chunk_size) as workspace:
            _dry_run(workspace, selection, options, site, run_id=run_id, resume=resume)
        return 0
    opened = site.workspace(write=True, create=False, workers=workers, chunk_size=chunk_size)
    with opened as workspace, watched(log_level, quiet=site.json) as listen:
        if resume:
            outcome = resume_verb(workspace, run_id, options, listen)
        else:
            outcome = backfill_verb(workspace, selection, options, listen)
    if site.json:
        show_json(outcome.report.as_data())
    else:
        show(run_text(outcome))
    return outcome.report.exit_code


def _run_to_resume(words: Sequence[str], dates: DateOptions, *, with_upstream: bool) -> str | None:
    """Return the run named after --resume; None when none is.

    Raises:
        UsageError: tables or dates are given as well.
    """
    others = [word for word in words if not RUN_ID.fullmatch(word)]
    if others or len(words) > 1 or dates != DATES or with_upstream:
        given = f" ({' '.join(others)} is no id of a run)" if others else ""
        raise UsageError(
            f"--resume takes tables and dates from the stored plan{given}; give at most the id of "
            "a run: gapless backfill --resume RUN_ID. The runs there are: gapless runs"
        )
    return words[0] if words else None


def _dry_run(
    workspace: Workspace,
    selection: Selection,
    options: BackfillOptions,
    site: SiteOptions,
    *,
    run_id: str | None,
    resume: bool,
) -> None:
    notes: list[Text] = []
    if resume:
        forced = options.force_reason is not None
        left = what_is_left(workspace, run_id, forced=forced)
        made, standings = left.plan, left.standings
        notes = list(resumed_note(left.stored, forced=forced))
    else:
        made, standings = plan_verb(workspace, selection)
    if site.json:
        show_json(plan_data(made, standings))
    else:
        show([*notes, *plan_text(made, standings, dry_run=True)])
