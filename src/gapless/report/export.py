"""Exports: the rows of a report as CSV, Parquet or JSON, by the file's suffix."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from gapless.errors import UsageError

Rows = Sequence[Mapping[str, Any]]
Columns = Mapping[str, str]


def export_writer(file: Path, *, where: str) -> Callable[[Path, Columns, Rows], None]:
    """Return what writes rows in the format that a suffix means.

    Raises:
        UsageError: the suffix is none of those known.
    """
    found = _WRITERS.get(file.suffix.lower())
    if found is None:
        said = f"{file.suffix!r} of {file.name}" if file.suffix else f"{file.name}, without suffix,"
        raise UsageError(
            f"{where}: {said} is no format; end the name with {', '.join(_WRITERS)}. "
            "Nothing was read or written."
        )
    return found


def _write_csv(file: Path, columns: Columns, rows: Rows) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(columns))
        writer.writeheader()
        writer.writerows({name: _text(row[name]) for name in columns} for row in rows)


def _write_json(file: Path, columns: Columns, rows: Rows) -> None:
    data = [_plain(row, columns) for row in rows]
    file.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_json_lines(file: Path, columns: Columns, rows: Rows) -> None:
    lines = (json.dumps(_plain(row, columns), ensure_ascii=False) + "\n" for row in rows)
    with file.open("w", encoding="utf-8", newline="\n") as opened:
        opened.writelines(lines)


def _write_parquet(file: Path, columns: Columns, rows: Rows) -> None:
    # Only here: no other part of a report needs an engine.
    from gapless.warehouse.duckdb_export import write_parquet  # noqa: PLC0415

    plain = [{name: _naive(row[name]) for name in columns} for row in rows]
    write_parquet(file, columns, plain)


_WRITERS: dict[str, Callable[[Path, Columns, Rows], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".json": _write_json,
    ".jsonl": _write_json_lines,
}


def _plain(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    return {
        name: row[name].isoformat() if isinstance(row[name], date) else row[name]
        for name in columns
    }


def _text(value: object) -> object:
    """Write what CSV has no type for as other programs read it; NULL is nothing."""
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return f"{_naive(value):%Y-%m-%d %H:%M:%S.%f}"
    return value


def _naive(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Moments are UTC without saying so, as in the warehouse's publications."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
