"""Cleaning by hand: a script for people who want to run every step themselves."""

from __future__ import annotations

from collections.abc import Sequence

from gapless.errors import UsageError, nearest
from gapless.sql.cleaning import DIALECTS, checked_script
from gapless.verbs.stale import chosen_retentions, find_stale
from gapless.verbs.workspace import Workspace


def script(workspace: Workspace, tables: Sequence[str], days: int | None, dialect: str) -> str:
    """Write a script with which the same can be done by hand; reads only.

    Args:
        workspace: Where to look.
        tables: Tables that declare a retention; all of them when none is named.
        days: How many days rows live instead of what is declared.
        dialect: `duckdb` or `bigquery`.

    Raises:
        UsageError: the dialect is unknown, or a table declares no retention.
    """
    if dialect not in DIALECTS:
        raise UsageError(f"--sql {dialect} is unknown. {nearest(dialect, DIALECTS)}")
    retentions = chosen_retentions(workspace.pipeline, tables, days)
    going = [one for one in find_stale(workspace, retentions) if not one.keep]
    if not going:
        return "-- Nothing has outlived its retention.\n"
    parts = []
    for table in dict.fromkeys(one.table for one in going):
        mine = [one for one in going if one.table == table]
        dates, rows = [one.partition for one in mine], sum(one.rows for one in mine)
        column = workspace.pipeline.partition
        now = workspace.clock.now()
        parts.append(checked_script(table, column, dates, rows, dialect=dialect, moment=now))
    return "\n".join(parts)
