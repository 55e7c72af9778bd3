"""Cleaning by hand: SQL that keeps a copy of rows before it deletes them, for people to run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

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
    table: str, partition: str, days: Sequence[date], rows: int, *, dialect: str, moment: datetime
) -> str:
    """Save, compare and delete the rows of some dates; a comparison that fails ends the script.

    Run a second time it fails before it writes: it would keep nothing in place of the only copy.

    Args:
        table: The table.
        partition: Its partition column.
        days: The dates.
        rows: How many rows they had when the script was written.
        dialect: One of `DIALECTS`.
        moment: When the script was written; it names the copy.
    """
    listed = ", ".join(f"DATE '{day}'" for day in sorted(days))
    where = f"{partition} IN ({listed})"
    span = f"{min(days):%Y%m%d}_{max(days):%Y%m%d}"
    name = f"{table.replace('.', '__')}_{span}_{moment:%Y%m%dT%H%M%S}"
    write = _duckdb_script if dialect == DUCKDB else _bigquery_script
    return "\n".join(
        [f"-- {table}: {rows:,} rows of {len(days)} dates", *write(table, where, rows, name)]
    )


def _changed(table: str, rows: int) -> str:
    return (
        f"{table}: it has not the {rows} rows any more that it had when this script was written; "
        "nothing was saved or deleted. Write a new script."
    )


def _duckdb_script(table: str, where: str, rows: int, name: str) -> list[str]:
    file = f"'{name}.parquet'"
    live, saved = f"(FROM {table} WHERE {where})", f"(FROM {file})"
    differ = (
        f"(SELECT count(*) FROM (({live} EXCEPT ALL {saved}) UNION ALL "
        f"({saved} EXCEPT ALL {live})))"
    )
    return [
        # A statement that fails in a transaction keeps all that follow from doing anything.
        "BEGIN;",
        f"SELECT CASE WHEN (SELECT count(*) FROM {live}) <> {rows} "
        f"THEN error('{_changed(table, rows)}') "
        f"WHEN (SELECT count(*) FROM glob({file})) > 0 "
        f"THEN error('{name}.parquet is there already; nothing was saved or deleted. Write a new "
        "script.') ELSE 'rows counted' END AS counted;",
        f"COPY {live} TO {file} (FORMAT parquet, COMPRESSION zstd);",
        f"SELECT CASE WHEN {differ} > 0 THEN error('{table}: the saved rows are not those of the "
        "table; nothing was deleted') ELSE 'saved rows compared' END AS compared;",
        f"DELETE FROM {table} WHERE {where};",
        "COMMIT;",
        f"-- To bring them back: INSERT INTO {table} BY NAME FROM {file};",
        "",
    ]


def _bigquery_script(table: str, where: str, rows: int, name: str) -> list[str]:
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
        f"ASSERT (SELECT COUNT(*) FROM {table} WHERE {where}) = {rows}",
        f"  AS '{_changed(table, rows)}';",
        f"CREATE TABLE {copy} AS SELECT * FROM {table} WHERE {where};",
        "BEGIN TRANSACTION;",
        f"ASSERT TO_JSON_STRING({digest(table)}) = TO_JSON_STRING({digest(copy)})",
        f"  AS '{table}: the saved rows are not those of the table; nothing was deleted';",
        f"DELETE FROM {table} WHERE {where};",
        "COMMIT TRANSACTION;",
        f"-- To bring them back: INSERT INTO {table} SELECT * FROM {copy};",
        "",
    ]
