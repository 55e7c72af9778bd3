"""The box score of a game: the rows of `raw.player_box_scores`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from gapless_nba.fetch.reading import (
    Contradiction,
    Row,
    needed_whole,
    seconds_of,
    text,
    whole,
)
from gapless_nba.fetch.schedule import Game, Team

PLAYERS = "PlayerStats"
TEAMS = "TeamStats"

STATISTICS = {
    "fgm": "fieldGoalsMade",
    "fga": "fieldGoalsAttempted",
    "fg3m": "threePointersMade",
    "fg3a": "threePointersAttempted",
    "ftm": "freeThrowsMade",
    "fta": "freeThrowsAttempted",
    "oreb": "reboundsOffensive",
    "dreb": "reboundsDefensive",
    "reb": "reboundsTotal",
    "ast": "assists",
    "stl": "steals",
    "blk": "blocks",
    "tov": "turnovers",
    "pf": "foulsPersonal",
    "pts": "points",
}
"""Column → name in the response; plus_minus besides."""
ADDED_UP = ("fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "pts")
"""What only players have; rebounds, turnovers and fouls can also be a team's own."""
TIMES = ("minutes", "seconds_played", "minutes_rounded")
STARTERS = 5
FEWEST = 5
"""Players of a team who must have appeared; what `games_complete` asks for, too."""


def box_score_rows(game: Game, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows of a final game, visitors first.

    Who did not play has a row without statistics. The service says 0 for those; they are NULL.

    Raises:
        Contradiction: it is another game, or does not add up.
    """
    if not rows:
        raise Contradiction("the box score is empty")
    for row in rows:
        _same_game(game, row)
    made: list[dict[str, Any]] = []
    for team, opponent, place in (
        (game.away, game.home, "away"),
        (game.home, game.away, "home"),
    ):
        players = [_player(row) for row in _of(rows, PLAYERS, team)]
        _starters(team, players)
        _adds_up(team, players, _of(rows, TEAMS, team))
        common = _common(game, team, opponent, place)
        made += [common | player for player in players]
    strangers = len(_of(rows, PLAYERS)) - len(made)
    if strangers:
        raise Contradiction(f"{strangers} players belong to neither team")
    _once((row["player_id"] for row in made), "player")
    return made


def _same_game(game: Game, row: Row) -> None:
    if text(row, "gameId") != game.game_id:
        raise Contradiction(f"the box score is of game {row['gameId']!r}")
    sides = (whole(row, "awayTeamId"), whole(row, "homeTeamId"))
    if sides != (game.away.team_id, game.home.team_id):
        raise Contradiction(f"visitors and hosts of the box score are {sides[0]} and {sides[1]}")


def _of(rows: Sequence[Row], data_set: str, team: Team | None = None) -> list[Row]:
    return [
        row
        for row in rows
        if row["data_set"] == data_set
        and (team is None or needed_whole(row, "teamId") == team.team_id)
    ]


def _common(game: Game, team: Team, opponent: Team, place: str) -> dict[str, Any]:
    return {
        "season": game.season,
        "game_id": game.game_id,
        "date_away_home_id": game.code,
        "game_date": game.game_date.isoformat(),
        "team": team.code,
        "team_id": team.team_id,
        "opponent": opponent.code,
        "opponent_team_id": opponent.team_id,
        "home_away": place,
        "neutral_site": game.neutral_site,
        "team_score": team.score,
        "opponent_score": opponent.score,
    }


def _player(row: Row) -> dict[str, Any]:
    names = (text(row, "firstName"), text(row, "familyName"))
    name = " ".join(part for part in names if part)
    comment, played_time = text(row, "comment"), text(row, "minutes")
    position = text(row, "position")
    player = {
        "player_id": needed_whole(row, "personId"),
        "player_name": name or None,
        "played": comment is None and played_time is not None,
        "starter": position is not None,
        "start_position": position,
        "dnp_comment": comment,
    }
    if not player["played"]:
        return player | _nothing(name, row, played_time)
    seconds = seconds_of(played_time or "")
    statistics = {column: needed_whole(row, theirs) for column, theirs in STATISTICS.items()} | {
        "plus_minus": whole(row, "plusMinusPoints")
    }
    _possible(name, statistics)
    times = (seconds / 60, int(seconds + 0.5), int(seconds + 30) // 60)
    return player | dict(zip(TIMES, times, strict=True)) | statistics


def _nothing(name: str, row: Row, played_time: str | None) -> dict[str, None]:
    """Return no statistics, provided that the response has none either."""
    did = [theirs for theirs in STATISTICS.values() if row.get(theirs)]
    if did or (played_time is not None and seconds_of(played_time)):
        raise Contradiction(f"{name} did not play, and yet has {', '.join(did) or played_time}")
    return dict.fromkeys((*TIMES, *STATISTICS, "plus_minus"))


def _possible(name: str, found: dict[str, int | None]) -> None:
    line = {column: number or 0 for column, number in found.items()}
    if any(number < 0 for column, number in line.items() if column != "plus_minus"):
        raise Contradiction(f"{name} has less than nothing of something")
    if line["pts"] != 2 * line["fgm"] + line["fg3m"] + line["ftm"]:
        raise Contradiction(f"the points of {name} do not follow from his shots")
    if line["reb"] != line["oreb"] + line["dreb"]:
        raise Contradiction(f"the rebounds of {name} do not add up")
    for made, tried in (("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta"), ("fg3a", "fga")):
        if line[made] > line[tried]:
            raise Contradiction(f"{name} has {made} {line[made]} of {tried} {line[tried]}")


def _starters(team: Team, players: Sequence[dict[str, Any]]) -> None:
    starters = [player for player in players if player["starter"]]
    if not starters:
        # The source does not know who started, which is not the same as nobody.
        for player in players:
            player["starter"] = None
    elif len(starters) != STARTERS or not all(player["played"] for player in starters):
        played = sum(player["played"] for player in starters)
        raise Contradiction(f"{team.code} has {len(starters)} starters, of whom {played} played")


def _adds_up(team: Team, players: Sequence[dict[str, Any]], totals: Sequence[Row]) -> None:
    appeared = [player for player in players if player["played"]]
    if len(appeared) < FEWEST:
        raise Contradiction(f"{team.code} has {len(appeared)} players who appeared")
    if len(totals) != 1:
        raise Contradiction(f"{team.code} has {len(totals)} lines of team totals")
    for column in ADDED_UP:
        total = needed_whole(totals[0], STATISTICS[column])
        found = sum(player[column] for player in appeared)
        if found != total:
            raise Contradiction(f"{column} of {team.code}: players {found}, team {total}")
    points = sum(player["pts"] for player in appeared)
    if points != team.score:
        raise Contradiction(f"{team.code}: players {points} points, schedule {team.score}")


def _once(ids: Iterable[int], what: str) -> None:
    twice = [str(found) for found, times in Counter(ids).items() if times > 1]
    if twice:
        raise Contradiction(f"{what} {', '.join(twice)} stands twice")
