"""Measuring: expected sets, coverage, checks and source sufficiency of many partitions at once.

Used on staged rows before publishing and on published rows when their state is in doubt; it is the
same measurement. Each function sends a constant number of statements, whatever the dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gapless.coverage import Coverage
from gapless.declare.expected import PlainExpected
from gapless.declare.gates import Check, Gate
from gapless.declare.inputs import Choice
from gapless.declare.tables import Derived
from gapless.partitions import Path
from gapless.sql.audit import (
    DETAIL_DUPLICATE,
    DETAIL_LOST,
    DETAIL_MISSING,
    DETAIL_UNEXPECTED,
    AuditRequest,
    audit_query,
    coverage_from_row,
    detail_query,
    excluded_query,
)
from gapless.sql.binding import Bindings, Scope, compose, expected_relation
from gapless.sql.contents import checks_query
from gapless.sql.sufficiency import sufficiency_query
from gapless.warehouse.interface import Warehouse

NAMED_AT_MOST = 10
"""How many keys of a kind are named for each partition; the counts are always exact."""


@dataclass(frozen=True)
class Named:
    """A key with its name for people."""

    key: str
    label: str | None

    def __str__(self) -> str:
        return f"{self.label} ({self.key})" if self.label else self.key


@dataclass(frozen=True)
class CheckOutcome:
    """What one check found in one partition."""

    name: str
    blocking: bool
    examined: int
    failed: int
    detail: str | None
    """The first thing that is not right."""


@dataclass(frozen=True)
class SourceCoverage:
    """What one source of a choice offers to one partition."""

    source: str
    rows: int
    """Rows it holds on the date; 0 also when its table does not exist."""
    usable: int
    """Expected keys with a row there that agrees in the declared columns."""
    expected: int
    exists: bool = True
    """Whether its table exists."""
    unfit: str | None = None
    """Why it must not be used whatever it holds, e.g. because it is stale."""

    @property
    def ratio(self) -> float | None:
        """Usable ÷ expected; None when nothing is expected."""
        return self.usable / self.expected if self.expected else None


def stage_expected(
    warehouse: Warehouse, table: Derived, expected: PlainExpected, scope: Scope, name: str
) -> str:
    """Compute the expected set of a scope aside and return its relation."""
    place, _ = warehouse.stage(name, expected_relation(table, expected, scope))
    return place


def choice_set_names(table: Derived, path: Path, name: str) -> list[str]:
    """Name every relation that `stage_choice_sets` may stage, to be unstaged afterwards."""
    return [f"{name}_{number}" for number, _ in enumerate(table.choices_on(path), start=1)]


def stage_choice_sets(
    warehouse: Warehouse,
    table: Derived,
    path: Path,
    scope: Scope,
    *,
    expected: tuple[PlainExpected, str],
    name: str,
) -> dict[str, str]:
    """Compute aside what each choice of a table is measured on; one set is staged once.

    Args:
        warehouse: Where to stage.
        table: The table that is fed.
        path: Whose choices.
        scope: The dates.
        expected: Its own expected set, with the relation where it is staged.
        name: What the names of further relations begin with, see `choice_set_names`.

    Returns:
        Input → relation.
    """
    staged = [expected]
    places: dict[str, str] = {}
    names = choice_set_names(table, path, name)
    for (alias, choice), place in zip(table.choices_on(path).items(), names, strict=True):
        keys = choice.measured_on or expected[0]
        found = next((where for known, where in staged if known == keys), None)
        if found is None:
            found = stage_expected(warehouse, table, keys, scope, place)
            staged.append((keys, found))
        places[alias] = found
    return places


def measure_coverage(
    warehouse: Warehouse, request: AuditRequest, *, has_exclusions: bool = True
) -> dict[date, Coverage]:
    """Measure every partition of a scope against its expected set."""
    rows = warehouse.fetch(audit_query(request))
    reasons: dict[date, dict[str, int]] = {}
    if has_exclusions and any(row[8] for row in rows):
        for day, reason, count in warehouse.fetch(
            excluded_query(request.expected, request.scope.partition)
        ):
            reasons.setdefault(day, {})[reason] = count
    return {row[0]: coverage_from_row(row, request.gate, reasons.get(row[0])) for row in rows}


def name_details(
    warehouse: Warehouse,
    request: AuditRequest,
    *,
    label: str | None,
    row_label: str | None,
    limit: int = NAMED_AT_MOST,
    coverages: Mapping[date, Coverage],
) -> dict[date, dict[str, list[Named]]]:
    """Name the first missing, unexpected, duplicate and lost keys of every partition.

    Looking for them costs more than counting them, so it is done where there are some.

    Args:
        warehouse: Where to ask.
        request: What was measured.
        label: Column of the expected set with a name for people.
        row_label: The same of the measured rows.
        limit: Keys of a kind to name for each partition.
        coverages: How many there are.
    """
    named: dict[date, dict[str, list[Named]]] = {}
    kinds = {day: _kinds_to_name(coverage) for day, coverage in coverages.items()}
    days = [day for day, found in kinds.items() if found]
    if not days:
        return named
    request = replace(
        request,
        scope=request.scope.within(days),
        guarded=tuple(day for day in request.guarded if day in set(days)),
    )
    for day, kind, key, shown in warehouse.fetch(
        detail_query(
            request,
            label=label,
            row_label=row_label,
            limit=limit,
            kinds=frozenset().union(*kinds.values()),
        )
    ):
        named.setdefault(day, {}).setdefault(kind, []).append(Named(key, shown))
    return named


def _kinds_to_name(coverage: Coverage) -> frozenset[str]:
    counts = {
        DETAIL_MISSING: coverage.missing,
        DETAIL_UNEXPECTED: coverage.unexpected,
        DETAIL_DUPLICATE: coverage.duplicates,
        DETAIL_LOST: coverage.lost,
    }
    return frozenset(kind for kind, count in counts.items() if count)


def run_checks(
    warehouse: Warehouse, checks: Sequence[Check], scope: Scope, candidate: str
) -> dict[date, list[CheckOutcome]]:
    """Run every check over all partitions of a scope, one query for each check.

    A partition in which a check examined nothing has no outcome of that check.
    """
    outcomes: dict[date, list[CheckOutcome]] = {}
    for check in checks:
        text = compose(check.statement, check.inputs, Bindings(scope), candidate=candidate)
        for day, examined, failed, detail in warehouse.fetch(checks_query(text, scope.partition)):
            outcome = CheckOutcome(check.name, check.blocking, examined, failed, detail)
            outcomes.setdefault(day, []).append(outcome)
    return outcomes


def measure_choice(
    warehouse: Warehouse,
    choice: Choice,
    scope: Scope,
    key: tuple[str, ...],
    expected: str,
    catalog: Mapping[str, Mapping[str, str]],
) -> dict[date, list[SourceCoverage]]:
    """Measure how much of a set of keys each source of a choice could serve.

    Args:
        warehouse: Where to ask.
        choice: The declared choice.
        scope: The dates.
        key: Key of the table that is fed.
        expected: Relation with the keys to cover.
        catalog: Tables and columns of the warehouse.
    """
    present = [place for place, source in enumerate(choice.sources) if source.name in catalog]
    rows = warehouse.fetch(sufficiency_query(choice, scope, key, expected, present))
    measured: dict[date, list[SourceCoverage]] = {}
    for day, due, *counts in rows:
        by_place = {place: counts[2 * index : 2 * index + 2] for index, place in enumerate(present)}
        measured[day] = []
        for place, source in enumerate(choice.sources):
            held, usable = by_place.get(place, (0, 0))
            exists = place in by_place
            measured[day].append(SourceCoverage(source.name, held, usable, due, exists))
    return measured


def audit_request(
    table: Derived,
    expected: PlainExpected,
    scope: Scope,
    *,
    candidate: str,
    columns: Sequence[str],
    expected_place: str,
    published: str | None = None,
    live_columns: Sequence[str] = (),
    guarded: Sequence[date] = (),
    gate: Gate | None = None,
) -> AuditRequest:
    """Put together what `measure_coverage` needs."""
    return AuditRequest(
        scope=scope,
        key=table.key,
        candidate=candidate,
        columns=tuple(columns),
        expected=expected_place,
        group=expected.group,
        gate=gate or table.gate,
        published=published,
        live_columns=tuple(live_columns),
        guarded=tuple(guarded),
    )
