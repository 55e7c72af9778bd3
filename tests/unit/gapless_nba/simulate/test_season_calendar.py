"""The dates of past and future seasons."""

from __future__ import annotations

from datetime import date

import pytest

from gapless_nba.simulate.schedule import season_schedule
from gapless_nba.simulate.season_calendar import SeasonCalendar, season_calendar


@pytest.mark.parametrize(
    "start",
    [
        date(2021, 10, 19),
        date(2022, 10, 18),
        date(2023, 10, 24),
        date(2024, 10, 22),
        date(2025, 10, 21),
    ],
)
def test_seasons_start_when_the_real_ones_did(start: date) -> None:
    assert _calendar(start.year).dates[0] == start


@pytest.mark.parametrize("year", range(1990, 2110, 7))
def test_every_season_has_164_dates_and_a_break_of_six_days(year: int) -> None:
    calendar = _calendar(year)
    assert len(calendar.dates) == 164
    assert (calendar.break_end - calendar.break_start).days == 5
    assert calendar.first_date_after_break in calendar.dates
    assert not any(calendar.break_start <= day <= calendar.break_end for day in calendar.dates)


@pytest.mark.parametrize("year", range(1990, 2110, 7))
def test_every_schedule_uses_all_dates_of_its_calendar(year: int) -> None:
    calendar = _calendar(year)
    games = season_schedule(7, calendar)
    assert len({game.game_id for game in games}) == 1_230
    assert {game.game_date for game in games} == set(calendar.dates)
    assert sum(game.postponed_from is not None for game in games) == 1


def test_the_year_2000_follows_1999() -> None:
    assert season_calendar("1999-00").year == 1999


def _calendar(year: int) -> SeasonCalendar:
    return season_calendar(f"{year}-{(year + 1) % 100:02d}")
