"""Two tables that nobody declared, compared as key sets on every date, in one query."""

from __future__ import annotations

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

COUNTS = ("expected", "present", "row_count", "unexpected", "duplicates", "keyless")
NAMES = ("missing_names", "unexpected_names", "duplicate_names")


def key_sets_query(table: Side, reference: Side, most: int) -> str:
    """Compare a table with its reference on every date that either of them has.

    Keys are compared as sets. Rows without a date, or of the reference without a key, cannot be
    compared; they are in the asides.

    Args:
        table: What is examined.
        reference: Where the expected keys are.
        most: How many keys are named for each date and kind.

    Returns:
        A SELECT of (day, `COUNTS`, `NAMES`, NULL) for every date, and of two rows of (NULL …,
        aside) for the table and the reference.
    """
    relations = {
        "found": dated_keys(table),
        "wanted": dated_keys(reference),
        "matched": _matched(table, reference),
        "by_date": _by_date(table, most),
        "table_aside": aside(table, "found"),
        "reference_aside": aside(reference, "wanted"),
    }
    empty = ", ".join("NULL" for _ in (DAY, *COUNTS, *NAMES))
    return (
        f"{with_clause(relations)}\n"
        f"SELECT {', '.join((DAY, *COUNTS, *NAMES))}, NULL AS aside FROM by_date\nUNION ALL\n"
        f"SELECT {empty}, {{'side': 'table', 'facts': table_aside}} FROM table_aside\nUNION ALL\n"
        f"SELECT {empty}, {{'side': 'reference', 'facts': reference_aside}} FROM reference_aside\n"
        f"ORDER BY {DAY}"
    )


def _matched(table: Side, reference: Side) -> str:
    names = [DAY, *key_columns(table)]
    both = ", ".join(f"coalesce(w.{name}, f.{name}) AS {name}" for name in names)
    same = " AND ".join(f"w.{name} = f.{name}" for name in names)
    return (
        f"SELECT {both}, w.{DAY} IS NOT NULL AS is_expected, f.{DAY} IS NOT NULL AS is_there, "
        f"coalesce(f.{ROWS}, 0) AS {ROWS}, FALSE AS is_keyless, "
        f"coalesce(w.{LABEL}, f.{LABEL}) AS {LABEL} "
        f"FROM (SELECT * FROM wanted WHERE {DAY} IS NOT NULL AND {has_key(reference)}) AS w "
        f"FULL JOIN (SELECT * FROM found WHERE {DAY} IS NOT NULL AND {has_key(table)}) AS f "
        f"ON {same}\nUNION ALL\n"
        f"SELECT {', '.join(names)}, FALSE, FALSE, {ROWS}, TRUE, {LABEL} FROM found "
        f"WHERE {DAY} IS NOT NULL AND NOT ({has_key(table)})"
    )


def _by_date(table: Side, most: int) -> str:
    missing, unexpected = "is_expected AND NOT is_there", "is_there AND NOT is_expected"
    duplicate = f"is_there AND {ROWS} > 1"
    key = key_text(key_columns(table))
    counts = {
        "expected": "count(*) FILTER (WHERE is_expected)",
        "present": "count(*) FILTER (WHERE is_expected AND is_there)",
        "row_count": f"sum({ROWS})::BIGINT",
        "unexpected": f"count(*) FILTER (WHERE {unexpected})",
        "duplicates": f"coalesce(sum({ROWS} - 1) FILTER (WHERE {duplicate}), 0)::BIGINT",
        "keyless": f"coalesce(sum({ROWS}) FILTER (WHERE is_keyless), 0)::BIGINT",
        "missing_names": named(missing, key, LABEL, most),
        "unexpected_names": named(unexpected, key, LABEL, most),
        "duplicate_names": named(duplicate, key, LABEL, most, extra=ROWS),
    }
    # An alias of an aggregate must not hide the column that the others still read.
    listed = ", ".join(f"{expression} AS {name}" for name, expression in counts.items())
    return f"SELECT {DAY}, {listed} FROM matched GROUP BY {DAY}"
