"""Backfill one date of `huge_pipeline` and say what became of it and what it took.

Usage: huge_backfill.py FOLDER DATE   (with gapless.toml and the warehouse)
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import date
from pathlib import Path

import huge_pipeline
from gapless.config.settings import load_settings
from gapless.ledger import sql_ledger
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.selection import Selection
from gapless.warehouse import duckdb as warehouse
from gapless.wiring import open_workspace
from measuring import Meter

# Imported above so that only work is timed: drivers otherwise load when they are first needed.
_LOADED = (huge_pipeline, sql_ledger, warehouse)


class Watch(threading.Thread):
    """Looks every now and then how much has been spilled."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._over = threading.Event()
        self.most = 0

    def run(self) -> None:
        """Keep the largest size of the folder."""
        while not self._over.wait(0.2):
            self.most = max(self.most, sum(_size(file) for file in self._folder.glob("*")))

    def end(self) -> float:
        """Stop and return the megabytes."""
        self._over.set()
        self.join()
        return self.most / 1024**2


def main() -> None:
    """Run the backfill."""
    os.chdir(sys.argv[1])
    wanted = Selection(dates=[date.fromisoformat(sys.argv[2])])
    watch = Watch(Path("huge.duckdb.tmp"))
    watch.start()
    meter = Meter()
    with open_workspace(load_settings({}), write=True) as workspace:
        report = backfill(workspace, wanted, BackfillOptions(), lambda _: None).report
        statements = workspace.warehouse.statements
    [result] = report.results
    attempt = result.attempt
    meter.show(
        statements,
        spilled=watch.end(),
        exit_code=report.exit_code,
        outcome=result.outcome,
        expected=attempt and attempt.expected,
        present=attempt and attempt.present,
        missing=attempt and attempt.missing,
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    main()
