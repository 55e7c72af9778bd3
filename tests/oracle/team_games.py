"""team_offense_game_summary (TOGS) and its mirror, team_defense_game_summary (TDGS)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oracle.arithmetic import Number, ratio, round_half_up, total
from oracle.player_games import PlayerGame
from oracle.raw import Game
from oracle.shot_zones import ZoneCounts, sum_of

_SUMMED = (
    "points",
    "fgm",
    "fga",
    "fg3m",
    "fg3a",
    "ftm",
    "fta",
    "oreb",
    "dreb",
    "reb",
    "ast",
    "stl",
    "blk",
    "tov",
    "pf",
)


@dataclass(frozen=True, kw_only=True)
class TeamOffense(ZoneCounts):
    """A row of team_offense_game_summary, field names = column names."""

    game_date: date
    season: str
    game_id: str
    game_code: str
    team: str
    opponent: str
    is_home: bool
    points: Number
    fgm: Number
    fga: Number
    fg3m: Number
    fg3a: Number
    ftm: Number
    fta: Number
    oreb: Number
    dreb: Number
    reb: Number
    ast: Number
    stl: Number
    blk: Number
    tov: Number
    pf: Number
    possessions: Number
    team_minutes: Number
    pace: Number
    offensive_rating: Number
    won: bool | None
    margin: int | None
    overtime_periods: int | None


@dataclass(frozen=True, kw_only=True)
class TeamDefense:
    """A row of team_defense_game_summary; what the opponent did, by zone, is in `allowed`."""

    game_date: date
    season: str
    game_id: str
    game_code: str
    team: str
    opponent: str
    is_home: bool
    points_allowed: Number
    allowed: ZoneCounts
    opponent_possessions: Number
    defensive_rating: Number

    def row(self) -> dict[str, object]:
        """Spell the row out, the six zone columns named opponent_*."""
        columns = {name: value for name, value in vars(self).items() if name != "allowed"}
        return columns | {f"opponent_{name}": value for name, value in vars(self.allowed).items()}


def offense(game: Game, team: str, players: Sequence[PlayerGame]) -> TeamOffense:
    """Sum the team's players who appeared in the game."""
    sums = {name: total(getattr(player, name) for player in players) for name in _SUMMED}
    possessions = _possessions(sums["fga"], sums["fta"], sums["tov"], sums["oreb"])
    team_minutes = total(player.minutes for player in players)
    margin = game.margin_of(team)
    return TeamOffense(
        game_date=game.game_date,
        season=game.season,
        game_id=game.game_id,
        game_code=game.game_code,
        team=team,
        opponent=game.opponent_of(team),
        is_home=team == game.home_team,
        possessions=possessions,
        team_minutes=team_minutes,
        pace=_pace(possessions, team_minutes),
        offensive_rating=_per_100(sums["points"], possessions),
        won=None if margin is None else margin > 0,
        margin=margin,
        overtime_periods=_overtime_periods(team_minutes),
        **sums,
        **vars(sum_of(players)),
    )


def defense(opponent: TeamOffense) -> TeamDefense:
    """Mirror the opponent's row of TOGS."""
    return TeamDefense(
        game_date=opponent.game_date,
        season=opponent.season,
        game_id=opponent.game_id,
        game_code=opponent.game_code,
        team=opponent.opponent,
        opponent=opponent.team,
        is_home=not opponent.is_home,
        points_allowed=opponent.points,
        allowed=sum_of([opponent]),
        opponent_possessions=opponent.possessions,
        defensive_rating=_per_100(opponent.points, opponent.possessions),
    )


def _possessions(fga: Number, fta: Number, tov: Number, oreb: Number) -> Number:
    if fga is None or fta is None or tov is None or oreb is None:
        return None
    return fga + 0.44 * fta + tov - oreb


def _pace(possessions: Number, team_minutes: Number) -> Number:
    if possessions is None or team_minutes is None:
        return None
    return ratio(48 * possessions, team_minutes / 5)


def _per_100(points: Number, possessions: Number) -> Number:
    return None if points is None else ratio(100 * points, possessions)


def _overtime_periods(team_minutes: Number) -> int | None:
    if team_minutes is None:
        return None
    return max(0, round_half_up((team_minutes - 240) / 25))
