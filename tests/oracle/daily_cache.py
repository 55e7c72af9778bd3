"""player_daily_cache (PDC): what is known of a player and his team on the morning of D."""

from dataclasses import dataclass
from datetime import date

from oracle.arithmetic import Number, mean, sample_deviation, total
from oracle.context import Context
from oracle.game_log import GameLog
from oracle.player_games import true_shooting
from oracle.player_zones import PlayerZones
from oracle.windows import last_games

FEWEST_GAMES = 3
"""Players with fewer appearances before D are excluded, reason too_few_games."""


@dataclass(frozen=True, kw_only=True)
class CachedPlayer:
    """A row of player_daily_cache, field names = column names."""

    game_date: date
    player_id: int
    player_lookup: str
    season: str
    game_id: str
    game_code: str
    team: str
    opponent: str
    context_source: str
    points_avg_last_5: Number
    points_avg_last_10: Number
    points_avg_season: Number
    points_std_last_10: Number
    minutes_avg_last_10: Number
    usage_rate_last_10: Number
    ts_pct_last_10: Number
    games_played_season: int
    team_pace_last_10: Number
    team_offensive_rating_last_10: Number
    games_last_7_days: int
    games_last_14_days: int
    minutes_last_7_days: float
    minutes_last_14_days: float
    back_to_backs_last_14_days: int
    primary_scoring_zone: str | None
    paint_rate_last_10: Number
    three_rate_last_10: Number


def has_enough_games(log: GameLog, player_id: int, day: date) -> bool:
    return len(log.appearances(player_id, day)) >= FEWEST_GAMES


def cached_player(log: GameLog, context: Context, zones: PlayerZones | None) -> CachedPlayer:
    """Build the row of a player with enough games; his PSZA row may be missing."""
    history = log.appearances(context.player_id, context.game_date)
    last_10 = last_games(history, 10)
    team_games = last_games(log.offenses(context.team, context.game_date), 10)
    return CachedPlayer(
        game_date=context.game_date,
        player_id=context.player_id,
        player_lookup=context.player_lookup,
        season=context.season,
        game_id=context.game_id,
        game_code=context.game_code,
        team=context.team,
        opponent=context.opponent,
        context_source=context.context_source,
        points_avg_last_5=mean(row.points for row in last_games(history, 5)),
        points_avg_last_10=mean(row.points for row in last_10),
        points_avg_season=mean(row.points for row in history),
        points_std_last_10=sample_deviation(row.points for row in last_10),
        minutes_avg_last_10=mean(row.minutes for row in last_10),
        usage_rate_last_10=mean(row.usage_rate for row in last_10),
        ts_pct_last_10=true_shooting(
            total(row.points for row in last_10),
            total(row.fga for row in last_10),
            total(row.fta for row in last_10),
        ),
        games_played_season=len(history),
        team_pace_last_10=context.team_pace_last_10,
        team_offensive_rating_last_10=mean(row.offensive_rating for row in team_games),
        games_last_7_days=context.games_last_7_days,
        games_last_14_days=context.games_last_14_days,
        minutes_last_7_days=context.minutes_last_7_days,
        minutes_last_14_days=context.minutes_last_14_days,
        back_to_backs_last_14_days=context.back_to_backs_last_14_days,
        primary_scoring_zone=zones.primary_scoring_zone if zones else None,
        paint_rate_last_10=zones.last_10.rate["paint"] if zones else None,
        three_rate_last_10=zones.last_10.rate["three"] if zones else None,
    )
