"""The raw files of a folder, CSV or Parquet: queried as tables, and rewritten row by row.

A change is set-based and leaves every other row, column and the order of rows alone. In CSV even
the text of what is not concerned stays, needless quotes apart: everything is read as text, and only
new values are written anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from gapless_nba.raw_columns import TABLES
from gapless_nba.simulate.literals import literal
from gapless_nba.simulate.season_calendar import WARM_UP_DAYS

_OPTIONAL = ("shots",)
_ENDINGS = ("parquet", "csv")  # in the order in which `gapless load` looks for them


class RawFiles:
    """The files schedule, player_box_scores and shots; shots may be absent.

    Queries see them under these names and with the types of the raw tables.

    Args:
        folder: Where they are.

    Raises:
        ValueError: A file is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {table: _file(folder, table) for table in TABLES}
        self._connection = duckdb.connect()
        self._connection.execute("SET enable_progress_bar = false")
        for table, columns in TABLES.items():
            self._see(table, columns)

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Run a SELECT over schedule, player_box_scores and shots."""
        return self._connection.execute(query).fetchall()

    def dates_after_warm_up(self) -> list[date]:
        """List the dates with games from day 14 of their season on, ascending."""
        return [
            day
            for (day,) in self.rows(
                "WITH starts AS (SELECT season, min(game_date) AS first FROM schedule GROUP BY ALL)"
                " SELECT DISTINCT game_date FROM schedule JOIN starts USING (season) "
                f"WHERE game_date - first >= {WARM_UP_DAYS} ORDER BY ALL"
            )
        ]

    def drop(self, table: str, where: str) -> None:
        """Remove the rows of a table that a predicate holds for."""
        self._rewrite(table, f"SELECT * FROM {{file}} WHERE ({where}) IS NOT TRUE")

    def change(self, table: str, where: str, values: Mapping[str, str]) -> None:
        """Give some columns other values in the rows that a predicate holds for.

        Args:
            table: The table.
            where: A predicate over columns as the file has them: text in CSV, so cast first.
            values: Column → expression over the same.
        """
        replaced = ", ".join(
            f"CASE WHEN {where} THEN {value} ELSE {column} END AS {column}"
            for column, value in self._typed(table, values).items()
        )
        self._rewrite(table, f"SELECT * REPLACE ({replaced}) FROM {{file}}")

    def repeat(self, table: str, where: str, values: Mapping[str, str]) -> None:
        """Add the rows that a predicate holds for a second time, with other values, at the end."""
        replaced = ", ".join(
            f"{value} AS {column}" for column, value in self._typed(table, values).items()
        )
        self._rewrite(
            table,
            "SELECT * FROM {file} UNION ALL "
            f"SELECT * REPLACE ({replaced}) FROM {{file}} WHERE {where}",
        )

    def _typed(self, table: str, values: Mapping[str, str]) -> dict[str, str]:
        """Cast expressions to what the file has in these columns."""
        file = self._files[table]
        if file is None:
            return {}
        described = self.rows(f"DESCRIBE SELECT * FROM {_reader(file)}")
        kinds = {row[0]: row[1] for row in described}
        return {column: f"CAST({value} AS {kinds[column]})" for column, value in values.items()}

    def _rewrite(self, table: str, select: str) -> None:
        """Put the result of a SELECT in the file's place."""
        file = self._files[table]
        if file is None:
            return
        new = file.with_name(f".{file.name}.new")
        options = "FORMAT csv, HEADER" if file.suffix == ".csv" else "FORMAT parquet"
        query = select.format(file=_reader(file))
        self._connection.execute(f"COPY ({query}) TO {literal(new)} ({options})")
        new.replace(file)

    def _see(self, table: str, columns: Mapping[str, str]) -> None:
        """Make a file visible to queries."""
        file = self._files[table]
        listed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
        if file is None:
            listed = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
        rows = "(SELECT 1 WHERE FALSE)" if file is None else _reader(file)
        try:
            self._connection.execute(f"CREATE VIEW {table} AS SELECT {listed} FROM {rows}")
        except duckdb.Error as error:
            complaint = str(error).splitlines()[0]
            raise ValueError(f"{file} is no file of {table}: {complaint}") from error


def _file(folder: Path, table: str) -> Path | None:
    """Find the file of a table."""
    for ending in _ENDINGS:
        file = folder / f"{table}.{ending}"
        if file.is_file():
            return file
    if table in _OPTIONAL:
        return None
    raise ValueError(f"{folder} has no {table}.parquet or {table}.csv")


def _reader(file: Path) -> str:
    """Write the table function that reads a file; CSV as text, nothing guessed."""
    if file.suffix == ".csv":
        return (
            f"read_csv({literal(file)}, header = true, all_varchar = true, delim = ',', "
            "quote = '\"', escape = '\"')"
        )
    return f"read_parquet({literal(file)})"
