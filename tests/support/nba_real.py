"""Real games, turned back into the responses that the stand-in of stats.nba.com gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from support.nba_games import COMMENT, LOG_HEADERS, SHOT_HEADERS, Game

THEIRS = {
    "fieldGoalsMade": "fgm",
    "fieldGoalsAttempted": "fga",
    "threePointersMade": "fg3m",
    "threePointersAttempted": "fg3a",
    "freeThrowsMade": "ftm",
    "freeThrowsAttempted": "fta",
    "reboundsOffensive": "oreb",
    "reboundsDefensive": "dreb",
    "reboundsTotal": "reb",
    "assists": "ast",
    "steals": "stl",
    "blocks": "blk",
    "turnovers": "tov",
    "foulsPersonal": "pf",
    "points": "pts",
}
Rows = list[dict[str, Any]]
SIDES = ("homeTeam", "awayTeam")


@dataclass(kw_only=True)
class RealGame(Game):
    """A game as it was played."""

    row: dict[str, Any]
    players_listed: Rows
    shots_taken: Rows

    def scheduled_team(self, team: str, score: int) -> dict[str, Any]:
        del score
        return self._team("home" if team == self.home else "away")

    def logged(self) -> Rows:
        return [
            dict.fromkeys(LOG_HEADERS)
            | {
                "TEAM_ID": self.row[f"{side}_team_id"],
                "GAME_ID": self.game_id,
                "GAME_DATE": self.game_date.isoformat(),
                "PTS": self.row[f"{side}_score"],
            }
            for side in ("home", "away")
        ]

    def _team(self, side: str) -> dict[str, Any]:
        city, _, name = self.row[f"{side}_team_name"].rpartition(" ")
        return {
            "teamId": self.row[f"{side}_team_id"],
            "teamCity": city,
            "teamName": name,
            "teamTricode": self.row[f"{side}_team"],
            "score": self.row[f"{side}_score"],
        }

    def _box_score(self) -> dict[str, Any]:
        return {
            "gameId": self.game_id,
            "homeTeamId": self.row["home_team_id"],
            "awayTeamId": self.row["away_team_id"],
            **{side: self._side(side.removesuffix("Team")) for side in SIDES},
        }

    def _side(self, side: str) -> dict[str, Any]:
        listed = [player for player in self.players_listed if player["home_away"] == side]
        played = [player for player in listed if player["played"]]
        return {
            **self._team(side),
            "players": [_player(player) for player in listed],
            "statistics": {
                theirs: sum(player[ours] for player in played) for theirs, ours in THEIRS.items()
            },
        }

    def _shots(self) -> Rows:
        return [
            dict.fromkeys(SHOT_HEADERS)
            | {
                "SHOT_ATTEMPTED_FLAG": 1,
                "SHOT_ZONE_BASIC": shot["zone_basic"],
                "SHOT_ZONE_AREA": shot["zone_area"],
                "SHOT_ZONE_RANGE": shot["zone_range"],
            }
            | {name: shot[name.lower()] for name in SHOT_HEADERS if name.lower() in shot}
            | {"GAME_ID": self.game_id, "GAME_EVENT_ID": 2 * shot["shot_seq"]}
            | {"GAME_DATE": f"{self.game_date:%Y%m%d}"}
            for shot in self.shots_taken
        ]


def real_games(folder: Path, first: date, last: date) -> list[Game]:
    """Return the real games of some dates of 2022-23."""
    found: dict[str, dict[str, Rows]] = {}
    with duckdb.connect() as connection:
        for table in ("schedule", "player_box_scores", "shots"):
            rows = connection.execute(
                f"FROM '{folder}/{table}.parquet' "
                f"WHERE game_date BETWEEN DATE '{first}' AND DATE '{last}' ORDER BY game_id"
            )
            names = [column[0] for column in rows.description or ()]
            for values in rows.fetchall():
                row = dict(zip(names, values, strict=True))
                found.setdefault(row["game_id"], {}).setdefault(table, []).append(row)
    return [
        RealGame(
            game_id=game_id,
            game_date=tables["schedule"][0]["game_date"],
            away=tables["schedule"][0]["away_team"],
            home=tables["schedule"][0]["home_team"],
            neutral=tables["schedule"][0]["neutral_site"],
            row=tables["schedule"][0],
            players_listed=tables["player_box_scores"],
            shots_taken=tables.get("shots", []),
        )
        for game_id, tables in found.items()
    ]


def _player(row: dict[str, Any]) -> dict[str, Any]:
    first, _, family = row["player_name"].partition(" ")
    seconds = row["seconds_played"] or 0
    return {
        "personId": row["player_id"],
        "firstName": first,
        "familyName": family,
        "position": row["start_position"] or "",
        "comment": "" if row["played"] else row["dnp_comment"] or COMMENT,
        "statistics": {theirs: row[ours] or 0 for theirs, ours in THEIRS.items()}
        | {
            "minutes": f"{seconds // 60}:{seconds % 60:02}" if row["played"] else "",
            "plusMinusPoints": float(row["plus_minus"] or 0),
        },
    }
