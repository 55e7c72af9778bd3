"""player_composite_factors (PCF): four adjustments and their sum."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from oracle.arithmetic import Number, clamp, difference, known, settled, total
from oracle.context import Context
from oracle.player_zones import PlayerZones
from oracle.shot_zones import ZONES, Zone
from oracle.team_zones import TeamZones


@dataclass(frozen=True, kw_only=True)
class Factors:
    """A row of player_composite_factors, field names = column names."""

    game_date: date
    player_id: int
    player_lookup: str
    season: str
    game_id: str
    game_code: str
    team: str
    opponent: str
    context_source: str
    fatigue_score: Number
    fatigue_adjustment: Number
    shot_zone_mismatch_score: Number
    pace_score: Number
    usage_spike_score: Number
    total_composite_adjustment: Number
    factors_available: int
    missing_inputs: list[str]


def factors(context: Context, player: PlayerZones | None, opponent: TeamZones | None) -> Factors:
    """Combine a context with the player's zones and the opponent's; either row may be missing."""
    fatigue = _fatigue_score(context)
    adjustment = None if fatigue is None else (fatigue - 100) / 20
    mismatch = _mismatch_score(player, opponent)
    pace = _pace_score(context)
    usage_spike = _usage_spike_score(context)
    four = (adjustment, mismatch, pace, usage_spike)
    return Factors(
        game_date=context.game_date,
        player_id=context.player_id,
        player_lookup=context.player_lookup,
        season=context.season,
        game_id=context.game_id,
        game_code=context.game_code,
        team=context.team,
        opponent=context.opponent,
        context_source=context.context_source,
        fatigue_score=fatigue,
        fatigue_adjustment=adjustment,
        shot_zone_mismatch_score=mismatch,
        pace_score=pace,
        usage_spike_score=usage_spike,
        total_composite_adjustment=total(four),
        factors_available=len(known(four)),
        missing_inputs=_missing_inputs(context, player, opponent),
    )


def _fatigue_score(context: Context) -> Number:
    if context.days_rest is None:
        return None
    average = context.avg_minutes_last_7_days
    score = 100
    if context.days_rest == 1:
        score -= 15
    if context.days_rest >= 3:
        score += 5
    if context.games_last_7_days >= 4:
        score -= 10
    if settled(context.minutes_last_7_days) > 140:
        score -= 10
    if average is not None and settled(average) > 35:
        score -= 8
    if context.back_to_backs_last_14_days >= 2:
        score -= 12
    if context.back_to_backs_last_14_days == 1:
        score -= 5
    return clamp(score, 0, 100)


def _mismatch_score(player: PlayerZones | None, opponent: TeamZones | None) -> Number:
    if player is None or opponent is None or player.primary_scoring_zone is None:
        return None
    rates = player.last_10.rate
    if player.primary_scoring_zone == "balanced":
        score = _balanced_mismatch(rates, opponent.vs_league)
    else:
        zone = next(zone for zone in ZONES if zone == player.primary_scoring_zone)
        score = _one_zone_mismatch(rates[zone], opponent.vs_league[zone])
    if score is None:
        return None
    if settled(abs(score)) > 5:
        score = 1.2 * score
    return clamp(score, -10, 10)


def _one_zone_mismatch(rate: Number, weakness: Number) -> Number:
    if rate is None or weakness is None:
        return None
    return weakness * min(rate / 0.5, 1)


def _balanced_mismatch(rates: Mapping[Zone, Number], weakness: Mapping[Zone, Number]) -> Number:
    """Weigh the three weaknesses by the player's rates; all three are needed."""
    score = 0.0
    for zone in ZONES:
        rate, weak = rates[zone], weakness[zone]
        if rate is None or weak is None:
            return None
        score += rate * weak
    return score


def _pace_score(context: Context) -> Number:
    if context.pace_differential is None:
        return None
    return clamp(context.pace_differential / 2, -3, 3)


def _usage_spike_score(context: Context) -> Number:
    spike = difference(context.usage_rate_last_3_games, context.usage_rate_season)
    return None if spike is None else clamp(0.3 * 100 * spike, -3, 3)


def _missing_inputs(
    context: Context, player: PlayerZones | None, opponent: TeamZones | None
) -> list[str]:
    inputs: dict[str, object] = {
        "days_rest": context.days_rest,
        "pace_differential": context.pace_differential,
        "usage_rate_last_3_games": context.usage_rate_last_3_games,
        "usage_rate_season": context.usage_rate_season,
        "primary_scoring_zone": player.primary_scoring_zone if player else None,
    }
    for zone in ZONES:
        inputs[f"{zone}_vs_league"] = opponent.vs_league[zone] if opponent else None
    return sorted(name for name, value in inputs.items() if value is None)
