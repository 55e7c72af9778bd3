"""A history window begins where its kind says, and D itself never belongs to it."""

from __future__ import annotations

from datetime import date

import pytest

from gapless.declare.calendar import DateFacts
from gapless.declare.windows import (
    Window,
    all_time,
    last_days,
    season_to_date,
    since_previous_season,
)

FACTS = DateFacts(
    day=date(2023, 11, 2),
    season="2023-24",
    season_start=date(2023, 10, 24),
    previous_season_start=date(2022, 10, 18),
    units=9,
)
FIRST_SEASON = DateFacts(date(2023, 11, 2), "2023-24", date(2023, 10, 24), None, 9)


@pytest.mark.parametrize(
    ("window", "start", "text"),
    [
        (last_days(30), date(2023, 10, 3), "last 30 days"),
        (season_to_date(), date(2023, 10, 24), "season"),
        (since_previous_season(), date(2022, 10, 18), "previous season"),
        (all_time(), date.min, "all time"),
    ],
    ids=str,
)
def test_window_begins(window: Window, start: date, text: str) -> None:
    """Each kind of window begins at its own date and is called by its own words."""
    assert window.start(FACTS) == start
    assert str(window) == text


def test_days_cross_seasons() -> None:
    """A window of days does not care where the season began."""
    assert last_days(30).start(FACTS) < FACTS.season_start


def test_no_previous_season() -> None:
    """In the first known season the window since the previous one begins with the season."""
    assert since_previous_season().start(FIRST_SEASON) == date(2023, 10, 24)
