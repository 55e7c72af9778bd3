"""Gapless: a date is done when the rows that were expected on it are there, and not before."""

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
