"""Loading files into DuckDB: cast to the declared types, compare by date, replace what differs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gapless.errors import LoadError, QueryFailed, nearest
from gapless.sql.audit import fingerprint
from gapless.sql.literals import columns, identifier, literal, relation, same
from gapless.warehouse.duckdb_publish import transaction
from gapless.warehouse.interface import LoadRequest, LoadResult

if TYPE_CHECKING:
    from gapless.warehouse.duckdb import DuckDBWarehouse

STAGED_FILES = "loaded_files"
_EXACT_NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?[1248]?|DECIMAL.*|NUMERIC.*")


def load_files(warehouse: DuckDBWarehouse, request: LoadRequest) -> LoadResult:
    """Replace the dates of a source table by the rows of files, where they differ.

    Raises:
        LoadError: a column is missing, a value does not fit its type, a key is empty or repeated.
    """
    reader = _reader(request)
    _check_columns(warehouse, request, reader)
    casts = ", ".join(
        f"TRY_CAST({identifier(name)} AS {kind}) AS {identifier(name)}"
        for name, kind in request.columns.items()
    )
    _check_values(warehouse, request, reader)
    staged, _ = warehouse.stage(STAGED_FILES, f"SELECT {casts} FROM {reader}")
    try:
        _check_keys(warehouse, request, staged)
        return _replace_differing(warehouse, request, staged)
    finally:
        warehouse.unstage([STAGED_FILES])


def _reader(request: LoadRequest) -> str:
    files = "[" + ", ".join(literal(file) for file in request.files) + "]"
    if request.files[0].endswith(".parquet"):
        return f"read_parquet({files}, union_by_name = true)"
    # Everything is read as text first: a value that does not fit can then be shown.
    return f"read_csv({files}, header = true, all_varchar = true, union_by_name = true)"


def _shown(request: LoadRequest) -> str:
    names = [Path(file).name for file in request.files]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _check_columns(warehouse: DuckDBWarehouse, request: LoadRequest, reader: str) -> None:
    try:
        found = [str(row[0]) for row in warehouse.fetch(f"DESCRIBE SELECT * FROM {reader}")]
    except QueryFailed as error:
        raise LoadError(
            f"{_shown(request)} cannot be read: {str(error.__cause__).splitlines()[0]}",
            untouched=f"Nothing was loaded into {request.table}.",
        ) from error
    for name in request.columns:
        if name not in found:
            raise LoadError(
                f"{_shown(request)} has no column {name!r}, which {request.table} needs. "
                f"{nearest(name, found)}",
                untouched=f"Nothing was loaded into {request.table}.",
            )


def _check_values(warehouse: DuckDBWarehouse, request: LoadRequest, reader: str) -> None:
    wrong = ", ".join(
        f"min({identifier(name)}::VARCHAR) FILTER (WHERE {identifier(name)} IS NOT NULL "
        f"AND {_does_not_fit(identifier(name), kind)})"
        for name, kind in request.columns.items()
    )
    values = warehouse.fetch(f"SELECT {wrong} FROM {reader}")[0]
    for (name, kind), value in zip(request.columns.items(), values, strict=True):
        if value is not None:
            raise LoadError(
                f"{_shown(request)}: column {name!r} holds {value!r}, which is no {kind}.",
                untouched=f"Nothing was loaded into {request.table}.",
                advice="Correct the file, or the column's type in the pipeline's declaration.",
            )


def _does_not_fit(column: str, kind: str) -> str:
    """Predicate for values that cannot be cast, or only by losing a part of them."""
    cast = f"TRY_CAST({column} AS {kind})"
    if _EXACT_NUMBERS.fullmatch(kind.upper()):
        return f"({cast} IS NULL OR {cast}::DOUBLE IS DISTINCT FROM TRY_CAST({column} AS DOUBLE))"
    if kind.upper() == "DATE":
        moment = f"TRY_CAST({column} AS TIMESTAMP)"
        return f"({cast} IS NULL OR {cast}::TIMESTAMP IS DISTINCT FROM {moment})"
    return f"{cast} IS NULL"


def _check_keys(warehouse: DuckDBWarehouse, request: LoadRequest, staged: str) -> None:
    names = (request.partition, *request.key)
    empty = " OR ".join(f"{identifier(name)} IS NULL" for name in names)
    rows = warehouse.fetch(f"SELECT count(*) FROM {relation(staged)} WHERE {empty}")
    if rows[0][0]:
        raise LoadError(
            f"{_shown(request)}: {rows[0][0]} rows lack one of {', '.join(names)}.",
            untouched=f"Nothing was loaded into {request.table}.",
        )
    twice = warehouse.fetch(
        f"SELECT {columns(names)}, count(*) FROM {relation(staged)} GROUP BY ALL "
        "HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    )
    if not twice and request.moves:
        twice = warehouse.fetch(
            f"SELECT {', '.join(f'min({identifier(n)})' for n in names)}, count(*) "
            f"FROM {relation(staged)} GROUP BY {columns(request.key)} "
            f"HAVING count(DISTINCT {identifier(request.partition)}) > 1 ORDER BY ALL LIMIT 1"
        )
    if twice:
        where = ", ".join(f"{name} {value}" for name, value in zip(names, twice[0], strict=False))
        raise LoadError(
            f"{_shown(request)}: {twice[0][-1]} rows have the same key ({where}).",
            untouched=f"Nothing was loaded into {request.table}.",
        )


def _replace_differing(warehouse: DuckDBWarehouse, request: LoadRequest, staged: str) -> LoadResult:
    listed = ", ".join(f"{identifier(name)} {kind}" for name, kind in request.columns.items())
    schema = identifier(request.table.split(".", maxsplit=1)[0])
    warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    warehouse.execute(f"CREATE TABLE IF NOT EXISTS {relation(request.table)} ({listed})")
    day = identifier(request.partition)
    names = tuple(request.columns)
    content = f"{day} AS day, count(*) AS row_count, {fingerprint(names)} AS content"
    compared = warehouse.fetch(
        f"WITH new AS (SELECT {content} FROM {relation(staged)} GROUP BY 1), "
        f"old AS (SELECT {content} FROM {relation(request.table)} GROUP BY 1) "
        "SELECT new.day, new.row_count, old.day IS NULL, "
        "old.row_count IS NOT DISTINCT FROM new.row_count "
        "AND old.content IS NOT DISTINCT FROM new.content "
        "FROM new LEFT JOIN old ON old.day = new.day ORDER BY 1"
    )
    added = [row[0] for row in compared if row[2]]
    differing = [row[0] for row in compared if not row[3]]
    moved = _moved(warehouse, request, staged) if differing and request.moves else 0
    if differing:
        wanted = ", ".join(literal(value) for value in differing)
        with transaction(warehouse):
            if moved:
                warehouse.execute(
                    f"DELETE FROM {relation(request.table)} AS old {_moved_rows(request, staged)}"
                )
            if len(added) < len(differing):
                warehouse.execute(
                    f"DELETE FROM {relation(request.table)} WHERE {day} IN ({wanted})"
                )
            warehouse.execute(
                f"INSERT INTO {relation(request.table)} BY NAME SELECT * FROM {relation(staged)} "
                f"WHERE {day} IN ({wanted}) ORDER BY {day}"
            )
    return LoadResult(
        table=request.table,
        rows=sum(row[1] for row in compared),
        dates=len(compared),
        replaced=len(differing) - len(added),
        added=len(added),
        unchanged=len(compared) - len(differing),
        moved=moved,
    )


def _moved_rows(request: LoadRequest, staged: str) -> str:
    day = identifier(request.partition)
    return (
        f"WHERE EXISTS (SELECT 1 FROM {relation(staged)} AS new "
        f"WHERE {same(request.key, 'new', 'old')} AND new.{day} <> old.{day})"
    )


def _moved(warehouse: DuckDBWarehouse, request: LoadRequest, staged: str) -> int:
    rows = warehouse.fetch(
        f"SELECT count(*) FROM {relation(request.table)} AS old {_moved_rows(request, staged)}"
    )
    return int(rows[0][0])
