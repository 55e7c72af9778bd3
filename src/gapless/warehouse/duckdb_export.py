"""Writing rows to a Parquet file, by a DuckDB in memory that no warehouse is attached to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from gapless.sql.literals import literal, rows_relation
from gapless.warehouse.duckdb_errors import translated


def write_parquet(
    file: Path, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write rows with the types given; replaces the file.

    Args:
        file: Where to.
        columns: Column → DuckDB type.
        rows: Values by column.

    Raises:
        WarehouseError: the file cannot be written.
    """
    select = rows_relation(columns, [[row[name] for name in columns] for row in rows])
    with translated(f"writing {file}"), duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO {literal(str(file))} (FORMAT parquet)")
