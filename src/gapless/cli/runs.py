"""`gapless runs`: what was started when, and how it ended."""

from __future__ import annotations

from gapless.cli.options import SITE, Site
from gapless.cli.output import show, show_json
from gapless.report.runs import runs_text
from gapless.verbs.runs import LIMIT
from gapless.verbs.runs import runs as runs_verb
from gapless.wiring import clock_of, readable_ledger


def runs(*, limit: int = LIMIT, site: Site = SITE) -> int:
    """List the newest runs with their ids, also while one is at work; asks the ledger alone.

    Parameters
    ----------
    limit
        How many.
    """
    settings = site.settings()
    ledger = readable_ledger(settings)
    try:
        report = runs_verb(ledger, clock_of(settings).now(), limit=limit)
    finally:
        if ledger is not None:
            ledger.close()
    if site.json:
        show_json(report.as_data())
    else:
        show(runs_text(report))
    return report.exit_code
