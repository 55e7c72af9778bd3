"""The NBA reference pipeline: raw box scores and shots → analytics → precomputed factors.

What every table holds is defined in `docs/nba/tables.md`; each has one `.sql` file below `sql/`.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from gapless import (
    Gate,
    History,
    Path,
    Pipeline,
    SameDate,
    at_least,
    between,
    by_path,
    check,
    days_of_season,
    expected_by_path,
    expected_query,
    first_sufficient,
    history,
    keys_of,
    last_days,
    one_of,
    query,
    rule,
    same_date,
    season_to_date,
    since_previous_season,
)
from gapless_nba.raw_columns import PLAYER_BOX_SCORES, SCHEDULE, SHOTS
from gapless_nba.validation import declare_cross_checks, declare_limitations

ZONES = ("paint", "mid_range", "three")
SCORING_ZONES = (*ZONES, "balanced")

SEASON_STARTS = {
    "2021-22": date(2021, 10, 19),
    "2022-23": date(2022, 10, 18),
    "2023-24": date(2023, 10, 24),
    "2024-25": date(2024, 10, 22),
    "2025-26": date(2025, 10, 21),
}
"""First regular-season games; other seasons start on their first game in the schedule."""

pipeline = Pipeline(
    "nba",
    partition="game_date",
    timezone="America/New_York",
    sql_folder=files("gapless_nba") / "sql",
    version="1",
    layers={"raw": "L1", "analytics": "L3", "precompute": "L4"},
)

# -- Layer 1: raw, loaded --------------------------------------------------------------------

schedule = pipeline.source(
    "raw.schedule", key="game_id", columns=SCHEDULE, trusted=True, moves=True
)

pipeline.calendar(
    schedule,
    season="season",
    unit="game",
    season_starts=SEASON_STARTS,
)

pipeline.require(
    schedule,
    check("game_ids_agree", "checks/game_ids_agree.sql", {"schedule": same_date(schedule)}),
    check("teams_play_once", "checks/teams_play_once.sql", {"schedule": same_date(schedule)}),
)

player_box_scores = pipeline.source(
    "raw.player_box_scores",
    key=("game_id", "player_id"),
    columns=PLAYER_BOX_SCORES,
    moves=True,
)
pipeline.require(
    player_box_scores,
    check(
        "games_complete",
        "checks/games_complete.sql",
        {"schedule": same_date(schedule), "box_scores": same_date(player_box_scores)},
    ),
    check(
        "box_scores_on_schedule",
        "checks/box_scores_on_schedule.sql",
        {"schedule": same_date(schedule), "box_scores": same_date(player_box_scores)},
    ),
    check(
        "no_dnp_lines",
        "checks/no_dnp_lines.sql",
        {"box_scores": same_date(player_box_scores)},
    ),
)

shots = pipeline.source(
    "raw.shots",
    key=("game_id", "shot_seq"),
    columns=SHOTS,
    moves=True,
    optional=True,
)
pipeline.require(
    shots,
    check(
        "shots_agree",
        "checks/shots_agree.sql",
        {
            "schedule": same_date(schedule),
            "box_scores": same_date(player_box_scores),
            "shots": same_date(shots),
        },
        # Whole months of games have no shots: a fact to report, and NULL zones downstream.
        blocking=False,
    ),
    check(
        "shots_on_schedule",
        "checks/shots_on_schedule.sql",
        {"schedule": same_date(schedule), "shots": same_date(shots)},
    ),
)

# -- Layer 3: analytics ----------------------------------------------------------------------

player_game_summary = pipeline.derived(
    "analytics.player_game_summary",
    key="player_id",
    label="player_lookup",
    sql="analytics/player_game_summary.sql",
    inputs={
        "schedule": same_date(schedule),
        "box_scores": same_date(player_box_scores),
        "shots": same_date(shots),
    },
    expected=expected_by_path(
        historical=keys_of(
            player_box_scores,
            group="game_id",
            label="player_name",
            exclude={"did_not_play": "NOT played"},
        ),
    ),
    gate=Gate(
        coverage=0.90,
        warn=1.0,
        group_coverage=0.80,
        required=("season", "game_id", "game_code", "team", "opponent", "minutes", "points"),
        rules=(
            at_least("minutes", 0),
            at_least("usage_rate", 0),
            between("efg_pct", 0, 1.5),
            rule("makes_within_attempts", "fgm <= fga AND fg3m <= fg3a AND ftm <= fta"),
            rule("points_add_up", "points = 2 * fgm + fg3m + ftm"),
            rule("team_is_not_opponent", "team <> opponent"),
        ),
        checks=(check("usage_adds_up", "checks/usage_adds_up.sql"),),
    ),
)

team_offense_game_summary = pipeline.derived(
    "analytics.team_offense_game_summary",
    key=("game_id", "team"),
    sql="analytics/team_offense_game_summary.sql",
    inputs={
        "player_game_summary": same_date(player_game_summary),
        "schedule": same_date(schedule),
    },
    expected=expected_by_path(
        historical=expected_query(
            "expected/team_games.sql", {"schedule": same_date(schedule)}, group="game_id"
        ),
    ),
    gate=Gate(
        required=("season", "opponent", "points", "possessions"),
        rules=(at_least("possessions", 1), at_least("team_minutes", 1)),
        checks=(
            check(
                "points_equal_score",
                "checks/points_equal_score.sql",
                {"schedule": same_date(schedule)},
            ),
        ),
    ),
)

team_defense_game_summary = pipeline.derived(
    "analytics.team_defense_game_summary",
    key=("game_id", "team"),
    sql="analytics/team_defense_game_summary.sql",
    inputs={"team_offense_game_summary": same_date(team_offense_game_summary)},
    expected=expected_by_path(
        historical=expected_query(
            "expected/team_games.sql", {"schedule": same_date(schedule)}, group="game_id"
        ),
    ),
    gate=Gate(required=("season", "opponent", "points_allowed", "defensive_rating")),
)

_CONTEXT_HISTORY = {
    "player_game_summary": history(player_game_summary, season_to_date()),
    "team_offense_game_summary": history(team_offense_game_summary, season_to_date()),
}
_CONTEXT_RULES = (
    at_least("days_rest", 1),
    between("games_last_7_days", 0, 7),
    between("games_last_14_days", 0, 14),
    rule("team_is_not_opponent", "team <> opponent"),
)
_CONTEXT_REQUIRED = ("season", "game_id", "team", "opponent", "context_source")
_ROSTER: dict[str, SameDate | History] = {
    # Who plays whom is known before D; the scores are not.
    "schedule": same_date(
        schedule, columns=("season", "date_away_home_id", "home_team", "away_team")
    ),
    "past_games": history(schedule, since_previous_season()),
    "listings": history(player_box_scores, since_previous_season()),
}
# Who appeared, for whom and against whom; not how.
_WHO_PLAYED = {
    "player_game_summary": same_date(
        player_game_summary,
        columns=(
            "player_lookup",
            "player_name",
            "season",
            "game_id",
            "game_code",
            "team",
            "opponent",
            "is_home",
        ),
    )
}

upcoming_player_game_context = pipeline.derived(
    "analytics.upcoming_player_game_context",
    key="player_id",
    label="player_lookup",
    sql="analytics/player_game_context.sql",
    inputs={"players": query("analytics/upcoming_players.sql", _ROSTER), **_CONTEXT_HISTORY},
    expected=expected_query(
        "analytics/upcoming_players.sql",
        _ROSTER,
        group="game_id",
        label="player_name",
        carry=("team",),
    ),
    gate=Gate(coverage=1.0, required=_CONTEXT_REQUIRED, rules=_CONTEXT_RULES),
    # Written before the games and cleaned afterwards: no past date ever needs it.
    on_request=(Path.HISTORICAL,),
)

synthetic_player_game_context = pipeline.derived(
    "analytics.synthetic_player_game_context",
    key="player_id",
    label="player_lookup",
    sql="analytics/player_game_context.sql",
    inputs={
        "players": query("analytics/played_players.sql", _WHO_PLAYED),
        **_CONTEXT_HISTORY,
    },
    expected=expected_by_path(
        historical=keys_of(player_game_summary, group="game_id", label="player_name"),
    ),
    gate=Gate(coverage=1.0, required=_CONTEXT_REQUIRED, rules=_CONTEXT_RULES),
)

# -- Layer 4: precompute ---------------------------------------------------------------------

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
    inputs={"context": _CONTEXT, "zones": same_date(player_shot_zone_analysis), **_CONTEXT_HISTORY},
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
        **_CONTEXT_HISTORY,
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

# -- Validation ------------------------------------------------------------------------------

declare_cross_checks(pipeline)
declare_limitations(pipeline)
