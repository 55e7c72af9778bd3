"""The last step as it was on 6 January: it takes the upcoming context at its word.

Kept to show what the gate does when no better source is declared: a handful of rows is refused, and
what was published stays.
"""

from __future__ import annotations

from importlib.resources import files

from gapless import Pipeline, keys_of, same_date
from gapless_nba import pipeline as nba

pipeline = Pipeline(
    "nba_trusting",
    partition="game_date",
    timezone="America/New_York",
    sql_folder=files("gapless_nba") / "sql",
    version="1",
)
_schedule = pipeline.source("raw.schedule", key="game_id", trusted=True)
pipeline.calendar(_schedule, season="season", unit="game", season_starts=nba.SEASON_STARTS)
_player_game_summary = pipeline.source("analytics.player_game_summary", key="player_id")
_zones = pipeline.source("precompute.player_shot_zone_analysis", key="player_id", optional=True)
_defense = pipeline.source("precompute.team_defense_zone_analysis", key="team", optional=True)
# A source without checks: nobody has said what it should hold, so nobody notices that it does not.
_context = pipeline.source("analytics.upcoming_player_game_context", key="player_id")

player_composite_factors = pipeline.derived(
    "precompute.player_composite_factors",
    key="player_id",
    label="player_lookup",
    sql="precompute/player_composite_factors.sql",
    inputs={
        "context": same_date(_context),
        "zones": same_date(_zones),
        "defense": same_date(_defense),
    },
    expected=keys_of(_player_game_summary, group="game_id", label="player_name"),
    gate=nba.player_composite_factors.gate,
    warm_up=nba.WARM_UP,
)
