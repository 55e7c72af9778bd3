"""The job of 6 January, as it was: takes the upcoming rows unless there are none at all.

A process of its own, so that its exit code is what an operator saw:
python naive_job.py WAREHOUSE CHECKPOINT DATE…
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

import duckdb

UPCOMING = "analytics.upcoming_player_game_context"
SYNTHETIC = "analytics.synthetic_player_game_context"
TARGET = "precompute.player_composite_factors"
FACTORS = files("gapless_nba") / "sql" / "precompute" / "player_composite_factors.sql"


def main(warehouse: str, checkpoint: str, days: list[str]) -> None:
    done = []
    with duckdb.connect(warehouse) as connection:
        for day in days:
            where = f"WHERE game_date = DATE '{day}'"
            source = UPCOMING
            if not connection.execute(f"SELECT 1 FROM {UPCOMING} {where} LIMIT 1").fetchall():
                source = SYNTHETIC
            for name, table in (
                ("context", source),
                ("zones", "precompute.player_shot_zone_analysis"),
                ("defense", "precompute.team_defense_zone_analysis"),
            ):
                connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {table} {where}")
            statement = FACTORS.read_text(encoding="utf-8").rstrip().rstrip(";")
            connection.execute(f"CREATE TABLE IF NOT EXISTS {TARGET} AS {statement} LIMIT 0")
            connection.execute(f"DELETE FROM {TARGET} {where}")
            connection.execute(f"INSERT INTO {TARGET} BY NAME {statement}")
            done.append(day)
    Path(checkpoint).write_text(json.dumps({"done": done}), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
