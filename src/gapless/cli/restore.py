"""`gapless restore`: bring removed rows back from their backups."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import RANGE, SITE, RangeOptions, Site, listed
from gapless.cli.output import show, show_json
from gapless.cli.progress import CleaningProgress
from gapless.partitions import parse_date
from gapless.report.clean import restore_text
from gapless.verbs.backups import Wanted
from gapless.verbs.restore import RestoreOptions
from gapless.verbs.restore import restore as restore_verb


def restore(
    *,
    tables: Annotated[list[str] | None, Parameter(negative="")] = None,
    span: Annotated[RangeOptions, Parameter(group="Dates")] = RANGE,
    dates: Annotated[list[str] | None, Parameter(negative="", group="Dates")] = None,
    backup: str = "",
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    backups: str | None = None,
    site: Site = SITE,
) -> int:
    """Bring removed rows back, of each date all that went since it was last restored.

    A date that was cleaned more than once comes from all of its backups together; where these hold
    different rows of the same key, --backup has to choose one. Dates whose rows are there already
    are left alone. Exit codes: 0 all that was asked for is there now, 1 some is not.

    Parameters
    ----------
    tables
        Only these tables, separated by commas or repeated; all that were saved otherwise.
    dates
        Single dates, separated by commas or repeated.
    backup
        From this backup only, by its id as `gapless backups` prints it.
    overwrite
        Replace other rows that are there; they are saved first.
    dry_run
        Say what would be brought back; nothing is written.
    backups
        Folder or address they are in; default gapless-backups. [env: GAPLESS_BACKUPS]
    """
    first, last = span.bounds()
    wanted = Wanted(
        tables=listed(tables),
        first=first,
        last=last,
        dates=frozenset(parse_date(text, where="--dates") for text in listed(dates)),
        backup_id=backup,
    )
    command = " ".join(["restore", *sys.argv[2:]])
    options = RestoreOptions(wanted, overwrite=overwrite, dry_run=dry_run, command=command)
    progress = CleaningProgress(quiet=site.json or dry_run)
    with site.workspace(write=not dry_run, create=False, backups=backups) as workspace, progress:
        report = restore_verb(workspace, options, progress)
    if site.json:
        show_json(report.as_data())
    else:
        show(restore_text(report))
    return report.exit_code
