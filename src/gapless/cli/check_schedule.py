"""`gapless check-schedule`: did the daily cleaning run when it was due?"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.errors import UsageError
from gapless.report.schedule import schedule_text
from gapless.verbs.check_schedule import GRACE
from gapless.verbs.check_schedule import check_schedule as check_schedule_verb
from gapless.wiring import clock_of, daily_of, pipeline_of, readable_ledger


def check_schedule(
    *,
    clean_at: str | None = None,
    grace: float = GRACE / timedelta(hours=1),
    strict: Annotated[bool, Parameter(negative="")] = False,
    site: Site = SITE,
) -> int:
    """Say whether the daily cleaning ran when it was due, whoever was to run it.

    Asks the ledger alone, also while a run is at work. Made to be called by a monitor: a scheduler
    that died, or was never installed, is found by what is not there.

    Exit codes: 0 it ran, or still may, 1 it failed or is overdue.

    Parameters
    ----------
    clean_at
        Time of day, HH:MM. [env: GAPLESS_CLEAN_AT]
    grace
        Hours that a cleaning may take, or be late.
    strict
        Exit code 1 also when the newest cleaning was unusual.
    """
    settings = site.settings(clean_at=clean_at)
    pipeline = pipeline_of(settings)
    ledger = readable_ledger(settings)
    try:
        report = check_schedule_verb(
            pipeline,
            ledger,
            daily_of(settings, pipeline),
            clock_of(settings).now(),
            grace=_hours(grace),
        )
    finally:
        if ledger is not None:
            ledger.close()
    if site.json:
        show_json(report.as_data())
    else:
        show(schedule_text(report))
    return 1 if strict and report.warnings else report.exit_code


def _hours(given: float) -> timedelta:
    if not 0 <= given <= 24:  # noqa: PLR2004 - hours of a day; later the next one is due
        raise UsageError(f"--grace {given} is no grace for a daily cleaning; give 0 … 24 hours.")
    return timedelta(hours=given)
