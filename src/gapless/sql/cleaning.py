"""Cleaning by hand: SQL that keeps a copy of rows before it deletes them, for people to run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.sql.literals import literal

DUCKDB = "duckdb"
BIGQUERY = "bigquery"
DIALECTS = (DUCKDB, BIGQUERY)


def clean_script(table: str, partition: str, days: Sequence[date]) -> str:
    """Move the rows of some dates into the quarantine, in one transaction."""
    listed = ", ".join(literal(day) for day in days)
    copy = f"quarantine.stale_{table.rsplit('.', maxsplit=1)[-1]}_{days[0]:%Y%m%d}"
    where = f"WHERE {partition} IN ({listed})"
    return (
        f"BEGIN; CREATE SCHEMA IF NOT EXISTS quarantine; CREATE TABLE {copy} AS FROM {table} "
        f"{where}; DELETE FROM {table} {where}; COMMIT;"
    )


def checked_script(
    table: str, partition: str, days: Sequence[date], rows: int, *, dialect: str
) -> str:
    """Save, compare and delete the rows of some dates; a comparison that fails ends the script.

    Args:
        table: The table.
        partition: Its partition column.
        days: The dates.
        rows: How many rows they had when the script was written.
        dialect: One of `DIALECTS`.
    """
    listed = ", ".join(f"DATE '{day}'" for day in sorted(days))
    where = f"{partition} IN ({listed})"
    name = f"{table.replace('.', '__')}_{min(days):%Y%m%d}_{max(days):%Y%m%d}"
    write = _duckdb_script if dialect == DUCKDB else _bigquery_script
    return "\n".join(
        [f"-- {table}: {rows:,} rows of {len(days)} dates", *write(table, where, name)]
    )


def _duckdb_script(table: str, where: str, name: str) -> list[str]:
    file = f"'{name}.parquet'"
    live, saved = f"(FROM {table} WHERE {where})", f"(FROM {file})"
    differ = (
        f"(SELECT count(*) FROM (({live} EXCEPT ALL {saved}) UNION ALL "
        f"({saved} EXCEPT ALL {live})))"
    )
    return [
        f"COPY {live} TO {file} (FORMAT parquet, COMPRESSION zstd);",
        "BEGIN;",
        f"SELECT CASE WHEN {differ} > 0 THEN error('{table}: the saved rows are not those of the "
        "table; nothing was deleted') ELSE 'saved rows compared' END AS compared;",
        f"DELETE FROM {table} WHERE {where};",
        "COMMIT;",
        f"-- To bring them back: INSERT INTO {table} BY NAME FROM {file};",
        "",
    ]


def _bigquery_script(table: str, where: str, name: str) -> list[str]:
    schema = table.split(".", maxsplit=1)[0]
    copy = f"{schema}.backup_{name}"

    def digest(source: str) -> str:
        return (
            "(SELECT AS STRUCT COUNT(*) AS row_count, "
            "SUM(CAST(FARM_FINGERPRINT(TO_JSON_STRING(t)) AS BIGNUMERIC)) AS content "
            f"FROM {source} AS t "
            f"WHERE {where})"
        )

    return [
        f"CREATE TABLE {copy} AS SELECT * FROM {table} WHERE {where};",
        "BEGIN TRANSACTION;",
        f"ASSERT TO_JSON_STRING({digest(table)}) = TO_JSON_STRING({digest(copy)})",
        f"  AS '{table}: the saved rows are not those of the table; nothing was deleted';",
        f"DELETE FROM {table} WHERE {where};",
        "COMMIT TRANSACTION;",
        f"-- To bring them back: INSERT INTO {table} SELECT * FROM {copy};",
        "",
    ]
