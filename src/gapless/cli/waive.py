"""`gapless waive`: permit named dates to be published without named checks."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.partitions import parse_date
from gapless.report.waivers import waive_text
from gapless.verbs.waive import WaiveRequest
from gapless.verbs.waive import waive as waive_verb


def waive(
    table: str,
    /,
    *,
    reason: str,
    check: Annotated[list[str] | None, Parameter(negative="")] = None,
    dates: Dates = DATES,
    days: int | None = None,
    until: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    site: Site = SITE,
) -> int:
    """Permit the named dates of one table to be published without the named checks.

    Nothing is published: the next backfill makes use of it. Of a source it permits what is
    computed from it to go on.

    Parameters
    ----------
    table
        Full or short name, of a computed table or of a source.
    reason
        Why it is right to go without these checks; kept for ever.
    check
        Name of a check that may fail; repeatable. `any` means every rule of the gate as it is
        today. What concerns inputs has to be named: `inputs_complete`, `sufficient_source`, and
        `missing` for a source without rows.
    days
        Days from today on that it holds, 366 at most; 30 when neither is given.
    until
        The last day on which it holds, YYYY-MM-DD, UTC.
    dry_run
        Say what would be permitted and record nothing.
    """
    request = WaiveRequest(
        table=table,
        selection=dates.selection(()),
        checks=check or (),
        reason=reason,
        days=days,
        until=parse_date(until, where="--until") if until is not None else None,
    )
    with site.workspace(record=not dry_run) as workspace:
        report = waive_verb(workspace, request, dry_run=dry_run)
    if site.json:
        show_json(report.as_data())
    else:
        show(waive_text(report))
    return report.exit_code
