"""A pipeline: the declared tables of one warehouse with their calendar and time zone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gapless.declare.calendar import CalendarDeclaration
from gapless.declare.expected import Expected
from gapless.declare.gates import Check, Gate
from gapless.declare.inputs import Input
from gapless.declare.limitations import Limitation
from gapless.declare.resolving import (
    resolved_check,
    resolved_expected,
    resolved_gate,
    resolved_input,
)
from gapless.declare.retention import Retention
from gapless.declare.soundness import (
    check_cross_checks,
    check_derived,
    check_limitation,
    check_retention,
    check_source,
)
from gapless.declare.statements import read_statement
from gapless.declare.tables import Derived, Source, Table, WarmUp
from gapless.declare.thresholds import with_thresholds
from gapless.errors import DeclarationError, nearest
from gapless.partitions import Path

T = TypeVar("T", bound=Table)

RESERVED_PARTITION_NAMES = frozenset({"season", "season_start", "day_of_season"})


class Pipeline:
    """Declared tables, in the order of their declaration, which is also an order of dependency.

    Args:
        name: Short name, e.g. `nba`.
        partition: The date column that every table is partitioned by.
        timezone: Where a date begins and ends, e.g. `America/New_York`.
        sql_folder: Folder (or package resource) that `.sql` names are relative to.
        version: The pipeline's own version, recorded with every publication.
        layers: Schema → the layer its tables belong to in reports; a schema is its own layer
            where none is named.

    Raises:
        DeclarationError: the time zone is unknown.
    """

    def __init__(
        self,
        name: str,
        *,
        partition: str,
        timezone: str = "UTC",
        sql_folder: Traversable | FilePath | None = None,
        version: str = "0",
        layers: Mapping[str, str] | None = None,
    ) -> None:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise DeclarationError(
                f"Pipeline {name!r}: there is no time zone {timezone!r}; "
                "use a name such as 'America/New_York'."
            ) from None
        if partition in RESERVED_PARTITION_NAMES:
            raise DeclarationError(
                f"Pipeline {name!r}: the partition column cannot be called {partition!r}, which is "
                "a column of the relation `partitions`."
            )
        self.name = name
        self.partition = partition
        self.timezone = timezone
        self.sql_folder = sql_folder
        self.version = version
        self.layers = dict(layers or {})
        self.cross_checks: dict[str, tuple[Check, ...]] = {}
        self.limitations: list[Limitation] = []
        self.retentions: dict[str, Retention] = {}
        self.tables: dict[str, Table] = {}
        self._calendar: CalendarDeclaration | None = None

    # -- declaring ---------------------------------------------------------------------------

    def source(
        self,
        name: str,
        *,
        key: str | Sequence[str],
        columns: Mapping[str, str] | None = None,
        trusted: bool = False,
        optional: bool = False,
        moves: bool = False,
        settle: timedelta = timedelta(0),
    ) -> Source:
        """Declare a table that somebody else loads.

        Args:
            name: `schema.table`.
            key: Columns that name an entity within a partition.
            columns: Columns and their DuckDB types, checked when files are loaded.
            trusted: A root that is taken as the truth about what exists, e.g. a schedule.
            optional: A date may hold no rows at all.
            moves: The key is unique over all dates: a row loaded with another date has moved,
                e.g. a postponed game.
            settle: How long after the end of a date, in the pipeline's time zone, rows may still
                come in. Until then the date is not closed: neither it nor what needs it is
                complete, computed, or an alarm.

        Raises:
            DeclarationError: the name is taken or the declaration contradicts itself.
        """
        source = Source(
            name=name,
            key=_as_tuple(key),
            columns=dict(columns or {}),
            trusted=trusted,
            optional=optional,
            moves=moves,
            settle=settle,
        )
        check_source(self, source)
        return self._added(source)

    def require(self, source: Source, *checks: Check) -> None:
        """Declare what a complete partition of a source satisfies.

        Separate from `source`, because a check may read the source itself.

        Raises:
            DeclarationError: a check reads a table that is not declared.
        """
        known = self.table(source.name)
        if not isinstance(known, Source):
            raise DeclarationError(f"{known.name} is computed; its checks belong to its gate.")
        resolved = tuple(resolved_check(given, self.sql_folder) for given in checks)
        required = dataclasses.replace(known, checks=(*known.checks, *resolved))
        check_source(self, required)
        self.tables[source.name] = required

    def calendar(
        self,
        table: Source,
        *,
        season: str,
        season_starts: Mapping[str, date] | None = None,
        unit: str = "row",
    ) -> None:
        """Declare which trusted table says on which dates something happens.

        Args:
            table: A trusted source.
            season: Its column with the name of the season.
            season_starts: First dates that are known; others are taken from the table.
            unit: What one of its rows is called, e.g. `game`.

        Raises:
            DeclarationError: the table is not trusted.
        """
        if self.tables.get(table.name) is not table:
            raise DeclarationError(
                f"The calendar must come from a source of pipeline {self.name!r}; "
                f"{table.name} is not declared in it. {nearest(table.name, self.tables)}"
            )
        if not table.trusted:
            raise DeclarationError(
                f"The calendar must come from a trusted source; declare {table.name} "
                "with trusted=True if it is the truth about what exists."
            )
        self._calendar = CalendarDeclaration(table, season, dict(season_starts or {}), unit)

    def derived(
        self,
        name: str,
        *,
        key: str | Sequence[str],
        sql: str,
        inputs: Mapping[str, Input],
        expected: Expected,
        gate: Gate | None = None,
        warm_up: WarmUp | None = None,
        label: str | None = None,
        on_request: Sequence[Path] = (),
    ) -> Derived:
        """Declare a table that we compute.

        Args:
            name: `schema.table`.
            key: Columns that name an entity within a partition; unique there.
            sql: A SELECT, or a `.sql` file below the pipeline's SQL folder. It reads its inputs by
                name, and `partitions`: one row for each date to compute (the partition column,
                `season`, `season_start`, `day_of_season`).
            inputs: Relation name → what it reads.
            expected: Which keys must be there.
            gate: What a staged partition must pass; complete coverage unless told otherwise.
            warm_up: Days on which nothing is expected yet.
            label: Column with a name for people.
            on_request: Paths on which partitions are built only when asked for by name.

        Raises:
            DeclarationError: names what is wrong and the nearest right name.
        """
        derived = Derived(
            name=name,
            key=_as_tuple(key),
            statement=read_statement(sql, self.sql_folder),
            inputs={a: resolved_input(given, self.sql_folder) for a, given in inputs.items()},
            expected=resolved_expected(expected, self.sql_folder),
            gate=resolved_gate(gate or Gate(), self.sql_folder),
            warm_up=warm_up,
            label=label,
            on_request=frozenset(on_request),
        )
        check_derived(self, derived)
        return self._added(derived)

    def cross_check(self, table: Derived, *checks: Check) -> None:
        """Declare what `validate` examines on published rows besides the gate.

        Unlike those of the gate, such checks may also read tables that are computed later.

        Raises:
            DeclarationError: a check reads a table that is not declared, or its name is taken.
        """
        known = self.derived_table(table.name)
        resolved = tuple(resolved_check(given, self.sql_folder) for given in checks)
        declared = (*self.cross_checks.get(known.name, ()), *resolved)
        check_cross_checks(self, known, declared)
        self.cross_checks[known.name] = declared

    def known_limitation(
        self,
        name: str,
        table: Table,
        check: str,
        *,
        reason: str,
        season: str | None = None,
        first: date | None = None,
        last: date | None = None,
        where: str = "TRUE",
        consequences: Mapping[str, str] | None = None,
    ) -> None:
        """Declare violations that are known, so that they are reported as such and not as failures.

        Args:
            name: What it is called in reports.
            table: The table that has the violations.
            check: The check that finds them, or `missing` for dates without any rows.
            reason: Why nothing can be done about them.
            season: Limits it, and its consequences, to one season.
            first: Limits it to dates from here on.
            last: Limits it to dates up to here.
            where: Predicate over the rows of the check (`entity`, `detail`): which it explains.
            consequences: Downstream table → predicate over its rows, e.g. `paint_rate IS NULL`:
                how many lack a value because of it is counted, never assumed.

        Raises:
            DeclarationError: there is no such table or check, or the name is taken.
        """
        limitation = Limitation(
            name, table, check, reason, season, first, last, where, dict(consequences or {})
        )
        check_limitation(self, limitation)
        self.limitations.append(limitation)

    def retain(self, table: Table, *, days: int, replaced_by: Sequence[Table] = ()) -> None:
        """Declare how long the rows of a table live after their date; `gapless clean` removes them.

        Args:
            table: A computed table that is built for past dates only on request, so that nothing
                ever demands what was removed.
            days: How many days after its date a row lives, in the pipeline's time zone.
            replaced_by: Tables that hold what is needed of a past date; where one of them is not
                complete, the rows are the only copy and stay.

        Raises:
            DeclarationError: something demands its past dates, or it has a retention already.
        """
        retention = Retention(table, days, tuple(replaced_by))
        check_retention(self, retention)
        self.retentions[table.name] = retention

    def with_gates(self, changes: Mapping[str, Mapping[str, float]]) -> None:
        """Apply a site's own thresholds: table name → {coverage, warn, group_coverage}.

        Raises:
            DeclarationError: an unknown table or threshold, or a share outside 0..1.
        """
        for name, thresholds in changes.items():
            table = self.derived_table(name)
            self.tables[table.name] = with_thresholds(table, name, thresholds)

    # -- asking ------------------------------------------------------------------------------

    @property
    def calendar_declaration(self) -> CalendarDeclaration:
        """The declared calendar.

        Raises:
            DeclarationError: none was declared.
        """
        if self._calendar is None:
            raise DeclarationError(
                f"Pipeline {self.name!r} declares no calendar, so no date can be expected. "
                "Declare one: pipeline.calendar(schedule, season='season')."
            )
        return self._calendar

    @property
    def derived_tables(self) -> list[Derived]:
        """Derived tables in dependency order."""
        return [table for table in self.tables.values() if isinstance(table, Derived)]

    @property
    def sources(self) -> list[Source]:
        """Source tables in the order of their declaration."""
        return [table for table in self.tables.values() if isinstance(table, Source)]

    def layer_of(self, table: Table) -> str:
        """Return the layer a table belongs to in reports."""
        return self.layers.get(table.schema, table.schema)

    def table(self, name: str) -> Table:
        """Find a table by full name or by its part after the dot, where that is unambiguous.

        Raises:
            DeclarationError: no such table; names the nearest one.
        """
        if name in self.tables:
            return self.tables[name]
        matches = [table for table in self.tables.values() if table.short_name == name]
        if len(matches) == 1:
            return matches[0]
        known = [*self.tables, *(table.short_name for table in self.tables.values())]
        raise DeclarationError(
            f"Pipeline {self.name!r} has no table {name!r}. {nearest(name, known)}"
        )

    def derived_table(self, name: str) -> Derived:
        """Find a derived table by name.

        Raises:
            DeclarationError: no such table, or it is a source.
        """
        table = self.table(name)
        if not isinstance(table, Derived):
            raise DeclarationError(
                f"{table.name} is a source: it is loaded, not computed. "
                f"Computed tables: {', '.join(found.name for found in self.derived_tables)}."
            )
        return table

    def upstream_of(self, table: Table) -> list[Table]:
        """Return every table that `table` depends on, directly or not, in dependency order."""
        wanted: set[str] = set()
        frontier: list[Table] = [table]
        while frontier:
            current = self.tables[frontier.pop().name]
            if not isinstance(current, Derived):
                continue
            for path in Path:
                for read in current.reads_on(path):
                    if read.table.name not in wanted:
                        wanted.add(read.table.name)
                        frontier.append(read.table)
        return [found for name, found in self.tables.items() if name in wanted]

    def _added(self, table: T) -> T:
        if table.name in self.tables:
            raise DeclarationError(f"{table.name} is declared twice in pipeline {self.name!r}.")
        self.tables[table.name] = table
        return table


def _as_tuple(key: str | Sequence[str]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)
