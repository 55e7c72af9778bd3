"""`gapless status`: say which dates are done."""

from __future__ import annotations

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.errors import WarehouseBusy
from gapless.report.status import status_text
from gapless.verbs.status import StatusReport, last_known_status
from gapless.verbs.status import status as status_verb
from gapless.wiring import clock_of, pipeline_of, readable_ledger


def status(*tables: str, dates: Dates = DATES, site: Site = SITE) -> int:
    """Say which dates are done, measured now; as the ledger last knew it while a run is at work.

    Exit codes: 0 everything selected is done, 1 something needs attention, 4 something is unknown.

    Parameters
    ----------
    tables
        Tables to look at, by full or short name; all of the pipeline when none is given.
    """
    report = _report(tables, dates, site)
    if site.json:
        show_json(report.as_data())
    else:
        show(status_text(report))
    return report.exit_code


def _report(tables: tuple[str, ...], dates: Dates, site: Site) -> StatusReport:
    selection = dates.selection(tables)
    try:
        with site.workspace() as workspace:
            return status_verb(workspace, selection)
    except WarehouseBusy:
        settings = site.settings()
        ledger = readable_ledger(settings)
        if ledger is None:
            raise
        try:
            return last_known_status(
                pipeline_of(settings), ledger, selection, clock_of(settings).now()
            )
        finally:
            ledger.close()
