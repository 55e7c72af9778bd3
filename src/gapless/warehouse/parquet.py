"""Parquet files in folders, seen as tables that nobody declared; reads only.

A table is a file `name.parquet`, or a folder with files at any depth. Folders such as
`game_date=2023-02-23` are partitions of the table above them, as Hive and Spark write them, and
give it that column. What begins with `_` or `.` is no data, as there.
"""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath

import duckdb

from gapless.errors import ConfigError
from gapless.sql.literals import literal
from gapless.warehouse.duckdb_errors import translated
from gapless.warehouse.interface import Row, Tables

SUFFIX = ".parquet"
GLOB_SIGNS = "*?["


class ParquetTables(Tables):
    """The tables in a folder, in the files of a glob, or in one file.

    Args:
        location: What the user wrote.

    Raises:
        ConfigError: there is no Parquet file.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        self._statements = 0
        self._root, self._files = _tables(location)
        if not self._files:
            raise ConfigError(
                f"{location}: there is no Parquet file.",
                untouched="Nothing was read.",
                advice=f"Name a folder with name{SUFFIX} or name/…{SUFFIX} in it. "
                f"{_databases(location)}".strip(),
            )
        # Only a query that needs more memory than there is writes there.
        spilled = str(Path(tempfile.gettempdir()) / "gapless-audit.tmp")
        with translated("opening a place to read Parquet files"):
            self._connection = duckdb.connect(":memory:", config={"temp_directory": spilled})

    @property
    def location(self) -> str:
        """Where they are, as the user wrote it."""
        return self._location

    @property
    def statements(self) -> int:
        """Statements sent so far."""
        return self._statements

    def names(self) -> list[str]:
        """Return the name of every file and folder, with dots between the folders."""
        return sorted(self._files)

    def columns(self, name: str) -> dict[str, str]:
        """Return column → DuckDB type, of all files together."""
        described = self.fetch(f"DESCRIBE SELECT * FROM {self.source(name)}")
        return {str(row[0]): str(row[1]) for row in described}

    def source(self, name: str) -> str:
        """Return a call that reads the files of a table.

        The files are listed, so that every query of an audit reads the same ones.
        """
        files = self._files[name]
        listed = ", ".join(literal(without_patterns(str(file))) for file in files)
        hive = any(_is_hive(part) for file in files for part in file.relative_to(self._root).parts)
        # Files of later years may have more columns than those of earlier ones.
        return (
            f"read_parquet([{listed}], union_by_name = true, hive_partitioning = {literal(hive)})"
        )

    def fetch(self, sql: str) -> list[Row]:
        """Run a query and return all rows."""
        self._statements += 1
        with translated("reading Parquet files", sql=sql):
            return self._connection.execute(sql).fetchall()

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()


def _tables(location: str) -> tuple[Path, dict[str, tuple[Path, ...]]]:
    """Return the folder that names start from, and name → files."""
    root, files = _files(location)
    inside = {file: file.relative_to(root) for file in files}
    data = [file for file in files if not any(_is_hidden(part) for part in inside[file].parts)]
    found: dict[str, list[Path]] = {}
    for file in data:
        for name in _folders(inside[file], root):
            found.setdefault(name, []).append(file)
    folders = set(found)
    for file in data:
        if not any(_is_hive(part) for part in inside[file].parts):
            name = ".".join(inside[file].with_suffix("").parts)
            # A file beside a folder of the same name keeps its ending.
            found[f"{name}{SUFFIX}" if name in folders else name] = [file]
    return root, {name: tuple(listed) for name, listed in found.items()}


def _files(location: str) -> tuple[Path, Sequence[Path]]:
    """Return a folder and the Parquet files below it, sorted."""
    path = Path(location)
    if path.is_dir():
        return path, sorted(file for file in path.rglob(f"*{SUFFIX}") if file.is_file())
    if path.is_file():
        return path.parent, [path]
    parts = path.parts
    plain = next((place for place, part in enumerate(parts) if _has_glob(part)), len(parts))
    root = Path(*parts[: min(plain, len(parts) - 1)])
    matched = (Path(text) for text in glob.iglob(location, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    return root, sorted(file for file in matched if file.is_file() and file.suffix == SUFFIX)


def _folders(inside: PurePath, root: Path) -> list[str]:
    """Name the folders above a file, with dots: `analytics`, `analytics.summary`."""
    parts = inside.parts[:-1]
    own = [part for part in parts if not _is_hive(part)]
    if parts and not own:
        # The folder that was named is itself a table of partitions.
        return [root.resolve().name]
    return [".".join(own[:depth]) for depth in range(1, len(own) + 1)]


def _is_hidden(part: str) -> bool:
    return part.startswith(("_", "."))


def _is_hive(part: str) -> bool:
    name, equals, _ = part.partition("=")
    return bool(name and equals) and not part.endswith(SUFFIX)


def _has_glob(part: str) -> bool:
    return any(sign in part for sign in GLOB_SIGNS)


def without_patterns(path: str) -> str:
    """Write a path so that DuckDB takes no sign in it for a pattern."""
    return "".join(f"[{sign}]" if sign in GLOB_SIGNS else sign for sign in path)


def _databases(location: str) -> str:
    path = Path(location)
    found = sorted(path.glob("*.duckdb")) if path.is_dir() else []
    return f"Did you mean {str(found[0])!r}?" if found else ""
