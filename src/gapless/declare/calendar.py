"""The calendar: which dates have anything to expect, and why the others have not.

Built from the rows of a trusted table; proves that a date is empty instead of assuming it.
"""

from __future__ import annotations

import bisect
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from gapless.errors import PreflightRefused
from gapless.partitions import DateRange

if TYPE_CHECKING:
    from gapless.declare.tables import Source


@dataclass(frozen=True)
class CalendarDeclaration:
    """Which trusted table says on which dates something happens."""

    table: Source
    season: str
    """Column with the season's name."""
    season_starts: Mapping[str, date] = field(default_factory=dict)
    """Known first dates; a season not listed starts on its first date in the table."""
    unit: str = "row"
    """What a row of the table is called in sentences, e.g. `game`."""


class DayKind(enum.StrEnum):
    """What the calendar knows about a date."""

    SCHEDULED = "scheduled"
    """Something happens."""
    EMPTY = "empty"
    """Proved empty: inside the known calendar with nothing scheduled."""
    OUTSIDE = "outside"
    """Before the first or after the last date the calendar knows; nothing can be said."""


@dataclass(frozen=True)
class DateFacts:
    """A scheduled date with its place in its season."""

    day: date
    season: str
    season_start: date
    previous_season_start: date | None
    units: int
    """How many games (or whatever the calendar's unit is) the date has."""

    @property
    def day_of_season(self) -> int:
        """Days since the season's first date, which is day 0."""
        return (self.day - self.season_start).days


@dataclass(frozen=True)
class Season:
    """A season with its first and last scheduled date."""

    name: str
    start: date
    last: date
    dates: int
    units: int


def _contradiction(table: str, what: str) -> PreflightRefused:
    return PreflightRefused(
        f"The calendar contradicts itself: {what}.",
        untouched="Nothing was started.",
        advice=f"Correct {table}; what is expected on a date hangs on it.",
    )


@dataclass(frozen=True)
class Calendar:
    """The scheduled dates of a pipeline, oldest first."""

    dates: Mapping[date, DateFacts]
    unit: str = "row"

    @classmethod
    def from_rows(
        cls, rows: Sequence[tuple[date, str, int]], declaration: CalendarDeclaration
    ) -> Calendar:
        """Build from (date, season, units) rows of the trusted table, in any order.

        Raises:
            PreflightRefused: a date belongs to two seasons, lies before the start of its own, or
                lacks one; the calendar proves nothing then.
        """
        starts: dict[str, date] = {}
        seasons: dict[date, str] = {}
        table = declaration.table.name
        for day, season, _ in rows:
            if season is None:
                lacking = f"{declaration.season} on {day}"
                raise _contradiction(table, f"{table} has rows without {lacking}")
            if seasons.setdefault(day, season) != season:
                raise _contradiction(
                    table, f"{table} puts {day} into two seasons, {seasons[day]} and {season}"
                )
            starts[season] = min(day, starts.get(season, day))
        for name, declared in declaration.season_starts.items():
            if name in starts:
                if starts[name] < declared:
                    raise _contradiction(
                        table, f"{table} has {starts[name]} in {name}, which starts on {declared}"
                    )
                starts[name] = declared
        order = sorted(starts, key=lambda name: starts[name])
        before = dict(zip(order[1:], order, strict=False))
        dates = {
            day: DateFacts(
                day=day,
                season=season,
                season_start=starts[season],
                previous_season_start=starts.get(before.get(season, "")),
                units=units,
            )
            for day, season, units in sorted(rows)
        }
        return cls(dates=dates, unit=declaration.unit)

    @cached_property
    def ordered(self) -> list[date]:
        """Every scheduled date, oldest first."""
        return list(self.dates)

    @cached_property
    def extent(self) -> DateRange | None:
        """First and last scheduled date; None when the trusted table is empty."""
        return DateRange(self.ordered[0], self.ordered[-1]) if self.ordered else None

    @cached_property
    def seasons(self) -> dict[str, Season]:
        """Seasons by name, oldest first."""
        grouped: dict[str, list[DateFacts]] = {}
        for facts in self.dates.values():
            grouped.setdefault(facts.season, []).append(facts)
        return {
            name: Season(
                name=name,
                start=days[0].season_start,
                last=days[-1].day,
                dates=len(days),
                units=sum(facts.units for facts in days),
            )
            for name, days in grouped.items()
        }

    def kind(self, day: date) -> DayKind:
        """Classify a date."""
        if day in self.dates:
            return DayKind.SCHEDULED
        extent = self.extent
        return DayKind.EMPTY if extent is not None and day in extent else DayKind.OUTSIDE

    def why_empty(self, day: date) -> str:
        """Say in a clause why a date has nothing, with the neighbours that prove it."""
        if self.extent is None:
            return "the calendar holds no dates at all"
        if self.kind(day) is DayKind.OUTSIDE:
            return f"the calendar knows only {self.extent.first} … {self.extent.last}"
        place = bisect.bisect_left(self.ordered, day)
        before, after = self.ordered[place - 1], self.ordered[place]
        if self.dates[before].season != self.dates[after].season:
            return f"off-season between {before} and {after}"
        return f"no {self.unit}s scheduled between {before} and {after}"

    def days_since_previous(self, day: date) -> int | None:
        """Return how many days lie back to the scheduled date before; None where there is none."""
        place = bisect.bisect_left(self.ordered, day)
        return (day - self.ordered[place - 1]).days if place else None

    def between(self, span: DateRange) -> list[date]:
        """Return the scheduled dates of a range, oldest first."""
        low = bisect.bisect_left(self.ordered, span.first)
        high = bisect.bisect_right(self.ordered, span.last)
        return self.ordered[low:high]
