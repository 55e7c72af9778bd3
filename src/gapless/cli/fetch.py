"""`gapless fetch`: get the files of the source tables from the service they come from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, DateOptions, Site
from gapless.cli.output import show, show_json
from gapless.cli.progress import Bar
from gapless.fetch import PAUSE, TIMEOUT, FetchProgress, FetchRequest
from gapless.report.fetch import fetch_data, fetch_text
from gapless.verbs.fetch import fetch as fetch_verb
from gapless.wiring import clock_of, pipeline_of

PLAIN_UNITS = 100
"""Without a terminal: a line after so many units."""


def fetch(
    *,
    data: Path,
    season: str | None = None,
    start_date: Annotated[str | None, Parameter(name=["--start-date", "--from"])] = None,
    end_date: Annotated[str | None, Parameter(name=["--end-date", "--to"])] = None,
    pause: float = PAUSE,
    timeout: float = TIMEOUT,
    site: Site = SITE,
) -> int:
    """Get the files of the source tables from the service they come from.

    What was fetched before is kept and not asked for again. Needs the extra of the pipeline's
    package, e.g. `gapless[nba]`.

    Parameters
    ----------
    data
        Folder for the files and for every response; `gapless load --data` reads it.
    season
        A whole season, e.g. 2023-24.
    start_date
        First date, YYYY-MM-DD.
    end_date
        Last date, YYYY-MM-DD.
    pause
        Seconds between two requests.
    timeout
        Seconds after which a request has failed.
    """
    settings = site.settings()
    dates = DateOptions(start_date=start_date, end_date=end_date).selection(())
    request = FetchRequest(
        folder=data,
        season=season,
        first=dates.start_date,
        last=dates.end_date,
        pause=pause,
        timeout=timeout,
        clock=clock_of(settings),
    )
    with FetchBar(quiet=site.json) as bar:
        report = fetch_verb(pipeline_of(settings), request, bar)
    if site.json:
        show_json(fetch_data(report, data))
    else:
        show(fetch_text(report, data))
    return report.exit_code


class FetchBar(Bar):
    """Shows how far a fetch is on stderr: a bar on a terminal, some lines otherwise."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__("starting", quiet=quiet)

    def __call__(self, progress: FetchProgress) -> None:
        """Take a step."""
        if self.move(progress.what, progress.done, progress.total) or self._quiet:
            return
        if progress.total is None or progress.done % PLAIN_UNITS == 0:
            count = "" if progress.total is None else f"{progress.done}/{progress.total} "
            sys.stderr.write(f"{count}{progress.what}\n")
