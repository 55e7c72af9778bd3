"""The files that `gapless load` reads, written game by game and put in place together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from gapless_nba.fetch.parquet import PART, lines_to_parquet, write_lines
from gapless_nba.raw_columns import PLAYER_BOX_SCORES, SCHEDULE, SHOTS

TABLES = {"schedule": SCHEDULE, "player_box_scores": PLAYER_BOX_SCORES, "shots": SHOTS}
"""In the order in which they are put in place: a death in between shows as games that are missing,
never as games that nobody knows of."""


class RawFiles:
    """The three files under construction.

    Args:
        folder: Where they will be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = dict.fromkeys(TABLES, 0)
        for table in TABLES:
            self._lines(table).unlink(missing_ok=True)

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of one table."""
        self._rows[table] += write_lines(self._lines(table), rows)

    def put_in_place(self) -> dict[str, int]:
        """Write the files and return how many rows each has; nothing without a game."""
        written: dict[str, int] = {}
        with duckdb.connect() as connection:
            for table, columns in TABLES.items() if self._rows["schedule"] else ():
                file = self._folder / f"{table}.parquet"
                lines_to_parquet(connection, self._lines(table), file, columns)
                written[file.name] = self._rows[table]
        for table in TABLES:
            self._lines(table).unlink(missing_ok=True)
        return written

    def _lines(self, table: str) -> Path:
        return self._folder / f"{table}.json{PART}"
