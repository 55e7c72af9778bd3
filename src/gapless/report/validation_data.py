"""A validation as data, for `--json`."""

from __future__ import annotations

from typing import Any

from gapless.partitions import DateRange
from gapless.validate.model import (
    Cell,
    Consequence,
    LimitationFound,
    SeasonSummary,
    Tally,
    ValidationReport,
)


def validation_data(report: ValidationReport) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "exit_code": report.exit_code,
        "pipeline": report.pipeline,
        "today": report.today.isoformat(),
        **_span(report.span),
        "nothing_due": {str(day): why for day, why in report.nothing_due.items()},
        "beyond_calendar": {str(day): why for day, why in report.beyond_calendar.items()},
        "layers": dict(report.layers),
        "warm_up": dict(report.warm_up),
        "seasons": [_season(season) for season in report.seasons],
        "limitations": [_limitation(found) for found in report.limitations],
        "findings": [finding.as_data() for finding in report.findings],
        "partitions": [_cell(cell) for cell in report.cells],
    }


def _season(season: SeasonSummary) -> dict[str, Any]:
    return {
        "season": season.season,
        "start": season.start.isoformat(),
        "dates": season.dates,
        "units": season.units,
        "status": season.trust.value,
        "layers": {name: _tally(tally) for name, tally in season.layers.items()},
        "tables": {name: _tally(tally) for name, tally in season.tables.items()},
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "partitions": tally.cells,
        "states": {state.value: count for state, count in tally.states.items()},
        "rows": tally.rows,
        "expected": tally.expected,
        "present": tally.present,
        "coverage": tally.coverage,
        "failing": tally.failing,
        "with_warnings": tally.warned,
        "limited": tally.limited,
        "first": tally.first.isoformat() if tally.first else None,
        "last": tally.last.isoformat() if tally.last else None,
        "status": tally.trust.value,
    }


def _limitation(found: LimitationFound) -> dict[str, Any]:
    return {
        "name": found.name,
        "table": found.table,
        "check": found.check,
        "reason": found.reason,
        **_span(found.span),
        "dates": found.partitions,
        "entities": found.entities,
        "first_entities": list(found.first),
        "consequences": [_consequence(consequence) for consequence in found.consequences],
    }


def _consequence(found: Consequence) -> dict[str, Any]:
    return {
        "table": found.table,
        "rows_where": found.predicate,
        **_span(found.span),
        "dates": len(found.days),
        "rows": found.rows,
        "of_rows": found.of_rows,
        "share_elsewhere": found.elsewhere,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "table": cell.table,
        "date": cell.partition.isoformat(),
        "season": cell.season,
        "state": cell.state.value,
        "rows": cell.rows,
        "expected": cell.expected,
        "present": cell.present,
        "failures": list(cell.failures),
        "warnings": list(cell.warnings),
        "limitations": list(cell.limitations),
    }


def _span(span: DateRange) -> dict[str, str]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat()}
