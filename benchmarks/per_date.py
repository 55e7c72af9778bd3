"""B: a loop over the dates with a query for each check, as such pipelines are usually written.

Usage: per_date.py WAREHOUSE.duckdb backfill|noop|preflight [DATE|COUNT]   (with raw.* loaded)
COUNT takes only the first so many dates.
Each table of each date is deleted, inserted and then checked by four queries; the first date that
fails stops the loop. That is less than what Gapless checks.
"""

from __future__ import annotations

import sys

from measuring import Counted, Meter
from plain_sql import PARTITIONS, STEPS, select

KEYS = {
    "analytics.player_game_summary": ("player_id",),
    "analytics.team_offense_game_summary": ("game_id", "team"),
    "analytics.team_defense_game_summary": ("game_id", "team"),
    "analytics.synthetic_player_game_context": ("player_id",),
    "precompute.team_defense_zone_analysis": ("team",),
    "precompute.player_shot_zone_analysis": ("player_id",),
    "precompute.player_composite_factors": ("player_id",),
}
PLAYED = "SELECT DISTINCT player_id FROM raw.player_box_scores WHERE played AND game_date = "
EXPECTED = {
    "analytics.player_game_summary": PLAYED,
    "analytics.synthetic_player_game_context": PLAYED,
    "precompute.player_composite_factors": PLAYED,
}
"""What must be there on a date; of the others, that there is anything."""


def days(run: Counted, only: str | None) -> list[tuple[str, str, int]]:
    """Return every date with the start of its season and its day there, oldest first."""
    run(PARTITIONS)
    chosen = f"WHERE game_date = DATE '{only}'" if only and not only.isdigit() else ""
    limit = f"LIMIT {only}" if only and only.isdigit() else ""
    columns = "game_date::VARCHAR, season_start::VARCHAR, day_of_season"
    found = run(f"SELECT {columns} FROM all_partitions {chosen} ORDER BY game_date {limit}")
    return [(str(day), str(start), int(str(place))) for day, start, place in found]


def backfill(run: Counted, only: str | None) -> None:
    """Fill date after date, table after table."""
    for schema in ("analytics", "precompute"):
        run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    listed = days(run, only)
    for table, file, first_day in STEPS:
        rows = select(table, file, first_day, listed[0][:2])
        run(f"CREATE TABLE IF NOT EXISTS {table} AS {rows} LIMIT 0")
    for day, season_start, place in listed:
        for table, file, first_day in STEPS:
            if place >= first_day:
                run(f"DELETE FROM {table} WHERE game_date = DATE '{day}'")
                rows = select(table, file, first_day, (day, season_start))
                run(f"INSERT INTO {table} BY NAME {rows}")
                if not is_right(run, table, day):
                    sys.exit(f"{table} of {day} is not right")


def is_right(run: Counted, table: str, day: str) -> bool:
    """Check one table of one date, a query for each check."""
    on_date, key = f"game_date = DATE '{day}'", ", ".join(KEYS[table])
    rows = run(f"SELECT count(*) FROM {table} WHERE {on_date}")[0][0]
    keys = run(f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM {table} WHERE {on_date})")[0][0]
    no_season = run(f"SELECT count(*) FROM {table} WHERE {on_date} AND season IS NULL")[0][0]
    missing: object = 0
    if table in EXPECTED:
        wanted = f"{EXPECTED[table]} DATE '{day}'"
        there = f"SELECT player_id FROM {table} WHERE {on_date}"
        missing = run(f"SELECT count(*) FROM ({wanted} EXCEPT {there})")[0][0]
    return bool(rows) and rows == keys and not no_season and not missing


def noop(run: Counted, only: str | None) -> None:
    """Look at every date again, whether it is right."""
    for day, _, place in days(run, only):
        for table, _, first_day in STEPS:
            if place >= first_day and not is_right(run, table, day):
                sys.exit(f"{table} of {day} is not right")


def preflight(run: Counted, only: str | None) -> None:
    """Look at what every date of every table reads."""
    for day, _, _ in days(run, only):
        for source in ("schedule", "player_box_scores", "shots"):
            found = run(f"SELECT count(*) FROM raw.{source} WHERE game_date = DATE '{day}'")
            if not found[0][0]:
                sys.exit(f"raw.{source} has no rows on {day}")


def main() -> None:
    """Do one of the three for one warehouse file."""
    verb, only = sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
    meter = Meter()
    warehouse = Counted(sys.argv[1])
    {"backfill": backfill, "noop": noop, "preflight": preflight}[verb](warehouse, only)
    warehouse.close()
    meter.show(warehouse.statements)


if __name__ == "__main__":
    main()
