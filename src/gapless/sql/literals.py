"""Literals and identifiers: the one place where values become SQL text.

Values are written into the text instead of bound as parameters: DuckDB's Python client imports
pandas at the first bound parameter, which costs a one-date command more than its work.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any


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
        case int() | float():
            return repr(value)
        case datetime():
            return f"TIMESTAMP '{value.replace(tzinfo=None).isoformat(sep=' ')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case dict() | list():
            return literal(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
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


def tuples(rows: Sequence[Sequence[Any]]) -> str:
    """Write rows as the inside of VALUES."""
    return ",\n".join("(" + ", ".join(literal(value) for value in row) + ")" for row in rows)


def same(names: Iterable[str], left: str, right: str) -> str:
    """Compare columns of two relations for equality, as a conjunction."""
    return " AND ".join(f"{left}.{identifier(name)} = {right}.{identifier(name)}" for name in names)
