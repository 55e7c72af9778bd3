"""`gapless clean`: remove the rows that outlived their retention, after saving them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import SITE, Site, listed
from gapless.cli.output import show, show_json
from gapless.cli.progress import CleaningProgress
from gapless.cli.stdout import show_plain
from gapless.errors import UsageError
from gapless.report.clean import clean_text
from gapless.retention.expiring import Lifetime
from gapless.verbs.clean import CleanOptions
from gapless.verbs.clean import clean as clean_verb
from gapless.verbs.clean_script import script


def clean(
    *,
    tables: Annotated[list[str] | None, Parameter(negative="")] = None,
    days: int | None = None,
    max_rows: int | None = None,
    backups: str | None = None,
    backup_days: int | None = None,
    backups_at_least: int | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    sql: str | None = None,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
    site: Site = SITE,
) -> int:
    """Remove the rows that outlived their retention, after saving, reading back and comparing them.

    Exit codes: 0 everything that was to go went, 1 some did not, 3 nothing was started.

    Parameters
    ----------
    tables
        Only these tables, separated by commas or repeated; all that declare a retention otherwise.
    days
        How many days rows live after their date, instead of what is declared.
    max_rows
        Refuse to remove more; otherwise ten times the usual is refused.
    backups
        Folder or address to save them in; default gapless-backups. [env: GAPLESS_BACKUPS]
    backup_days
        How many days backups are kept; default 30. [env: GAPLESS_BACKUP_DAYS]
    backups_at_least
        How many backups of each table are kept however old; default 3.
        [env: GAPLESS_BACKUPS_AT_LEAST]
    dry_run
        Say what would go and what would be kept, and why; nothing is written.
    sql
        Print a script that does it by hand instead: duckdb or bigquery. Nothing is removed.
    yes
        Do not ask. Needed where nobody can be asked.
    """
    settings = site.settings(
        backups=backups, backup_days=backup_days, backups_at_least=backups_at_least
    )
    options = CleanOptions(
        tables=listed(tables),
        days=days,
        dry_run=True,
        max_rows=max_rows,
        backups=Lifetime(settings.backup_days, settings.backups_at_least),
        command=" ".join(["clean", *sys.argv[2:]]),
    )
    if sql is not None:
        if dry_run or yes or site.json or max_rows is not None:
            raise UsageError(
                "--sql only prints a script: --dry-run, --yes, --json and --max-rows have no part "
                "in it.",
                untouched="Nothing was removed.",
                advice="Leave them out, or leave --sql out.",
            )
        with site.workspace(create=False, backups=backups) as workspace:
            show_plain(script(workspace, options.tables, days, sql))
        return 0
    if dry_run:
        with site.workspace(create=False, backups=backups) as workspace:
            report = clean_verb(workspace, options)
    else:
        if not yes:
            _ask(site, options, backups)
        progress = CleaningProgress(quiet=site.json)
        with site.workspace(write=True, create=False, backups=backups) as workspace, progress:
            report = clean_verb(workspace, replace(options, dry_run=False), progress)
    if site.json:
        show_json(report.as_data())
    else:
        show(clean_text(report))
    return report.exit_code


def _ask(site: Site, options: CleanOptions, backups: str | None) -> None:
    """Show what would go and ask whether it may.

    Raises:
        UsageError: nobody can be asked, or the answer is no.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "gapless clean removes rows, and there is nobody to ask whether it may.",
            untouched="Nothing was removed.",
            advice="Look at them: gapless clean --dry-run. Then remove them: gapless clean --yes",
        )
    with site.workspace(create=False, backups=backups) as workspace:
        show(clean_text(clean_verb(workspace, options)))
    sys.stderr.write("Remove them? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("The answer was not yes.", untouched="Nothing was removed.")
