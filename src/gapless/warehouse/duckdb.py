"""DuckDB: one file, owned by one process, with a session for each thread.

The file is attached to an in-memory database that keeps the staged rows: they are visible to
every session, spill to disk under a memory limit, cost the file nothing, and vanish with the
process, so a crash leaves nothing to clean.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb

from gapless.errors import ConfigError, QueryFailed
from gapless.sql.literals import literal, relation
from gapless.warehouse import duckdb_load, duckdb_publish, duckdb_saving
from gapless.warehouse.duckdb_errors import translated
from gapless.warehouse.interface import (
    Comparison,
    LoadRequest,
    LoadResult,
    Publication,
    PublishRequest,
    QuarantineRequest,
    Removal,
    RestoreRequest,
    Row,
    SavedRows,
    Warehouse,
)

URL_PREFIX = "duckdb:///"
CATALOG = "gapless_warehouse"
"""Name the file is attached under."""
STAGING = "memory.main"
"""Where staged rows are kept."""


class StatementCounter:
    """Counts statements over all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self) -> None:
        """Count one statement."""
        with self._lock:
            self.count += 1


class DuckDBWarehouse(Warehouse):
    """A DuckDB file.

    Args:
        url: `duckdb:///relative.duckdb` or `duckdb:////absolute.duckdb`.
        read_only: Open without the right to write; several processes may do so at once.
        memory_limit: E.g. `4GB`; DuckDB's own default when None.
        spill_folder: Where to put what does not fit; beside the file when None.
        threads: Threads for one statement; all cores when None.

    Raises:
        ConfigError: the URL is not one of DuckDB's, or the folder does not exist.
        WarehouseBusy: another process owns the file.
    """

    def __init__(
        self,
        url: str,
        *,
        read_only: bool = False,
        memory_limit: str | None = None,
        spill_folder: Path | None = None,
        threads: int | None = None,
    ) -> None:
        self._url = url
        self._file = file_of(url)
        if not self._file.parent.is_dir():
            raise ConfigError(
                f"warehouse {url}: the folder {self._file.parent} does not exist. "
                "Nothing was started. Create it, or correct the URL."
            )
        if read_only and not self._file.exists():
            raise ConfigError(
                f"warehouse {url}: there is no file {self._file}. "
                "Load something first: gapless load --data DIR."
            )
        self._counter = StatementCounter()
        self._writing = threading.Lock()
        with translated(f"opening {self._file}"):
            self._connection = duckdb.connect(
                ":memory:", config=_settings(self._file, memory_limit, spill_folder, threads)
            )
            mode = " (READ_ONLY)" if read_only else ""
            self._connection.execute(f"ATTACH {literal(str(self._file))} AS {CATALOG}{mode}")
            self._connection.execute(f"USE {CATALOG}")

    @property
    def url(self) -> str:
        """Where it is, as the user wrote it."""
        return self._url

    @property
    def statements(self) -> int:
        """Statements sent so far by this warehouse and all its sessions."""
        return self._counter.count

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def session(self) -> DuckDBWarehouse:
        """Return an independent connection to the same file for one other thread."""
        other = object.__new__(DuckDBWarehouse)
        other._url, other._file = self._url, self._file
        other._counter, other._writing = self._counter, self._writing
        with translated("opening a session"):
            other._connection = self._connection.cursor()
            other._connection.execute(f"USE {CATALOG}")
        return other

    def fetch(self, sql: str) -> list[Row]:
        """Run a query and return all rows."""
        self._counter.add()
        with translated("running a query", sql=sql):
            return self._connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing of interest."""
        self.fetch(sql)

    def catalog(self) -> dict[str, dict[str, str]]:
        """Return every table or view as `schema.table` → column → type, in one query."""
        found: dict[str, dict[str, str]] = {}
        for schema, table, column, kind in self.fetch(
            "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
            f"WHERE database_name = '{CATALOG}' AND NOT internal ORDER BY ALL"
        ):
            found.setdefault(f"{schema}.{table}", {})[column] = kind
        return found

    def relations_read(self, sql: str) -> set[str]:
        """Return the relations a SELECT reads, its own common table expressions left out."""
        parsed = f"SELECT json_serialize_sql({literal(sql)}, skip_default := true)"
        tree = json.loads(self.fetch(parsed)[0][0])
        if tree.get("error"):
            raise QueryFailed(f"{tree.get('error_message', 'not one SELECT statement')}")
        if len(tree["statements"]) != 1:
            raise QueryFailed("it should be one SELECT statement")
        tables: set[str] = set()
        _walk(tree, frozenset(), tables)
        return tables

    def stage(self, name: str, select: str) -> tuple[str, dict[str, str]]:
        """Compute a SELECT aside, replacing what was staged under that name."""
        place = f"{STAGING}.{name}"
        self.execute(f"CREATE OR REPLACE TABLE {relation(place)} AS\n{select}")
        columns = {str(row[0]): str(row[1]) for row in self.fetch(f"DESCRIBE {relation(place)}")}
        return place, columns

    def unstage(self, names: Sequence[str]) -> None:
        """Drop staged relations; missing ones are fine."""
        for name in names:
            self.execute(f"DROP TABLE IF EXISTS {relation(f'{STAGING}.{name}')}")

    def publications(self) -> dict[tuple[str, date], Publication]:
        """Return the newest publication of every partition."""
        if not self._has_publications():
            return {}
        rows = self.fetch(duckdb_publish.NEWEST_PUBLICATIONS)
        found = (duckdb_publish.publication_from_row(row) for row in rows)
        return {(publication.table, publication.partition): publication for publication in found}

    def _has_publications(self) -> bool:
        """Tell whether anything was ever published; a warehouse that was only read has no table."""
        return bool(self.fetch(_HAS_PUBLICATIONS))

    def publication_log(self, table: str, partition: date) -> list[Publication]:
        """Return every publication one partition has had, oldest first."""
        if not self._has_publications():
            return []
        rows = self.fetch(
            f"SELECT * FROM {duckdb_publish.PUBLICATIONS} WHERE table_name = {literal(table)} "
            f"AND partition_date = {literal(partition)} ORDER BY version"
        )
        return [duckdb_publish.publication_from_row(row) for row in rows]

    def publish(self, request: PublishRequest) -> None:
        """Replace partitions and record their publications in one transaction."""
        # Sessions that create the same table side by side would make each other fail.
        with self._writing:
            columns, existed = duckdb_publish.prepare(self, request)
        duckdb_publish.publish(self, request, columns, existed=existed)

    def quarantine(self, request: QuarantineRequest) -> str:
        """Copy refused rows to the quarantine and return the relation they are in."""
        with self._writing:
            return duckdb_publish.quarantine(self, request)

    def load_files(self, request: LoadRequest) -> LoadResult:
        """Replace the dates of a source table by the rows of files, where they differ."""
        return duckdb_load.load_files(self, request)

    def save_rows(self, rows: SavedRows) -> None:
        """Write the live rows of some dates into a Parquet file."""
        duckdb_saving.save_rows(self, rows)

    def compare_saved(self, rows: SavedRows, columns: Sequence[str]) -> dict[date, Comparison]:
        """Compare some columns of the live rows of each date with the saved ones, row by row."""
        return duckdb_saving.compare_saved(self, rows, columns)

    def remove_saved(self, rows: SavedRows, backup_id: str, at: datetime) -> dict[date, Comparison]:
        """Remove the rows of those dates that the file holds exactly, in one transaction."""
        return duckdb_saving.remove_saved(self, rows, backup_id, at)

    def merge_saved(
        self,
        parts: Sequence[SavedRows],
        merged: SavedRows,
        columns: Sequence[str],
        key: Sequence[str],
    ) -> set[date]:
        """Write the rows of several files into one, each as often as the file with most of it."""
        return duckdb_saving.merge_saved(self, parts, merged, columns, key)

    def removals(self) -> list[Removal]:
        """Return every removal there was, oldest first."""
        return duckdb_saving.removals(self)

    def restore_saved(self, request: RestoreRequest) -> None:
        """Bring back the saved rows of all dates in one transaction, and compare them there."""
        duckdb_saving.restore_saved(self, request)

    def free_bytes(self) -> int | None:
        """Return the space left on the disk of the file."""
        return shutil.disk_usage(self._file.parent).free


_HAS_PUBLICATIONS = (
    f"SELECT 1 FROM duckdb_tables() WHERE database_name = '{CATALOG}' "
    "AND schema_name = 'gapless' AND table_name = 'publications'"
)


def file_of(url: str) -> Path:
    """Return the file a URL names.

    Raises:
        ConfigError: the URL is not one of DuckDB's.
    """
    if not url.startswith(URL_PREFIX) or len(url) == len(URL_PREFIX):
        raise ConfigError(
            f"warehouse {url!r} is no DuckDB URL; write duckdb:///nba.duckdb for a file in the "
            "working folder, or duckdb:////data/nba.duckdb for an absolute path."
        )
    return Path(url.removeprefix(URL_PREFIX))


def _settings(
    file: Path, memory_limit: str | None, spill_folder: Path | None, threads: int | None
) -> dict[str, str | bool | int | float | list[str]]:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(_spilled_to(file, spill_folder)),
        # Rows of a partition have no order; keeping one costs memory and parallelism.
        "preserve_insertion_order": False,
    }
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    if threads is not None:
        settings["threads"] = threads
    return settings


def _spilled_to(file: Path, folder: Path | None) -> Path:
    """Return a folder that no other warehouse spills to, also none of the same name elsewhere."""
    if folder is None:
        return file.with_name(f"{file.name}.tmp")
    place = hashlib.blake2b(str(file.resolve()).encode(), digest_size=4).hexdigest()
    return folder / f"{file.name}.{place}.tmp"


def _walk(node: object, own: frozenset[str], tables: set[str]) -> None:
    """Collect the tables of a parsed statement that no common table expression in scope hides."""
    if isinstance(node, list):
        for item in node:
            _walk(item, own, tables)
        return
    if not isinstance(node, dict):
        return
    if node.get("type") == "BASE_TABLE":
        schema, name = node.get("schema_name") or "", str(node["table_name"])
        if schema or name.lower() not in own:
            tables.add(f"{schema}.{name}" if schema else name)
    if node.get("type") == "RECURSIVE_CTE_NODE":
        own |= {str(node.get("cte_name", "")).lower()}
    for entry in (node.get("cte_map") or {}).get("map", []):
        # An expression sees those before it, not itself.
        _walk(entry["value"], own, tables)
        own |= {str(entry["key"]).lower()}
    for key, item in node.items():
        if isinstance(item, dict | list) and key != "cte_map":
            _walk(item, own, tables)
