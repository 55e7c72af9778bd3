"""`DuckDBWarehouse` keeps the warehouse contract, and what only a file can promise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from gapless.errors import ConfigError, GaplessError, QueryFailed, WarehouseBusy
from gapless.testing.warehouse_contract import WarehouseContract
from gapless.testing.warehouse_examples import (
    COLUMNS,
    DAY,
    TABLE,
    RawAccess,
    score,
    values,
)
from gapless.warehouse.duckdb import CATALOG, DuckDBWarehouse
from gapless.warehouse.interface import Row, Warehouse

HOLDER = """\
import duckdb, sys, time
duckdb.connect(sys.argv[1]).execute("CREATE TABLE t (a INTEGER)")
connection = duckdb.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""
"""Another process that owns the file until its input ends."""


class RawDuckDB(RawAccess):
    """DuckDB's own client on the same file, in the same process."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._connection.execute(f"USE {CATALOG}")

    def execute(self, sql: str) -> None:
        self._connection.execute(sql)

    def rows(self, table: str) -> list[Row]:
        return self._connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()

    def columns(self, table: str) -> dict[str, str]:
        rows = self._connection.execute(f"DESCRIBE {table}").fetchall()
        return {row[0]: row[1] for row in rows}

    def create(self, table: str, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {table.split('.', maxsplit=1)[0]}")
        self.execute(f"CREATE TABLE {table} AS {values(columns, rows)}")

    def published(self) -> list[tuple[str, date, int]]:
        found = self._connection.execute(
            "SELECT table_name, partition_date, version FROM gapless.publications ORDER BY ALL"
        )
        return [(row[0], row[1], row[2]) for row in found.fetchall()]

    def seen(self, table: str, day: date) -> tuple[int | None, set[float]]:
        found = self._connection.execute(
            "SELECT (SELECT max(version) FROM gapless.publications "
            f"WHERE table_name = '{table}' AND partition_date = '{day}'), "
            f"(SELECT list(DISTINCT points) FROM {table} WHERE day = '{day}')"
        )
        version, points = found.fetchall()[0]
        return version, set(points or [])

    def poisoned(self, columns: Mapping[str, str], good: Row) -> str:
        """A view: described by its types, evaluated row by row, the last of which fails."""
        listed = ", ".join(
            f"CASE WHEN n = 4999 AND {name} IS NOT NULL THEN error('poisoned') ELSE {name} END "
            f"AS {name}"
            if name == "points"
            else name
            for name in columns
        )
        self.execute(
            f"CREATE OR REPLACE VIEW memory.main.poisoned AS SELECT {listed} "
            f"FROM ({values(columns, [good])}), range(5000) AS r(n)"
        )
        return "memory.main.poisoned"

    def write_parquet(self, file: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        self.execute(f"COPY ({values(columns, rows)}) TO '{file}' (FORMAT parquet)")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scores.duckdb"


class TestDuckDB(WarehouseContract):
    @pytest.fixture
    def warehouse(self, file: Path) -> Iterator[DuckDBWarehouse]:
        warehouse = DuckDBWarehouse(f"duckdb:///{file}")
        yield warehouse
        warehouse.close()

    @pytest.fixture
    def raw(self, warehouse: Warehouse) -> Iterator[RawDuckDB]:
        assert isinstance(warehouse, DuckDBWarehouse)
        connection = warehouse._connection.cursor()
        yield RawDuckDB(connection)
        connection.close()

    def test_no_driver_error_after_closing(self, warehouse: Warehouse) -> None:
        """A warehouse that was closed answers with our error."""
        warehouse.close()
        for send in (warehouse.fetch, warehouse.execute, warehouse.relations_read):
            with pytest.raises(GaplessError):
                send("SELECT 1 AS one")
        with pytest.raises(GaplessError):
            warehouse.session()


class TestFile:
    def test_published_rows_stay(self, file: Path) -> None:
        """What was published is in the file for anybody who opens it afterwards."""
        warehouse = DuckDBWarehouse(f"duckdb:///{file}")
        TestDuckDB().publish(warehouse, [score(0, 1)])
        warehouse.close()
        with duckdb.connect(str(file), read_only=True) as connection:
            assert connection.execute(f"SELECT * FROM {TABLE}").fetchall() == [score(0, 1)]
            found = connection.execute("SELECT version FROM gapless.publications").fetchall()
            assert found == [(1,)]

    def test_staged_rows_go(self, file: Path) -> None:
        """What was staged is not in the file, nor is it there when it is opened again."""
        warehouse = DuckDBWarehouse(f"duckdb:///{file}")
        place, _ = warehouse.stage("scores", values(COLUMNS, [score(0, 1)]))
        warehouse.close()
        again = DuckDBWarehouse(f"duckdb:///{file}")
        with pytest.raises(QueryFailed):
            again.fetch(f"SELECT * FROM {place}")
        again.close()

    def test_relative_and_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Three slashes name a file in the working folder, four an absolute one."""
        monkeypatch.chdir(tmp_path)
        for url in ("duckdb:///one.duckdb", f"duckdb:///{tmp_path / 'two.duckdb'}"):
            warehouse = DuckDBWarehouse(url)
            assert warehouse.url == url
            warehouse.close()
        assert {path.name for path in tmp_path.iterdir()} >= {"one.duckdb", "two.duckdb"}

    @pytest.mark.parametrize("url", ["duckdb:///", "duckdb://x", "sqlite:///x", "x.duckdb", ""])
    def test_no_url(self, url: str) -> None:
        """Anything else is refused with how to write one."""
        with pytest.raises(ConfigError, match=r"write duckdb:///nba\.duckdb"):
            DuckDBWarehouse(url)

    def test_missing_folder(self, tmp_path: Path) -> None:
        """A missing folder is named and not created."""
        with pytest.raises(ConfigError, match="does not exist"):
            DuckDBWarehouse(f"duckdb:///{tmp_path / 'no' / 'x.duckdb'}")
        assert not (tmp_path / "no").exists()

    def test_no_duckdb_file(self, file: Path) -> None:
        """A file that is no database is refused with our error, and left as it is."""
        file.write_text("day,player\n")
        with pytest.raises(GaplessError, match=str(file)):
            DuckDBWarehouse(f"duckdb:///{file}")
        assert file.read_text() == "day,player\n"

    def test_owned_by_another_process(self, file: Path) -> None:
        """A file that another process owns is refused with that process."""
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n"
            with pytest.raises(WarehouseBusy, match=f"process {holder.pid} ") as caught:
                DuckDBWarehouse(f"duckdb:///{file}")
            assert caught.value.untouched == "Nothing was started."
            holder.communicate("")
        DuckDBWarehouse(f"duckdb:///{file}").close()


class TestReadOnly:
    @pytest.fixture
    def plain(self, file: Path) -> Path:
        """A file in which nothing was published, made without Gapless."""
        with duckdb.connect(str(file)) as connection:
            connection.execute("CREATE SCHEMA raw")
            connection.execute(f"CREATE TABLE raw.scores AS {values(COLUMNS, [score(0, 1)])}")
        return file

    def test_file_is_not_changed(self, plain: Path) -> None:
        """Opening for reading, looking and staging leave the file as it is, to the byte."""
        before = plain.read_bytes()
        warehouse = DuckDBWarehouse(f"duckdb:///{plain}", read_only=True)
        assert warehouse.catalog() == {"raw.scores": COLUMNS}
        warehouse.stage("scores", "SELECT * FROM raw.scores")
        warehouse.close()
        assert plain.read_bytes() == before

    def test_nothing_published(self, plain: Path) -> None:
        """Where nothing was ever published there are no publications, of no partition."""
        warehouse = DuckDBWarehouse(f"duckdb:///{plain}", read_only=True)
        try:
            assert warehouse.publications() == {}
            assert warehouse.publication_log(TABLE, DAY) == []
        finally:
            warehouse.close()

    def test_writing_is_refused(self, plain: Path) -> None:
        """Writing is refused with our error."""
        warehouse = DuckDBWarehouse(f"duckdb:///{plain}", read_only=True)
        try:
            with pytest.raises(QueryFailed):
                warehouse.execute("DELETE FROM raw.scores")
            with pytest.raises(GaplessError):
                TestDuckDB().publish(warehouse, [score(0, 1)])
        finally:
            warehouse.close()

    def test_missing_file(self, tmp_path: Path) -> None:
        """A file that is not there is refused with what to do, and not created."""
        with pytest.raises(ConfigError, match="gapless load"):
            DuckDBWarehouse(f"duckdb:///{tmp_path / 'x.duckdb'}", read_only=True)
        assert list(tmp_path.iterdir()) == []

    def test_several_readers(self, plain: Path) -> None:
        """Another process may read at the same time."""
        warehouse = DuckDBWarehouse(f"duckdb:///{plain}", read_only=True)
        try:
            script = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True)"
            subprocess.run([sys.executable, "-c", script, str(plain)], check=True)
        finally:
            warehouse.close()
