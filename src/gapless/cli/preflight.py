"""`gapless preflight`: say what stands in the way of a backfill."""

from __future__ import annotations

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.report.preflight import preflight_data, preflight_text
from gapless.verbs.backfill import preflight as preflight_verb


def preflight(
    *tables: str, dates: Dates = DATES, with_upstream: bool = False, site: Site = SITE
) -> int:
    """Say what stands in the way of a backfill, and what can be done about it; reads only.

    Exit codes: 0 nothing stands in the way (warnings included), 1 some partitions are blocked,
    3 nothing would be started, 4 nothing can be said about some dates.

    Parameters
    ----------
    tables
        Tables to compute, by full or short name; all of the pipeline when none is given.
    with_upstream
        Assume that upstream gaps are closed first.
    """
    with site.workspace() as workspace:
        found = preflight_verb(workspace, dates.selection(tables, with_upstream=with_upstream))
    if site.json:
        show_json(preflight_data(found))
    else:
        show(preflight_text(found))
    return found.exit_code
