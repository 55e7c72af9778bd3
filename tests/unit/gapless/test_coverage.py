"""Coverage never calls something incomplete 100 %, and nothing expected is no coverage at all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapless.coverage import Coverage, percent

DAY = date(2023, 2, 23)


def coverage(expected: int, present: int) -> Coverage:
    """Return the coverage of one partition."""
    return Coverage(DAY, expected=expected, present=present, rows=present)


def test_ratio_and_missing() -> None:
    """The incident: 1 of 187 players."""
    found = coverage(187, 1)
    assert found.missing == 186
    assert found.ratio == pytest.approx(1 / 187)


def test_nothing_expected_has_no_ratio() -> None:
    """0 of 0 is neither 0 % nor 100 %."""
    assert coverage(0, 0).ratio is None
    assert percent(coverage(0, 0).ratio) == "–"


@given(st.integers(2, 10**9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_incomplete_is_never_100_percent(counts: tuple[int, int]) -> None:
    """However little is missing, it shows."""
    expected, present = counts
    shown = percent(coverage(expected, present).ratio)
    assert float(shown.removesuffix(" %")) < 100


@pytest.mark.parametrize(
    ("expected", "present", "shown"),
    [
        (187, 1, "0.5 %"),
        (175, 68, "38.9 %"),
        (10, 9, "90 %"),
        (1_000_000, 999_999, "99.9 %"),
        (2000, 1999, "99.9 %"),
        (3, 2, "66.7 %"),
        (5, 0, "0 %"),
        (5, 5, "100 %"),
    ],
)
def test_shown_to_people(expected: int, present: int, shown: str) -> None:
    """A share is shown with one decimal where it has one."""
    assert percent(coverage(expected, present).ratio) == shown
