"""Real games that go through the shape of the service come back as they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from support.fetching import Fetching
from support.nba_real import real_games

FIRST, LAST = date(2023, 2, 23), date(2023, 2, 24)
COLUMNS = {
    "schedule": "*",
    # The source of the files rounds minutes to four decimals, and whole ones in its own way.
    "player_box_scores": "* EXCLUDE (minutes_rounded) REPLACE (round(minutes, 4) AS minutes)",
    # It has no event ids.
    "shots": "* EXCLUDE (game_event_id)",
}


@pytest.mark.parametrize("table", COLUMNS)
def test_two_real_dates_come_back_value_by_value(
    fetching: Fetching, real_data: Path, table: str
) -> None:
    fetching.stats.games = real_games(real_data, FIRST, LAST)
    report = fetching.dates(FIRST, LAST)
    assert (report.exit_code, len(report.units), report.facts) == (0, 17, [])
    dates = f"game_date BETWEEN DATE '{FIRST}' AND DATE '{LAST}'"
    with duckdb.connect() as connection:
        for name, folder in (("came", fetching.folder), ("was", real_data)):
            connection.execute(
                f"CREATE TABLE {name} AS SELECT {COLUMNS[table]} "
                f"FROM '{folder}/{table}.parquet' WHERE {dates}"
            )
        [(count,)] = connection.execute("SELECT count(*) FROM came").fetchall()
        assert count > 0
        for one, other in (("came", "was"), ("was", "came")):
            left = f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other} ORDER BY ALL LIMIT 3"
            assert connection.execute(left).fetchall() == [], f"in {one} alone"
