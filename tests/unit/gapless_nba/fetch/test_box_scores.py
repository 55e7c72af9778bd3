"""A box score becomes rows, or is told to contradict itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from gapless_nba.fetch.box_scores import STATISTICS, box_score_rows
from gapless_nba.fetch.reading import Contradiction
from gapless_nba.raw_columns import PLAYER_BOX_SCORES
from support.nba_answers import box_score_of, read_game
from support.nba_games import Game, players_of

NUMBERS = (*STATISTICS, "minutes", "seconds_played", "minutes_rounded", "plus_minus")


def played() -> Game:
    return Game("0022200001", date(2022, 10, 18), "NYK", "BOS")


def rows_of(game: Game) -> list[dict[str, Any]]:
    return box_score_rows(read_game(game), box_score_of(game))


def test_a_player_who_appeared_has_his_line() -> None:
    [row] = [row for row in rows_of(played()) if row["player_id"] == players_of("BOS")[0]]
    assert list(row) == list(PLAYER_BOX_SCORES)
    assert row == {
        "season": "2022-23",
        "game_id": "0022200001",
        "date_away_home_id": "20221018_NYK_BOS",
        "game_date": "2022-10-18",
        "team": "BOS",
        "team_id": 1610612738,
        "opponent": "NYK",
        "opponent_team_id": 1610612752,
        "home_away": "home",
        "neutral_site": False,
        "team_score": 110,
        "opponent_score": 104,
        "player_id": 10,
        "player_name": "Player Ba",
        "played": True,
        "starter": True,
        "start_position": "F",
        "dnp_comment": None,
        "minutes": 48.0,
        "seconds_played": 2880,
        "minutes_rounded": 48,
        "fgm": 9,
        "fga": 18,
        "fg3m": 4,
        "fg3a": 8,
        "ftm": 0,
        "fta": 0,
        "oreb": 0,
        "dreb": 5,
        "reb": 5,
        "ast": 4,
        "stl": 1,
        "blk": 0,
        "tov": 2,
        "pf": 2,
        "pts": 22,
        "plus_minus": 4,
    }


def test_who_did_not_play_has_his_comment_and_null_where_the_service_says_0() -> None:
    [row] = [row for row in rows_of(played()) if row["player_id"] == players_of("NYK")[5]]
    assert (row["played"], row["starter"], row["start_position"]) == (False, False, None)
    assert row["dnp_comment"] == "DNP - Coach's Decision", "without the padding"
    assert [row[column] for column in NUMBERS] == [None] * len(NUMBERS)


def test_visitors_come_first() -> None:
    assert [row["home_away"] for row in rows_of(played())] == ["away"] * 6 + ["home"] * 6


@pytest.mark.parametrize(
    ("written", "seconds", "rounded"),
    [("34:12", 2052, 34), ("PT34M30.00S", 2070, 35), ("0:29", 29, 0), ("0:00", 0, 0)],
)
def test_minutes_are_exact_and_rounded_beside(written: str, seconds: int, rounded: int) -> None:
    game = played()
    game.players("BOS")[0]["statistics"]["minutes"] = written
    row = rows_of(game)[6]
    assert (row["minutes"], row["seconds_played"]) == (seconds / 60, seconds)
    assert row["minutes_rounded"] == rounded
    assert row["played"], "0:00 is an appearance"


def test_a_source_that_does_not_know_who_started_says_nobody_did_not() -> None:
    game = played()
    for team in ("BOS", "NYK"):
        for player in game.players(team):
            player["position"] = ""
    assert {row["starter"] for row in rows_of(game)} == {None}


def test_a_value_that_is_absent_is_null() -> None:
    game = played()
    game.players("BOS")[0]["statistics"]["plusMinusPoints"] = None
    assert rows_of(game)[6]["plus_minus"] is None


Spoil = Callable[[Game], None]


def line(team: str, place: int, **values: Any) -> Spoil:
    def spoil(game: Game) -> None:
        game.players(team)[place]["statistics"] |= values

    return spoil


def listed(team: str, place: int, **values: Any) -> Spoil:
    def spoil(game: Game) -> None:
        game.players(team)[place] |= values

    return spoil


def totals(game: Game) -> None:
    game.box_score["boxScoreTraditional"]["homeTeam"]["statistics"]["fieldGoalsAttempted"] = 91


def swapped(game: Game) -> None:
    box = game.box_score["boxScoreTraditional"]
    box["homeTeamId"], box["awayTeamId"] = box["awayTeamId"], box["homeTeamId"]


def strange_team(game: Game) -> None:
    game.box_score["boxScoreTraditional"]["homeTeam"]["teamId"] = 1610612755


def four_players(game: Game) -> None:
    game.players("BOS")[0] |= {"comment": "DNP - Rest", "position": ""}
    game.players("BOS")[0]["statistics"] = {}


def score(game: Game) -> None:
    game.scores = (104, 112)


SPOILED: dict[str, tuple[Spoil, str]] = {
    "played without playing": (listed("BOS", 0, comment="DNP - Rest"), "Player Ba did not play"),
    "statistics without minutes": (line("BOS", 0, minutes=""), "Player Ba did not play"),
    "points": (line("BOS", 0, points=20), "the points of Player Ba"),
    "rebounds": (line("BOS", 0, reboundsTotal=9), "the rebounds of Player Ba"),
    "more makes than attempts": (line("BOS", 0, freeThrowsAttempted=-1), "less than nothing"),
    "more threes than shots": (line("BOS", 0, threePointersAttempted=19), "fg3a 19 of fga 18"),
    "no minutes": (line("BOS", 0, minutes="a while"), "no playing time"),
    "half a rebound": (line("BOS", 0, assists=1.5), "no whole number"),
    "an empty statistic": (line("BOS", 0, steals=None), "steals is empty"),
    "totals": (totals, "fga of BOS: players 90, team 91"),
    "the score": (score, "BOS: players 110 points, schedule 112"),
    "the same player twice": (listed("BOS", 1, personId=10), "player 10 stands twice"),
    "hosts that visit": (swapped, "visitors and hosts"),
    "a team of another game": (strange_team, "BOS has 0 players"),
    "too few starters": (listed("BOS", 0, position=""), "BOS has 4 starters"),
    "too few players": (four_players, "BOS has 4"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILED.values(), ids=SPOILED)
def test_a_box_score_that_contradicts_itself_is_refused(spoil: Spoil, said: str) -> None:
    game = played()
    spoil(game)
    with pytest.raises(Contradiction, match=said):
        rows_of(game)


def test_an_empty_box_score_is_refused() -> None:
    with pytest.raises(Contradiction, match="empty"):
        box_score_rows(read_game(played()), [])
