"""A: the NBA tables in plain set-based SQL without safeguards; what a backfill costs at least.

Reads the `.sql` files of the pipeline over views, so that all sides compute the same thing.
Usage: plain_sql.py WAREHOUSE.duckdb [DATE]   (with raw.* loaded)
Without a date, the other tables are dropped and made again; with one, its rows are replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from measuring import Counted, Meter

SQL = Path(__file__).parents[1] / "src" / "gapless_nba" / "sql"
Run = Callable[[str], list[tuple[object, ...]]]

PARTITIONS = """
CREATE OR REPLACE TEMP TABLE all_partitions AS
SELECT game_date, season, season_start, CAST(game_date - season_start AS INTEGER) AS day_of_season
FROM (
  SELECT DISTINCT game_date, season, min(game_date) OVER (PARTITION BY season) AS season_start
  FROM raw.schedule
)
"""

SOURCES = {
    "schedule": "raw.schedule",
    "box_scores": "raw.player_box_scores",
    "shots": "raw.shots",
    "player_game_summary": "analytics.player_game_summary",
    "team_offense_game_summary": "analytics.team_offense_game_summary",
    "team_defense_game_summary": "analytics.team_defense_game_summary",
    "context": "analytics.synthetic_player_game_context",
    "zones": "precompute.player_shot_zone_analysis",
    "defense": "precompute.team_defense_zone_analysis",
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
READS_HISTORY = {table for table, _, _ in STEPS[3:6]}
"""Tables that read their sources from the start of the season on; the others on the date alone."""


def select(table: str, file: str, first_day: int, day: tuple[str, str] | None = None) -> str:
    """Return the SELECT of one table.

    Args:
        table: Its name.
        file: Where its SQL is.
        first_day: The first day of a season that it has rows on.
        day: One date and the start of its season; None: all dates.
    """
    text = (SQL / file).read_text(encoding="utf-8")
    players = (SQL / "analytics/played_players.sql").read_text(encoding="utf-8")
    used = {
        name: f"SELECT * FROM {source}"
        for name, source in SOURCES.items()
        if f" {name}" in text or name in players
    }
    used["partitions"] = f"SELECT * FROM all_partitions WHERE day_of_season >= {first_day}"
    if "FROM players" in text:
        used["players"] = players
    if day is None and first_day and "context" in used:
        # Only the dates after the warm-up have rows; the rest need not be computed.
        used["context"] += " SEMI JOIN partitions USING (game_date)"
    if day is not None:
        _cut(used, day, since_season_start=table in READS_HISTORY)
    own = table.split(".")[1]
    relations = ", ".join(f"{n} AS ({q})" for n, q in _ordered(used).items() if n != own)
    return f"WITH {relations} SELECT * FROM (\n{text}\n)"


def _cut(used: dict[str, str], day: tuple[str, str], *, since_season_start: bool) -> None:
    """Let one date read no more than it needs."""
    on_date = f"game_date = DATE '{day[0]}'"
    for name in used.keys() & SOURCES.keys():
        since = f"game_date BETWEEN DATE '{day[1]}' AND DATE '{day[0]}'"
        used[name] += f" WHERE {since if since_season_start else on_date}"
    used["partitions"] += f" AND {on_date}"
    if "players" in used:
        used["players"] = f"SELECT * FROM (\n{used['players']}\n) WHERE {on_date}"


def _ordered(used: dict[str, str]) -> dict[str, str]:
    first = ["partitions", "player_game_summary"]
    return {name: used[name] for name in [*first, *used] if name in used}


def build(run: Run) -> None:
    """Create every table."""
    run("SET preserve_insertion_order = false")
    for schema in ("analytics", "precompute"):
        run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    run(PARTITIONS)
    for table, file, first_day in STEPS:
        run(f"CREATE OR REPLACE TABLE {table} AS {select(table, file, first_day)}")


def replace(run: Run, day: str) -> None:
    """Replace the rows of one date in every table."""
    run(PARTITIONS)
    query = f"SELECT season_start FROM all_partitions WHERE game_date = DATE '{day}'"
    season_start = str(run(query)[0][0])
    for table, file, first_day in STEPS:
        run(f"DELETE FROM {table} WHERE game_date = DATE '{day}'")
        rows = select(table, file, first_day, (day, season_start))
        run(f"INSERT INTO {table} BY NAME {rows}")


def main() -> None:
    """Build the tables of one warehouse file, or one date of them."""
    meter = Meter()
    warehouse = Counted(sys.argv[1])
    if len(sys.argv) > 2:
        replace(warehouse, sys.argv[2])
    else:
        build(warehouse)
    warehouse.close()
    meter.show(warehouse.statements)


if __name__ == "__main__":
    main()
