"""`gapless unwaive`: end waivers before they expire."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.errors import WarehouseBusy
from gapless.report.waivers import unwaive_text
from gapless.verbs.unwaive import UnwaiveReport, UnwaiveRequest, unwaive_unseen
from gapless.verbs.unwaive import unwaive as unwaive_verb
from gapless.wiring import clock_of, ledger_of, pipeline_of


def unwaive(
    table: str | None = None,
    /,
    *,
    dates: Dates = DATES,
    check: Annotated[list[str] | None, Parameter(negative="")] = None,
    id: Annotated[list[str] | None, Parameter(negative="")] = None,  # noqa: A002 - the flag is --id
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    site: Site = SITE,
) -> int:
    """End waivers now, whoever granted them, and say which partitions need attention without them.

    Nothing published is touched. A run that is at work heeds it.

    Parameters
    ----------
    table
        Full or short name; its dates have to be named, too.
    check
        End only waivers of this check, each as a whole; repeatable.
    id
        A waiver by its id, as `gapless waivers` prints it; repeatable.
    dry_run
        Say what would be ended and record nothing.
    """
    selection = dates.selection(())
    request = UnwaiveRequest(table, selection, tuple(check or ()), tuple(id or ()))
    report = _report(request, site, dry_run=dry_run)
    if site.json:
        show_json(report.as_data())
    else:
        show(unwaive_text(report))
    return report.exit_code


def _report(request: UnwaiveRequest, site: Site, *, dry_run: bool) -> UnwaiveReport:
    try:
        with site.workspace(record=True) as workspace:
            return unwaive_verb(workspace, request, dry_run=dry_run)
    except WarehouseBusy:
        # A permission must be revocable while a run is making use of it.
        settings = site.settings()
        ledger, clock = ledger_of(settings), clock_of(settings)
        try:
            ledger.open()
            pipeline = pipeline_of(settings)
            return unwaive_unseen(pipeline, ledger, clock, request, dry_run=dry_run)
        finally:
            ledger.close()
