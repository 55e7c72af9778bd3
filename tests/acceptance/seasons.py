"""The two real seasons: tables by name, and the dates that tests keep coming back to."""

from __future__ import annotations

from datetime import date

PGS = "analytics.player_game_summary"
TOGS = "analytics.team_offense_game_summary"
TDGS = "analytics.team_defense_game_summary"
UPCOMING = "analytics.upcoming_player_game_context"
SYNTHETIC = "analytics.synthetic_player_game_context"
TDZA = "precompute.team_defense_zone_analysis"
PSZA = "precompute.player_shot_zone_analysis"
PCF = "precompute.player_composite_factors"
PDC = "precompute.player_daily_cache"
MLFS = "precompute.ml_feature_store"

KEYS: dict[str, tuple[str, ...]] = {
    PGS: ("player_id",),
    TOGS: ("game_id", "team"),
    TDGS: ("game_id", "team"),
    SYNTHETIC: ("player_id",),
    TDZA: ("team",),
    PSZA: ("player_id",),
    PCF: ("player_id",),
    PDC: ("player_id",),
    MLFS: ("player_id",),
}
"""Every table that is built for past dates, with its key within a date."""

CHOOSING = (PCF, PDC, MLFS)
"""The tables that choose between the upcoming and the synthetic context."""
UPSTREAM = tuple(table for table in KEYS if table not in CHOOSING)
"""What stands before them."""

FEB_23, FEB_24, FEB_25, FEB_26 = (date(2023, 2, day) for day in (23, 24, 25, 26))
INCIDENT = (FEB_23, FEB_24)
PLAYERS = {FEB_23: 187, FEB_24: 175, FEB_25: 154, FEB_26: 191}
"""Players who appeared on the incident's dates and the two after them."""
STALE = {FEB_23: 1, FEB_24: 68, FEB_25: 0, FEB_26: 0}
"""Rows that the upcoming table still held when the backfill ran."""
FOUR_DAYS = ("--start-date", str(FEB_23), "--end-date", str(FEB_26))
