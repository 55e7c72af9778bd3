"""`gapless gaps`: every partition that is not as it should be, and what explains it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.errors import WarehouseBusy
from gapless.plan.giving_up import ATTEMPTS, Patience
from gapless.report.gaps import gaps_text
from gapless.verbs.gap_report import GapReport
from gapless.verbs.gaps import gaps as gaps_verb
from gapless.verbs.gaps import last_known_gaps
from gapless.wiring import clock_of, pipeline_of, readable_ledger


def gaps(
    *tables: str,
    dates: Dates = DATES,
    newest_first: Annotated[bool, Parameter(negative="")] = False,
    attempts: int = ATTEMPTS,
    site: Site = SITE,
) -> int:
    """Find every partition that is missing, partial, stale, blocked or unknown; reads only.

    Each stands beneath the gap that explains it: the most upstream one. Without dates the whole
    history is looked at, also of the tables that are loaded.

    Exit codes: 0 there are no gaps, 1 there are, 4 something is unknown.

    Parameters
    ----------
    tables
        Tables to look at, also loaded ones, by full or short name; all when none is given.
    newest_first
        Begin with the newest gap instead of the oldest.
    attempts
        After how many attempts at the same thing a repair gives up on it.
    """
    patience = Patience(attempts)
    selection = dates.selection(tables)
    report: GapReport
    try:
        with site.workspace() as workspace:
            report = gaps_verb(workspace, selection, newest_first=newest_first, patience=patience)
    except WarehouseBusy:
        settings = site.settings()
        ledger = readable_ledger(settings)
        if ledger is None:
            raise
        try:
            report = last_known_gaps(
                pipeline_of(settings),
                ledger,
                selection,
                clock_of(settings).now(),
                newest_first=newest_first,
            )
        finally:
            ledger.close()
    if site.json:
        show_json(report.as_data())
    else:
        show(gaps_text(report))
    return report.exit_code
