"""The job of the incident: date after date, upcoming rows unless there are none, no question asked.

Usage: naive_job.py fill FIRST LAST | again DATE | later LAST | shown DATE   (beside nba.duckdb)
A date is marked as done when its statements have run; a later run goes on after the last such date.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))

from peers.statements import TABLES, Range, model

_DONE = "CREATE TABLE IF NOT EXISTS done (game_date DATE PRIMARY KEY)"


def process(connection: duckdb.DuckDBPyConnection, days: list[str]) -> None:
    """Delete and insert every table of each date, and mark the date."""
    for day in days:
        dates = Range(f"DATE '{day}'", f"DATE '{day}'", lambda table: table)
        for table in TABLES:
            rows = model(table, dates)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {rows} LIMIT 0")
            connection.execute(f"DELETE FROM {table} WHERE {dates.holds()}")
            connection.execute(f"INSERT INTO {table} BY NAME {rows}")
        connection.execute(f"INSERT OR IGNORE INTO done VALUES ('{day}')")


def scheduled(connection: duckdb.DuckDBPyConnection, where: str) -> list[str]:
    """Return the dates with games, oldest first."""
    query = f"SELECT DISTINCT game_date::VARCHAR FROM raw.schedule WHERE {where} ORDER BY 1"
    return [row[0] for row in connection.execute(query).fetchall()]


def main() -> None:
    """Do one of the four."""
    verb, *given = sys.argv[1:]
    with duckdb.connect("nba.duckdb") as connection:
        for schema in ("analytics", "precompute"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(_DONE)
        if verb == "shown":
            found = connection.execute(f"SELECT 1 FROM done WHERE game_date = '{given[0]}'")
            print("done" if found.fetchall() else "not done")
            return
        where = {
            "fill": f"game_date BETWEEN '{given[0]}' AND '{given[-1]}'",
            "again": f"game_date = '{given[0]}'",
            "later": f"game_date <= '{given[0]}' AND game_date > (SELECT max(game_date) FROM done)",
        }
        process(connection, scheduled(connection, where[verb]))


if __name__ == "__main__":
    main()
