"""Contents: what a table holds by partition, as row counts and fingerprints, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.sql.audit import fingerprint
from gapless.sql.literals import identifier, literal, relation


def contents_query(
    table: str, names: Sequence[str], partition: str, first: date, last: date
) -> str:
    """SELECT of (partition, rows, fingerprint) for the dates of a table that have rows."""
    column = identifier(partition)
    return (
        f"SELECT {column}, count(*), {fingerprint(names)} FROM {relation(table)} "
        f"WHERE {column} BETWEEN {literal(first)} AND {literal(last)} GROUP BY 1 ORDER BY 1"
    )


def checks_query(check_sql: str, partition: str) -> str:
    """Sum up what a check examined: (partition, examined, failed, first details)."""
    column = identifier(partition)
    failed = "ok IS NOT TRUE"
    return (
        f"SELECT {column}, count(*), count(*) FILTER (WHERE {failed}), "
        "min(coalesce(entity::VARCHAR, 'unnamed') || ': ' || coalesce(detail, 'not true')) "
        f"FILTER (WHERE {failed}) "
        f"FROM (\n{check_sql}\n) AS examined GROUP BY 1 ORDER BY 1"
    )
