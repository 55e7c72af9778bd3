"""`gapless blame`: list the publications of one partition."""

from __future__ import annotations

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.partitions import parse_date
from gapless.report.blame import blame_text
from gapless.verbs.blame import blame as blame_verb


def blame(table: str, date: str, /, *, site: Site = SITE) -> int:
    """List the publications a partition has had, and say whether its rows are those of the newest.

    Each with its run, who and which code, why it was computed, what fed it, and the keys it
    gained, lost and changed. Exit codes: 0 the rows are those of the newest publication, 1 they
    are not or nothing was published, 4 nothing can be said of the date; of a table that is
    loaded, whether the date is done.

    Parameters
    ----------
    table
        Full or short name.
    date
        YYYY-MM-DD.
    """
    day = parse_date(date)
    with site.workspace() as workspace:
        found = blame_verb(workspace, table, day)
    if site.json:
        show_json(found.as_data())
    else:
        show(blame_text(found))
    return found.exit_code
