"""DuckDB's errors in our words: who is in the way, what is full, what lost a race."""

from __future__ import annotations

import struct
from pathlib import Path

import duckdb
import pytest

from gapless.errors import (
    ConfigError,
    PublicationConflict,
    QueryFailed,
    WarehouseBusy,
    WarehouseFull,
)
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


HEADER = slice(8, 4096)
"""Of a DuckDB file, behind its checksum; the storage version stands behind four letters."""


def checksum(header: bytes) -> int:
    found = 5381
    for (word,) in struct.iter_unpack("<Q", header):
        found ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return found


@pytest.mark.parametrize("version", [5000, 1])
def test_file_of_another_version(tmp_path: Path, version: int) -> None:
    """A file that another version of DuckDB wrote is a matter of the set-up, said in a sentence."""
    file = tmp_path / "nba.duckdb"
    duckdb.connect(str(file)).close()
    content = bytearray(file.read_bytes())
    struct.pack_into("<Q", content, 12, version)
    struct.pack_into("<Q", content, 0, checksum(bytes(content[HEADER])))
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught, translated(f"opening {file}"):
        duckdb.connect(str(file), read_only=True)
    assert "another version of DuckDB wrote it" in caught.value.what
    assert duckdb.__version__ in caught.value.what
    assert caught.value.untouched == "Nothing was read."
    assert "pip install" in caught.value.advice


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nba.duckdb", b""),
        ("nba.duckdb", b"no database " * 1000),
        ("nba.csv", b"game_date,player_id\n2023-02-23,1\n"),
        ("nba.json", b'{"game_date": "2023-02-23"}\n'),
    ],
)
def test_file_of_another_kind(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that is no database is called that."""
    file = tmp_path / name
    file.write_bytes(content)
    with (
        duckdb.connect() as connection,
        pytest.raises(ConfigError, match="it is no DuckDB database"),
        translated(f"opening {name}"),
    ):
        connection.execute(f"ATTACH '{file}' AS nba (READ_ONLY)")
