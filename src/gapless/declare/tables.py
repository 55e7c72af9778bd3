"""Tables: sources that somebody else loads, and derived ones that we compute from inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gapless.declare.calendar import DateFacts
from gapless.declare.expected import Expected, ExpectedByPath, PlainExpected
from gapless.declare.gates import Check, Gate
from gapless.declare.inputs import Choice, Input, PlainInput, Read, on_path, reads_of
from gapless.declare.statements import Statement
from gapless.partitions import Path


@dataclass(frozen=True)
class WarmUp:
    """The first days of a season, on which nothing is expected yet."""

    days: int

    def holds(self, facts: DateFacts) -> bool:
        """Tell whether a date lies in the warm-up."""
        return facts.day_of_season < self.days


def days_of_season(days: int) -> WarmUp:
    """Expect nothing on day 0 to day `days` − 1 of a season."""
    return WarmUp(days)


@dataclass(frozen=True)
class Table:
    """A table of the warehouse, partitioned by the pipeline's date column."""

    name: str
    """`schema.table`."""
    key: tuple[str, ...]
    """Columns that name an entity within a partition; unique there."""

    @property
    def schema(self) -> str:
        """The part before the dot."""
        return self.name.split(".")[0]

    @property
    def short_name(self) -> str:
        """The part after the dot."""
        return self.name.split(".")[1]

    @property
    def known_as(self) -> str:
        """The name that rows it feeds carry along."""
        return self.name

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, eq=False)
class StandIn(Table):
    """A relation that is read in the place of a table, e.g. with rows that must not matter."""

    stands_for: str = ""

    @property
    def known_as(self) -> str:
        """The name of the table it stands for."""
        return self.stands_for


@dataclass(frozen=True, eq=False)
class Source(Table):
    """A table loaded by somebody else; its completeness is measured, never presumed."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Declared columns and DuckDB types; empty: not declared."""
    trusted: bool = False
    """A root: taken as the truth about what exists."""
    checks: tuple[Check, ...] = ()
    """What a complete partition satisfies."""
    optional: bool = False
    """A date may hold no rows at all; what that means downstream is in the tables' definitions."""
    moves: bool = False
    """The key is unique over all dates, so a row that comes with another date has moved there."""
    settle: timedelta = timedelta(0)
    """How long after the end of a date its rows may still come in; it is closed after that."""

    def closes_at(self, day: date, timezone: str) -> datetime:
        """Return when a date is closed, UTC.

        Args:
            day: The date.
            timezone: Where it ends, e.g. `America/New_York`. The time after that is counted in
                hours that pass, also where clocks are changed in between.
        """
        end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))
        return end.astimezone(UTC) + self.settle


@dataclass(frozen=True, eq=False)
class Derived(Table):
    """A table computed by us, gated before it is published."""

    statement: Statement = field(default_factory=lambda: Statement("", "inline"))
    inputs: Mapping[str, Input] = field(default_factory=dict)
    expected: Expected | None = None
    gate: Gate = field(default_factory=Gate)
    warm_up: WarmUp | None = None
    label: str | None = None
    """Column with a name for people, shown beside keys that were not expected."""
    on_request: frozenset[Path] = frozenset()
    """Paths on which partitions are built only when the table is asked for by name."""

    def expected_on(self, path: Path) -> PlainExpected | None:
        """Return the expected set of a path; None when nothing is expected there."""
        if isinstance(self.expected, ExpectedByPath):
            return self.expected.upcoming if path is Path.UPCOMING else self.expected.historical
        return self.expected

    def inputs_on(self, path: Path) -> Mapping[str, PlainInput]:
        """Return the inputs of a path by name."""
        return self._resolved[path].inputs

    def choices_on(self, path: Path) -> Mapping[str, Choice]:
        """Return the source choices of a path by input name."""
        return self._resolved[path].choices

    def reads_on(self, path: Path) -> tuple[Read, ...]:
        """List every table that decides what a partition holds or must hold."""
        return self._resolved[path].reads

    def expected_reads_on(self, path: Path) -> tuple[Read, ...]:
        """List the tables that decide what a partition must hold and how it is checked."""
        return self._resolved[path].expected_reads

    @cached_property
    def _resolved(self) -> Mapping[Path, _Resolved]:
        """Resolve the declaration once: every date of a path reads the same."""
        return {path: self._resolve(path) for path in Path}

    def _resolve(self, path: Path) -> _Resolved:
        inputs = {name: on_path(given, path) for name, given in self.inputs.items()}
        choices = {name: plain for name, plain in inputs.items() if isinstance(plain, Choice)}
        expected_reads = tuple(self._expected_reads(path))
        reads = tuple(read for given in inputs.values() for read in reads_of(given))
        return _Resolved(
            MappingProxyType(inputs),
            MappingProxyType(choices),
            (*reads, *expected_reads),
            expected_reads,
        )

    def _expected_reads(self, path: Path) -> Iterator[Read]:
        expected = self.expected_on(path)
        if expected is not None:
            yield from expected.reads()
        for check in self.gate.checks:
            for inner in check.inputs.values():
                yield from reads_of(inner)


@dataclass(frozen=True)
class _Resolved:
    """What a derived table reads on one path."""

    inputs: Mapping[str, PlainInput]
    choices: Mapping[str, Choice]
    reads: tuple[Read, ...]
    expected_reads: tuple[Read, ...]
