"""A folder with a shop that has something to clean, and the installed command in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from acceptance.place import command, environment
from gapless import Pipeline
from gapless.clock import Clock
from gapless.config.settings import load_settings
from gapless.ledger.cleanings import Cleaning
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.workspace import Workspace
from gapless.wiring import backups_of
from support.cleanings import OUTLOOK, forgetful_shop
from support.shop import close, open_shop, rows
from support.shopkeeper import Shopkeeper, day

TESTS = Path(__file__).parents[1]
CONFIGURATION = """\
pipeline = "cleaning_site.py:pipeline"
warehouse = "duckdb:///shop.duckdb"
ledger = "sqlite:///ledger.sqlite"
"""
STALE_DAYS = 4
ROWS = STALE_DAYS * 9
"""Rows of the outlook, all of them long past their retention."""


@dataclass(frozen=True)
class CleaningSite:
    """A folder that a user works in."""

    folder: Path

    @classmethod
    def built(cls, folder: Path) -> CleaningSite:
        """Compute a shop, with an outlook that nobody needs any more."""
        keeper = Shopkeeper.on_new_shop(folder).using(forgetful_shop())
        assert keeper.backfill().exit_code == 0
        days = [day(number) for number in range(STALE_DAYS)]
        assert keeper.backfill(OUTLOOK, dates=days).exit_code == 0
        (folder / "gapless.toml").write_text(CONFIGURATION)
        (folder / "cleaning_site.py").write_text("from support.cleanings import pipeline\n")
        return cls(folder)

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the variables of a process that finds the pipeline."""
        known = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([str(TESTS), *([known] if known else [])])
        return environment(**{"PYTHONPATH": path, "GAPLESS_ACTOR": "ann@host", **variables})

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command to its end."""
        done = subprocess.run(
            [command(), *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @contextmanager
    def running(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Start the installed command; it is gone afterwards, whatever happens."""
        with subprocess.Popen(
            [command(), *arguments],
            cwd=self.folder,
            env=self.environment(PYTHONUNBUFFERED="1", **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def workspace(self, pipeline: Pipeline, now: datetime) -> Iterator[Workspace]:
        """Open the folder in this process, at a moment."""
        settings = load_settings({}, environment={}, folder=self.folder)
        workspace = open_shop(self.folder, pipeline)
        try:
            workspace.open_ledger.open()
            backups = backups_of(settings, pipeline)
            yield replace(workspace, clock=Clock.fixed(now), backups=backups)
        finally:
            close(workspace)

    def outlook(self) -> int:
        """Count the rows that are to go."""
        [(count,)] = rows(self.folder / "shop.duckdb", f"SELECT count(*) FROM {OUTLOOK}")
        assert isinstance(count, int)
        return count

    def cleanings(self) -> list[Cleaning]:
        """Return what the ledger has, oldest first."""
        ledger = SqlLedger(f"sqlite:///{self.folder / 'ledger.sqlite'}")
        ledger.open()
        try:
            return ledger.cleanings()[::-1]
        finally:
            ledger.close()

    def backups(self) -> list[str]:
        """Name the files of the backups."""
        folder = self.folder / "gapless-backups"
        return sorted(file.name for file in folder.rglob("*") if file.is_file())


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints; empty when it has ended."""
    said: Any = process.stdout
    return str(said.readline())


HOLD = """\
import sys
import duckdb
connection = duckdb.connect("shop.duckdb")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def warehouse_held(site: CleaningSite) -> Iterator[subprocess.Popen[str]]:
    """Keep the warehouse open in another process until its stdin is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=site.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert line_of(process) == "held\n"
            yield process
        finally:
            process.kill()
