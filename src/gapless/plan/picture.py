"""The picture: what the warehouse holds at one moment; plans and states are derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from gapless.declare.calendar import Calendar
from gapless.declare.inputs import Choice, Read
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived
from gapless.declare.windows import Window
from gapless.ledger.examinations import Examination
from gapless.measure import CheckOutcome
from gapless.partitions import DateRange, Path
from gapless.plan.contents import Contents
from gapless.plan.waivers import Waivers
from gapless.sql.binding import Scope
from gapless.warehouse.interface import Publication

Declared = tuple[tuple[tuple[str, Choice], ...], tuple[Read, ...]]
"""Choices by input name, and everything that must be read."""


@dataclass
class Picture:
    """What the warehouse holds, as far as the requested partitions depend on it."""

    pipeline: Pipeline
    today: date
    """The first date to come; those before it have been played out."""
    now: datetime
    """The moment it was taken at, UTC."""
    calendar: Calendar
    catalog: dict[str, dict[str, str]]
    publications: dict[tuple[str, date], Publication]
    contents: dict[str, Contents]
    checked: dict[str, dict[date, list[CheckOutcome]]]
    """Source → date → what its checks found."""
    unchecked: dict[str, str] = field(default_factory=dict)
    """Source → why its checks could not be evaluated."""
    examined: list[Examination] = field(default_factory=list)
    """What the checks of sources found this time, of rows that were not examined before."""
    needed: dict[str, DateRange] = field(default_factory=dict)
    """Table → the dates that were read."""
    waivers: Waivers = field(default_factory=Waivers)
    """What somebody permits; empty where there is no ledger to ask."""

    projected: dict[tuple[str, tuple[str, ...]], Contents] = field(default_factory=dict)
    """Table and columns → contents of these columns alone, where a reader sees no others."""

    declared: dict[tuple[Derived, Path], Declared] = field(default_factory=dict, repr=False)
    """What the tables looked at so far choose and read on each path."""

    starts: dict[Window, dict[date, date]] = field(default_factory=dict, repr=False)
    """Window → scheduled date → where it begins, as far as somebody asked."""

    def starts_of(self, window: Window) -> Mapping[date, date]:
        """Return where a window begins: scheduled date → its first date."""
        known = self.starts.get(window)
        if known is None:
            known = {day: window.start(facts) for day, facts in self.calendar.dates.items()}
            self.starts[window] = known
        return known

    def read_by(self, read: Read) -> Contents:
        """Return the contents of a table as one of its readers sees them."""
        if read.columns is None:
            return self.contents[read.table.name]
        return self.projected[read.table.name, read.columns]

    def scope(self, days: Iterable[date]) -> Scope:
        """Return some scheduled dates as what a statement computes."""
        facts = tuple(self.calendar.dates[day] for day in days)
        absent = frozenset(self.pipeline.tables) - self.catalog.keys()
        return Scope(self.pipeline.partition, facts, absent=absent)

    def holds(self, publication: Publication) -> bool:
        """Tell whether a partition still holds exactly what was published."""
        held = self.contents[publication.table].on(publication.partition)
        if held is None:
            return publication.rows == 0
        return held.rows == publication.rows and held.content == publication.content
