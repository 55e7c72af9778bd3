"""ml_feature_store (MLFS): the 30 features of a player on D."""

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.arithmetic import (
    Number,
    clamp,
    difference,
    known,
    mean,
    ratio,
    sample_deviation,
    settled,
    slope,
    total,
)
from oracle.context import Context
from oracle.daily_cache import CachedPlayer
from oracle.factors import Factors
from oracle.game_log import GameLog
from oracle.player_games import PlayerGame
from oracle.player_zones import PlayerZones
from oracle.team_games import TeamOffense
from oracle.team_zones import TeamZones
from oracle.windows import last_days, last_games

Features = dict[str, Number]

_FEWEST_FOR_FORM = 5
"""recent_trend, free_throw_point_share, points_slope_last_10 are NULL under 5 appearances."""


@dataclass(frozen=True)
class Inputs:
    """The rows of D a feature row is made from; PSZA and the opponent's TDZA may be missing."""

    context: Context
    cache: CachedPlayer
    factors: Factors
    player: PlayerZones | None
    opponent: TeamZones | None


def feature_row(log: GameLog, inputs: Inputs) -> dict[str, object]:
    """Build a row of ml_feature_store, under the column names."""
    context = inputs.context
    features = _features(log, inputs)
    missing = sorted(name for name, value in features.items() if value is None)
    return {
        "game_date": context.game_date,
        "player_id": context.player_id,
        "player_lookup": context.player_lookup,
        "season": context.season,
        "game_id": context.game_id,
        "game_code": context.game_code,
        "team": context.team,
        "opponent": context.opponent,
        "context_source": context.context_source,
        **features,
        "feature_completeness": (len(features) - len(missing)) / len(features),
        "missing_inputs": missing,
    }


def _features(log: GameLog, inputs: Inputs) -> Features:
    context = inputs.context
    history = log.appearances(context.player_id, context.game_date)
    team_games = log.offenses(context.team, context.game_date)
    return {
        **_taken_over(inputs),
        **_setting(context, inputs.opponent),
        **_shot_profile(inputs.player),
        **_form(history),
        **_minutes(history),
        **_team(team_games, inputs),
        **_against_opponent(log, context),
    }


def _taken_over(inputs: Inputs) -> Features:
    """Copy the columns that PDC and PCF already hold."""
    cache, factors = inputs.cache, inputs.factors
    return {
        "points_avg_last_5": cache.points_avg_last_5,
        "points_avg_last_10": cache.points_avg_last_10,
        "points_avg_season": cache.points_avg_season,
        "points_std_last_10": cache.points_std_last_10,
        "games_last_7_days": cache.games_last_7_days,
        "fatigue_score": factors.fatigue_score,
        "shot_zone_mismatch_score": factors.shot_zone_mismatch_score,
        "pace_score": factors.pace_score,
        "usage_spike_score": factors.usage_spike_score,
        "total_composite_adjustment": factors.total_composite_adjustment,
    }


def _setting(context: Context, opponent: TeamZones | None) -> Features:
    rest = context.days_rest
    return {
        "opponent_defensive_rating": opponent.defensive_rating_last_15 if opponent else None,
        "opponent_pace": context.opponent_pace_last_10,
        "is_home": context.is_home,
        "is_back_to_back": None if rest is None else rest == 1,
        "days_rest": rest,
    }


def _shot_profile(player: PlayerZones | None) -> Features:
    return {
        "paint_rate": player.last_10.rate["paint"] if player else None,
        "mid_range_rate": player.last_10.rate["mid_range"] if player else None,
        "three_rate": player.last_10.rate["three"] if player else None,
    }


def _form(history: Sequence[PlayerGame]) -> Features:
    last_10 = last_games(history, 10)
    enough = len(history) >= _FEWEST_FOR_FORM
    free_throws = total(row.ftm for row in last_10)
    points = total(row.points for row in last_10)
    return {
        "recent_trend": _recent_trend(history) if enough else None,
        "free_throw_point_share": ratio(free_throws, points) if enough else None,
        "points_slope_last_10": slope(known(row.points for row in last_10)) if enough else None,
        "points_zscore_last_5": _zscore_last_5(history),
    }


def _recent_trend(history: Sequence[PlayerGame]) -> Number:
    """Compare the last 2 appearances with the 3 before them."""
    last_5 = last_games(history, 5)
    change = difference(mean(row.points for row in last_5[3:]), mean(r.points for r in last_5[:3]))
    return None if change is None else _step(change, small=2, large=5)


def _zscore_last_5(history: Sequence[PlayerGame]) -> Number:
    """Measure the last 5 in season deviations; NULL if the deviation is 0 or NULL."""
    season = mean(row.points for row in history)
    change = difference(mean(row.points for row in last_games(history, 5)), season)
    deviation = sample_deviation(row.points for row in history)
    if change is None or deviation is None or settled(deviation) == 0:
        return None
    return clamp(change / deviation, -3, 3)


def _minutes(history: Sequence[PlayerGame]) -> Features:
    last_10 = last_games(history, 10)
    enough = len(last_10) >= 3
    return {
        "minutes_change": _minutes_change(history),
        "minutes_std_last_10": sample_deviation(r.minutes for r in last_10) if enough else None,
    }


def _minutes_change(history: Sequence[PlayerGame]) -> Number:
    """Compare the last 10 appearances with the season; NULL if the season mean is 0."""
    season = mean(row.minutes for row in history)
    change = ratio(mean(row.minutes for row in last_games(history, 10)), season)
    return None if change is None else _step(change - 1, small=0.10, large=0.20)


def _step(change: float, *, small: float, large: float) -> int:
    """Turn a change into -2, -1, 0, 1 or 2."""
    size = settled(abs(change))
    steps = 2 if size >= large else 1 if size >= small else 0
    return steps if change > 0 else -steps


def _team(games: Sequence[TeamOffense], inputs: Inputs) -> Features:
    last_10 = last_games(games, 10)
    return {
        "team_pace": inputs.cache.team_pace_last_10,
        "team_offensive_rating": inputs.cache.team_offensive_rating_last_10,
        "team_win_rate": mean(game.won for game in games) if len(games) >= 5 else None,
        "blowout_rate": mean(_is_blowout(game) for game in last_10),
    }


def _is_blowout(game: TeamOffense) -> bool | None:
    return None if game.margin is None else abs(game.margin) >= 15


def _against_opponent(log: GameLog, context: Context) -> Features:
    """Count and average his games against the opponent in 365 days, seasons and own teams aside."""
    earlier = log.appearances_across_seasons(context.player_id, context.game_date)
    year = last_days(earlier, context.game_date, 365)
    meetings = [row for row in year if row.opponent == context.opponent]
    return {
        "points_vs_opponent_avg": mean(row.points for row in meetings),
        "games_vs_opponent": len(meetings),
    }
