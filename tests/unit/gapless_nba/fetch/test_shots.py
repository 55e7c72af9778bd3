"""A shot chart becomes rows in the order of the game, or is told to contradict itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gapless_nba.fetch.box_scores import box_score_rows
from gapless_nba.fetch.reading import Contradiction
from gapless_nba.fetch.shots import difference, shot_rows
from gapless_nba.raw_columns import SHOTS
from support.nba_answers import box_score_of, read_game, shots_of
from support.nba_games import Game


def played() -> Game:
    return Game("0022200001", date(2022, 10, 18), "NYK", "BOS")


def rows_of(game: Game) -> list[dict[str, Any]]:
    read = read_game(game)
    return shot_rows(read, shots_of(game), box_score_rows(read, box_score_of(game)))


def test_a_shot_has_its_row() -> None:
    first = rows_of(played())[0]
    assert set(first) == set(SHOTS)
    assert first == {
        "season": "2022-23",
        "game_id": "0022200001",
        "game_date": "2022-10-18",
        "shot_seq": 1,
        "game_event_id": 7,
        "team": "NYK",
        "team_id": 1610612752,
        "home_team": "BOS",
        "away_team": "NYK",
        "player_id": 20,
        "player_name": "Player Ca",
        "period": 1,
        "minutes_remaining": 11,
        "seconds_remaining": 59,
        "shot_made_flag": 1,
        "action_type": "Jump Shot",
        "shot_type": "2PT Field Goal",
        "zone_basic": "Restricted Area",
        "zone_area": "Center(C)",
        "zone_range": "Less Than 8 ft.",
        "shot_distance": 3,
        "loc_x": -13,
        "loc_y": 29,
    }


def test_shots_are_numbered_in_the_order_of_the_game_whatever_the_order_of_the_response() -> None:
    game = played()
    game.shots[0]["PERIOD"] = 2
    rows = rows_of(game)
    assert [row["shot_seq"] for row in rows] == list(range(1, 181))
    clocks = [(row["period"], -row["minutes_remaining"], -row["seconds_remaining"]) for row in rows]
    assert clocks == sorted(clocks)


def test_a_chart_without_shots_has_no_rows() -> None:
    game = played()
    game.shots = []
    assert rows_of(game) == []


def test_what_the_box_score_says_otherwise_is_told_with_the_first_name() -> None:
    game = played()
    read = read_game(game)
    box_score = box_score_rows(read, box_score_of(game))
    assert difference(rows_of(game), box_score) is None
    game.shots = game.shots[2:]
    for shot in game.shots[-3:]:
        shot["SHOT_MADE_FLAG"] = 0
    told = difference(rows_of(game), box_score)
    assert told == "shots differ from the box score: Player Ca 6/18 instead of 9/18 and 1 more"


SPOILED: dict[str, tuple[dict[str, Any], str]] = {
    "another game": ({"GAME_ID": "0022200002"}, "a shot is of game '0022200002'"),
    "nobody who played": ({"PLAYER_ID": 15}, "player 15, who did not play for 1610612738"),
    "the other team": ({"TEAM_ID": 1610612752}, "who did not play for 1610612752"),
    "made twice": ({"SHOT_MADE_FLAG": 2}, "made 2 times"),
    "not attempted": ({"SHOT_ATTEMPTED_FLAG": 0}, "not attempted"),
    "an unknown zone": ({"SHOT_ZONE_BASIC": "Midrange"}, "'Midrange', which is not known"),
    "an unknown type": ({"SHOT_TYPE": "4PT Field Goal"}, "not known"),
    "no period": ({"PERIOD": None}, "PERIOD is empty"),
    "one event twice": ({"GAME_EVENT_ID": 7}, "event 7 stands twice"),
}


@pytest.mark.parametrize(("values", "said"), SPOILED.values(), ids=SPOILED)
def test_a_chart_that_contradicts_itself_is_refused(values: dict[str, Any], said: str) -> None:
    game = played()
    game.shots[0] |= values
    with pytest.raises(Contradiction, match=said):
        rows_of(game)
