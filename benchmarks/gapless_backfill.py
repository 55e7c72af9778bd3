"""C: one verb of Gapless on a loaded warehouse.

Usage: gapless_backfill.py FOLDER backfill|noop|preflight [WORKERS [DATE]]
The folder has gapless.toml and the warehouse.
"""

from __future__ import annotations

import os
import sys
from datetime import date

import gapless_nba.pipeline
from gapless.cli.app import collect_garbage_seldom
from gapless.cli.logs import LogListener, configure_logs
from gapless.config.settings import load_settings
from gapless.ledger import sql_ledger
from gapless.verbs.backfill import BackfillOptions, backfill, preflight
from gapless.verbs.selection import Selection
from gapless.warehouse import duckdb as warehouse
from gapless.wiring import open_workspace
from measuring import Meter

# Imported above so that only work is timed: drivers otherwise load when they are first needed.
_LOADED = (gapless_nba.pipeline, sql_ledger, warehouse)


def main() -> None:
    """Run the verb on the table that plain SQL ends with, and everything that it reads."""
    folder, verb = sys.argv[1], sys.argv[2]
    workers = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    dates = [date.fromisoformat(text) for text in sys.argv[4:]]
    os.chdir(folder)
    collect_garbage_seldom()
    meter = Meter()
    configure_logs(None)
    published = 0
    wanted = Selection(
        tables=("precompute.player_composite_factors",), dates=dates, with_upstream=True
    )
    with open_workspace(load_settings({}), write=verb != "preflight") as workspace:
        if verb == "preflight":
            preflight(workspace, wanted)
        else:
            options = BackfillOptions(workers=workers)
            report = backfill(workspace, wanted, options, LogListener()).report
            published = report.counts.get("published", 0)
            if report.exit_code:
                sys.exit(f"the backfill ended with {report.exit_code}: {report.counts}")
        statements = workspace.warehouse.statements
    meter.show(statements, published=published)


if __name__ == "__main__":
    main()
