"""One verb of Gapless on a loaded warehouse; prints the seconds beyond process start and imports.

Usage: gapless_backfill.py FOLDER backfill|noop|preflight [WORKERS]   (FOLDER has gapless.toml)
"""

from __future__ import annotations

import os
import sys
import time

import gapless_nba.pipeline
from gapless.cli.logs import LogListener, configure_logs
from gapless.config.settings import load_settings
from gapless.ledger import sql_ledger
from gapless.verbs.backfill import BackfillOptions, backfill, preflight
from gapless.verbs.selection import Selection
from gapless.warehouse import duckdb as warehouse
from gapless.wiring import open_workspace

# Imported above so that only work is timed: drivers otherwise load when they are first needed.
_LOADED = (gapless_nba.pipeline, sql_ledger, warehouse)


def main() -> None:
    """Run the verb and print seconds, statements and partitions published."""
    folder, verb = sys.argv[1], sys.argv[2]
    workers = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    os.chdir(folder)
    started = time.perf_counter()
    configure_logs(None)
    statements, published = 0, 0
    with open_workspace(load_settings({}), write=verb != "preflight") as workspace:
        if verb == "preflight":
            preflight(workspace, Selection())
            statements = workspace.warehouse.statements
        else:
            options = BackfillOptions(workers=workers)
            report = backfill(workspace, Selection(), options, LogListener()).report
            statements, published = (
                workspace.warehouse.statements,
                report.counts.get("published", 0),
            )
            if report.exit_code:
                sys.exit(f"the backfill ended with {report.exit_code}: {report.counts}")
    print(f"{time.perf_counter() - started:.4f} {statements} {published}")


if __name__ == "__main__":
    main()
