"""Dates to examine are spread evenly, and shared between tables where they can be."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.verbs.leaks import near, spread

FIRST = date(2024, 1, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(100)]


@given(count=st.integers(1, 100), samples=st.integers(2, 120))
def test_spread_takes_the_first_the_last_and_as_many_as_asked(count: int, samples: int) -> None:
    """Each once, in order, no two further apart than even steps would be."""
    days = DAYS[:count]
    found = spread(days, samples)
    assert len(found) == min(count, samples)
    assert list(found) == sorted(set(found))
    assert (found[0], found[-1]) == (days[0], days[-1])
    steps = [(b - a).days for a, b in pairwise(found)]
    assert max(steps, default=1) - min(steps, default=1) <= 1


def test_a_single_sample_is_the_newest_date() -> None:
    assert spread(DAYS, 1) == (DAYS[-1],)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [([0, 50], [10, 50]), ([51], [50]), ([55], [50]), ([56], [60]), ([99], [60]), ([0, 5], [10])],
)
def test_near_takes_the_nearest_date_that_can_be_examined(
    wanted: list[int], found: list[int]
) -> None:
    """The older of two that are as near; each once."""
    days = [DAYS[number] for number in (10, 50, 60)]
    assert near([DAYS[number] for number in wanted], days) == tuple(DAYS[n] for n in found)


def test_near_nothing() -> None:
    """A table without a date that can be examined has none."""
    assert near(DAYS, []) == ()
