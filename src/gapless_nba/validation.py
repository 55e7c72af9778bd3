"""What `gapless validate` examines besides the gates, and the known limitations of the seasons."""

from __future__ import annotations

from gapless import Pipeline, SameDate, check, same_date

GAMES_WITH_WRONG_SHOTS = ("0022200271", "0022200442")
"""Games of 2022-23 in which the shots of three players differ from the box score by one."""

LAST_GAME_WITH_SHOTS = "0022100580"
"""Of 2021-22; the source of its shots ends there."""

_OWN_ZONES = (
    "EXISTS (SELECT 1 FROM precompute.player_shot_zone_analysis AS z WHERE z.game_date = "
    "{0}.game_date AND z.player_id = {0}.player_id AND z.total_shots_last_10 IS NULL)"
)
_OPPONENTS_ZONES = (
    "EXISTS (SELECT 1 FROM precompute.team_defense_zone_analysis AS t WHERE t.game_date = "
    "{0}.game_date AND t.team = {0}.opponent AND t.paint_pct_allowed IS NULL)"
)
_NO_MISMATCH = f"shot_zone_mismatch_score IS NULL AND ({_OWN_ZONES} OR {_OPPONENTS_ZONES})"
WITHOUT_SHOTS = {
    "analytics.player_game_summary": "paint_fga IS NULL",
    "analytics.team_offense_game_summary": "paint_fga IS NULL",
    "analytics.team_defense_game_summary": "opponent_paint_fga IS NULL",
    "precompute.team_defense_zone_analysis": "paint_pct_allowed IS NULL",
    "precompute.player_shot_zone_analysis": "total_shots_last_10 IS NULL",
    "precompute.player_composite_factors": _NO_MISMATCH.format("player_composite_factors"),
    "precompute.player_daily_cache": _OWN_ZONES.format("player_daily_cache"),
    "precompute.ml_feature_store": f"{_OWN_ZONES} OR ({_NO_MISMATCH})".format("ml_feature_store"),
}
"""Table → rows that lack a value because games have no shots, and not because of too few games."""


_GAMES = {"player_game_summary": "player_game_summary"}
_OTHER_TEAM = {"team": "opponent"}
_CROSS_CHECKS: tuple[tuple[str, str, dict[str, str], dict[str, str], bool], ...] = (
    ("player_game_summary", "rebounds_add_up", {}, {"reb": "reb + 1"}, True),
    ("player_game_summary", "zones_equal_attempts", {}, {"paint_fga": "paint_fga + 1"}, False),
    (
        "team_offense_game_summary",
        "team_is_sum_of_players",
        _GAMES,
        {"tov": "tov + 1"},
        True,
    ),
    (
        "team_offense_game_summary",
        "minutes_add_up",
        {},
        {"team_minutes": "team_minutes - 5"},
        False,
    ),
    (
        "team_defense_game_summary",
        "defense_mirrors_offense",
        {"team_offense_game_summary": "team_offense_game_summary"},
        {"points_allowed": "points_allowed + 1"},
        True,
    ),
    ("synthetic_player_game_context", "agrees_with_games", _GAMES, _OTHER_TEAM, True),
    (
        "player_shot_zone_analysis",
        "zone_rates_add_up",
        {},
        {"three_rate_last_10": "three_rate_last_10 + 0.1"},
        True,
    ),
    ("player_composite_factors", "agrees_with_games", _GAMES, _OTHER_TEAM, True),
    (
        "player_composite_factors",
        "adjustments_add_up",
        {},
        {"total_composite_adjustment": "total_composite_adjustment + 1"},
        True,
    ),
    ("player_daily_cache", "agrees_with_games", _GAMES, _OTHER_TEAM, True),
    ("ml_feature_store", "agrees_with_games", _GAMES, _OTHER_TEAM, True),
    (
        "ml_feature_store",
        "features_agree",
        {
            "cache": "player_daily_cache",
            "factors": "player_composite_factors",
            "zones": "player_shot_zone_analysis",
            "defense": "team_defense_zone_analysis",
        },
        {"points_avg_last_5": "points_avg_last_10 + 1"},
        True,
    ),
    (
        "ml_feature_store",
        "missing_inputs_add_up",
        {},
        {"feature_completeness": "feature_completeness / 2"},
        True,
    ),
)
"""Table, check, what it reads, how `doctor` breaks it, and whether a violation is an error."""


def declare_cross_checks(pipeline: Pipeline) -> None:
    """Declare the identities within tables, and the agreement between layers."""
    for table, name, reads, spoiled_by, blocking in _CROSS_CHECKS:
        inputs: dict[str, SameDate] = {
            alias: same_date(pipeline.table(read)) for alias, read in reads.items()
        }
        file = f"checks/{name}.sql"
        examined = check(name, file, inputs, blocking=blocking, spoiled_by=spoiled_by)
        pipeline.cross_check(pipeline.derived_table(table), examined)


def declare_limitations(pipeline: Pipeline) -> None:
    """Declare what the sources of the two seasons lack, as PROVENANCE.md of the data says."""
    shots = pipeline.table("raw.shots")
    listed = ", ".join(f"'{game}'" for game in GAMES_WITH_WRONG_SHOTS)
    pipeline.known_limitation(
        "games_without_shots",
        shots,
        "shots_agree",
        reason=f"the source of the shots of 2021-22 ends with game {LAST_GAME_WITH_SHOTS}",
        season="2021-22",
        where=f"detail = 'no shots at all' AND entity > '{LAST_GAME_WITH_SHOTS}'",
        consequences=WITHOUT_SHOTS,
    )
    pipeline.known_limitation(
        "shots_off_by_one",
        shots,
        "shots_agree",
        reason="in three player-games the source has one shot more or less than the box score",
        season="2022-23",
        where=f"entity IN ({listed}) AND players_who_differ <= 2 AND attempts_off <= 1 "
        "AND makes_off = 0 AND detail <> 'no shots at all'",
    )
    pipeline.known_limitation(
        "zones_off_by_one",
        pipeline.table("player_game_summary"),
        "zones_equal_attempts",
        reason="the same three player-games: a shot more or less than the box score",
        season="2022-23",
        where=f"left(entity, 10) IN ({listed}) AND attempts_off = 1 AND makes_off = 0",
    )
    pipeline.known_limitation(
        "whole_minutes",
        pipeline.table("team_offense_game_summary"),
        "minutes_add_up",
        reason="the source of 2021-22 has whole minutes only, so a team is up to three off",
        season="2021-22",
        where="minutes_off <= 3",
    )
