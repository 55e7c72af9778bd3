"""Publishing in DuckDB: rows and publication in one transaction, then both are read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date
from typing import TYPE_CHECKING

from gapless.errors import GaplessError, SchemaChanged, WarehouseError
from gapless.sql.audit import fingerprint
from gapless.sql.literals import date_list, identifier, literal, relation, rows_relation
from gapless.warehouse.evidence import StoredEvidence
from gapless.warehouse.interface import (
    Publication,
    PublishRequest,
    QuarantineRequest,
    Row,
)

if TYPE_CHECKING:
    from gapless.warehouse.duckdb import DuckDBWarehouse

PUBLICATIONS = "gapless.publications"
CURRENT_PUBLICATIONS = "gapless.current_publications"
"""View with the newest publication of each partition, for rows to be joined to."""
_PUBLICATION_TYPES = {
    "table_name": "VARCHAR",
    "partition_date": "DATE",
    "version": "INTEGER",
    "run_id": "VARCHAR",
    "published_at": "TIMESTAMP",
    "state": "VARCHAR",
    "row_count": "BIGINT",
    "expected": "BIGINT",
    "present": "BIGINT",
    "content": "UBIGINT",
    "definition": "VARCHAR",
    "gate": "VARCHAR",
    "inputs": "VARCHAR",
    "code_version": "VARCHAR",
    "actor": "VARCHAR",
    "evidence": "VARCHAR",
}
_COLUMNS = ", ".join(f"{name} {kind} NOT NULL" for name, kind in _PUBLICATION_TYPES.items())
_NEWEST = "version = max(version) OVER (PARTITION BY table_name, partition_date)"
# Two transactions that fill the same partition collide on the key, also when it was empty before.
CREATE_PUBLICATIONS = f"""
CREATE SCHEMA IF NOT EXISTS gapless;
CREATE TABLE IF NOT EXISTS {PUBLICATIONS} (
    {_COLUMNS},
    PRIMARY KEY (table_name, partition_date, version)
);
CREATE VIEW IF NOT EXISTS {CURRENT_PUBLICATIONS} AS SELECT * FROM {PUBLICATIONS} QUALIFY {_NEWEST}
"""
# A window over all columns would sort the evidence along with the versions.
NEWEST_PUBLICATIONS = (
    f"SELECT * FROM {PUBLICATIONS} SEMI JOIN (SELECT table_name, partition_date, "
    f"max(version) AS version FROM {PUBLICATIONS} GROUP BY ALL) AS newest "
    "USING (table_name, partition_date, version) ORDER BY table_name, partition_date"
)


def publication_from_row(row: Row) -> Publication:
    """Read one row of `gapless.publications`."""
    return Publication(
        table=row[0],
        partition=row[1],
        version=row[2],
        run_id=row[3],
        published_at=row[4].replace(tzinfo=UTC),
        state=row[5],
        rows=row[6],
        expected=row[7],
        present=row[8],
        content=int(row[9]),
        definition=row[10],
        gate=row[11],
        inputs=row[12],
        code_version=row[13],
        actor=row[14],
        evidence=StoredEvidence(row[15]),
    )


def prepare(warehouse: DuckDBWarehouse, request: PublishRequest) -> tuple[tuple[str, ...], bool]:
    """Make sure that the table and its publications can be written; changes no row.

    Returns:
        The staged columns, and whether the table was there before.

    Raises:
        SchemaChanged: the staged columns do not fit the published table.
    """
    staged = columns_of(warehouse, request.staged)
    published = _published_columns(warehouse, request.table)
    _check_fit(request.table, staged, published)
    warehouse.execute(CREATE_PUBLICATIONS)
    _create_or_extend(warehouse, request.table, staged, published)
    return tuple(staged), published is not None


def publish(
    warehouse: DuckDBWarehouse, request: PublishRequest, columns: Sequence[str], *, existed: bool
) -> None:
    """Replace partitions and record their publications in one transaction, then re-read both.

    Args:
        warehouse: The session.
        request: What to publish.
        columns: The staged columns, from `prepare`.
        existed: Whether the table was there before.

    Raises:
        PublicationConflict: one of the versions was published by somebody else.
        WarehouseError: what is live after the commit is not what was staged.
    """
    with transaction(warehouse):
        # The publication goes first: a competitor is noticed before any row is moved.
        rows = rows_relation(
            _PUBLICATION_TYPES, [_as_row(publication) for publication in request.publications]
        )
        warehouse.execute(f"INSERT INTO {PUBLICATIONS} BY NAME {rows}")
        if request.rewrite:
            dates = _dates_predicate(request.partition, request.rewrite)
            if existed:
                warehouse.execute(f"DELETE FROM {relation(request.table)} WHERE {dates}")
            warehouse.execute(
                f"INSERT INTO {relation(request.table)} BY NAME "
                f"SELECT * FROM {relation(request.staged)}{_unless_all(warehouse, request, dates)}"
            )
    _reread(warehouse, request, columns)


def quarantine(warehouse: DuckDBWarehouse, request: QuarantineRequest) -> str:
    """Copy refused rows to `quarantine.<schema>__<table>`, with run and time.

    Rows of other definitions may be there: columns that they have not are added, columns whose
    type has changed become text.
    """
    place = f"quarantine.{request.table.replace('.', '__')}"
    staged = columns_of(warehouse, request.staged)
    columns = {**staged, "gapless_run_id": "VARCHAR", "gapless_refused_at": "TIMESTAMP"}
    kept = _published_columns(warehouse, place)
    changed = [name for name, kind in columns.items() if (kept or columns).get(name, kind) != kind]
    values = ", ".join(
        f"{identifier(name)}::VARCHAR AS {identifier(name)}"
        if name in changed
        else identifier(name)
        for name in staged
    )
    with transaction(warehouse):
        for name in changed:
            change = f"ALTER COLUMN {identifier(name)} TYPE VARCHAR"
            warehouse.execute(f"ALTER TABLE {relation(place)} {change}")
        _create_or_extend(warehouse, place, columns, kept)
        warehouse.execute(
            f"INSERT INTO {relation(place)} BY NAME SELECT {values}, "
            f"{literal(request.run_id)} AS gapless_run_id, "
            f"{literal(request.refused_at)} AS gapless_refused_at "
            f"FROM {relation(request.staged)} "
            f"WHERE {_dates_predicate(request.partition, request.dates)}"
        )
    return place


@contextmanager
def transaction(warehouse: DuckDBWarehouse) -> Iterator[None]:
    """Commit at the end, roll back on every error: COMMIT after a failed statement succeeds."""
    warehouse.execute("BEGIN TRANSACTION")
    try:
        yield
        warehouse.execute("COMMIT")
    except BaseException:
        # After a failed COMMIT the transaction is already gone.
        with suppress(GaplessError):
            warehouse.execute("ROLLBACK")
        raise


def columns_of(warehouse: DuckDBWarehouse, place: str) -> dict[str, str]:
    """Return column → type of a relation."""
    return {str(row[0]): str(row[1]) for row in warehouse.fetch(f"DESCRIBE {relation(place)}")}


def _published_columns(warehouse: DuckDBWarehouse, table: str) -> dict[str, str] | None:
    schema, name = table.split(".")
    found = warehouse.fetch(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() "
        f"AND schema_name = {literal(schema)} AND table_name = {literal(name)}"
    )
    return columns_of(warehouse, table) if found else None


def _check_fit(table: str, staged: Mapping[str, str], published: Mapping[str, str] | None) -> None:
    if published is None:
        return
    gone = [name for name in published if name not in staged]
    changed = [
        f"{name} {published[name]} → {kind}"
        for name, kind in staged.items()
        if name in published and published[name] != kind
    ]
    if gone or changed:
        problems = [f"column {name} is no longer computed" for name in gone]
        problems += [f"type of {change}" for change in changed]
        raise SchemaChanged(
            f"{table}: the computed columns do not fit the published table: {'; '.join(problems)}.",
            untouched="Nothing was published.",
            advice=f"If the change is meant, migrate the table first (e.g. ALTER TABLE {table} "
            "DROP COLUMN …), then backfill it.",
        )


def _create_or_extend(
    warehouse: DuckDBWarehouse,
    table: str,
    columns: Mapping[str, str],
    existing: Mapping[str, str] | None,
) -> None:
    if existing is None:
        listed = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns.items())
        schema = identifier(table.split(".", maxsplit=1)[0])
        warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        warehouse.execute(f"CREATE TABLE IF NOT EXISTS {relation(table)} ({listed})")
        return
    for name, kind in columns.items():
        if name not in existing:
            warehouse.execute(f"ALTER TABLE {relation(table)} ADD COLUMN {identifier(name)} {kind}")


def _as_row(publication: Publication) -> tuple[object, ...]:
    return (
        publication.table,
        publication.partition,
        publication.version,
        publication.run_id,
        publication.published_at.astimezone(UTC).replace(tzinfo=None),
        publication.state,
        publication.rows,
        publication.expected,
        publication.present,
        publication.content,
        publication.definition,
        publication.gate,
        publication.inputs,
        publication.code_version,
        publication.actor,
        json.dumps(dict(publication.evidence), ensure_ascii=False, default=str),
    )


def _dates_predicate(partition: str, dates: Sequence[date]) -> str:
    column = identifier(partition)
    if len(dates) == 1:
        return f"{column} = {literal(dates[0])}"
    return (
        f"{column} BETWEEN {literal(min(dates))} AND {literal(max(dates))} "
        f"AND {column} IN ({date_list(dates)})"
    )


def _unless_all(warehouse: DuckDBWarehouse, request: PublishRequest, dates: str) -> str:
    """Return the filter on the staged rows; none where as many are staged as are published.

    Filtering copies every row once more, and a chunk mostly passes as a whole.
    """
    wanted = set(request.rewrite)
    due = sum(found.rows for found in request.publications if found.partition in wanted)
    staged = warehouse.fetch(f"SELECT count(*) FROM {relation(request.staged)}")[0][0]
    return "" if staged == due else f" WHERE {dates}"


def _reread(warehouse: DuckDBWarehouse, request: PublishRequest, names: Sequence[str]) -> None:
    dates = [publication.partition for publication in request.publications]
    column = identifier(request.partition)
    live = warehouse.fetch(
        f"WITH live AS (SELECT {column} AS day, count(*) AS row_count, "
        f"{fingerprint(names)} AS content FROM {relation(request.table)} "
        f"WHERE {_dates_predicate(request.partition, dates)} GROUP BY 1) "
        "SELECT p.partition_date, max(p.version), coalesce(any_value(live.row_count), 0), "
        f"coalesce(any_value(live.content), 0) FROM {PUBLICATIONS} AS p "
        "LEFT JOIN live ON live.day = p.partition_date "
        f"WHERE p.table_name = {literal(request.table)} "
        f"AND {_dates_predicate('partition_date', dates)} GROUP BY 1"
    )
    found = {row[0]: (row[1], row[2], int(row[3])) for row in live}
    wrong = [
        publication.partition
        for publication in request.publications
        if found.get(publication.partition)
        != (publication.version, publication.rows, publication.content)
    ]
    if wrong:
        raise WarehouseError(
            f"{request.table}: after the commit {len(wrong)} partitions do not hold what was "
            f"staged, first {wrong[0]}: found {found.get(wrong[0])} (version, rows, fingerprint).",
            untouched="They are not recorded as done.",
            advice=f"Look at them: gapless explain {request.table} {wrong[0]}",
        )
