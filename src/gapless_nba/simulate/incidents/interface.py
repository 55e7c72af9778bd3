"""What an incident is, when and to whom it happens, and what is known of it afterwards.

There are two kinds. One rewrites the raw files of a folder before they are loaded; the other runs
statements on a built warehouse, past the tool that built it. Both are injected in the same way,
into a place: a folder or a warehouse file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import duckdb

from gapless_nba.simulate.incidents.raw_files import RawFiles
from gapless_nba.simulate.league import DEFAULT_SEED
from gapless_nba.simulate.streams import pick, stream

Row: TypeAlias = tuple[Any, ...]
Fetch: TypeAlias = Callable[[str], Sequence[Row]]
"""Runs a SELECT and returns its rows."""

FILES, WAREHOUSE = "files", "warehouse"


@dataclass(frozen=True)
class Injected:
    """What was done.

    Attributes:
        name: The incident.
        dates: The dates concerned, ascending.
        entities: Ids of what is concerned; the incident's `entity` says of what kind.
        statements: What was executed on the warehouse, or is to be; empty for files.
    """

    name: str
    dates: tuple[date, ...]
    entities: tuple[str, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Occasion:
    """When an incident happens.

    Attributes:
        name: The incident; two incidents with one seed do not choose the same.
        seed: Decides what is not said.
        dates: Where it happens, one time on each; when empty, on a date after the warm-up.
        today: From which date on nothing has been played yet.
    """

    name: str
    seed: int
    dates: tuple[date, ...] = ()
    today: date | None = None

    def pick_dates(self, after_warm_up: Sequence[date], number: int = 1) -> Sequence[date]:
        """Return the given dates, or so many consecutive ones of those after the warm-up."""
        if self.dates:
            return self.dates
        if len(after_warm_up) < number:
            raise ValueError(f"{self.name}: there are no dates after the warm-up; name some")
        starts = range(len(after_warm_up) - number + 1)
        first = pick(stream(self.seed, "incident", self.name), starts)
        return after_warm_up[first : first + number]

    def pick_rows(self, candidates: Sequence[Row], after_warm_up: Sequence[date]) -> list[Row]:
        """Choose one candidate for each date.

        Args:
            candidates: Rows that fit, the date first, in an order that is always the same.
            after_warm_up: The dates to choose from when none were given.
        """
        by_date: dict[date, list[Row]] = {}
        for row in candidates:
            by_date.setdefault(row[0], []).append(row)
        fitting = [day for day in after_warm_up if day in by_date]
        chosen = []
        for day in self.pick_dates(fitting):
            if day not in by_date:
                raise ValueError(f"{self.name} cannot happen on {day}: nothing there fits")
            chosen.append(pick(stream(self.seed, "incident", self.name, day), by_date[day]))
        return chosen


@dataclass(frozen=True)
class FileIncident:
    """An incident in the raw files.

    Attributes:
        name: What it is called.
        story: What happens in real life, in one sentence.
        entity: The column that the ids of `Injected.entities` belong to.
        change: Rewrites the files.
    """

    name: str
    story: str
    entity: str
    change: Callable[[RawFiles, Occasion], Injected]
    where: ClassVar[str] = FILES

    def inject(
        self,
        place: Path,
        *,
        seed: int = DEFAULT_SEED,
        dates: Sequence[date] = (),
        today: date | None = None,
    ) -> Injected:
        """Rewrite the files of a folder; whatever is not concerned stays as it is.

        Args:
            place: The folder with the files schedule, player_box_scores and shots.
            seed: Decides on which date, and to whom; the same seed does the same.
            dates: On which dates, when that is not left to the seed.
            today: From which date on nothing has been played yet; few incidents ask.

        Raises:
            ValueError: A file is missing, or nothing fits on a date.
        """
        occasion = Occasion(self.name, seed, tuple(sorted(set(dates))), today)
        with closing(RawFiles(place)) as files:
            return self.change(files, occasion)


@dataclass(frozen=True)
class WarehouseIncident:
    """An incident in a built warehouse.

    Attributes:
        name: What it is called.
        story: What happens in real life, in one sentence.
        entity: The column that the ids of `Injected.entities` belong to.
        plan: Says what is to be executed; reads only.
    """

    name: str
    story: str
    entity: str
    plan: Callable[[Fetch, Occasion], Injected]
    where: ClassVar[str] = WAREHOUSE

    def prepare(
        self, fetch: Fetch, *, seed: int = DEFAULT_SEED, dates: Sequence[date] = ()
    ) -> Injected:
        """Say what would be done to an opened warehouse; its `statements` do it.

        Args:
            fetch: Reads the warehouse.
            seed: Decides on which date, and to whom; the same seed does the same.
            dates: On which dates, when that is not left to the seed.

        Raises:
            ValueError: A table is missing, or nothing fits on a date.
        """
        try:
            return self.plan(fetch, Occasion(self.name, seed, tuple(sorted(set(dates)))))
        except duckdb.CatalogException as error:
            missing = str(error).splitlines()[0].removeprefix("Catalog Error: ")
            raise ValueError(f"{self.name} needs a built warehouse: {missing}") from error

    def inject(
        self,
        place: Path,
        *,
        seed: int = DEFAULT_SEED,
        dates: Sequence[date] = (),
        today: date | None = None,
    ) -> Injected:
        """Change a warehouse that nobody has open, past the tool that built it.

        Args:
            place: The DuckDB file.
            seed: As for `prepare`.
            dates: As for `prepare`.
            today: Not used; every date of a warehouse incident has been played.

        Raises:
            ValueError: There is no such file, a table is missing, or nothing fits on a date.
        """
        del today
        if not place.is_file():
            raise ValueError(f"{place} is no warehouse file; {self.name} needs a built one")
        with _opened(place) as connection:
            injected = self.prepare(
                lambda query: connection.execute(query).fetchall(), seed=seed, dates=dates
            )
            for statement in injected.statements:
                connection.execute(statement)
        return injected


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file for writing."""
    try:
        return duckdb.connect(str(file))
    except duckdb.IOException as error:
        raise ValueError(f"{file} cannot be opened: {str(error).splitlines()[0]}") from error


Incident: TypeAlias = FileIncident | WarehouseIncident
