"""A pipeline that takes the upcoming table at its word: no fallback, no checks."""

LYING_FILE = "lying.py"
LYING = f"{LYING_FILE}:pipeline"

DECLARATION = """\
from importlib.resources import files

from gapless import Pipeline, keys_of, same_date
from gapless_nba import pipeline as nba

pipeline = Pipeline(
    "nba_lying",
    partition="game_date",
    timezone="America/New_York",
    sql_folder=files("gapless_nba") / "sql",
    version="1",
)
schedule = pipeline.source("raw.schedule", key="game_id", trusted=True)
pipeline.calendar(schedule, season="season", unit="game")
played = pipeline.source("analytics.player_game_summary", key="player_id")
zones = pipeline.source(
    "precompute.player_shot_zone_analysis", key="player_id", optional=True
)
defense = pipeline.source("precompute.team_defense_zone_analysis", key="team", optional=True)
context = pipeline.source("analytics.upcoming_player_game_context", key="player_id")

pipeline.derived(
    "precompute.player_composite_factors",
    key="player_id",
    label="player_lookup",
    sql="precompute/player_composite_factors.sql",
    inputs={
        "context": same_date(context),
        "zones": same_date(zones),
        "defense": same_date(defense),
    },
    expected=keys_of(played, group="game_id", label="player_lookup"),
    gate=nba.player_composite_factors.gate,
    warm_up=nba.WARM_UP,
)
"""
