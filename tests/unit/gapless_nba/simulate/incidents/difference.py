"""What two folders of raw files differ in, row by row, read without the code under test."""

from __future__ import annotations

import filecmp
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from gapless_nba.raw_columns import TABLES as COLUMNS

TABLES = tuple(COLUMNS)
Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """Rows of one table that only one of two folders has."""

    gone: list[Row]
    new: list[Row]

    def changed(self, *key: str) -> dict[tuple[Any, ...], dict[str, tuple[Any, Any]]]:
        """Return key → column → before, after; every row must be there before and after."""
        before = {tuple(row[column] for column in key): row for row in self.gone}
        after = {tuple(row[column] for column in key): row for row in self.new}
        assert len(before) == len(self.gone), "rows with one key twice"
        assert before.keys() == after.keys(), "rows came or went"
        return {
            found: {
                column: (value, after[found][column])
                for column, value in row.items()
                if after[found][column] != value
            }
            for found, row in before.items()
        }


NOTHING = Difference([], [])


@dataclass(frozen=True)
class Season:
    """A folder of raw files; `before` is the folder that it was copied from."""

    folder: Path
    before: Path

    def differences(self) -> dict[str, Difference]:
        """Compare every row of every table with what it was."""
        with duckdb.connect() as connection:
            return {table: _difference(connection, self, table) for table in TABLES}

    def rows(self, table: str, where: str) -> list[Row]:
        """Return rows as they were before."""
        with duckdb.connect() as connection:
            return _rows(connection, f"FROM {_read(self.before, table)} WHERE {where}")

    def value(self, query: str) -> Any:
        """Return one value as it is now; the query names tables in braces."""
        names = {table: _read(self.folder, table) for table in TABLES}
        with duckdb.connect() as connection:
            [(found,)] = connection.execute(query.format(**names)).fetchall()
        return found

    def lines(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return the lines of every CSV file, before and now."""
        return {
            file.name: (
                (self.before / file.name).read_text(encoding="utf-8").splitlines(),
                file.read_text(encoding="utf-8").splitlines(),
            )
            for file in self.folder.glob("*.csv")
        }

    def copy(self, folder: Path) -> Season:
        """Copy the folder as it was before."""
        return copied(self.before, folder)


def copied(original: Path, folder: Path) -> Season:
    """Copy the raw files of a folder; the copies can be written to."""
    folder.mkdir(parents=True)
    for table in TABLES:
        for file in original.glob(f"{table}.*"):
            shutil.copyfile(file, folder / file.name)
    return Season(folder, original)


def _difference(connection: duckdb.DuckDBPyConnection, season: Season, table: str) -> Difference:
    before, after = (_file(folder, table) for folder in (season.before, season.folder))
    if filecmp.cmp(before, after, shallow=False):
        return NOTHING
    # Reads each file once; EXCEPT ALL in both directions would number the rows of either twice.
    counted = " UNION ALL ".join(
        f"SELECT *, {sign} AS signed FROM {_read(folder, table)}"
        for sign, folder in ((-1, season.before), (1, season.folder))
    )
    found = _rows(
        connection,
        f"SELECT * EXCLUDE (signed), sum(signed)::BIGINT AS surplus FROM ({counted}) "
        "GROUP BY ALL HAVING surplus <> 0",
    )
    gone: list[Row] = []
    new: list[Row] = []
    for row in found:
        surplus = row.pop("surplus")
        (new if surplus > 0 else gone).extend([row] * abs(surplus))
    return Difference(gone, new)


def _file(folder: Path, table: str) -> Path:
    [file] = folder.glob(f"{table}.*")
    return file


def _read(folder: Path, table: str) -> str:
    file = _file(folder, table)
    if file.suffix == ".parquet":
        return f"read_parquet('{file}')"
    listed = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS[table].items())
    return f"read_csv('{file}', header = true, columns = {{{listed}}})"


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
