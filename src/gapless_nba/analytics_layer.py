"""Layer 3 of the NBA pipeline: games by player and by team, and what was known before them."""

from __future__ import annotations

from gapless import (
    Gate,
    History,
    Path,
    SameDate,
    at_least,
    between,
    check,
    expected_by_path,
    expected_query,
    history,
    keys_of,
    query,
    rule,
    same_date,
    season_to_date,
    since_previous_season,
)
from gapless_nba.raw_layer import pipeline, player_box_scores, schedule, shots

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
        checks=(
            check(
                "usage_adds_up",
                "checks/usage_adds_up.sql",
                # Shares taken for percentages of a sixth: 600 %.
                spoiled_by={"usage_rate": "usage_rate * 6"},
            ),
        ),
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
                spoiled_by={"points": "points + 1"},
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

GAME_HISTORY = {
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
    inputs={"players": query("analytics/upcoming_players.sql", _ROSTER), **GAME_HISTORY},
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
        **GAME_HISTORY,
    },
    expected=expected_by_path(
        historical=keys_of(player_game_summary, group="game_id", label="player_name"),
    ),
    gate=Gate(coverage=1.0, required=_CONTEXT_REQUIRED, rules=_CONTEXT_RULES),
)
# What a past date needs of it, the synthetic context holds.
pipeline.retain(upcoming_player_game_context, days=7, replaced_by=(synthetic_player_game_context,))
