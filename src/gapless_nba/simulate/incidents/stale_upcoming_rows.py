"""A few rows of the upcoming context outlived the cleanup: the incident of 6 January."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import cycle

from gapless_nba.simulate.incidents.interface import (
    Fetch,
    Injected,
    Occasion,
    WarehouseIncident,
)
from gapless_nba.simulate.incidents.published import dates_after_warm_up

UPCOMING = "analytics.upcoming_player_game_context"
SYNTHETIC = "analytics.synthetic_player_game_context"
_SHARES = (0.0, 0.39)
"""Share of the players whose stale rows are left on the first date, on the second, and so on."""


def stale_rows(days: Sequence[date]) -> list[str]:
    """Return the statements that leave one stale row on the first date and 39 % on the second.

    Args:
        days: Dates with a synthetic context; further ones take turns between one row and 39 %.
    """
    statements = [f"CREATE TABLE IF NOT EXISTS {UPCOMING} AS FROM {SYNTHETIC} LIMIT 0"]
    for day, share in zip(days, cycle(_SHARES), strict=False):
        statements += [
            f"DELETE FROM {UPCOMING} WHERE game_date = DATE '{day}'",
            f"INSERT INTO {UPCOMING} SELECT * REPLACE ('upcoming' AS context_source) "
            f"FROM {_left(day, share)}",
        ]
    return statements


def _left(day: date, share: float) -> str:
    """Write what is left of a date after FROM."""
    return (
        f"{SYNTHETIC} WHERE game_date = DATE '{day}' "
        "QUALIFY row_number() OVER (ORDER BY player_id) "
        f"<= greatest(1, floor({share} * count(*) OVER ()))"
    )


def _plan(fetch: Fetch, occasion: Occasion) -> Injected:
    """Say which rows would be left of each date."""
    days = occasion.pick_dates(dates_after_warm_up(fetch, SYNTHETIC), number=len(_SHARES))
    players: list[str] = []
    for day, share in zip(days, cycle(_SHARES), strict=False):
        found = fetch(f"SELECT player_id FROM {_left(day, share)} ORDER BY player_id")
        if not found:
            raise ValueError(f"{occasion.name} cannot happen on {day}: {SYNTHETIC} has no rows")
        players += [str(player) for (player,) in found]
    return Injected(occasion.name, tuple(days), tuple(players), tuple(stale_rows(days)))


STALE_UPCOMING_ROWS = WarehouseIncident(
    name="stale_upcoming_rows",
    story="The cleanup of the upcoming context was not quite complete: one row is left of a past "
    "date and 39 % of the rows of the next one.",
    entity="player_id",
    plan=_plan,
)
