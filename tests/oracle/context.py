"""The player context: one definition, for the upcoming table and for the synthetic one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

from oracle.arithmetic import Number, difference, mean, ratio, total_or_zero
from oracle.game_log import GameLog
from oracle.player_games import PlayerGame
from oracle.raw import Game
from oracle.windows import last_days, last_games


@dataclass(frozen=True)
class Subject:
    """Whom a context is about: a player and his team and game on D."""

    player_id: int
    player_lookup: str
    team: str
    game: Game


@dataclass(frozen=True, kw_only=True)
class Context:
    """A row of either context table, field names = column names."""

    game_date: date
    player_id: int
    player_lookup: str
    season: str
    game_id: str
    game_code: str
    team: str
    opponent: str
    is_home: bool
    context_source: str
    days_rest: int | None
    games_last_7_days: int
    games_last_14_days: int
    minutes_last_7_days: float
    minutes_last_14_days: float
    avg_minutes_last_7_days: Number
    back_to_backs_last_14_days: int
    usage_rate_last_3_games: Number
    usage_rate_season: Number
    team_pace_last_10: Number
    opponent_pace_last_10: Number
    league_pace: Number
    expected_pace: Number
    pace_differential: Number

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Take a stored row; columns nba.md does not name are ignored."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})


def synthetic(log: GameLog, day: date) -> dict[int, Context]:
    """Build the context of everyone in player_game_summary on the day."""
    games = {game.game_id: game for game in log.games_on(day)}
    appeared = (
        Subject(row.player_id, row.player_lookup, row.team, games[row.game_id])
        for row in log.players_on(day).values()
    )
    return contexts(log, day, appeared, "synthetic")


def contexts(
    log: GameLog, day: date, subjects: Iterable[Subject], source: str
) -> dict[int, Context]:
    """Build one context for each subject; a date without games has none."""
    if not log.games_on(day):
        return {}
    league_pace = _league_pace(log, day)
    return {
        subject.player_id: _context(log, day, subject, source, league_pace) for subject in subjects
    }


def _context(
    log: GameLog, day: date, subject: Subject, source: str, league_pace: Number
) -> Context:
    game = subject.game
    opponent = game.opponent_of(subject.team)
    history = log.appearances(subject.player_id, day)
    week = last_days(history, day, 7)
    fortnight = last_days(history, day, 14)
    minutes_last_7_days = total_or_zero(row.minutes for row in week)
    team_pace = _pace_last_10(log, subject.team, day)
    opponent_pace = _pace_last_10(log, opponent, day)
    expected_pace = _mean_of_both(team_pace, opponent_pace)
    return Context(
        game_date=day,
        player_id=subject.player_id,
        player_lookup=subject.player_lookup,
        season=game.season,
        game_id=game.game_id,
        game_code=game.game_code,
        team=subject.team,
        opponent=opponent,
        is_home=subject.team == game.home_team,
        context_source=source,
        days_rest=(day - history[-1].game_date).days if history else None,
        games_last_7_days=len(week),
        games_last_14_days=len(fortnight),
        minutes_last_7_days=minutes_last_7_days,
        minutes_last_14_days=total_or_zero(row.minutes for row in fortnight),
        avg_minutes_last_7_days=ratio(minutes_last_7_days, len(week)),
        back_to_backs_last_14_days=_back_to_backs(fortnight),
        usage_rate_last_3_games=mean(row.usage_rate for row in last_games(history, 3)),
        usage_rate_season=mean(row.usage_rate for row in history),
        team_pace_last_10=team_pace,
        opponent_pace_last_10=opponent_pace,
        league_pace=league_pace,
        expected_pace=expected_pace,
        pace_differential=difference(expected_pace, league_pace),
    )


def _back_to_backs(fortnight: Iterable[PlayerGame]) -> int:
    """Count the pairs of appearances on consecutive dates."""
    ordinals = {row.game_date.toordinal() for row in fortnight}
    return sum(ordinal + 1 in ordinals for ordinal in ordinals)


def _pace_last_10(log: GameLog, team: str, day: date) -> Number:
    return mean(row.pace for row in last_games(log.offenses(team, day), 10))


def _league_pace(log: GameLog, day: date) -> Number:
    """Average the pace over all team-games before the day."""
    return mean(row.pace for team in sorted(log.teams) for row in log.offenses(team, day))


def _mean_of_both(left: Number, right: Number) -> Number:
    return None if left is None or right is None else (left + right) / 2
