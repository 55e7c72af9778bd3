"""Folders of Parquet files as tables: names, partitions in paths, and what is no data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from gapless.errors import ConfigError, QueryFailed, UsageError
from gapless.undeclared.model import AuditReport, Condition
from gapless.undeclared.question import Question
from gapless.verbs.audit import audit
from gapless.warehouse.parquet import ParquetTables
from gapless.wiring import open_tables
from support.undeclared import FIRST, TODAY, conditions

Write = Callable[[str, str], None]
DAYS = "SELECT DATE '2024-03-01' + n::INTEGER AS day FROM range(4) AS days(n)"
ROWS = f"SELECT day, guest FROM ({DAYS}), range(10) AS guests(guest)"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a Parquet file with the rows of a query."""

    def written(name: str, select: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet)")

    return written


def compared(location: Path | str, table: str, **options: object) -> AuditReport:
    given = {"partition": "day", "reference": "bookings", "key": ("guest",), "today": TODAY}
    with open_tables(str(location)) as tables:
        report = audit(tables, Question(table=table, **(given | options)))  # type: ignore[arg-type]
    assert isinstance(report, AuditReport)
    return report


def test_a_file_is_a_table(tmp_path: Path, write: Write) -> None:
    write("bookings.parquet", ROWS)
    write("visits.parquet", f"{ROWS} WHERE guest < 5 OR day > '2024-03-01'")
    assert conditions(compared(tmp_path, "visits")) == {FIRST: (Condition.PARTIAL,)}


def test_a_folder_of_files_is_a_table(tmp_path: Path, write: Write) -> None:
    write("bookings.parquet", ROWS)
    write("visits/part-0.parquet", f"{ROWS} WHERE guest < 5")
    write("visits/late/part-1.parquet", f"{ROWS} WHERE guest >= 5 AND day > '2024-03-01'")
    assert conditions(compared(tmp_path, "visits")) == {FIRST: (Condition.PARTIAL,)}


def test_a_date_in_the_path_is_the_partition(tmp_path: Path, write: Write) -> None:
    """Files as Hive and Spark write them; their rows have no column for the date."""
    write("mart/bookings.parquet", ROWS)
    for day in (2, 3, 4):
        write(f"mart/visits/day=2024-03-0{day}/x.parquet", "SELECT guest FROM range(10) t(guest)")
    write("mart/visits/day=__HIVE_DEFAULT_PARTITION__/x.parquet", "SELECT 1::BIGINT AS guest")
    report = compared(tmp_path, "mart.visits", reference="mart/bookings")
    assert conditions(report) == {FIRST: (Condition.MISSING,)}
    assert report.table_aside.undated == 1
    assert report.exit_code == 1


def test_a_folder_of_partitions_can_be_named_itself(tmp_path: Path, write: Write) -> None:
    write("visits/day=2024-03-01/x.parquet", "SELECT 1 AS guest")
    with open_tables(str(tmp_path / "visits")) as tables:
        assert tables.names() == ["visits"]
        assert tables.columns("visits") == {"guest": "INTEGER", "day": "DATE"}


def test_a_glob_takes_some_of_the_files(tmp_path: Path, write: Write) -> None:
    write("bookings.parquet", ROWS)
    write("visits.parquet", ROWS)
    write("deep/er/visits.parquet", ROWS)
    assert names(f"{tmp_path}/*.parquet") == ["bookings", "visits"]
    assert names(f"{tmp_path}/**/vis*.parquet") == ["deep", "deep.er", "deep.er.visits", "visits"]


def test_one_file_is_one_table(tmp_path: Path, write: Write) -> None:
    write("visits.parquet", ROWS)
    write("bookings.parquet", ROWS)
    assert names(f"{tmp_path}/visits.parquet") == ["visits"]


def names(location: str) -> list[str]:
    with open_tables(location) as tables:
        return tables.names()


def test_what_is_hidden_is_no_data(tmp_path: Path, write: Write) -> None:
    write("visits/a.parquet", ROWS)
    write("visits/_temporary/b.parquet", ROWS)
    write("visits/.c.parquet", ROWS)
    assert names(str(tmp_path)) == ["visits", "visits.a"]
    with open_tables(str(tmp_path)) as tables:
        assert tables.fetch(f"SELECT count(*) FROM {tables.source('visits')}") == [(40,)]


def test_a_file_beside_a_folder_of_its_name_keeps_its_ending(tmp_path: Path, write: Write) -> None:
    write("visits.parquet", ROWS)
    write("visits/a.parquet", ROWS)
    assert names(str(tmp_path)) == ["visits", "visits.a", "visits.parquet"]


def test_signs_of_a_pattern_in_a_path_are_taken_as_they_are(tmp_path: Path, write: Write) -> None:
    write("a[1]*b?/visits.parquet", ROWS)
    write("a1xbc/visits.parquet", ROWS)
    with open_tables(str(tmp_path)) as tables:
        assert tables.fetch(f"SELECT count(*) FROM {tables.source('a[1]*b?')}") == [(40,)]


def test_columns_that_came_later_are_there(tmp_path: Path, write: Write) -> None:
    write("visits/2023.parquet", "SELECT DATE '2023-01-01' AS day, 1 AS guest")
    write("visits/2024.parquet", "SELECT DATE '2024-01-01' AS day, 1 AS guest, 'x' AS name")
    with open_tables(str(tmp_path)) as tables:
        assert list(tables.columns("visits")) == ["day", "guest", "name"]


def test_a_nearest_name_is_suggested(tmp_path: Path, write: Write) -> None:
    write("visits.parquet", ROWS)
    with pytest.raises(UsageError, match=r"Did you mean 'visits'\?"):
        compared(tmp_path, "vists")


def test_a_damaged_file_is_named(tmp_path: Path, write: Write) -> None:
    write("bookings.parquet", ROWS)
    write("visits/a.parquet", ROWS)
    (tmp_path / "visits" / "b.parquet").write_bytes(b"cut short")
    with pytest.raises(QueryFailed, match=r"b\.parquet"):
        compared(tmp_path, "visits")


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no Parquet file"):
        ParquetTables(str(tmp_path))


def test_a_folder_with_a_database_names_it(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "house.duckdb")).close()
    with pytest.raises(ConfigError, match=r"Did you mean '.*house\.duckdb'\?"):
        ParquetTables(str(tmp_path))


def test_the_number_of_queries_does_not_grow_with_files(tmp_path: Path, write: Write) -> None:
    write("bookings.parquet", ROWS)
    for day in range(1, 29):
        write(f"visits/day=2024-02-{day:02}/x.parquet", "SELECT 1 AS guest")
    with open_tables(str(tmp_path)) as tables:
        audit(tables, Question("visits", "day", TODAY, reference="bookings", key=("guest",)))
        assert tables.statements == 3
