"""How many rows a table has on each date, and how many its neighbours have; in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gapless.sql.binding import with_clause
from gapless.sql.dated_rows import (
    DAY,
    LABEL,
    ROWS,
    Side,
    aside,
    dated_keys,
    has_key,
    key_columns,
    key_text,
    named,
)
from gapless.sql.literals import literal


@dataclass(frozen=True)
class Neighbourhood:
    """How many dates with rows on each side are the neighbours of a date."""

    around: int
    """Whatever their weekday."""
    weekday: int
    """Of the same weekday."""


COUNTS = ("row_count", "duplicates", "keyless", "duplicate_names")
BASELINES = ("around", "weekday")
MEASURES = ("neighbours", "usual", "spread")


def row_counts_query(table: Side, near: Neighbourhood, before: date | None, most: int) -> str:
    """Count the rows of every date, beside what its neighbours have.

    The usual number is the neighbours' median, and the spread their median distance from it, both
    of logarithms. A date is no part of its own baseline.

    Args:
        table: What is examined.
        near: Which dates are neighbours.
        before: Dates from this one on are counted apart, because they may not be over; None: none.
        most: How many duplicate keys are named for each date.

    Returns:
        A SELECT of (day, `COUNTS`, `MEASURES` for each of `BASELINES`, NULL) for every date, and of
        one row (NULL …, aside).
    """
    over = f"{DAY} < {literal(before)}" if before is not None else "TRUE"
    relations = {
        "found": dated_keys(table),
        "counted": _counted(table, over, most),
        "compared": _compared(near),
        "table_aside": aside(table, "found"),
    }
    columns = (DAY, *COUNTS, *(f"{m}_{b}" for b in BASELINES for m in MEASURES))
    empty = ", ".join("NULL" for _ in columns)
    later = f"(SELECT count(DISTINCT {DAY}) FROM found WHERE NOT ({over}))"
    return (
        f"{with_clause(relations)}\n"
        f"SELECT {', '.join(columns)}, NULL AS aside FROM compared\nUNION ALL\n"
        f"SELECT {empty}, {{'later': {later}, 'facts': table_aside}} FROM table_aside\n"
        f"ORDER BY {DAY}"
    )


def _counted(table: Side, over: str, most: int) -> str:
    keyed = has_key(table)
    keyless = f"NOT ({keyed})" if table.key else "FALSE"
    duplicate = f"{keyed} AND {ROWS} > 1"
    key = key_text(key_columns(table)) if table.key else "NULL::VARCHAR"
    return (
        f"SELECT {DAY}, sum({ROWS})::BIGINT AS total, "
        f"coalesce(sum({ROWS} - 1) FILTER (WHERE {duplicate}), 0)::BIGINT AS duplicates, "
        f"coalesce(sum({ROWS}) FILTER (WHERE {keyless}), 0)::BIGINT AS keyless, "
        f"{named(duplicate, key, LABEL, most, extra=ROWS)} AS duplicate_names "
        f"FROM found WHERE {DAY} IS NOT NULL AND {over} GROUP BY {DAY}"
    )


def _compared(near: Neighbourhood) -> str:
    measures = ", ".join(
        f"count(*) OVER near_{name} AS neighbours_{name}, "
        f"exp(median(ln(total)) OVER near_{name}) AS usual_{name}, "
        f"mad(ln(total)) OVER near_{name} AS spread_{name}"
        for name in BASELINES
    )
    return (
        f"SELECT {DAY}, total AS row_count, duplicates, keyless, duplicate_names, {measures} "
        f"FROM counted WINDOW near_around AS (ORDER BY {DAY} {_frame(near.around)}), "
        f"near_weekday AS (PARTITION BY isodow({DAY}) ORDER BY {DAY} {_frame(near.weekday)})"
    )


def _frame(dates: int) -> str:
    return f"ROWS BETWEEN {dates} PRECEDING AND {dates} FOLLOWING EXCLUDE CURRENT ROW"
