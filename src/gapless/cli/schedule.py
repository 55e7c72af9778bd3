"""`gapless schedule`: clean every day when it is due."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import threading
import traceback
from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, Site
from gapless.cli.stdout import show_plain
from gapless.config.settings import Settings
from gapless.errors import UsageError
from gapless.report.rounds import round_line
from gapless.retention.expiring import Lifetime
from gapless.verbs.check_schedule import require_retention, shown
from gapless.verbs.clean import CleanOptions
from gapless.verbs.schedule import RETRY, DailyCleaning, Round
from gapless.verbs.schedule import schedule as schedule_verb
from gapless.wiring import (
    clock_of,
    daily_of,
    open_in_turn,
    pipeline_of,
    readable_ledger,
)

A_DAY = timedelta(days=1).total_seconds()


def schedule(
    *,
    clean_at: str | None = None,
    once: Annotated[bool, Parameter(negative="")] = False,
    retry: float = RETRY.total_seconds(),
    site: Site = SITE,
) -> int:
    """Clean every day when it is due, in the pipeline's time zone, until it is stopped.

    What was missed is caught up at once, one time. Of several schedulers on one ledger only one
    cleans. SIGTERM and Ctrl-C end it, after a cleaning that is at work. Needs the extra
    `gapless[schedule]`, except with --once.

    Exit codes with --once: 0 nothing is left to do, 1 something that should have been cleaned was
    not, 3 nothing was started.

    Parameters
    ----------
    clean_at
        Time of day, HH:MM. [env: GAPLESS_CLEAN_AT]
    once
        Do what is due, if anything is, and end: for cron, every hour.
    retry
        Seconds to wait after an error that may be gone by then; what else was left undone is tried
        again every hour.
    """
    if not 0 < retry <= A_DAY:
        raise UsageError(f"--retry {retry} is no time to wait; give seconds, up to a day.")
    settings = site.settings(clean_at=clean_at)
    cleaning = _daily_cleaning(settings)
    tell = _Teller(json_lines=site.json)
    if once:
        require_retention(cleaning.pipeline)
        done = cleaning.round()
        tell(done)
        return done.exit_code
    if settings.now is not None:
        raise UsageError(
            "The clock stands still (now is set), so nothing would ever become due.",
            untouched="Nothing was started.",
            advice="Take it out of the configuration, or do what is due: gapless schedule --once",
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not site.json:
        show_plain(
            f"Cleaning every day at {cleaning.daily}; next due "
            f"{shown(cleaning.daily, cleaning.daily.next(cleaning.clock.now()))}\n"
        )
    schedule_verb(cleaning, tell, stop, retry=timedelta(seconds=retry))
    return 0


def _daily_cleaning(settings: Settings) -> DailyCleaning:
    pipeline = pipeline_of(settings)
    command = shlex.join(["gapless", *sys.argv[1:]])
    return DailyCleaning(
        pipeline=pipeline,
        daily=daily_of(settings, pipeline),
        open_ledger=lambda: readable_ledger(settings),
        open_workspace=lambda: open_in_turn(settings),
        options=CleanOptions(
            backups=Lifetime(settings.backup_days, settings.backups_at_least), command=command
        ),
        clock=clock_of(settings),
    )


class _Teller:
    """Prints a line for each round, and where an unforeseen error happened if that is wanted."""

    def __init__(self, *, json_lines: bool) -> None:
        self._json = json_lines

    def __call__(self, done: Round) -> None:
        if done.error is not None and done.error.__cause__ and os.environ.get("GAPLESS_DEBUG"):
            traceback.print_exception(done.error.__cause__)
        line = (
            json.dumps(done.as_data(), ensure_ascii=False, default=str)
            if self._json
            else round_line(done)
        )
        show_plain(line + "\n")
