"""Layer 1 of the NBA pipeline: what is loaded, and when it is complete."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

from gapless import (
    Pipeline,
    check,
    same_date,
)
from gapless_nba.raw_columns import PLAYER_BOX_SCORES, SCHEDULE, SHOTS

SETTLE = timedelta(hours=6)
"""Games end after midnight in New York, and their box scores come in hours later."""
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
    check(
        "game_ids_agree",
        "checks/game_ids_agree.sql",
        {"schedule": same_date(schedule)},
        spoiled_by={"date_away_home_id": "game_id"},
    ),
    check(
        "teams_play_once",
        "checks/teams_play_once.sql",
        {"schedule": same_date(schedule)},
        spoiled_by={"away_team": "home_team"},
    ),
)

_COUNTED = ("minutes", "fga", "fta", "reb", "ast", "stl", "blk", "tov", "pf", "plus_minus")
"""What is zero in the line of somebody who did nothing."""

player_box_scores = pipeline.source(
    "raw.player_box_scores",
    key=("game_id", "player_id"),
    columns=PLAYER_BOX_SCORES,
    moves=True,
    settle=SETTLE,
)
pipeline.require(
    player_box_scores,
    check(
        "games_complete",
        "checks/games_complete.sql",
        {"schedule": same_date(schedule), "box_scores": same_date(player_box_scores)},
        spoiled_by={"pts": "pts + 1"},
    ),
    check(
        "box_scores_on_schedule",
        "checks/box_scores_on_schedule.sql",
        {"schedule": same_date(schedule), "box_scores": same_date(player_box_scores)},
        spoiled_by={"team": "opponent"},
    ),
    check(
        "no_dnp_lines",
        "checks/no_dnp_lines.sql",
        {"box_scores": same_date(player_box_scores)},
        spoiled_by=dict.fromkeys(_COUNTED, "0"),
    ),
)

shots = pipeline.source(
    "raw.shots",
    key=("game_id", "shot_seq"),
    columns=SHOTS,
    moves=True,
    optional=True,
    settle=SETTLE,
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
        spoiled_by={"shot_made_flag": "1 - shot_made_flag"},
    ),
    check(
        "shots_on_schedule",
        "checks/shots_on_schedule.sql",
        {"schedule": same_date(schedule), "shots": same_date(shots)},
        spoiled_by={"game_id": "'9' || substr(game_id, 2)"},
    ),
)
