"""Running the shop pipeline from a test, one verb at a time.

Warehouse and ledger are opened for one verb and closed again, as from a shell, so that in between
the test can change the files behind Gapless' back and look at them without it.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from gapless import Gate, Pipeline, check, keys_of, same_date
from gapless.cli.app import run as run_command
from gapless.clock import Clock
from gapless.declare.gates import Check
from gapless.declare.statements import Statement
from gapless.declare.tables import Derived, Source
from gapless.ledger.interface import Attempt, Ledger
from gapless.ledger.sql_ledger import SqlLedger
from gapless.plan.states import Standing, State
from gapless.preflight.examine import Preflight
from gapless.run.report import Result, RunReport
from gapless.validate.model import ValidationReport
from gapless.verbs.backfill import BackfillOptions, backfill, preflight
from gapless.verbs.gap_report import GapReport
from gapless.verbs.gaps import gaps
from gapless.verbs.repair import RepairOptions, RepairReport, repair
from gapless.verbs.resume import resume
from gapless.verbs.selection import Selection
from gapless.verbs.status import StatusReport, status
from gapless.verbs.validate import validate
from gapless.verbs.workspace import Workspace
from support.past_gapless import attached
from support.shop import FIRST, NOW, change, close, fill, open_shop, rows, shop_pipeline

SHOP_DAYS = "analytics.shop_days"
COMPLETE_FEED = "analytics.complete_feed"
DAILY_SUMMARY = "mart.daily_summary"
TABLES = (SHOP_DAYS, COMPLETE_FEED, DAILY_SUMMARY)
OPEN_SHOPS = tuple(range(1, 10))
"""Shops of which rows are expected; shop 10 is closed for good."""

Row = tuple[Any, ...]

CONFIGURATION = f"""\
pipeline = "shop_site.py:pipeline"
warehouse = "duckdb:///shop.duckdb"
ledger = "sqlite:///ledger.sqlite"
now = "{NOW.isoformat()}"
"""
SITE = """\
from support.shop import shop_pipeline

pipeline = shop_pipeline()
"""


def day(number: int) -> date:
    """Return a day of the shop's calendar; 0 is the first."""
    return FIRST + timedelta(days=number)


def sql(number: int) -> str:
    """Return a day of the shop's calendar as SQL."""
    return f"DATE '{day(number)}'"


@dataclass(frozen=True)
class Command:
    """What a command of the `gapless` program came to."""

    exit_code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shopkeeper:
    """Runs verbs on the shop in one folder."""

    folder: Path
    pipeline: Pipeline = field(default_factory=shop_pipeline)
    now: datetime = NOW

    @property
    def file(self) -> Path:
        """The warehouse."""
        return self.folder / "shop.duckdb"

    @property
    def ledger_file(self) -> Path:
        """The ledger."""
        return self.folder / "ledger.sqlite"

    @classmethod
    def on_new_shop(cls, folder: Path, days: int = 10, *, closed: Sequence[int] = ()) -> Shopkeeper:
        """Fill a new warehouse in a folder."""
        folder.mkdir(exist_ok=True)
        keeper = cls(folder)
        fill(keeper.file, days, closed=closed)
        return keeper

    def copy(self, folder: Path) -> Shopkeeper:
        """Copy warehouse and ledger, both closed, to another folder."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    def using(self, pipeline: Pipeline) -> Shopkeeper:
        """Return a keeper of the same shop with other declarations."""
        return replace(self, pipeline=pipeline)

    def at(self, now: datetime) -> Shopkeeper:
        """Return a keeper of the same shop at another time."""
        return replace(self, now=now)

    def later(self, **lapse: float) -> Shopkeeper:
        """Return a keeper of the same shop after some days, hours or seconds."""
        return self.at(self.now + timedelta(**lapse))

    # -- verbs -------------------------------------------------------------------------------

    @contextmanager
    def opened(self, *, ledger: Ledger | None = None) -> Iterator[Workspace]:
        """Open the workspace for a while."""
        workspace = open_shop(self.folder, self.pipeline, ledger=ledger)
        try:
            workspace.open_ledger.open()
            yield replace(workspace, clock=Clock.fixed(self.now))
        finally:
            close(workspace)

    def backfill(
        self,
        *tables: str,
        dates: Sequence[date] = (),
        with_upstream: bool = False,
        force: str | None = None,
        workers: int = 1,
        chunk_size: int = 1000,
    ) -> RunReport:
        """Backfill the whole pipeline, or some of it."""
        selection = Selection(tables=tables, dates=dates, with_upstream=with_upstream)
        options = BackfillOptions(workers=workers, chunk_size=chunk_size, force_reason=force)
        with self.opened() as workspace:
            return backfill(workspace, selection, options).report

    def resume(self, run_id: str | None = None, *, force: str | None = None) -> RunReport:
        """Go on with an earlier run."""
        with self.opened() as workspace:
            return resume(workspace, run_id, BackfillOptions(force_reason=force)).report

    def gaps(
        self, *tables: str, dates: Sequence[date] = (), newest_first: bool = False
    ) -> GapReport:
        """Find what is not as it should be, and what explains it."""
        with self.opened() as workspace:
            return gaps(workspace, Selection(tables, dates=dates), newest_first=newest_first)

    def repair(
        self, *tables: str, dates: Sequence[date] = (), options: RepairOptions | None = None
    ) -> RepairReport:
        """Close the gaps, without waiting in between."""
        options = options or RepairOptions(sleep=lambda _: None)
        with self.opened() as workspace:
            return repair(workspace, Selection(tables, dates=dates), options)

    def preflight(self, *tables: str, dates: Sequence[date] = ()) -> Preflight:
        """Say what stands in the way."""
        with self.opened() as workspace:
            return preflight(workspace, Selection(tables=tables, dates=dates))

    def status(self, *tables: str, dates: Sequence[date] = ()) -> StatusReport:
        """Measure the states."""
        with self.opened() as workspace:
            return status(workspace, Selection(tables=tables, dates=dates))

    def validate(self, *tables: str, dates: Sequence[date] = ()) -> ValidationReport:
        """Measure whether what is published can be trusted."""
        with self.opened() as workspace:
            return validate(workspace, Selection(tables=tables, dates=dates))

    def standing(self, table: str, number: int) -> Standing:
        """Measure the state of one partition."""
        [found] = self.status(table, dates=[day(number)]).standings
        return found

    def states(self, table: str) -> dict[int, State]:
        """Measure the states of one table by number of the day."""
        found = self.status(table).standings
        return {(one.partition - FIRST).days: one.state for one in found}

    def stale(self) -> set[tuple[str, int]]:
        """Return every partition that is neither settled nor merely blocked."""
        return {
            (one.table, (one.partition - FIRST).days)
            for one in self.status().standings
            if not one.settled and one.state is not State.BLOCKED
        }

    def command(self, *arguments: str) -> Command:
        """Run a command of the program on this shop, with the plain shop pipeline."""
        configuration = self.folder / "gapless.toml"
        moment = self.now.isoformat()
        configuration.write_text(CONFIGURATION.replace(NOW.isoformat(), moment))
        (self.folder / "shop_site.py").write_text(SITE)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            exit_code = run_command([*arguments, "--config", str(configuration)])
        return Command(exit_code, out.getvalue(), err.getvalue())

    # -- behind Gapless' back ----------------------------------------------------------------

    def change(self, *statements: str) -> None:
        """Change the warehouse as another job would."""
        change(self.file, *statements)

    def lose_sales(self, number: int, *shops: int) -> None:
        """Leave a hole in the raw sales of one day."""
        self.change(f"DELETE FROM raw.sales WHERE day = {sql(number)} AND shop_id IN {(*shops, 0)}")

    def deliver_sales(self, number: int, *shops: int) -> None:
        """Fill such a hole with what would have been there from the beginning."""
        self.change(
            *(
                f"INSERT INTO raw.sales VALUES ({sql(number)}, {shop}, {shop * 100 + number}, TRUE)"
                for shop in shops
            )
        )

    def open_more(self, number: int, region: str, *shops: int) -> None:
        """Have more shops open on one day, and sell."""
        self.change(
            *(
                f"INSERT INTO raw.opening_hours VALUES ({sql(number)}, '2024', {shop}, "
                f"'Shop {shop}', '{region}', FALSE)"
                for shop in shops
            )
        )
        self.deliver_sales(number, *shops)

    def rows(self, query: str) -> list[Row]:
        """Read the warehouse without Gapless."""
        return rows(self.file, query)

    def table(self, name: str, number: int | None = None) -> list[Row]:
        """Read all rows of a table, or those of one day, in a fixed order."""
        where = "" if number is None else f" WHERE day = {sql(number)}"
        return self.rows(f"SELECT * FROM {name}{where} ORDER BY ALL")

    def shops(self, table: str, number: int) -> list[int]:
        """Return the shops a table holds on one day, each as often as it is there."""
        return [row[0] for row in self.rows(_SHOPS.format(table, sql(number)))]

    def publications(self) -> dict[tuple[str, int], list[int]]:
        """Return the versions each partition was published in."""
        found: dict[tuple[str, int], list[int]] = {}
        query = "SELECT table_name, partition_date, version FROM gapless.publications ORDER BY ALL"
        if "gapless.publications" not in self.table_names():
            return found
        for table, partition, version in self.rows(query):
            found.setdefault((table, (partition - FIRST).days), []).append(version)
        return found

    def table_names(self) -> list[str]:
        """Return the tables there are."""
        # Other files may be attached to the DuckDB that is asked.
        query = (
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE NOT internal AND database_name = current_database()"
        )
        return [name for (name,) in self.rows(query)]

    def everything(self) -> dict[str, list[Row]]:
        """Read every table of the warehouse in full, the publications among them."""
        names = self.table_names()
        with attached(self.file, read_only=True) as connection:
            return {
                name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
                for name in names
            }

    def held(self) -> dict[tuple[str, int], list[Row]]:
        """Read the computed tables by partition."""
        found: dict[tuple[str, int], list[Row]] = {}
        everything = self.everything()
        for table in TABLES:
            for row in everything.get(table, []):
                found.setdefault((table, (row[0] - FIRST).days), []).append(row)
        return found

    # -- the ledger --------------------------------------------------------------------------

    @contextmanager
    def ledger(self) -> Iterator[SqlLedger]:
        """Open the ledger for a while."""
        ledger = SqlLedger(f"sqlite:///{self.ledger_file}")
        ledger.open()
        try:
            yield ledger
        finally:
            ledger.close()

    def attempts(self, table: str | None = None, number: int | None = None) -> list[Attempt]:
        """Return attempts in the order they started."""
        on = None if number is None else day(number)
        with self.ledger() as ledger:
            return ledger.attempts(table=table, first=on, last=on)


_SHOPS = "SELECT shop_id FROM {} WHERE day = {} ORDER BY ALL"


def result(report: RunReport, table: str, number: int) -> Result:
    """Return what became of one partition; it is in the report exactly once."""
    [found] = [r for r in report.results if (r.table, r.partition) == (table, day(number))]
    return found


def outcomes(report: RunReport, table: str) -> dict[int, str]:
    """Return what became of each day of one table."""
    return {
        (found.partition - FIRST).days: found.outcome
        for found in report.results
        if found.table == table
    }


def touched(report: RunReport) -> set[tuple[str, int]]:
    """Return the partitions that were attempted at all."""
    return {
        (found.table, (found.partition - FIRST).days)
        for found in report.results
        if found.attempt is not None
    }


# -- other declarations ----------------------------------------------------------------------


def redefined(pipeline: Pipeline, table: str, statement: str) -> Pipeline:
    """Give a table another SELECT."""
    return _changed(pipeline, table, statement=Statement(statement, "inline"))


def gated(pipeline: Pipeline, table: str, **changes: Any) -> Pipeline:
    """Change parts of a table's gate."""
    gate = replace(pipeline.derived_table(table).gate, **changes)
    return _changed(pipeline, table, gate=gate)


def checked(pipeline: Pipeline, table: str, *checks: Check) -> Pipeline:
    """Add checks to a table's gate, or to what a source requires."""
    known = pipeline.table(table)
    if isinstance(known, Source):
        pipeline.require(known, *checks)
        return pipeline
    return gated(pipeline, table, checks=checks)


def one_table_pipeline(**options: Any) -> Pipeline:
    """Declare `analytics.shop_days` alone; `options` replace what it is declared with."""
    pipeline = Pipeline("shop", partition="day", timezone="UTC", version="1")
    opening_hours = pipeline.source("raw.opening_hours", key="shop_id", trusted=True)
    pipeline.calendar(opening_hours, season="season", unit="shop")
    sales = pipeline.source("raw.sales", key="shop_id")
    declared: dict[str, Any] = {
        "key": "shop_id",
        "sql": "SELECT day, shop_id, amount FROM sales",
        "inputs": {"sales": same_date(sales)},
        "expected": keys_of(
            opening_hours, label="name", exclude={"closed_for_good": "closed_for_good"}
        ),
        "gate": Gate(coverage=0.9, required=("amount",)),
    }
    pipeline.derived(SHOP_DAYS, **(declared | options))
    return pipeline


def every_row(name: str, verdict: str, *, blocking: bool = True) -> Check:
    """Declare a check that says the same of every row under examination."""
    return check(
        name,
        f"SELECT day, shop_id AS entity, {verdict} AS ok, 'as declared' AS detail FROM candidate",
        blocking=blocking,
    )


def _changed(pipeline: Pipeline, table: str, **changes: Any) -> Pipeline:
    known = pipeline.derived_table(table)
    assert isinstance(known, Derived)
    pipeline.tables[known.name] = replace(known, **changes)
    return pipeline
