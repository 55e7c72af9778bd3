"""A folder with a shop that has something to clean, and the command in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from acceptance.place import environment
from gapless import Pipeline
from gapless.clock import Clock
from gapless.config.settings import load_settings
from gapless.ledger.cleanings import Cleaning
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.workspace import Workspace
from gapless.wiring import backups_of
from support import forked
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
        """Run the command to its end."""
        done = forked.finished(
            forked.gapless(*arguments, folder=self.folder, variables=self.environment(**variables)),
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @contextmanager
    def running(self, *arguments: str, **variables: str) -> Iterator[forked.Process]:
        """Start the command; it is gone afterwards, whatever happens."""
        variables = self.environment(PYTHONUNBUFFERED="1", **variables)
        with forked.gapless(*arguments, folder=self.folder, variables=variables) as process:
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


def line_of(process: forked.Process) -> str:
    """Return the next line that a process prints; empty when it has ended."""
    return process.stdout.readline()


WAREHOUSE_HELD = """\
import sys
import duckdb
connection = duckdb.connect("shop.duckdb")
print("held", flush=True)
sys.stdin.read()
connection.close()
"""
TURN_HELD = """\
import sys
from gapless.clock import Clock
from gapless.ledger.sql_ledger import SqlLedger
from gapless.verbs.turn import turn
ledger = SqlLedger("sqlite:///ledger.sqlite")
ledger.open()
with turn(ledger, "shop", Clock()):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(site: CleaningSite, holding: str) -> Iterator[forked.Process]:
    """Keep something of a site in another process until its stdin is closed."""
    variables = site.environment()
    with forked.python(
        "-c", holding, folder=site.folder, variables=variables, stdin=True
    ) as process:
        try:
            assert line_of(process) == "held\n"
            yield process
        finally:
            process.kill()


def warehouse_held(site: CleaningSite) -> AbstractContextManager[forked.Process]:
    """Have the warehouse open in another process."""
    return held(site, WAREHOUSE_HELD)


def turn_held(site: CleaningSite) -> AbstractContextManager[forked.Process]:
    """Have the turn taken by another process."""
    return held(site, TURN_HELD)
