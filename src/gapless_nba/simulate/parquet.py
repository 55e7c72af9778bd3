"""Turns the CSV files of a league into much smaller Parquet files with the types of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from gapless_nba.raw_columns import TABLES
from gapless_nba.simulate.literals import literal

if TYPE_CHECKING:
    from pathlib import Path


def to_parquet(folder: Path) -> None:
    """Replace every CSV file of a league by a Parquet file with the same rows in the same order.

    Args:
        folder: Where the three CSV files are; each is removed as soon as its successor is there.
    """
    with duckdb.connect() as connection:
        # With several threads the cuts between row groups, hence the bytes, depend on chance.
        connection.execute("SET threads = 1")
        connection.execute("SET enable_progress_bar = false")
        for table, columns in TABLES.items():
            file = folder / f"{table}.csv"
            listed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
            connection.execute(
                f"COPY (FROM read_csv({literal(file)}, header = true, auto_detect = false, "
                f"delim = ',', columns = {{{listed}}})) "
                f"TO {literal(file.with_suffix('.parquet'))} (FORMAT parquet, COMPRESSION zstd)"
            )
            file.unlink()
