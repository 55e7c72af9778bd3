"""`gapless waivers`: list what is waived, by whom, why and until when."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.errors import WarehouseBusy
from gapless.report.waivers import waivers_text
from gapless.verbs.waivers import WaiverReport, last_known_waivers
from gapless.verbs.waivers import waivers as waivers_verb
from gapless.wiring import clock_of, pipeline_of, readable_ledger


def waivers(
    *tables: str,
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
    site: Site = SITE,
) -> int:
    """List the waivers in force, those that end soonest first, and whether anything stands on them.

    Exit codes: 0 nothing stands on a waiver that has ended, 1 something does and needs attention.

    Parameters
    ----------
    tables
        Tables to look at, by full or short name, sources too; all when none is given.
    everything
        Also those that have expired or were revoked and that nothing stands on any more.
    """
    report = _report(tables, site)
    if site.json:
        show_json(report.as_data(everything=everything))
    else:
        show(waivers_text(report, everything=everything))
    return report.exit_code


def _report(tables: tuple[str, ...], site: Site) -> WaiverReport:
    try:
        with site.workspace() as workspace:
            return waivers_verb(workspace, tables)
    except WarehouseBusy:
        settings = site.settings()
        ledger = readable_ledger(settings)
        if ledger is None:
            raise
        try:
            now = clock_of(settings).now()
            return last_known_waivers(pipeline_of(settings), ledger, now, tables)
        finally:
            ledger.close()
