"""Doubts: published partitions whose rows, or whose gate, are no longer those that were audited.

They are measured again, key by key; two queries for each table that has any.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gapless.coverage import Coverage
from gapless.declare.fingerprints import gate_hash
from gapless.declare.tables import Derived
from gapless.measure import audit_request, measure_coverage, stage_expected
from gapless.partitions import Path, path_of
from gapless.plan.picture import Picture
from gapless.sql.binding import Scope
from gapless.verdicts import Outcome, judge
from gapless.warehouse.interface import Warehouse

Measured = dict[tuple[str, date], tuple[Coverage, str | None]]


def measure_doubts(warehouse: Warehouse, picture: Picture) -> Measured:
    """Measure the published rows of every partition that is in doubt."""
    measured: Measured = {}
    for table in picture.pipeline.derived_tables:
        if table.name not in picture.needed or table.name not in picture.catalog:
            continue
        for path in Path:
            days = [day for day in _doubtful(picture, table) if path_of(day, picture.today) is path]
            if days:
                measured.update(_measure(warehouse, picture, table, path, days))
    return measured


def _doubtful(picture: Picture, table: Derived) -> list[date]:
    gate = gate_hash(table.gate)
    days = []
    for day in picture.calendar.between(picture.needed[table.name]):
        publication = picture.publications.get((table.name, day))
        held = picture.contents[table.name].on(day)
        if publication is None or held is None:
            continue
        if held.content != publication.content or publication.gate != gate:
            days.append(day)
    return days


def _measure(
    warehouse: Warehouse, picture: Picture, table: Derived, path: Path, days: list[date]
) -> Measured:
    expected = table.expected_on(path)
    references = {read.table.name for read in table.expected_reads_on(path)}
    if expected is None or not references <= set(picture.catalog):
        return {}
    scope = Scope(picture.pipeline.partition, tuple(picture.calendar.dates[day] for day in days))
    name = f"doubt_{table.schema}__{table.short_name}"
    place = stage_expected(warehouse, table, expected, scope, name)
    try:
        request = audit_request(
            table,
            expected,
            scope,
            candidate=table.name,
            columns=tuple(picture.catalog[table.name]),
            expected_place=place,
        )
        coverages = measure_coverage(warehouse, request, has_exclusions=False)
    finally:
        warehouse.unstage([name])
    measured: Measured = {}
    for day, coverage in coverages.items():
        results = judge(replace(table.gate, checks=()), coverage, [])
        failed = [result for result in results if result.outcome in (Outcome.FAIL, Outcome.UNKNOWN)]
        failure = "; ".join(str(result) for result in failed) if failed else None
        measured[(table.name, day)] = (coverage, failure)
    return measured
