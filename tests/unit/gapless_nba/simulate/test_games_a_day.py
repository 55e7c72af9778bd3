"""Leagues of another size: more or fewer games on the same dates."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from gapless_nba.simulate.league import DEFAULT_SEED
from gapless_nba.simulate.schedule import Fixture, season_schedule
from gapless_nba.simulate.season_calendar import season_calendar

CALENDAR = season_calendar("2022-23")
USUAL = season_schedule(DEFAULT_SEED, CALENDAR)


@pytest.fixture(params=[1, 2.5, 7, 9, 12, 15])
def games_a_day(request: pytest.FixtureRequest) -> float:
    number: float = request.param
    return number


@pytest.fixture
def fixtures(games_a_day: float) -> list[Fixture]:
    return season_schedule(DEFAULT_SEED, CALENDAR, games_a_day)


def test_the_mean_over_the_dates_is_the_one_asked_for(
    fixtures: list[Fixture], games_a_day: float
) -> None:
    assert len(fixtures) == round(games_a_day * len(CALENDAR.dates))


def test_every_date_of_the_season_has_a_game(fixtures: list[Fixture]) -> None:
    assert {fixture.game_date for fixture in fixtures} == set(CALENDAR.dates)


def test_no_team_plays_twice_on_a_date(fixtures: list[Fixture]) -> None:
    played = Counter(
        (fixture.game_date, team) for fixture in fixtures for team in (fixture.away, fixture.home)
    )
    assert set(played.values()) == {1}


def test_all_teams_play_about_equally_often(fixtures: list[Fixture]) -> None:
    played = Counter(team for fixture in fixtures for team in (fixture.away, fixture.home))
    assert len(played) == 30
    assert max(played.values()) - min(played.values()) <= 2


def test_game_ids_count_the_games_from_one(fixtures: list[Fixture]) -> None:
    wanted = [f"00222{number:05d}" for number in range(1, len(fixtures) + 1)]
    assert sorted(fixture.game_id for fixture in fixtures) == wanted


def test_the_usual_number_of_games_a_day_is_the_usual_season() -> None:
    assert season_schedule(DEFAULT_SEED, CALENDAR, 7.5) == USUAL


def test_busy_dates_stay_busy() -> None:
    usual = Counter(fixture.game_date for fixture in USUAL)
    fewer = Counter(fixture.game_date for fixture in season_schedule(DEFAULT_SEED, CALENDAR, 4))
    by_usual = sorted(CALENDAR.dates, key=usual.__getitem__)
    halves = by_usual[:82], by_usual[82:]
    quiet, busy = (sum(fewer[day] for day in half) for half in halves)
    assert busy > 1.5 * quiet


def test_another_size_is_another_season() -> None:
    sizes = [len(season_schedule(DEFAULT_SEED, CALENDAR, number)) for number in (3, 6, 9, 12)]
    assert all(smaller < larger for smaller, larger in pairwise(sizes))
