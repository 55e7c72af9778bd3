"""Statements on a peer's warehouse, run with the DuckDB of that peer's environment.

Usage: own_duckdb.py FILE.duckdb STATEMENT ...
Prints the rows of the last statement as JSON. Files of a newer DuckDB cannot be opened by an older
one; tables go from one to the other as Parquet.
"""

from __future__ import annotations

import json
import sys

import duckdb


def main() -> None:
    """Run the statements in order."""
    rows: list[tuple[object, ...]] = []
    with duckdb.connect(sys.argv[1]) as connection:
        for statement in sys.argv[2:]:
            rows = connection.execute(statement).fetchall()
    print(json.dumps([list(row) for row in rows], default=str))


if __name__ == "__main__":
    main()
