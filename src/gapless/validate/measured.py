"""Measuring published partitions again, against today's expected sets, gates and cross-checks.

A constant number of statements for each table, whatever the dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from gapless.coverage import Coverage
from gapless.declare.expected import PlainExpected
from gapless.declare.limitations import Limitation
from gapless.declare.tables import Derived, Source
from gapless.errors import QueryFailed
from gapless.measure import Named, audit_request, measure_coverage, name_details, stage_expected
from gapless.partitions import Path, path_of
from gapless.plan.standings import Standings
from gapless.sql.binding import Scope
from gapless.validate.checks import Checked, run_check
from gapless.verdicts import GateResult, judge
from gapless.warehouse.interface import Warehouse


@dataclass
class Measured:
    """What measuring a table came to."""

    coverage: dict[date, Coverage] = field(default_factory=dict)
    results: dict[date, list[GateResult]] = field(default_factory=dict)
    """What the rules of the gate say; its checks stand in `checked`."""
    named: dict[date, dict[str, list[Named]]] = field(default_factory=dict)
    checked: list[Checked] = field(default_factory=list)
    errors: dict[date, str] = field(default_factory=dict)
    """Dates that could not be measured, and why."""


def measure_table(
    warehouse: Warehouse, standings: Standings, table: Derived, days: Sequence[date]
) -> Measured:
    """Measure every given date of a table that holds rows."""
    picture = standings.picture
    measured = Measured()
    contents = picture.contents.get(table.name)
    if table.name not in picture.catalog or contents is None:
        return measured
    held = [day for day in days if contents.on(day) is not None and day in picture.calendar.dates]
    for path in Path:
        chosen = [day for day in held if path_of(day, picture.today) is path]
        expected = table.expected_on(path)
        if not chosen or expected is None:
            continue
        scope = picture.scope(chosen)
        try:
            _measure(warehouse, standings, table, expected, scope, measured)
        except QueryFailed as error:
            measured.errors.update(dict.fromkeys(chosen, error.what))
    return measured


def _measure(
    warehouse: Warehouse,
    standings: Standings,
    table: Derived,
    expected: PlainExpected,
    scope: Scope,
    measured: Measured,
) -> None:
    columns = tuple(standings.picture.catalog[table.name])
    name = f"validated_{table.schema}__{table.short_name}"
    place = stage_expected(warehouse, table, expected, scope, name)
    try:
        request = audit_request(
            table, expected, scope, candidate=table.name, columns=columns, expected_place=place
        )
        coverage = measure_coverage(warehouse, request)
        named = name_details(
            warehouse, request, label=expected.label, row_label=table.label, coverages=coverage
        )
        measured.named.update(named)
    finally:
        warehouse.unstage([name])
    measured.coverage.update(coverage)
    rules = replace(table.gate, checks=())
    for day, found in coverage.items():
        measured.results[day] = judge(rules, found, [])
    pipeline = standings.picture.pipeline
    # Layers agree about what happened; of dates to come there is nothing to agree about.
    played = path_of(scope.first, standings.picture.today) is Path.HISTORICAL
    crossed = pipeline.cross_checks.get(table.name, ()) if played else ()
    for check in (*table.gate.checks, *crossed):
        known = _limitations(pipeline.limitations, table.name, check.name)
        measured.checked.append(run_check(warehouse, check, scope, table.name, known))


def measure_source(
    warehouse: Warehouse, standings: Standings, source: Source, days: Sequence[date]
) -> list[Checked]:
    """Run every check of a source over the given dates."""
    picture, name = standings.picture, source.name
    if name not in picture.catalog or not days:
        return []
    scope = picture.scope(days)
    limitations = picture.pipeline.limitations
    return [
        run_check(warehouse, check, scope, name, _limitations(limitations, name, check.name))
        for check in source.checks
    ]


def _limitations(declared: Sequence[Limitation], table: str, check: str) -> list[Limitation]:
    return [given for given in declared if given.table.name == table and given.check == check]
