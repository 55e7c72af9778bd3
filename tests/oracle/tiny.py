"""Hand-made leagues of a few games, for facts that can be computed by hand."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from oracle.oracle import Oracle
from oracle.read import League

SHOT_OF_ZONE = {
    "paint": ("2PT Field Goal", "Restricted Area"),
    "mid_range": ("2PT Field Goal", "Mid-Range"),
    "three": ("3PT Field Goal", "Above the Break 3"),
}

USUAL_LINE = {
    "minutes": 30.0,
    "pts": 10,
    "fgm": 4,
    "fga": 10,
    "fg3m": 0,
    "fg3a": 0,
    "ftm": 2,
    "fta": 2,
    "oreb": 1,
    "tov": 2,
}
"""What a player did when a test does not say otherwise."""


class TinyLeague:
    """Raw rows under construction; every method returns the league, so that calls chain."""

    def __init__(self) -> None:
        self.schedule: list[dict[str, Any]] = []
        self.player_box_scores: list[dict[str, Any]] = []
        self.shots: list[dict[str, Any]] = []

    def game(self, day: date, away: str, home: str, **columns: Any) -> Self:
        """Schedule a game, 100 to 90 for the home team; day's season is named by its autumn."""
        autumn = day.year if day.month >= 9 else day.year - 1
        code = f"{day:%Y%m%d}_{away}_{home}"
        usual = {
            "season": f"{autumn}-{(autumn + 1) % 100:02d}",
            "game_id": code,
            "date_away_home_id": code,
            "game_date": day,
            "home_team": home,
            "away_team": away,
            "home_score": 100,
            "away_score": 90,
        }
        self.schedule.append(usual | columns)
        return self

    def lines(self, team: str, players: Mapping[int, Mapping[str, Any]]) -> Self:
        """List players for the team's part in the game added last; {} = the usual line."""
        game = self.schedule[-1]
        for player_id, columns in players.items():
            usual = {
                "game_id": game["game_id"],
                "player_id": player_id,
                "player_name": f"Player {'ABCDEFGHI'[player_id]}",
                "team": team,
                "home_away": "home" if team == game["home_team"] else "away",
                "played": True,
                "starter": True,
                **USUAL_LINE,
            }
            self.player_box_scores.append({**usual, **columns})
        return self

    def absent(self, team: str, player_id: int) -> Self:
        """List a player who did not play, with NULL statistics."""
        nothing = dict.fromkeys(USUAL_LINE)
        return self.lines(team, {player_id: {"played": False, "starter": False, **nothing}})

    def shoots(self, player_id: int, zone: str, attempts: int, makes: int) -> Self:
        """Add shots of a player to the game added last."""
        shot_type, zone_basic = SHOT_OF_ZONE[zone]
        for number in range(attempts):
            shot = {
                "game_id": self.schedule[-1]["game_id"],
                "player_id": player_id,
                "shot_made_flag": int(number < makes),
                "shot_type": shot_type,
                "zone_basic": zone_basic,
            }
            self.shots.append(shot)
        return self

    def oracle(self) -> Oracle:
        return Oracle(League.from_rows(self.schedule, self.player_box_scores, self.shots))
