"""The NBA reference pipeline: raw box scores and shots → analytics → precomputed factors.

What every table holds is defined in `docs/nba/tables.md`; each has one `.sql` file below `sql/`.
"""

from __future__ import annotations

from gapless_nba.analytics_layer import (
    player_game_summary,
    synthetic_player_game_context,
    team_defense_game_summary,
    team_offense_game_summary,
    upcoming_player_game_context,
)
from gapless_nba.precompute_layer import (
    WARM_UP,
    ml_feature_store,
    player_composite_factors,
    player_daily_cache,
    player_shot_zone_analysis,
    team_defense_zone_analysis,
)
from gapless_nba.raw_layer import SEASON_STARTS, pipeline, player_box_scores, schedule, shots
from gapless_nba.validation import declare_cross_checks, declare_limitations

__all__ = [
    "SEASON_STARTS",
    "WARM_UP",
    "ml_feature_store",
    "pipeline",
    "player_box_scores",
    "player_composite_factors",
    "player_daily_cache",
    "player_game_summary",
    "player_shot_zone_analysis",
    "schedule",
    "shots",
    "synthetic_player_game_context",
    "team_defense_game_summary",
    "team_defense_zone_analysis",
    "team_offense_game_summary",
    "upcoming_player_game_context",
]

# The order of the imports is that of the declarations: a layer reads those before it.
declare_cross_checks(pipeline)
declare_limitations(pipeline)
