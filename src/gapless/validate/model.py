"""What a validation comes to: cells, findings, known limitations, and sums over seasons."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gapless.declare.calendar import Season
from gapless.findings import Finding, Severity
from gapless.partitions import DateRange
from gapless.plan.states import State


@dataclass(frozen=True)
class Cell:
    """One partition as it was validated."""

    table: str
    partition: date
    season: str
    state: State
    """Measured now: a partition that was complete when published, but fails, is `partial`."""
    rows: int
    expected: int
    """Keys that should be there; for a source, things its checks examined."""
    present: int
    """Expected keys that are there and usable; for a source, things that are right."""
    failures: tuple[str, ...] = ()
    """Codes of the findings that make it fail."""
    warnings: tuple[str, ...] = ()
    """Codes of the findings that somebody should know of."""
    limitations: tuple[str, ...] = ()
    """Names of the known limitations that concern it."""

    @property
    def is_sound(self) -> bool:
        """Tell whether it can be trusted as far as anybody knows.

        One without rows is sound where a known limitation says that there can be none.
        """
        return self.state is not State.UNKNOWN and not self.failures


@dataclass(frozen=True)
class Reach:
    """The later partitions of one table whose windows hold a bad one."""

    table: str
    span: DateRange
    partitions: int


@dataclass(frozen=True)
class ValidationFinding(Finding):
    """One thing that is not right, on one or many dates of a table, with what it reaches."""

    reach: tuple[Reach, ...] = ()
    """Published partitions that were computed from the bad ones, by table."""

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return super().as_data() | {
            "reach": [
                {
                    "table": reached.table,
                    "first": reached.span.first.isoformat(),
                    "last": reached.span.last.isoformat(),
                    "partitions": reached.partitions,
                }
                for reached in self.reach
            ]
        }


@dataclass(frozen=True)
class Consequence:
    """How many rows of a downstream table lack a value within reach of a limitation."""

    table: str
    predicate: str
    """Which rows are counted."""
    span: DateRange
    """First and last date with such a row."""
    days: frozenset[date]
    """Dates with such rows."""
    rows: int
    of_rows: int
    """All rows of the table on dates within reach."""
    elsewhere: float | None
    """Share of such rows on the validated dates out of reach; None: there are no such dates."""

    @property
    def share(self) -> float:
        """Rows that lack the value ÷ all rows within reach."""
        return self.rows / self.of_rows


@dataclass(frozen=True)
class LimitationFound:
    """A declared limitation that the data shows, with its consequences."""

    name: str
    table: str
    check: str
    reason: str
    span: DateRange
    partitions: int
    entities: int
    """Things the check examined that are as the limitation says, e.g. games."""
    first: tuple[str, ...]
    """The first of them."""
    consequences: tuple[Consequence, ...] = ()


class Trust(enum.StrEnum):
    """What can be said of a season, or of a part of it."""

    SOUND = "sound"
    """Everything that was expected is there and passes every check."""
    LIMITED = "sound, with known limitations"
    """The same, but for holes that are declared with a reason."""
    ATTENTION = "needs attention"
    """Something fails."""
    UNKNOWN = "unknown"
    """A check could not be evaluated."""


@dataclass(frozen=True)
class Tally:
    """Sums over cells: one table, or one layer, of one season."""

    cells: int = 0
    states: Mapping[State, int] = field(default_factory=Counter)
    rows: int = 0
    expected: int = 0
    present: int = 0
    measured: int = 0
    """Partitions of which is known what they should hold."""
    unmeasured: int = 0
    """Partitions that were due without anybody knowing what they should hold."""
    failing: int = 0
    warned: int = 0
    limited: int = 0
    first: date | None = None
    """First date with rows."""
    last: date | None = None

    @property
    def coverage(self) -> float | None:
        """Present ÷ expected; None when nothing is known to have been expected.

        A partition that was due, and of which nobody knows what it should hold, counts as empty
        and as large as the others are on average, so that a half-built season is not whole.
        """
        if not self.expected:
            return None
        measured = self.measured
        return self.present / (self.expected * (measured + self.unmeasured) / measured)

    @property
    def trust(self) -> Trust:
        """What the cells come to."""
        if self.states.get(State.UNKNOWN):
            return Trust.UNKNOWN
        if self.failing:
            return Trust.ATTENTION
        return Trust.LIMITED if self.limited else Trust.SOUND


@dataclass(frozen=True)
class SeasonSummary:
    """One season over all layers."""

    season: str
    start: date
    """Day 0."""
    begins: int
    """Day of the season on which the calendar begins to know it; above 0 it was loaded late."""
    dates: int
    """Validated dates with anything on the calendar."""
    units: int
    """Games, or whatever the calendar's unit is, on these dates."""
    layers: Mapping[str, Tally]
    tables: Mapping[str, Tally]

    @property
    def trust(self) -> Trust:
        """The worst of its layers."""
        found = {tally.trust for tally in self.layers.values()}
        for trust in (Trust.UNKNOWN, Trust.ATTENTION, Trust.LIMITED):
            if trust in found:
                return trust
        return Trust.SOUND


@dataclass(frozen=True)
class ValidationReport:
    """Everything a validation found, for every renderer."""

    pipeline: str
    today: date
    span: DateRange
    unit: str
    layers: Mapping[str, str]
    """Table → layer, in dependency order."""
    warm_up: Mapping[str, int]
    """Table → days of a season on which nothing is expected of it yet."""
    seasons: tuple[SeasonSummary, ...]
    cells: tuple[Cell, ...]
    """By table in dependency order, then by date."""
    findings: tuple[ValidationFinding, ...]
    """Worst first, then by table in dependency order."""
    limitations: tuple[LimitationFound, ...]
    calendar: Mapping[str, Season] = field(default_factory=dict)
    nothing_due: Mapping[date, str] = field(default_factory=dict)
    """Selected dates that the calendar proves empty, and why."""
    beyond_calendar: Mapping[date, str] = field(default_factory=dict)
    """Selected dates of which the calendar knows nothing, and why."""

    @property
    def exit_code(self) -> int:
        """0: everything selected is sound; 4: something is unknown; 1: something fails."""
        if any(cell.state is State.UNKNOWN for cell in self.cells) or self.beyond_calendar:
            return 4
        failed = any(finding.severity is Severity.ERROR for finding in self.findings)
        return 1 if failed or any(not cell.is_sound for cell in self.cells) else 0

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity."""
        return sum(finding.severity is severity for finding in self.findings)
