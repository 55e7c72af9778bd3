"""Reading values out of responses: what is absent is NULL, what cannot be is a contradiction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
_DURATION = re.compile(r"PT([0-9]{1,3})M([0-5][0-9](?:\.[0-9]+)?)S")


class Contradiction(ValueError):
    """A response contradicts itself, another one, or its documented shape."""


def value(row: Row, name: str) -> Any:  # noqa: ANN401 - a response holds anything
    """Return a column that the documented shape has.

    Raises:
        Contradiction: it has no such column.
    """
    if name not in row:
        raise Contradiction(f"the response has no {name!r}")
    return row[name]


def text(row: Row, name: str) -> str | None:
    """Return a text; None where it is empty."""
    found = value(row, name)
    if found is not None and not isinstance(found, str):
        raise Contradiction(f"{name} is {found!r}, which is no text")
    return (found or "").strip() or None


def needed_text(row: Row, name: str) -> str:
    """Return a text that must be there."""
    found = text(row, name)
    if found is None:
        raise Contradiction(f"{name} is empty")
    return found


def whole(row: Row, name: str) -> int | None:
    """Return a whole number; None where there is none. Some come as `3.0`."""
    found = value(row, name)
    if found is None:
        return None
    number = isinstance(found, int | float) and not isinstance(found, bool)
    if not number or not float(found).is_integer():
        raise Contradiction(f"{name} is {found!r}, which is no whole number")
    return int(found)


def needed_whole(row: Row, name: str) -> int:
    """Return a whole number that must be there."""
    found = whole(row, name)
    if found is None:
        raise Contradiction(f"{name} is empty")
    return found


def seconds_of(played: str) -> float:
    """Read a playing time: `34:12`, as the box score has it, or `PT34M12.00S`, as live data has it.

    Raises:
        Contradiction: it is neither.
    """
    match = _CLOCK.fullmatch(played) or _DURATION.fullmatch(played)
    if match is None:
        raise Contradiction(f"{played!r} is no playing time")
    return int(match[1]) * 60 + float(match[2])
