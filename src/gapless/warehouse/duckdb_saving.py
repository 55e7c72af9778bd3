"""Rows that are saved to Parquet, compared, removed and brought back by DuckDB.

Rows are compared as multisets, in the types of the table: a value that Parquet cannot keep makes
them differ, so it is never removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from gapless.errors import PublicationConflict, SchemaChanged, WarehouseError
from gapless.sql.difference import on_days
from gapless.sql.literals import identifier, literal, relation, rows_relation
from gapless.warehouse.duckdb_errors import translated
from gapless.warehouse.duckdb_publish import columns_of, transaction
from gapless.warehouse.interface import (
    Comparison,
    Removal,
    RestoreRequest,
    Saved,
    SavedDate,
    SavedRows,
)
from gapless.warehouse.parquet import without_patterns

if TYPE_CHECKING:
    from gapless.warehouse.duckdb import DuckDBWarehouse

_MOMENT = "TIMESTAMP WITH TIME ZONE"
REMOVALS = "gapless.removals"
_REMOVAL_TYPES = {
    "backup_id": "VARCHAR",
    "table_name": "VARCHAR",
    "partition_date": "DATE",
    "row_count": "BIGINT",
    "removed_at": "TIMESTAMP",
}
_COLUMNS = ", ".join(f"{name} {kind} NOT NULL" for name, kind in _REMOVAL_TYPES.items())
_CREATE_REMOVALS = (
    f"CREATE SCHEMA IF NOT EXISTS gapless; CREATE TABLE IF NOT EXISTS {REMOVALS} "
    f"({_COLUMNS}, PRIMARY KEY (backup_id, partition_date))"
)


def save_rows(warehouse: DuckDBWarehouse, rows: SavedRows) -> None:
    """Write the live rows of some dates into a Parquet file."""
    warehouse.execute(
        f"COPY (SELECT * FROM {relation(rows.table)} WHERE {on_days(rows.partition, rows.dates)} "
        f"ORDER BY {identifier(rows.partition)}) "
        f"TO {literal(rows.file)} (FORMAT parquet, COMPRESSION zstd)"
    )


def read_back(file: Path, partition: str, columns: Mapping[str, str]) -> Saved:
    """Read a file with saved rows by a DuckDB that no warehouse is attached to.

    Args:
        file: The file.
        partition: The partition column.
        columns: Columns and types of the table.

    Raises:
        WarehouseError: it cannot be read, or a column is not in it.
    """
    # Each value with its length before it, so that no two rows have the same text.
    texts = [_text(name, kind) for name, kind in sorted(columns.items())]
    parts = " || ".join(f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts)
    with translated(f"reading {file}"), _reader().cursor() as connection:
        found = connection.execute(
            f"SELECT {identifier(partition)}, count(*), "
            f"(sum(md5_number_lower({parts})) % 18446744073709551616)::VARCHAR "
            f"FROM {_reading(str(file))} GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return Saved({row[0]: SavedDate(row[1], row[2]) for row in found})


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """Return the DuckDB of this process that reads backups.

    Opening one takes ten times as long as reading a backup. It keeps nothing of a file: what is
    read is what lies there now.
    """
    connection = duckdb.connect()
    connection.execute("SET enable_external_file_cache = false")
    return connection


def _text(name: str, kind: str) -> str:
    """Write a value as text; a moment without the time zone of whoever reads it."""
    value = f"{identifier(name)}::{kind}"
    return f"epoch_us({value})::VARCHAR" if kind == _MOMENT else f"{value}::VARCHAR"


def compare_saved(
    warehouse: DuckDBWarehouse, rows: SavedRows, names: Iterable[str]
) -> dict[date, Comparison]:
    """Compare some columns of the live rows of each date with the saved ones, row by row."""
    live = columns_of(warehouse, rows.table)
    return _compared(warehouse, rows, {name: live[name] for name in names if name in live})


def remove_saved(
    warehouse: DuckDBWarehouse, rows: SavedRows, backup_id: str, at: datetime
) -> dict[date, Comparison]:
    """Remove the rows of those dates that the file holds exactly, in one transaction."""
    warehouse.execute(_CREATE_REMOVALS)
    with transaction(warehouse):
        found = _compared(warehouse, rows, columns_of(warehouse, rows.table))
        going = {day: seen.live for day, seen in found.items() if seen.same and seen.live}
        if going:
            _record(warehouse, backup_id, rows.table, going, at)
            _delete(warehouse, rows, going)
    _check_gone(warehouse, rows.table, backup_id, going)
    return found


def merge_saved(
    warehouse: DuckDBWarehouse,
    parts: Sequence[SavedRows],
    merged: SavedRows,
    columns: Sequence[str],
    key: Sequence[str],
) -> set[date]:
    """Write the rows of several files into one; return the dates where keys contradict."""
    day, kept = identifier(merged.partition), on_days(merged.partition, merged.dates)
    names = ", ".join(map(identifier, columns))
    read = [f"SELECT {names} FROM {_reading(one.file)} WHERE {kept}" for one in parts]
    steps = [f"merged_0 AS ({read[0]})"]
    for number, rows in enumerate(read[1:], 1):
        before = f"merged_{number - 1}"
        steps += [
            f"part_{number} AS ({rows})",
            f"more_{number} AS (FROM part_{number} EXCEPT ALL FROM {before})",
            f"merged_{number} AS (FROM {before} UNION ALL FROM more_{number})",
        ]
    warehouse.execute(
        f"COPY (WITH {', '.join(steps)} FROM merged_{len(parts) - 1} ORDER BY {day}) "
        f"TO {literal(merged.file)} (FORMAT parquet, COMPRESSION zstd)"
    )
    if not key:
        return set()
    grouped = ", ".join([day, *(identifier(name) for name in key if name != merged.partition)])
    counted = " UNION ALL ".join(
        f"SELECT {grouped}, {number} AS file_number, count(*) AS row_count "
        f"FROM {_reading(one.file)} WHERE {kept} GROUP BY ALL"
        for number, one in enumerate([merged, *parts])
    )
    found = warehouse.fetch(
        f"SELECT DISTINCT {day} FROM (SELECT {grouped} FROM ({counted}) AS counted "
        "GROUP BY ALL HAVING max(row_count) FILTER (file_number = 0) "
        "> max(row_count) FILTER (file_number > 0)) AS clashing"
    )
    return {row[0] for row in found}


def removals(warehouse: DuckDBWarehouse) -> list[Removal]:
    """Return every removal there was, oldest first."""
    if REMOVALS not in warehouse.catalog():
        return []
    found = warehouse.fetch(
        f"SELECT backup_id, table_name, partition_date, row_count, removed_at FROM {REMOVALS} "
        "ORDER BY removed_at, backup_id, partition_date"
    )
    return [Removal(row[0], row[1], row[2], row[3], row[4].replace(tzinfo=UTC)) for row in found]


def restore_saved(warehouse: DuckDBWarehouse, request: RestoreRequest) -> None:
    """Bring back the saved rows of all dates in one transaction, and compare them there."""
    rows = request.saved
    warehouse.execute(_CREATE_REMOVALS)
    _make_room(warehouse, rows.table, request.columns)
    with transaction(warehouse):
        live = columns_of(warehouse, rows.table)
        _make_way(warehouse, request, live)
        computed = _generated(warehouse, rows.table)
        values = ", ".join(
            f"{identifier(name)}::{live[name]} AS {identifier(name)}"
            for name in request.columns
            if name not in computed
        )
        warehouse.execute(
            f"INSERT INTO {relation(rows.table)} BY NAME SELECT {values} "
            f"FROM {_reading(rows.file)} WHERE {on_days(rows.partition, rows.dates)}"
        )
        kept = {name: kind for name, kind in live.items() if name in request.columns}
        wrong = [day for day, seen in _compared(warehouse, rows, kept).items() if not seen.same]
        if wrong:
            raise WarehouseError(
                f"{rows.table}: the rows of {wrong[0]} would not be those that were saved.",
                untouched="Nothing was restored.",
                advice=f"Look at the types of {rows.table}: they may have changed since.",
            )


def _make_room(warehouse: DuckDBWarehouse, table: str, columns: Mapping[str, str]) -> None:
    if table not in warehouse.catalog():
        listed = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
        schema = identifier(table.split(".", maxsplit=1)[0])
        warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        warehouse.execute(f"CREATE TABLE IF NOT EXISTS {relation(table)} ({listed})")
    gone = sorted(columns.keys() - columns_of(warehouse, table).keys())
    if gone:
        raise SchemaChanged(
            f"{table} has no column {gone[0]} any more, which the saved rows have.",
            untouched="Nothing was restored.",
            advice=f"Add it for the time being: ALTER TABLE {table} ADD COLUMN {gone[0]} "
            f"{columns[gone[0]]}",
        )


def _generated(warehouse: DuckDBWarehouse, table: str) -> set[str]:
    """Return the columns that the warehouse computes itself, and lets nobody write."""
    schema, name = table.split(".", maxsplit=1)
    found = warehouse.fetch(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_catalog = current_database() AND is_generated = 'ALWAYS' "
        f"AND table_schema = {literal(schema)} AND table_name = {literal(name)}"
    )
    return {str(row[0]) for row in found}


def _make_way(warehouse: DuckDBWarehouse, request: RestoreRequest, live: Mapping[str, str]) -> None:
    """Remove what is live, if it is what the request says."""
    rows = request.saved
    if request.replaces is None:
        found = warehouse.fetch(
            f"SELECT count(*) FROM {relation(rows.table)} "
            f"WHERE {on_days(rows.partition, rows.dates)}"
        )[0][0]
        changed = bool(found)
    else:
        seen = _compared(warehouse, request.replaces, live)
        changed = not all(one.same for one in seen.values())
        if not changed:
            going = {day: one.live for day, one in seen.items()}
            moment = request.at or datetime.now(UTC)
            _record(warehouse, request.replaced_in, rows.table, going, moment)
            _delete(warehouse, request.replaces, going)
    if changed:
        raise PublicationConflict(
            f"{rows.table}: the rows of {rows.dates[0]} changed while they were being restored.",
            untouched="Nothing was restored; the rows that are there stay.",
            advice="Run the same command again.",
        )


def _compared(
    warehouse: DuckDBWarehouse, rows: SavedRows, columns: Mapping[str, str]
) -> dict[date, Comparison]:
    day, kept = identifier(rows.partition), on_days(rows.partition, rows.dates)
    names = ", ".join(identifier(name) for name in columns)
    values = ", ".join(
        f"{identifier(name)}::{kind} AS {identifier(name)}" for name, kind in columns.items()
    )
    found = warehouse.fetch(
        f"WITH live AS (SELECT {names} FROM {relation(rows.table)} WHERE {kept}),\n"
        f"saved AS (SELECT {values} FROM {_reading(rows.file)} WHERE {kept}),\n"
        "only_live AS (FROM live EXCEPT ALL FROM saved),\n"
        "only_saved AS (FROM saved EXCEPT ALL FROM live)\n"
        "SELECT day, sum(live)::BIGINT, sum(saved)::BIGINT, sum(differing)::BIGINT FROM (\n"
        f"SELECT {day} AS day, 1 AS live, 0 AS saved, 0 AS differing FROM live\n"
        f"UNION ALL SELECT {day}, 0, 1, 0 FROM saved\n"
        f"UNION ALL SELECT {day}, 0, 0, 1 FROM only_live\n"
        f"UNION ALL SELECT {day}, 0, 0, 1 FROM only_saved\n"
        ") AS counted GROUP BY 1 ORDER BY 1"
    )
    seen = {row[0]: Comparison(*row[1:]) for row in found}
    return {wanted: seen.get(wanted, Comparison(0, 0, 0)) for wanted in sorted(rows.dates)}


def _check_gone(
    warehouse: DuckDBWarehouse, table: str, backup_id: str, going: Mapping[date, int]
) -> None:
    """Read the record again after the commit: it is there if and only if the rows are gone."""
    recorded = dict[date, int](
        warehouse.fetch(
            f"SELECT partition_date, row_count FROM {REMOVALS} "
            f"WHERE backup_id = {literal(backup_id)} AND table_name = {literal(table)}"
        )
    )
    if any(recorded.get(day) != rows for day, rows in going.items()):
        raise WarehouseError(
            f"{table}: after the commit the warehouse knows of {len(recorded)} dates removed on "
            f"account of backup {backup_id}, where {len(going)} should have gone.",
            advice="Compare them: gapless restore --dry-run",
        )


def _record(
    warehouse: DuckDBWarehouse, backup_id: str, table: str, going: Mapping[date, int], at: datetime
) -> None:
    moment = at.astimezone(UTC).replace(tzinfo=None)
    listed = [(backup_id, table, day, count, moment) for day, count in going.items()]
    warehouse.execute(f"INSERT INTO {REMOVALS} BY NAME {rows_relation(_REMOVAL_TYPES, listed)}")


def _delete(warehouse: DuckDBWarehouse, rows: SavedRows, going: Mapping[date, int]) -> None:
    predicate = on_days(rows.partition, sorted(going))
    gone = warehouse.fetch(f"DELETE FROM {relation(rows.table)} WHERE {predicate}")[0][0]
    left = warehouse.fetch(f"SELECT count(*) FROM {relation(rows.table)} WHERE {predicate}")[0][0]
    if gone != sum(going.values()) or left:
        raise WarehouseError(
            f"{rows.table}: {gone} rows would have gone and {left} would have stayed, where "
            f"{sum(going.values())} had been saved and compared.",
            untouched="Nothing was removed.",
        )


def _reading(file: str) -> str:
    return f"read_parquet([{literal(without_patterns(file))}], hive_partitioning = false)"
