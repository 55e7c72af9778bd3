"""Values written as literals of SQL."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Value = int | str | date | Path


def literal(value: Value) -> str:
    """Write one value; a path is a text."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return f"DATE '{value}'"
    return "'" + str(value).replace("'", "''") + "'"


def listed(values: Sequence[Value]) -> str:
    """Write values as the inside of a list, for example of IN."""
    return ", ".join(literal(value) for value in values)
