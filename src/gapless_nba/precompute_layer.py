"""Layer 4 of the NBA pipeline: what models read, computed ahead of the games."""

from __future__ import annotations

from gapless import (
    Gate,
    at_least,
    between,
    by_path,
    days_of_season,
    expected_by_path,
    expected_query,
    first_sufficient,
    history,
    keys_of,
    last_days,
    one_of,
    rule,
    same_date,
    season_to_date,
)
from gapless_nba.analytics_layer import (
    GAME_HISTORY,
    player_game_summary,
    synthetic_player_game_context,
    team_defense_game_summary,
    upcoming_player_game_context,
)
from gapless_nba.raw_layer import pipeline

ZONES = ("paint", "mid_range", "three")
SCORING_ZONES = (*ZONES, "balanced")
WARM_UP = days_of_season(14)

team_defense_zone_analysis = pipeline.derived(
    "precompute.team_defense_zone_analysis",
    key="team",
    sql="precompute/team_defense_zone_analysis.sql",
    inputs={"team_defense_game_summary": history(team_defense_game_summary, season_to_date())},
    expected=expected_query(
        "expected/teams_with_enough_games.sql",
        {"team_defense_game_summary": history(team_defense_game_summary, season_to_date())},
    ),
    gate=Gate(
        required=("season", "games_in_window"),
        rules=(
            between("games_in_window", 1, 15),
            *(between(f"{zone}_pct_allowed", 0, 1) for zone in ZONES),
            one_of("strongest_zone", ZONES),
            one_of("weakest_zone", ZONES),
        ),
    ),
    warm_up=WARM_UP,
)

player_shot_zone_analysis = pipeline.derived(
    "precompute.player_shot_zone_analysis",
    key="player_id",
    label="player_lookup",
    sql="precompute/player_shot_zone_analysis.sql",
    inputs={"player_game_summary": history(player_game_summary, season_to_date())},
    expected=expected_query(
        "expected/players_with_enough_games.sql",
        {"player_game_summary": history(player_game_summary, season_to_date())},
        label="player_lookup",
    ),
    gate=Gate(
        required=("season", "games_in_window"),
        rules=(
            between("games_in_window", 1, 10),
            *(between(f"{zone}_rate_last_10", 0, 1) for zone in ZONES),
            *(between(f"{zone}_pct_last_10", 0, 1) for zone in ZONES),
            one_of("primary_scoring_zone", SCORING_ZONES),
        ),
    ),
    warm_up=WARM_UP,
)

_PLAYED = keys_of(player_game_summary, group="game_id", label="player_name", carry=("team",))
_LISTED = keys_of(
    upcoming_player_game_context, group="game_id", label="player_lookup", carry=("team",)
)
_CONTEXT = by_path(
    historical=first_sufficient(
        upcoming_player_game_context,
        synthetic_player_game_context,
        at_least=0.90,
        fill_missing=True,
        # A row for the team he was traded away from is of no use.
        match=("team",),
        # Whoever of them a table leaves out: all three tables of a date use the same source.
        measured_on=_PLAYED,
    ),
    upcoming=same_date(upcoming_player_game_context),
)
_CONTEXT_SOURCES = ("upcoming", "synthetic")

player_composite_factors = pipeline.derived(
    "precompute.player_composite_factors",
    key="player_id",
    label="player_lookup",
    sql="precompute/player_composite_factors.sql",
    inputs={
        "context": _CONTEXT,
        "zones": same_date(player_shot_zone_analysis),
        "defense": same_date(team_defense_zone_analysis),
    },
    expected=expected_by_path(historical=_PLAYED, upcoming=_LISTED),
    gate=Gate(
        coverage=0.90,
        warn=0.95,
        group_coverage=0.80,
        required=("season", "game_id", "team", "opponent", "context_source", "factors_available"),
        rules=(
            between("fatigue_score", 0, 100),
            between("shot_zone_mismatch_score", -10, 10),
            between("pace_score", -3, 3),
            between("usage_spike_score", -3, 3),
            between("factors_available", 0, 4),
            one_of("context_source", _CONTEXT_SOURCES),
        ),
    ),
    warm_up=WARM_UP,
)


_THREE_GAMES = "expected/players_with_three_games.sql"
_APPEARANCES = {"player_game_summary": history(player_game_summary, season_to_date())}

player_daily_cache = pipeline.derived(
    "precompute.player_daily_cache",
    key="player_id",
    label="player_lookup",
    sql="precompute/player_daily_cache.sql",
    inputs={"context": _CONTEXT, "zones": same_date(player_shot_zone_analysis), **GAME_HISTORY},
    expected=expected_by_path(
        historical=expected_query(
            _THREE_GAMES,
            {"players": same_date(player_game_summary), **_APPEARANCES},
            group="game_id",
            label="player_lookup",
            carry=("team",),
        ),
        upcoming=expected_query(
            _THREE_GAMES,
            {"players": same_date(upcoming_player_game_context), **_APPEARANCES},
            group="game_id",
            label="player_lookup",
            carry=("team",),
        ),
    ),
    gate=Gate(
        coverage=0.90,
        warn=0.95,
        group_coverage=0.80,
        required=(
            "season",
            "game_id",
            "team",
            "opponent",
            "context_source",
            "points_avg_last_5",
            "points_avg_last_10",
            "points_avg_season",
            "minutes_avg_last_10",
            "games_played_season",
        ),
        rules=(
            at_least("points_avg_last_5", 0),
            at_least("points_avg_last_10", 0),
            at_least("points_avg_season", 0),
            at_least("points_std_last_10", 0),
            at_least("minutes_avg_last_10", 0),
            at_least("usage_rate_last_10", 0),
            at_least("ts_pct_last_10", 0),
            at_least("games_played_season", 3),
            between("games_last_7_days", 0, 7),
            between("games_last_14_days", 0, 14),
            *(between(f"{zone}_rate_last_10", 0, 1) for zone in ("paint", "three")),
            one_of("primary_scoring_zone", SCORING_ZONES),
            one_of("context_source", _CONTEXT_SOURCES),
        ),
    ),
    warm_up=WARM_UP,
)

ml_feature_store = pipeline.derived(
    "precompute.ml_feature_store",
    key="player_id",
    label="player_lookup",
    sql="precompute/ml_feature_store.sql",
    inputs={
        "context": _CONTEXT,
        "cache": same_date(player_daily_cache),
        "factors": same_date(player_composite_factors),
        "zones": same_date(player_shot_zone_analysis),
        "defense": same_date(team_defense_zone_analysis),
        "past_year": history(player_game_summary, last_days(365)),
        **GAME_HISTORY,
    },
    expected=keys_of(player_daily_cache, group="game_id", label="player_lookup"),
    gate=Gate(
        coverage=0.90,
        warn=0.95,
        group_coverage=0.80,
        # No mismatch score: for months of real games there are no shots to make it from.
        required=(
            "season",
            "game_id",
            "team",
            "opponent",
            "context_source",
            "points_avg_season",
            "is_home",
            "games_vs_opponent",
            "feature_completeness",
            "missing_inputs",
        ),
        rules=(
            at_least("points_avg_last_5", 0),
            at_least("points_avg_last_10", 0),
            at_least("points_avg_season", 0),
            at_least("points_std_last_10", 0),
            at_least("minutes_std_last_10", 0),
            between("fatigue_score", 0, 100),
            between("shot_zone_mismatch_score", -10, 10),
            between("pace_score", -3, 3),
            between("usage_spike_score", -3, 3),
            between("recent_trend", -2, 2),
            between("minutes_change", -2, 2),
            between("points_zscore_last_5", -3, 3),
            at_least("days_rest", 1),
            at_least("games_vs_opponent", 0),
            *(
                between(share, 0, 1)
                for share in (
                    *(f"{zone}_rate" for zone in ZONES),
                    "free_throw_point_share",
                    "team_win_rate",
                    "blowout_rate",
                    "feature_completeness",
                )
            ),
            rule("missing_inputs_are_sorted", "missing_inputs = list_sort(missing_inputs)"),
            rule(
                "missing_inputs_are_counted",
                "round(30 * (1 - feature_completeness)) = len(missing_inputs)",
            ),
            one_of("context_source", _CONTEXT_SOURCES),
        ),
    ),
    warm_up=WARM_UP,
)
