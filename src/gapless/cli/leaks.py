"""`gapless leaks`: prove that nothing looks ahead."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gapless.cli.options import DATES, SITE, Dates, Site
from gapless.cli.output import show, show_json
from gapless.errors import UsageError
from gapless.report.leaks import leaks_text
from gapless.verbs.leaks import SAMPLES
from gapless.verbs.leaks import leaks as leaks_verb


def leaks(
    *tables: str,
    dates: Dates = DATES,
    samples: int | None = None,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    site: Site = SITE,
) -> int:
    """Prove that what is computed for a date does not hang on rows of that date or later.

    Each date is computed alone from inputs cut before it, and again with poisoned rows on it and
    after it; both must give the same rows. Reads only.

    Exit codes: 0 all is proved, 1 something looks ahead, 4 something could not be proved.

    Parameters
    ----------
    tables
        Tables to examine, by full or short name; all computed ones when none is given.
    samples
        How many dates of each table, spread evenly from the first to the last; 12 by default.
    every
        Examine every date instead of samples.
    """
    if every and samples is not None:
        raise UsageError("--all examines every date; leave --samples out, or --all.")
    wanted = None if every else SAMPLES if samples is None else samples
    with site.workspace(create=False) as workspace:
        report = leaks_verb(workspace, dates.selection(tables), samples=wanted)
    if site.json:
        show_json(report.as_data())
    else:
        show(leaks_text(report))
    return report.exit_code
