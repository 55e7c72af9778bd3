"""`gapless status`: say which dates are done."""

from __future__ import annotations

from dataclasses import replace

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.config.settings import Settings
from gapless.declare.pipeline import Pipeline
from gapless.errors import WarehouseBusy
from gapless.ledger.interface import Ledger
from gapless.report.status import status_text
from gapless.verbs.check_schedule import cleaning_in_use
from gapless.verbs.status import StatusReport, last_known_status
from gapless.verbs.status import status as status_verb
from gapless.wiring import clock_of, daily_of, pipeline_of, readable_ledger


def status(*tables: str, dates: Dates = DATES, site: Site = SITE) -> int:
    """Say which dates are done, measured now; as the ledger last knew it while a run is at work.

    Says also when the daily cleaning is overdue, failed or was unusual; that changes no exit code.

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
    settings = site.settings()
    try:
        with site.workspace() as workspace:
            report = status_verb(workspace, selection)
            return _with_cleaning(report, settings, workspace.pipeline, workspace.ledger)
    except WarehouseBusy:
        ledger = readable_ledger(settings)
        if ledger is None:
            raise
        try:
            pipeline = pipeline_of(settings)
            known = last_known_status(pipeline, ledger, selection, clock_of(settings).now())
            return _with_cleaning(known, settings, pipeline, ledger)
        finally:
            ledger.close()


def _with_cleaning(
    report: StatusReport, settings: Settings, pipeline: Pipeline, ledger: Ledger | None
) -> StatusReport:
    now = clock_of(settings).now()
    return replace(
        report, cleaning=cleaning_in_use(pipeline, ledger, daily_of(settings, pipeline), now)
    )
