"""`gapless fetch`: get the files of the source tables from the service they come from."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

from cyclopts import Parameter
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from gapless.cli.options import SITE, DateOptions, Site
from gapless.cli.output import show, show_json
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


class FetchBar:
    """Shows how far a fetch is on stderr: a bar on a terminal, some lines otherwise."""

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self._quiet = quiet
        self._bar = _bar(console) if console.is_terminal and not quiet else None
        self._task = None if self._bar is None else self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: FetchProgress) -> None:
        """Take a step."""
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task,
                description=progress.what,
                completed=progress.done,
                total=progress.total,
            )
        elif not self._quiet and (progress.total is None or progress.done % PLAIN_UNITS == 0):
            count = "" if progress.total is None else f"{progress.done}/{progress.total} "
            sys.stderr.write(f"{count}{progress.what}\n")


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
