"""Looking at a shop: its standings and its plan, with the warehouse opened for one look only."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from gapless import Pipeline
from gapless.clock import Clock
from gapless.plan.build import Plan, Step, build_plan
from gapless.plan.standings import Standings
from gapless.plan.states import Standing
from gapless.run.report import RunReport
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.selection import Selection, look
from gapless.verbs.workspace import Workspace
from support.shop import FIRST, change, close, fill, open_shop, shop_pipeline

SHOP_DAYS = "analytics.shop_days"
COMPLETE_FEED = "analytics.complete_feed"
DAILY_SUMMARY = "mart.daily_summary"


def day(number: int) -> date:
    """Return a day of the shop's calendar; 0 is the first."""
    return FIRST + timedelta(days=number)


@dataclass(frozen=True)
class Look:
    """A shop's folder, and the declarations it is looked at with."""

    folder: Path
    pipeline: Pipeline
    now: datetime | None = None
    """None: long after all of its days."""

    @classmethod
    def on_new_shop(cls, folder: Path, days: int, *, closed: Sequence[int] = ()) -> Look:
        """Fill a warehouse in which nothing is computed yet."""
        fill(folder / "shop.duckdb", days, closed=closed)
        return cls(folder, shop_pipeline())

    def copy(self, folder: Path) -> Look:
        """Return a look at a copy of the shop."""
        shutil.copytree(self.folder, folder)
        return Look(folder, shop_pipeline(), self.now)

    def using(self, pipeline: Pipeline) -> Look:
        """Look at the same shop with other declarations."""
        return replace(self, pipeline=pipeline)

    def at(self, now: datetime) -> Look:
        """Look at the same shop at another time."""
        return replace(self, now=now)

    def change(self, *statements: str) -> Look:
        """Change the warehouse behind Gapless' back."""
        change(self.folder / "shop.duckdb", *statements)
        return self

    def _opened(self) -> Workspace:
        workspace = open_shop(self.folder, self.pipeline)
        return replace(workspace, clock=Clock.fixed(self.now)) if self.now else workspace

    def standings(self, *tables: str, dates: Sequence[date] = ()) -> Standings:
        """Derive the states of everything the tables and dates depend on."""
        workspace = self._opened()
        try:
            return look(workspace, Selection(tables, dates=dates))[0]
        finally:
            close(workspace)

    def standing(self, table: str, number: int) -> Standing:
        """Derive the state of one partition."""
        return self.standings(table).of(table, day(number))

    def plan(self, *tables: str, dates: Sequence[date] = (), upstream: bool = False) -> Plan:
        """Plan what would be done about the tables and dates."""
        workspace = self._opened()
        try:
            selection = Selection(tables, dates=dates, with_upstream=upstream)
            return build_plan(*look(workspace, selection))
        finally:
            close(workspace)

    def step(self, table: str, number: int, *tables: str) -> Step:
        """Plan what would be done about one partition when the tables are asked for."""
        [step] = [
            step
            for step in self.plan(*tables).all_steps
            if (step.table, step.partition) == (table, day(number))
        ]
        return step

    def backfill(
        self, *tables: str, dates: Sequence[date] = (), force: str | None = None
    ) -> RunReport:
        """Compute what is missing."""
        workspace = self._opened()
        try:
            options = BackfillOptions(force_reason=force)
            return backfill(workspace, Selection(tables, dates=dates), options).report
        finally:
            close(workspace)
