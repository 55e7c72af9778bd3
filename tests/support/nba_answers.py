"""Responses of the stand-in as rows, flattened by nba_api itself, without HTTP."""

from __future__ import annotations

import json
from typing import Any

from nba_api.stats.library.http import NBAStatsResponse  # type: ignore[import-untyped]

from gapless_nba.fetch.schedule import Game as ReadGame
from gapless_nba.fetch.schedule import Schedule, read_schedule
from support.nba_games import Game
from support.nba_service import FakeStats


def schedule_rows(*games: dict[str, Any]) -> list[dict[str, Any]]:
    """Return games as rows of the schedule's response."""
    whole = {
        "leagueSchedule": {
            "leagueId": "00",
            "seasonYear": "2022-23",
            "gameDates": [{"gameDate": "", "games": [game]} for game in games],
            "weeks": [],
        }
    }
    return _rows("scheduleleaguev2", whole)


def read(*games: dict[str, Any]) -> Schedule:
    return read_schedule("2022-23", schedule_rows(*games))


def read_game(game: Game) -> ReadGame:
    """Return a game as the schedule has it."""
    schedule = read(game.scheduled())
    assert not schedule.problems
    [found] = schedule.games
    return found


def box_score_of(game: Game) -> list[dict[str, Any]]:
    return _rows("boxscoretraditionalv3", game.box_score)


def shots_of(game: Game) -> list[dict[str, Any]]:
    stats = FakeStats()
    stats.games = [game]
    sent = {"GameID": game.game_id, "ContextMeasure": "FGA"}
    return _rows("shotchartdetail", json.loads(stats.answer("shotchartdetail", sent).body))


def _rows(endpoint: str, whole: dict[str, Any]) -> list[dict[str, Any]]:
    nested = None if endpoint == "shotchartdetail" else endpoint
    sets = NBAStatsResponse(json.dumps(whole), 200, "").get_data_sets(nested)
    return [
        {"data_set": name} | dict(zip(found["headers"], row, strict=True))
        for name, found in sets.items()
        for row in found["data"]
    ]
