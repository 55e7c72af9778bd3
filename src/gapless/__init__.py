"""Gapless: a date is done when the rows that were expected on it are there, and not before."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gapless.declare.expected import expected_by_path, expected_query, keys_of
    from gapless.declare.gates import Gate, at_least, between, check, one_of, rule
    from gapless.declare.inputs import (
        History,
        SameDate,
        by_path,
        fill_missing,
        first_sufficient,
        history,
        query,
        same_date,
    )
    from gapless.declare.pipeline import Pipeline
    from gapless.declare.tables import days_of_season
    from gapless.declare.windows import all_time, last_days, season_to_date, since_previous_season
    from gapless.partitions import Path

__all__ = [
    "Gate",
    "History",
    "Path",
    "Pipeline",
    "SameDate",
    "all_time",
    "at_least",
    "between",
    "by_path",
    "check",
    "days_of_season",
    "expected_by_path",
    "expected_query",
    "fill_missing",
    "first_sufficient",
    "history",
    "keys_of",
    "last_days",
    "one_of",
    "query",
    "rule",
    "same_date",
    "season_to_date",
    "since_previous_season",
]

_HOME = {
    "gapless.declare.expected": ("expected_by_path", "expected_query", "keys_of"),
    "gapless.declare.gates": ("Gate", "at_least", "between", "check", "one_of", "rule"),
    "gapless.declare.inputs": (
        *("History", "SameDate", "by_path", "fill_missing", "first_sufficient"),
        *("history", "query", "same_date"),
    ),
    "gapless.declare.pipeline": ("Pipeline",),
    "gapless.declare.tables": ("days_of_season",),
    "gapless.declare.windows": (
        *("all_time", "last_days", "season_to_date", "since_previous_season"),
    ),
    "gapless.partitions": ("Path",),
}

if not TYPE_CHECKING:
    # Python runs this file before any module of the package, so also before `gapless --help`.
    # Type checkers read the imports above instead, and still refuse names that do not exist.
    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for."""
        for module, names in _HOME.items():
            if name in names:
                found = getattr(import_module(module), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """List the public names, imported or not."""
        return sorted({*globals(), *__all__})
