"""`gapless plan`: say what a backfill would do, and why."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.report.plan import plan_data, plan_text
from gapless.verbs.backfill import plan as plan_verb


def plan(
    *tables: str,
    dates: Dates = DATES,
    with_upstream: bool = False,
    because: Annotated[bool, Parameter(negative="")] = False,
    site: Site = SITE,
) -> int:
    """Say what a backfill would do, and why; reads only.

    Parameters
    ----------
    tables
        Tables to compute, by full or short name; all of the pipeline when none is given.
    with_upstream
        Also plan the upstream partitions that are not complete.
    because
        Follow each step through its inputs to the root of it, with the runs that published them.
    """
    with site.workspace() as workspace:
        made, standings = plan_verb(workspace, dates.selection(tables, with_upstream=with_upstream))
    if site.json:
        show_json(plan_data(made, standings))
    else:
        show(plan_text(made, standings, with_because=because))
    return 0
