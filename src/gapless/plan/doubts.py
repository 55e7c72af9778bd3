"""Doubts: published partitions whose rows, or whose gate, are no longer those that were audited.

So are those whose waiver has ended: nobody vouches for them any more, so their rows have to.
They are measured again, key by key; two queries for each table that has any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from gapless.coverage import Coverage
from gapless.declare.fingerprints import gate_hash
from gapless.declare.tables import Derived
from gapless.errors import QueryFailed
from gapless.measure import audit_request, measure_coverage, run_checks, stage_expected
from gapless.partitions import Path, path_of
from gapless.plan.picture import Picture
from gapless.plan.states import State
from gapless.verdicts import Outcome, judge, worst
from gapless.warehouse.interface import Publication, Warehouse


@dataclass(frozen=True)
class Doubt:
    """What measuring a doubtful partition came to."""

    version: int
    """The publication that was measured."""
    coverage: Coverage | None
    """None when it could not be measured."""
    failure: str | None
    """What the gate says against it; None when it passes."""
    unknown: bool = False
    """Whether the failure is that a check could not be evaluated."""
    failed: tuple[str, ...] = ()
    """Names of the checks that say it."""


Doubts = dict[tuple[str, date], Doubt]


def measure_doubts(warehouse: Warehouse, picture: Picture) -> Doubts:
    """Measure the published rows of every partition that is in doubt."""
    measured: Doubts = {}
    for table in picture.pipeline.derived_tables:
        if table.name not in picture.needed or table.name not in picture.catalog:
            continue
        doubtful = _doubtful(picture, table)
        for path in Path:
            days = [day for day in doubtful if path_of(day, picture.today) is path]
            if days:
                measured.update(_measure(warehouse, picture, table, path, days))
    return measured


def _doubtful(picture: Picture, table: Derived) -> list[date]:
    gate = gate_hash(table.gate)
    days = []
    for day in picture.calendar.between(picture.needed[table.name]):
        publication = picture.publications.get((table.name, day))
        held = picture.contents[table.name].on(day)
        if publication is None:
            continue
        changed = not picture.holds(publication) or publication.gate != gate
        if (held is not None and changed) or _nobody_vouches(picture, publication):
            days.append(day)
    return days


def _nobody_vouches(picture: Picture, publication: Publication) -> bool:
    if publication.state != State.WAIVED:
        return False
    return not picture.waivers.standing_of(publication, picture.now).holds


def _measure(
    warehouse: Warehouse, picture: Picture, table: Derived, path: Path, days: list[date]
) -> Doubts:
    expected = table.expected_on(path)
    references = {read.table.name for read in table.expected_reads_on(path)}
    if expected is None or not references <= set(picture.catalog):
        return {}
    versions = {day: picture.publications[table.name, day].version for day in days}
    scope = picture.scope(days)
    name = f"doubt_{table.schema}__{table.short_name}"
    try:
        place = stage_expected(warehouse, table, expected, scope, name)
        request = audit_request(
            table,
            expected,
            scope,
            candidate=table.name,
            columns=tuple(picture.catalog[table.name]),
            expected_place=place,
        )
        coverages = measure_coverage(warehouse, request, has_exclusions=False)
        checked = run_checks(warehouse, table.gate.checks, scope, table.name)
    except QueryFailed as error:
        # A check that cannot be evaluated is not a pass; the other tables can still be shown.
        failed = Doubt(0, None, error.what, unknown=True)
        return {(table.name, day): replace(failed, version=versions[day]) for day in days}
    finally:
        warehouse.unstage([name])
    measured: Doubts = {}
    for day, coverage in coverages.items():
        results = judge(table.gate, coverage, checked.get(day, []))
        against = [r for r in results if r.outcome in (Outcome.FAIL, Outcome.UNKNOWN)]
        measured[table.name, day] = Doubt(
            version=versions[day],
            coverage=coverage,
            failure="; ".join(str(result) for result in against) or None,
            unknown=worst(results) is Outcome.UNKNOWN,
            failed=tuple(result.check for result in against),
        )
    return measured
