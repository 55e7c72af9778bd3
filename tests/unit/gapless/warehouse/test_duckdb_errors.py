"""DuckDB's errors in our words: who is in the way, what is full, what lost a race."""

from __future__ import annotations

import duckdb
import pytest

from gapless.errors import PublicationConflict, QueryFailed, WarehouseBusy, WarehouseFull
from gapless.warehouse.duckdb_errors import translate, translated

LOCK = (
    'IO Error: Could not set lock on file "/data/nba.duckdb": Conflicting lock is held in '
    "/usr/bin/python3.11 (PID 4711) by user ann. See also "
    "https://duckdb.org/docs/stable/connect/concurrency"
)


def test_holder_is_named() -> None:
    """The process that owns the file is named with its number and program."""
    error = translate(duckdb.IOException(LOCK), "opening nba.duckdb")
    assert isinstance(error, WarehouseBusy)
    assert "process 4711 (/usr/bin/python3.11)" in error.what
    assert error.untouched == "Nothing was started."


def test_holder_unknown() -> None:
    """Where DuckDB does not say who it is, it is another process."""
    error = translate(duckdb.IOException("Could not set lock on file"), "opening nba.duckdb")
    assert isinstance(error, WarehouseBusy)
    assert "in use by another process" in error.what


@pytest.mark.parametrize(
    "error",
    [
        duckdb.OutOfMemoryException("could not allocate block of size 256 KiB (1.9 GiB used)"),
        duckdb.IOException('Could not write file "nba.duckdb.wal": No space left on device'),
        duckdb.IOException("Could not write all bytes: File too large"),
        duckdb.IOException("Could not write all bytes: Disk quota exceeded"),
    ],
)
def test_full(error: duckdb.Error) -> None:
    """Without disk space or memory it says so, that nothing changed, and what to do."""
    found = translate(error, "running a query")
    assert isinstance(found, WarehouseFull)
    assert found.retryable
    assert "rolled back" in found.untouched
    assert found.advice


@pytest.mark.parametrize(
    "error",
    [
        duckdb.ConstraintException(
            'Duplicate key "table_name: t, version: 1" violates primary key'
        ),
        duckdb.TransactionException("TransactionContext Error: Conflict on tuple deletion!"),
        duckdb.TransactionException('Catalog write-write conflict on create with "scores"'),
    ],
)
def test_race(error: duckdb.Error) -> None:
    """A race that was lost is a conflict, and running again is the advice."""
    found = translate(error, "running a query")
    assert isinstance(found, PublicationConflict)
    assert found.retryable


@pytest.mark.parametrize(
    ("sql", "depends_on_rows"),
    [
        ("SELECT FROM", False),
        ("SELECT no_such_column", False),
        ("SELECT * FROM no_such_table", False),
        ("SELECT CAST(x AS INTEGER) FROM (VALUES ('1'), ('x')) AS t(x)", True),
        ("SELECT error('poisoned')", True),
        ("SELECT 9223372036854775807 + x FROM (VALUES (1::BIGINT)) AS t(x)", True),
    ],
)
def test_refused_statement(sql: str, depends_on_rows: bool) -> None:
    """A refused statement is kept with the error, which says whether other rows could help."""
    with (
        duckdb.connect() as connection,
        pytest.raises(QueryFailed) as caught,
        translated("running a query", sql=sql),
    ):
        connection.execute(sql).fetchall()
    assert caught.value.statement == sql
    assert caught.value.depends_on_rows is depends_on_rows
    assert "\n" not in caught.value.what
    assert isinstance(caught.value.__cause__, duckdb.Error)


def test_other_errors_pass() -> None:
    """What is no error of DuckDB's is left as it is."""
    with pytest.raises(KeyError), translated("running a query"):
        raise KeyError("x")
