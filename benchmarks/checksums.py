"""Whether two tables are equal: their rows, and the sum of their hashes."""

from __future__ import annotations

import duckdb


def checksum(connection: duckdb.DuckDBPyConnection, table: str, where: str = "") -> tuple[int, int]:
    """Return rows and the sum of their hashes; sums in another order differ in the last bits."""
    described = connection.execute(f"DESCRIBE FROM {table}").fetchall()
    columns = sorted((row[0], row[1]) for row in described if row[0] != "gapless_source")
    parts = [f"round({name}, 9)" if kind == "DOUBLE" else name for name, kind in columns]
    query = f"SELECT count(*), sum(hash({', '.join(parts)})) FROM {table} {where}"
    found = connection.execute(query).fetchall()[0]
    return found[0], found[1]
