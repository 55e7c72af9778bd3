"""Literals and identifiers: the one place where values become SQL text.

Values are written into the text instead of bound as parameters: DuckDB's Python client imports
pandas at the first bound parameter, which costs a one-date command more than its work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

FEW = 8
"""Up to so many dates are written one by one, so that statements stay readable."""


def literal(value: object) -> str:
    """Write a value as a SQL literal.

    Raises:
        TypeError: the type has no literal here.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if not math.isfinite(value):
            return f"'{value}'::DOUBLE"
        case int() | float():
            return repr(value)
        case datetime():
            moment = value.astimezone(UTC) if value.tzinfo else value
            return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case dict() | list():
            return literal(_json_text(value))
    raise TypeError(f"{type(value).__name__} has no SQL literal")


def identifier(name: str) -> str:
    """Quote a column or table name."""
    return '"' + name.replace('"', '""') + '"'


def relation(name: str) -> str:
    """Quote a dotted relation name part by part."""
    return ".".join(identifier(part) for part in name.split("."))


def columns(names: Iterable[str], prefix: str = "") -> str:
    """Quote a list of columns, each behind `prefix.` when given."""
    dot = f"{prefix}." if prefix else ""
    return ", ".join(dot + identifier(name) for name in names)


def rows_relation(types: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> str:
    """SELECT of constant rows, as one JSON list for each column.

    DuckDB parses a VALUES list of a few hundred rows ten times slower than JSON of the same values,
    and a list of objects four times slower than a list for each column.

    Args:
        types: Column → DuckDB type, in the order of the values.
        rows: The values.
    """
    by_column = list(zip(*rows, strict=True)) or [()] * len(types)
    parts = [
        f"unnest(from_json({literal(_json_text(values))}, {literal(json.dumps([kind]))})) "
        f"AS {identifier(name)}"
        for (name, kind), values in zip(types.items(), by_column, strict=True)
    ]
    return f"SELECT {', '.join(parts)}"


def date_list(days: Iterable[date]) -> str:
    """Write dates as the inside of IN, cheap to parse however many there are."""
    listed = sorted(set(days))
    if len(listed) <= FEW:
        return ", ".join(literal(day) for day in listed)
    text = ",".join(day.isoformat() for day in listed)
    return f"SELECT unnest(string_split({literal(text)}, ','))::DATE"


def _json_text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, default=str, separators=(",", ":"))


def same(names: Iterable[str], left: str, right: str, *, null_safe: bool = False) -> str:
    """Compare columns of two relations for equality, as a conjunction."""
    equal = "IS NOT DISTINCT FROM" if null_safe else "="
    return " AND ".join(
        f"{left}.{identifier(name)} {equal} {right}.{identifier(name)}" for name in names
    )


def key_text(names: Iterable[str], *aliases: str) -> str:
    """Write a key as one text, `NULL` where a part of it is NULL.

    Args:
        names: The key columns.
        aliases: Relations that have them; with several, the first that is not NULL counts.
    """
    parts = []
    for name in names:
        found = ", ".join(f"{alias}.{identifier(name)}::VARCHAR" for alias in aliases)
        parts.append(f"coalesce({found or identifier(name) + '::VARCHAR'}, 'NULL')")
    return " || ' ' || ".join(parts)
