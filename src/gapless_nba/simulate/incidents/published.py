"""Which dates of a built warehouse can be chosen."""

from __future__ import annotations

from datetime import date

from gapless_nba.simulate.incidents.interface import Fetch
from gapless_nba.simulate.season_calendar import WARM_UP_DAYS


def dates_after_warm_up(fetch: Fetch, table: str) -> list[date]:
    """List the dates of a table from day 14 of their season on, ascending."""
    return [
        day
        for (day,) in fetch(
            "WITH starts AS (SELECT season, min(game_date) AS first FROM raw.schedule GROUP BY ALL)"
            f" SELECT DISTINCT game_date FROM {table} JOIN starts USING (season) "
            f"WHERE game_date - first >= {WARM_UP_DAYS} ORDER BY ALL"
        )
    ]
