"""Which tables describe D itself is decided by what they read of D, and whether whole."""

from __future__ import annotations

from typing import Any

import pytest

from gapless.declare.expected import expected_by_path, keys_of
from gapless.declare.inputs import (
    Input,
    by_path,
    fill_missing,
    first_sufficient,
    history,
    query,
    same_date,
)
from gapless.declare.look_ahead import FactsRead, exists_before, facts_read
from gapless.declare.tables import Derived, Source
from gapless.declare.windows import last_days
from gapless.partitions import Path

SCHEDULE = Source("raw.schedule", ("game",), trusted=True)


def table(name: str, **inputs: Input) -> Derived:
    return Derived(f"mart.{name}", ("game",), inputs=inputs, expected=keys_of(SCHEDULE))


WEEK = last_days(7)
RESULTS = table("results", games=same_date(SCHEDULE))
"""Describes D itself."""
FORM = table("form", results=history(RESULTS, WEEK), games=same_date(SCHEDULE, columns=("team",)))
"""Does not."""


def facts(given: Input) -> tuple[str, ...] | None:
    """Return the chain by which a table with one input reads facts of D."""
    found = facts_read(table("reader", given=given), {})
    return found.chain if found else None


@pytest.mark.parametrize(
    "given",
    [
        same_date(SCHEDULE, columns=()),
        history(SCHEDULE, WEEK),
        history(RESULTS, WEEK),
        same_date(RESULTS, columns=("team",)),
        same_date(FORM),
        first_sufficient(FORM, FORM, at_least=0.5),
        query("SELECT 1", {"a": same_date(RESULTS, columns=()), "b": history(RESULTS, WEEK)}),
        by_path(historical=same_date(FORM), upcoming=history(RESULTS, WEEK)),
    ],
)
def test_no_facts_of_the_date(given: Input) -> None:
    """What came before, who is there, and tables made of no more than that."""
    assert facts(given) is None


@pytest.mark.parametrize(
    ("given", "chain"),
    [
        (same_date(SCHEDULE), ("raw.schedule",)),
        (same_date(RESULTS), ("mart.results", "raw.schedule")),
        (fill_missing(FORM, RESULTS), ("mart.results", "raw.schedule")),
        (query("SELECT 1", {"a": same_date(SCHEDULE)}), ("raw.schedule",)),
        (by_path(historical=same_date(FORM), upcoming=same_date(SCHEDULE)), ("raw.schedule",)),
    ],
    ids=["source", "table", "choice", "query", "path"],
)
def test_facts_of_the_date(given: Input, chain: tuple[str, ...]) -> None:
    """A whole read of D, however deep, down to the source."""
    assert facts(given) == ("mart.reader", *chain)


def test_the_path_is_told() -> None:
    """A table may describe D itself on one path alone."""
    given = by_path(historical=same_date(FORM), upcoming=same_date(SCHEDULE))
    found = facts_read(table("reader", given=given), {})
    assert found == FactsRead(Path.UPCOMING, ("mart.reader", "raw.schedule"))


def test_tables_count_as_they_are_declared_now() -> None:
    """A reader holds its inputs as they were declared; the pipeline may hold another version."""
    now = table("results", games=same_date(SCHEDULE, columns=()))
    reader = table("reader", given=same_date(RESULTS))
    assert facts_read(reader, {}) is not None
    assert facts_read(reader, {now.name: now}) is None


@pytest.mark.parametrize(
    ("expected", "before"),
    [
        (keys_of(SCHEDULE), True),
        (expected_by_path(upcoming=keys_of(SCHEDULE)), True),
        (expected_by_path(historical=keys_of(SCHEDULE)), False),
    ],
)
def test_who_must_exist_before(expected: Any, before: bool) -> None:
    """Tables of which something is expected before the date is over."""
    found = Derived("mart.any", ("game",), inputs={}, expected=expected)
    assert exists_before(found) == before
