"""The schedule of a season: which games there are, and the rows of `raw.schedule`."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless_nba.fetch.reading import (
    Contradiction,
    Row,
    needed_text,
    needed_whole,
    text,
    value,
    whole,
)
from gapless_nba.game_ids import GameIdError, game_code, parse_game_id

REGULAR_SEASON = "002"
TEAM_IDS = range(1610612737, 1610612767)
"""The league's thirty teams have had these ids since they got any."""
POSTPONED = "PPD"


class Status(enum.IntEnum):
    """How far a game is, as the schedule says."""

    SCHEDULED = 1
    IN_PROGRESS = 2
    FINAL = 3


@dataclass(frozen=True)
class Team:
    """One side of a game."""

    team_id: int
    code: str
    name: str
    score: int | None
    """NULL until the game is final; the service says 0."""


@dataclass(frozen=True)
class Game:
    """A game of the regular season."""

    game_id: str
    season: str
    game_date: date
    away: Team
    home: Team
    status: Status
    neutral_site: bool | None
    code: str
    """`YYYYMMDD_AWAY_HOME`, of the date on which it is played."""

    @property
    def final(self) -> bool:
        """Whether it is over."""
        return self.status is Status.FINAL

    def row(self) -> dict[str, Any]:
        """Return its row of `raw.schedule`."""
        home, away = self.home, self.away
        return {
            "season": self.season,
            "game_id": self.game_id,
            "date_away_home_id": self.code,
            "game_date": self.game_date.isoformat(),
            "home_team": home.code,
            "away_team": away.code,
            "home_team_id": home.team_id,
            "away_team_id": away.team_id,
            "home_team_name": home.name,
            "away_team_name": away.name,
            "home_score": home.score,
            "away_score": away.score,
            "neutral_site": self.neutral_site,
        }


@dataclass(frozen=True)
class Schedule:
    """The regular-season games of one response."""

    games: tuple[Game, ...]
    """By date and id."""
    problems: dict[str, str]
    """Games that cannot be understood: id → why."""
    postponed: frozenset[str]
    """Ids of games that were called off and have no new date yet."""


def read_schedule(season: str, rows: Sequence[Row]) -> Schedule:
    """Read the games of a schedule's response.

    Play-offs and other games are left out, and so are games whose teams are not decided yet.
    """
    found: dict[str, list[Game]] = {}
    problems: dict[str, str] = {}
    postponed: set[str] = set()
    for row in rows:
        game_id = str(value(row, "gameId"))
        try:
            if not _concerns(game_id, row):
                continue
            # The text says so; `postponedStatus` has been seen on every game of a season.
            if (text(row, "gameStatusText") or "").upper() == POSTPONED:
                postponed.add(game_id)
            else:
                found.setdefault(game_id, []).append(_game(season, game_id, row))
        except (Contradiction, GameIdError) as error:
            problems[game_id] = str(error)
    problems |= _several(found, "stands several times, as")
    by_code: dict[str, list[Game]] = {}
    for game_id, games in found.items():
        if game_id not in problems:
            by_code.setdefault(games[0].code, []).append(games[0])
    problems |= _several(by_code, "shares its date and teams with others:")
    games = [games[0] for game_id, games in found.items() if game_id not in problems]
    games.sort(key=lambda game: (game.game_date, game.game_id))
    return Schedule(tuple(games), problems, frozenset(postponed - set(found)))


def _several(named: Mapping[str, Sequence[Game]], what: str) -> dict[str, str]:
    """Say of games that bear one name what is wrong with each."""
    return {
        game.game_id: f"it {what} {', '.join(f'{one.game_id} {one.code}' for one in games)}"
        for games in named.values()
        if len(games) > 1
        for game in games
    }


def _concerns(game_id: str, row: Row) -> bool:
    """Whether a row is a regular-season game between known teams; a wrong id concerns everybody."""
    if len(game_id) == len("0022200001") and not game_id.startswith(REGULAR_SEASON):
        return False
    undecided = not whole(row, "homeTeam_teamId") and not whole(row, "awayTeam_teamId")
    return not (undecided and whole(row, "gameStatus") == Status.SCHEDULED)


def _game(season: str, game_id: str, row: Row) -> Game:
    found = parse_game_id(game_id)
    if found.season != season:
        raise Contradiction(f"it is a game of {found.season} in the schedule of {season}")
    number = needed_whole(row, "gameStatus")
    if number not in set(Status):
        raise Contradiction(f"gameStatus is {number}; known are 1, 2 and 3")
    status = Status(number)
    neutral = value(row, "isNeutral")
    if neutral is not None and not isinstance(neutral, bool):
        raise Contradiction(f"isNeutral is {neutral!r}")
    game_date = _date(needed_text(row, "gameDateEst"))
    away, home = _team(row, "awayTeam", status), _team(row, "homeTeam", status)
    if status is Status.FINAL and home.score == away.score:
        raise Contradiction(f"it is final at {away.score} : {home.score}")
    return Game(
        game_id=game_id,
        season=season,
        game_date=game_date,
        away=away,
        home=home,
        status=status,
        neutral_site=neutral,
        code=str(game_code(game_date, away.code, home.code)),
    )


def _team(row: Row, side: str, status: Status) -> Team:
    team_id = needed_whole(row, f"{side}_teamId")
    if team_id not in TEAM_IDS:
        raise Contradiction(f"{side}_teamId {team_id} is no team of the league")
    city, name = needed_text(row, f"{side}_teamCity"), needed_text(row, f"{side}_teamName")
    return Team(
        team_id=team_id,
        code=needed_text(row, f"{side}_teamTricode"),
        name=f"{city} {name}",
        score=needed_whole(row, f"{side}_score") if status is Status.FINAL else None,
    )


def _date(moment: str) -> date:
    """Read the league's own date: `2023-02-23T00:00:00Z`, which is no moment in UTC."""
    try:
        return date.fromisoformat(moment[:10])
    except ValueError:
        raise Contradiction(f"gameDateEst is {moment!r}, which is no date") from None
