"""Trying the checks of a computed table: those of its gate, and what `validate` adds to them."""

from __future__ import annotations

from dataclasses import replace

from gapless.declare.gates import Check
from gapless.declare.limitations import Limitation
from gapless.declare.pipeline import Pipeline
from gapless.doctor.bench import Bench
from gapless.doctor.model import GuardTried, Kind
from gapless.doctor.trials import (
    BadRows,
    Met,
    Outcomes,
    known_ways,
    spoiled,
    staged_either,
    tried_check,
)
from gapless.measure import run_checks
from gapless.partitions import Path
from gapless.run.chunk import Audited
from gapless.verdicts import GateResult, Outcome

_COPY = "doctor_copy"


def tried_checks(bench: Bench) -> list[GuardTried]:
    """Try every check of the gate; of dates that are over, cross-checks, too."""
    pipeline = bench.standings.picture.pipeline
    found = [
        tried_check(
            check,
            Kind.CHECK,
            ways_for(bench, check),
            lambda check, way: _by_the_gate(bench, check, way),
            limitations_of(pipeline, bench.table.name, check),
        )
        for check in bench.table.gate.checks
    ]
    # Layers agree about what happened; of dates to come there is nothing to agree about.
    crossed = pipeline.cross_checks.get(bench.table.name, ())
    return found + [
        tried_check(
            check,
            Kind.CROSS_CHECK,
            ways_for(bench, check),
            lambda check, way: _by_validate(bench, check, way),
            limitations_of(pipeline, bench.table.name, check),
        )
        for check in (crossed if bench.path is Path.HISTORICAL else ())
    ]


def ways_for(bench: Bench, check: Check) -> list[BadRows]:
    """Return the bad copy a check names itself, else every known way to spoil rows."""
    if check.spoiled_by:
        return [spoiled(bench.original, check.spoiled_by)]
    return known_ways(bench.original)


def limitations_of(pipeline: Pipeline, table: str, check: Check) -> list[Limitation]:
    """Return the known limitations of a check."""
    return [
        given
        for given in pipeline.limitations
        if given.table.name == table and given.check == check.name
    ]


def _rows(bench: Bench, way: BadRows | None) -> tuple[str, dict[str, str]]:
    if way is None:
        return bench.original.place, dict(bench.original.columns)
    place, columns = staged_either(lambda select: bench.stage(_COPY, select), way)
    return place, dict(columns)


def _by_the_gate(bench: Bench, check: Check, way: BadRows | None) -> Outcomes:
    """Feed a gate that has this check and no other."""
    place, columns = _rows(bench, way)
    gate = replace(bench.table.gate, checks=(check,))
    audited = bench.audit(replace(bench.table, gate=gate), place, columns)
    return {day: _met(check, way, audited[day]) for day in bench.days}


def _met(check: Check, way: BadRows | None, audited: Audited) -> Met:
    [result] = [found for found in audited.results if found.check == check.name]
    if way is None:
        as_wanted = result.outcome is Outcome.UNKNOWN and result in audited.failed
    elif check.blocking:
        as_wanted = result.outcome is Outcome.FAIL and result in audited.failed
    else:
        as_wanted = result.outcome is Outcome.WARN and not _examined_nothing(result)
    return Met(as_wanted, f"{result.outcome} by {result}")


def _examined_nothing(result: GateResult) -> bool:
    return not any(character.isdigit() for character in result.found)


def _by_validate(bench: Bench, check: Check, way: BadRows | None) -> Outcomes:
    place, _ = _rows(bench, way)
    checked = run_checks(bench.warehouse, [check], bench.scope, place)
    found = {day: outcome for day, outcomes in checked.items() for outcome in outcomes}
    met = {}
    for day in bench.days:
        outcome = found.get(day)
        examined, failed = (outcome.examined, outcome.failed) if outcome else (0, 0)
        said = f"{failed} of {examined} wrong"
        met[day] = Met(not examined if way is None else failed > 0, said)
    return met
