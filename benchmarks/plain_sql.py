"""The same NBA tables in plain set-based SQL without safeguards: what a backfill costs at least.

Reads the `.sql` files of the pipeline over views, so that both sides compute the same thing.
Usage: plain_sql.py WAREHOUSE.duckdb   (with raw.* loaded; drops and recreates the other tables)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

SQL = Path(__file__).parents[1] / "src" / "gapless_nba" / "sql"
WARM_UP_DAYS = 14

PARTITIONS = """
CREATE OR REPLACE TEMP TABLE all_partitions AS
SELECT game_date, season, season_start, CAST(game_date - season_start AS INTEGER) AS day_of_season
FROM (
  SELECT DISTINCT game_date, season, min(game_date) OVER (PARTITION BY season) AS season_start
  FROM raw.schedule
)
"""

SOURCES = {
    "schedule": "SELECT * FROM raw.schedule",
    "box_scores": "SELECT * FROM raw.player_box_scores",
    "shots": "SELECT * FROM raw.shots",
    "player_game_summary": "SELECT * FROM analytics.player_game_summary",
    "team_offense_game_summary": "SELECT * FROM analytics.team_offense_game_summary",
    "team_defense_game_summary": "SELECT * FROM analytics.team_defense_game_summary",
    "context": "SELECT * FROM analytics.synthetic_player_game_context",
    "zones": "SELECT * FROM precompute.player_shot_zone_analysis",
    "defense": "SELECT * FROM precompute.team_defense_zone_analysis",
}

STEPS = (
    ("analytics.player_game_summary", "analytics/player_game_summary.sql", 0),
    ("analytics.team_offense_game_summary", "analytics/team_offense_game_summary.sql", 0),
    ("analytics.team_defense_game_summary", "analytics/team_defense_game_summary.sql", 0),
    ("analytics.synthetic_player_game_context", "analytics/player_game_context.sql", 0),
    ("precompute.team_defense_zone_analysis", "precompute/team_defense_zone_analysis.sql", 14),
    ("precompute.player_shot_zone_analysis", "precompute/player_shot_zone_analysis.sql", 14),
    ("precompute.player_composite_factors", "precompute/player_composite_factors.sql", 14),
)


def statement(table: str, file: str, first_day: int) -> str:
    """Return the statement that creates one table."""
    text = (SQL / file).read_text(encoding="utf-8")
    players = (SQL / "analytics/played_players.sql").read_text(encoding="utf-8")
    used = {name: query for name, query in SOURCES.items() if f" {name}" in text or name in players}
    used["partitions"] = f"SELECT * FROM all_partitions WHERE day_of_season >= {first_day}"
    if "FROM players" in text:
        used["players"] = players
    if first_day:
        # Only the dates after the warm-up have rows; the rest need not be computed.
        used["context"] = f"{SOURCES['context']} SEMI JOIN partitions USING (game_date)"
    own = table.split(".")[1]
    relations = ", ".join(f"{n} AS ({q})" for n, q in _ordered(used).items() if n != own)
    return f"CREATE OR REPLACE TABLE {table} AS WITH {relations} SELECT * FROM (\n{text}\n)"


def _ordered(used: dict[str, str]) -> dict[str, str]:
    first = ["partitions", "player_game_summary"]
    return {name: used[name] for name in [*first, *used] if name in used}


def build(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Create every table and return the seconds each took."""
    seconds: dict[str, float] = {}
    connection.execute("SET preserve_insertion_order = false")
    for schema in ("analytics", "precompute"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute(PARTITIONS)
    for table, file, first_day in STEPS:
        started = time.perf_counter()
        connection.execute(statement(table, file, first_day))
        seconds[table] = time.perf_counter() - started
    return seconds


def main() -> None:
    """Build the tables of one warehouse file and print the seconds, beyond process start."""
    started = time.perf_counter()
    connection = duckdb.connect(sys.argv[1])
    seconds = build(connection)
    connection.close()
    print(f"{time.perf_counter() - started:.4f}")
    if "--steps" in sys.argv:
        for table, spent in seconds.items():
            print(f"{spent:8.4f}  {table}")


if __name__ == "__main__":
    main()
