"""Options that several commands share, and how they become selections and workspaces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from cyclopts import Parameter

from gapless.config.settings import Settings, load_settings
from gapless.errors import UsageError
from gapless.partitions import parse_date
from gapless.verbs.selection import Selection
from gapless.verbs.workspace import Workspace
from gapless.wiring import open_workspace


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SiteOptions:
    """Where things are; each also stands in gapless.toml and in a GAPLESS_ variable."""

    config: str | None = None
    """Configuration file; default gapless.toml in the working folder. [env: GAPLESS_CONFIG]"""
    pipeline: str | None = None
    """module:attribute, file.py:attribute, or an installed pipeline. [env: GAPLESS_PIPELINE]"""
    warehouse: str | None = None
    """Warehouse URL, e.g. duckdb:///nba.duckdb. [env: GAPLESS_WAREHOUSE]"""
    ledger: str | None = None
    """Ledger URL, e.g. sqlite:///gapless-ledger.sqlite. [env: GAPLESS_LEDGER]"""
    memory_limit: str | None = None
    """Memory to use before spilling to disk, e.g. 4GB. [env: GAPLESS_MEMORY_LIMIT]"""
    spill_folder: str | None = None
    """Folder for what does not fit; default: beside the file. [env: GAPLESS_SPILL_FOLDER]"""
    threshold: Annotated[list[str] | None, Parameter(negative="")] = None
    """schema.table.coverage=0.95 (.warn, .group_coverage); repeatable. [env: GAPLESS_THRESHOLDS]"""
    now: str | None = None
    """Replay: the moment the pipeline takes for the present. [env: GAPLESS_NOW]"""
    json: Annotated[bool, Parameter(negative="")] = False
    """Print JSON instead of text."""

    def settings(self, **more: object) -> Settings:
        """Resolve flags, variables and file."""
        flags = {
            "pipeline": self.pipeline,
            "warehouse": self.warehouse,
            "ledger": self.ledger,
            "memory_limit": self.memory_limit,
            "spill_folder": self.spill_folder,
            "threshold": self.threshold,
            "now": self.now,
            **more,
        }
        return load_settings(flags, config=self.config)

    @contextmanager
    def workspace(
        self, *, write: bool = False, create: bool = True, record: bool = False, **more: object
    ) -> Iterator[Workspace]:
        """Open the workspace these options mean; `record`: to write in the ledger only."""
        settings = self.settings(**more)
        opened = open_workspace(settings, write=write, create=create, record=record)
        with opened as workspace:
            yield workspace


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RangeOptions:
    """From which date to which; inclusive on both sides."""

    start_date: Annotated[str | None, Parameter(name=["--start-date", "--from"])] = None
    """First date, YYYY-MM-DD."""
    end_date: Annotated[str | None, Parameter(name=["--end-date", "--to"])] = None
    """Last date, YYYY-MM-DD."""

    def bounds(self) -> tuple[date | None, date | None]:
        """Read both dates.

        Raises:
            UsageError: one of them is no date, or the range is empty.
        """
        start = parse_date(self.start_date, where="--start-date") if self.start_date else None
        end = parse_date(self.end_date, where="--end-date") if self.end_date else None
        if start and end and start > end:
            raise UsageError(f"--start-date {start} lies after --end-date {end}; swap them.")
        return start, end


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class DateOptions(RangeOptions):
    """Which dates; inclusive on both sides. None given: the whole calendar up to yesterday."""

    dates: Annotated[list[str] | None, Parameter(negative="")] = None
    """Single dates, separated by commas or repeated."""
    season: str | None = None
    """One season of the calendar, e.g. 2022-23."""

    def selection(self, tables: tuple[str, ...], *, with_upstream: bool = False) -> Selection:
        """Read the dates.

        Raises:
            UsageError: one of them is no date, or the range is empty.
        """
        start, end = self.bounds()
        return Selection(
            tables=tables,
            start_date=start,
            end_date=end,
            dates=self._single(),
            season=self.season,
            with_upstream=with_upstream,
        )

    def _single(self) -> list[date]:
        texts = [part for text in self.dates or () for part in text.split(",") if part.strip()]
        if self.dates is not None and not texts:
            # No date at all would otherwise mean every date there is.
            raise UsageError("--dates names no date; write --dates 2023-02-23,2023-02-24.")
        return [parse_date(text, where="--dates") for text in texts]


def workers_of(given: int | None, configured: int, *, parallel: bool) -> int:
    """One chunk at a time; with --parallel as many as configured, or all cores; --workers rules."""
    if given is not None or not parallel:
        return given or 1
    return configured if configured > 1 else os.cpu_count() or 1


def listed(texts: list[str] | None) -> tuple[str, ...]:
    """Read names that are separated by commas or repeated."""
    return tuple(part.strip() for text in texts or () for part in text.split(",") if part.strip())


Site = Annotated[SiteOptions, Parameter(group="Site")]
Dates = Annotated[DateOptions, Parameter(group="Dates")]
SITE = SiteOptions()
DATES = DateOptions()
RANGE = RangeOptions()
