"""Cleaning by hand: SQL that keeps a copy of rows before it deletes them, for people to run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.sql.literals import literal


def clean_script(table: str, partition: str, days: Sequence[date]) -> str:
    """Move the rows of some dates into the quarantine, in one transaction."""
    listed = ", ".join(literal(day) for day in days)
    copy = f"quarantine.stale_{table.rsplit('.', maxsplit=1)[-1]}_{days[0]:%Y%m%d}"
    where = f"WHERE {partition} IN ({listed})"
    return (
        f"BEGIN; CREATE SCHEMA IF NOT EXISTS quarantine; CREATE TABLE {copy} AS FROM {table} "
        f"{where}; DELETE FROM {table} {where}; COMMIT;"
    )
