"""Parquet files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

PART = ".part"
"""Suffix of files that are being written; nobody reads those."""


def column_types(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, str]:
    """Return the narrowest type that holds a column's values as they came."""
    return {name: _type([row.get(name) for row in rows]) for name in names}


def write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Append rows as lines of JSON and return how many."""
    count = 0
    with file.open("a", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            count += 1
    return count


def lines_to_parquet(
    connection: duckdb.DuckDBPyConnection,
    lines: Path,
    file: Path,
    columns: Mapping[str, str],
    *,
    metadata: Mapping[str, str] | None = None,
    further: Mapping[str, str] | None = None,
) -> None:
    """Turn lines of JSON into a Parquet file that appears under its name only when it is whole.

    Args:
        connection: DuckDB, which writes it.
        lines: The rows; no bytes: no rows.
        file: Where to.
        columns: Name → type of each column of the lines.
        metadata: Kept with the file, whatever its rows.
        further: Name → SQL literal of columns that are the same on every row.
    """
    listed = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns.items())
    if lines.exists() and lines.stat().st_size:
        source = (
            f"FROM read_json({_text(str(lines))}, format = 'newline_delimited', "
            f"columns = {{{listed}}})"
        )
    else:
        nulls = ", ".join(f"NULL::{kind} AS {_name(name)}" for name, kind in columns.items())
        source = f"FROM (SELECT {nulls}) WHERE false"
    same = "".join(f", {literal} AS {_name(name)}" for name, literal in (further or {}).items())
    kept = ", ".join(f"{name}: {_text(found)}" for name, found in (metadata or {}).items())
    options = f"FORMAT parquet{f', KV_METADATA {{{kept}}}' if kept else ''}"
    part = file.with_name(file.name + PART)
    file.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"COPY (SELECT *{same} {source}) TO {_text(str(part))} ({options})")
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    part.replace(file)


def _type(values: Sequence[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "BIGINT"
    if kinds and kinds <= {int, float}:
        return "DOUBLE"
    return "VARCHAR" if kinds <= {str} else "JSON"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
