"""Games of a stand-in for stats.nba.com, as its documented responses have them.

They follow the usual line of `acceptance.small_league`: five starters of 48 minutes and 18 attempts
for each team, and a sixth player who stays on the bench with a comment and, as in the service, with
zeros for statistics.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

TEAMS = {
    "BOS": (1610612738, "Boston", "Celtics"),
    "NYK": (1610612752, "New York", "Knicks"),
    "PHI": (1610612755, "Philadelphia", "76ers"),
    "MIA": (1610612748, "Miami", "Heat"),
}
SCHEDULED, IN_PROGRESS, FINAL = 1, 2, 3
COMMENT = "DNP - Coach's Decision                  "
"""As the service pads it."""
LINE = {
    "minutes": "48:00",
    "fieldGoalsMade": 9,
    "fieldGoalsAttempted": 18,
    "fieldGoalsPercentage": 0.5,
    "threePointersMade": 4,
    "threePointersAttempted": 8,
    "threePointersPercentage": 0.5,
    "freeThrowsMade": 0,
    "freeThrowsAttempted": 0,
    "freeThrowsPercentage": 0.0,
    "reboundsOffensive": 0,
    "reboundsDefensive": 5,
    "reboundsTotal": 5,
    "assists": 4,
    "steals": 1,
    "blocks": 0,
    "turnovers": 2,
    "foulsPersonal": 2,
    "points": 22,
    "plusMinusPoints": 4.0,
}
BENCH = dict.fromkeys(LINE, 0) | {"minutes": "", "plusMinusPoints": 0.0}
KINDS = (
    ("2PT Field Goal", "Restricted Area", 6, 4),
    ("2PT Field Goal", "Mid-Range", 4, 1),
    ("3PT Field Goal", "Above the Break 3", 8, 4),
)
SHOT_HEADERS = [
    "GRID_TYPE", "GAME_ID", "GAME_EVENT_ID", "PLAYER_ID", "PLAYER_NAME", "TEAM_ID", "TEAM_NAME",
    "PERIOD", "MINUTES_REMAINING", "SECONDS_REMAINING", "EVENT_TYPE", "ACTION_TYPE", "SHOT_TYPE",
    "SHOT_ZONE_BASIC", "SHOT_ZONE_AREA", "SHOT_ZONE_RANGE", "SHOT_DISTANCE", "LOC_X", "LOC_Y",
    "SHOT_ATTEMPTED_FLAG", "SHOT_MADE_FLAG", "GAME_DATE", "HTM", "VTM",
]  # fmt: skip
AVERAGE_HEADERS = [
    "GRID_TYPE", "SHOT_ZONE_BASIC", "SHOT_ZONE_AREA", "SHOT_ZONE_RANGE", "FGA", "FGM", "FG_PCT",
]  # fmt: skip
LOG_HEADERS = [
    "SEASON_ID", "TEAM_ID", "TEAM_ABBREVIATION", "TEAM_NAME", "GAME_ID", "GAME_DATE", "MATCHUP",
    "WL", "MIN", "FGM", "FGA", "FG_PCT", "FG3M", "FG3A", "FG3_PCT", "FTM", "FTA", "FT_PCT", "OREB",
    "DREB", "REB", "AST", "STL", "BLK", "TOV", "PF", "PTS", "PLUS_MINUS", "VIDEO_AVAILABLE",
]  # fmt: skip


def players_of(team: str) -> list[int]:
    """Return the ids of a team's five starters and of the one who stays on the bench."""
    first = 10 * (list(TEAMS).index(team) + 1)
    return list(range(first, first + 6))


def name_of(player: int) -> tuple[str, str]:
    return "Player", f"{'abcdefghij'[player // 10]}{'abcdefghij'[player % 10]}".title()


@dataclass
class Game:
    """A game of the stand-in; `box_score` and `shots` may be spoiled."""

    game_id: str
    game_date: date
    away: str
    home: str
    status: int = FINAL
    status_text: str = "Final"
    neutral: bool = False
    scores: tuple[int, int] = (104, 110)
    """Visitors, hosts."""
    box_score: dict[str, Any] = field(init=False)
    shots: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.box_score = {"boxScoreTraditional": self._box_score()}
        self.shots = self._shots()

    @property
    def code(self) -> str:
        return f"{self.game_date:%Y%m%d}_{self.away}_{self.home}"

    def players(self, team: str) -> list[dict[str, Any]]:
        """Return the players of a team in the box score."""
        side = "homeTeam" if team == self.home else "awayTeam"
        players: list[dict[str, Any]] = self.box_score["boxScoreTraditional"][side]["players"]
        return players

    def scheduled(self) -> dict[str, Any]:
        """Return the game as the schedule has it."""
        day = f"{self.game_date}T00:00:00Z"
        played = self.status == FINAL
        away, home = self.scores if played else (0, 0)
        return {
            "gameId": self.game_id,
            "gameCode": f"{self.game_date:%Y%m%d}/{self.away}{self.home}",
            "gameStatus": self.status,
            "gameStatusText": self.status_text,
            "gameSequence": 1,
            "gameDateEst": day,
            "gameTimeEst": "1900-01-01T19:30:00Z",
            "gameDateTimeEst": day.replace("00:00:00", "19:30:00"),
            "day": "Thu",
            "weekNumber": 1,
            "weekName": "Week 1",
            "ifNecessary": False,
            "seriesGameNumber": "",
            "postponedStatus": "Y",
            "isNeutral": self.neutral,
            "broadcasters": {"nationalBroadcasters": []},
            "homeTeam": self.scheduled_team(self.home, home),
            "awayTeam": self.scheduled_team(self.away, away),
            "pointsLeaders": [{"personId": 10, "points": 22.0}] if played else [],
        }

    def scheduled_team(self, team: str, score: int) -> dict[str, Any]:
        """Return a side as the schedule has it."""
        team_id, city, name = TEAMS[team]
        return {
            "teamId": team_id,
            "teamName": name,
            "teamCity": city,
            "teamTricode": team,
            "teamSlug": name.lower(),
            "wins": 1,
            "losses": 0,
            "score": score,
            "seed": 0,
        }

    def logged(self) -> list[dict[str, Any]]:
        """Return the two lines of the game log."""
        lines = []
        sides = ((self.away, self.scores[0], "@"), (self.home, self.scores[1], "vs."))
        for team, points, how in sides:
            other = self.home if team == self.away else self.away
            line = dict.fromkeys(LOG_HEADERS) | {
                "SEASON_ID": "22022",
                "TEAM_ID": TEAMS[team][0],
                "TEAM_ABBREVIATION": team,
                "TEAM_NAME": " ".join(TEAMS[team][1:]),
                "GAME_ID": self.game_id,
                "GAME_DATE": self.game_date.isoformat(),
                "MATCHUP": f"{team} {how} {other}",
                "MIN": 240,
                "PTS": points,
            }
            lines.append(line)
        return lines

    def _box_score(self) -> dict[str, Any]:
        fewer = _line(threePointersMade=2, fieldGoalsMade=7, points=16)
        return {
            "gameId": self.game_id,
            "awayTeamId": TEAMS[self.away][0],
            "homeTeamId": TEAMS[self.home][0],
            "homeTeam": _played_team(self.home, [_line()] * 5),
            "awayTeam": _played_team(self.away, [*[_line()] * 4, fewer]),
        }

    def _shots(self) -> list[dict[str, Any]]:
        shots: list[dict[str, Any]] = []
        for team in (self.away, self.home):
            for player in players_of(team)[:5]:
                fewer = 2 if (team, player) == (self.away, players_of(team)[4]) else 0
                for kind, zone, tried, made in KINDS:
                    left = made - (fewer if kind.startswith("3") else 0)
                    for number in range(tried):
                        at = len(shots)
                        shots.append(self._shot(team, player, kind, zone, number < left, at))
        # The service's order is not that of the game.
        return shots[::-1]

    def _shot(
        self, team: str, player: int, kind: str, zone: str, made: bool, at: int
    ) -> dict[str, Any]:
        clock = 719 - 4 * at
        return {
            "GRID_TYPE": "Shot Chart Detail",
            "GAME_ID": self.game_id,
            "GAME_EVENT_ID": 7 + 2 * at,
            "PLAYER_ID": player,
            "PLAYER_NAME": " ".join(name_of(player)),
            "TEAM_ID": TEAMS[team][0],
            "TEAM_NAME": " ".join(TEAMS[team][1:]),
            "PERIOD": 1,
            "MINUTES_REMAINING": clock // 60,
            "SECONDS_REMAINING": clock % 60,
            "EVENT_TYPE": "Made Shot" if made else "Missed Shot",
            "ACTION_TYPE": "Jump Shot",
            "SHOT_TYPE": kind,
            "SHOT_ZONE_BASIC": zone,
            "SHOT_ZONE_AREA": "Center(C)",
            "SHOT_ZONE_RANGE": "Less Than 8 ft.",
            "SHOT_DISTANCE": 3,
            "LOC_X": -13,
            "LOC_Y": 29,
            "SHOT_ATTEMPTED_FLAG": 1,
            "SHOT_MADE_FLAG": int(made),
            "GAME_DATE": f"{self.game_date:%Y%m%d}",
            "HTM": self.home,
            "VTM": self.away,
        }


def _line(**different: Any) -> dict[str, Any]:
    return LINE | different


def _played_team(team: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    team_id, city, name = TEAMS[team]
    ids = players_of(team)
    players = [
        _listed(player, position, "", line)
        for player, position, line in zip(ids, "FFCGG", lines, strict=False)
    ]
    players.append(_listed(ids[5], "", COMMENT, BENCH))
    numbers = [key for key, value in LINE.items() if isinstance(value, int)]
    return {
        "teamId": team_id,
        "teamCity": city,
        "teamName": name,
        "teamTricode": team,
        "teamSlug": name.lower(),
        "players": players,
        "statistics": {key: sum(line[key] for line in lines) for key in numbers}
        | {"minutes": "240:00", "plusMinusPoints": 6.0},
    }


def _listed(player: int, position: str, comment: str, line: dict[str, Any]) -> dict[str, Any]:
    first, family = name_of(player)
    return {
        "personId": player,
        "firstName": first,
        "familyName": family,
        "nameI": f"{first[0]}. {family}",
        "playerSlug": f"{first}-{family}".lower(),
        "position": position,
        "comment": comment,
        "jerseyNum": "7",
        "statistics": deepcopy(line),
    }
