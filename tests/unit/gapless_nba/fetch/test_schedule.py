"""A schedule becomes games, and tells which of its rows cannot be understood."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gapless_nba.raw_columns import SCHEDULE
from support.nba_answers import read, read_game
from support.nba_games import IN_PROGRESS, SCHEDULED, Game

ONE = "0022200001"


def played(game_id: str = ONE) -> Game:
    return Game(game_id, date(2022, 10, 18), "NYK", "BOS", neutral=True)


def test_a_game_has_its_row() -> None:
    row = read_game(played()).row()
    assert list(row) == list(SCHEDULE)
    assert row == {
        "season": "2022-23",
        "game_id": ONE,
        "date_away_home_id": "20221018_NYK_BOS",
        "game_date": "2022-10-18",
        "home_team": "BOS",
        "away_team": "NYK",
        "home_team_id": 1610612738,
        "away_team_id": 1610612752,
        "home_team_name": "Boston Celtics",
        "away_team_name": "New York Knicks",
        "home_score": 110,
        "away_score": 104,
        "neutral_site": True,
    }


@pytest.mark.parametrize("status", [SCHEDULED, IN_PROGRESS])
def test_a_game_that_is_not_over_has_no_score_whatever_the_service_says(status: int) -> None:
    game = played()
    game.status = status
    found = read_game(game)
    assert not found.final
    assert (found.row()["home_score"], found.row()["away_score"]) == (None, None)


SPOILED: dict[str, tuple[dict[str, Any], str]] = {
    "an id of nine digits": ({"gameId": "002220001"}, "no game id"),
    "an id of another season": ({"gameId": "0022100001"}, "game of 2021-22 in the schedule of"),
    "an unknown status": ({"gameStatus": 9}, "gameStatus is 9"),
    "no date": ({"gameDateEst": "soon"}, "'soon', which is no date"),
    "an odd site": ({"isNeutral": "no"}, "isNeutral"),
    "no hosts": ({"homeTeam": {"teamId": 0}}, "no team of the league"),
    "hosts from elsewhere": ({"homeTeam": {"teamId": 12}}, "12 is no team of the league"),
    "hosts of a strange code": ({"homeTeam": {"teamTricode": "Celtics"}}, "'Celtics' is no team"),
    "a team against itself": ({"homeTeam": {"teamTricode": "NYK"}}, "cannot play itself"),
    "a draw": ({"homeTeam": {"score": 104}}, "final at 104 : 104"),
    "no score": ({"homeTeam": {"score": None}}, "homeTeam_score is empty"),
}


@pytest.mark.parametrize(("values", "said"), SPOILED.values(), ids=SPOILED)
def test_a_row_that_cannot_be_understood_is_named(values: dict[str, Any], said: str) -> None:
    row = played().scheduled()
    team = row["homeTeam"] | values.get("homeTeam", {})
    schedule = read(row | values | {"homeTeam": team})
    assert schedule.games == ()
    [(game_id, why)] = schedule.problems.items()
    assert game_id == values.get("gameId", ONE)
    assert said in why


def test_a_game_that_stands_twice_is_believed_neither_time() -> None:
    schedule = read(played().scheduled(), played().scheduled())
    assert schedule.games == ()
    assert "stands several times" in schedule.problems[ONE]


def test_two_ids_for_one_game_are_believed_neither() -> None:
    schedule = read(played().scheduled(), played("0022200002").scheduled())
    assert schedule.games == ()
    assert set(schedule.problems) == {ONE, "0022200002"}
    assert "shares its date and teams" in schedule.problems[ONE]
