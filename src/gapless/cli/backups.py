"""`gapless backups`: list what was saved before it was removed, and read it again."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, Site, listed
from gapless.cli.output import show, show_json
from gapless.report.clean import backups_text
from gapless.verbs.backups import list_backups
from gapless.wiring import backups_of, pipeline_of, readable_ledger


def backups(
    *,
    tables: Annotated[list[str] | None, Parameter(negative="")] = None,
    verify: Annotated[bool, Parameter(negative="")] = False,
    backups: str | None = None,
    site: Site = SITE,
) -> int:
    """List the backups of the pipeline; also while a run is at work.

    Exit codes: 0 none is damaged or missing, 1 some are.

    Parameters
    ----------
    tables
        Only of these tables, separated by commas or repeated.
    verify
        Read every row and compare with what was saved.
    backups
        Folder or address they are in; default gapless-backups. [env: GAPLESS_BACKUPS]
    """
    settings = site.settings(backups=backups)
    pipeline = pipeline_of(settings)
    kept, ledger = backups_of(settings, pipeline), readable_ledger(settings)
    try:
        report = list_backups(kept, pipeline, ledger, listed(tables), verify=verify)
    finally:
        if ledger is not None:
            ledger.close()
    if site.json:
        show_json(report.as_data())
    else:
        show(backups_text(report))
    return report.exit_code
