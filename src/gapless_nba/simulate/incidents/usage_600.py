"""A usage rate of 600 % is published."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import (
    Fetch,
    Injected,
    Occasion,
    WarehouseIncident,
)
from gapless_nba.simulate.incidents.published import dates_after_warm_up

SUMMARY = "analytics.player_game_summary"
_USAGE = 6.0
_MANY_MINUTES = 10  # with fewer, real players have come close to any rate
_SUMMARIES = (
    f"SELECT game_date, player_id FROM {SUMMARY} WHERE minutes >= {_MANY_MINUTES} ORDER BY ALL"
)


def _plan(fetch: Fetch, occasion: Occasion) -> Injected:
    """Choose a row for each date."""
    chosen = occasion.pick_rows(fetch(_SUMMARIES), dates_after_warm_up(fetch, SUMMARY))
    return Injected(
        occasion.name,
        tuple(day for day, _ in chosen),
        tuple(str(player) for _, player in chosen),
        tuple(
            f"UPDATE {SUMMARY} SET usage_rate = {_USAGE} "
            f"WHERE game_date = DATE '{day}' AND player_id = {player}"
            for day, player in chosen
        ),
    )


USAGE_600 = WarehouseIncident(
    name="usage_600",
    story="A player's minutes and his team's came in different units: his row is published with a "
    f"usage rate of 600 %, although he played {_MANY_MINUTES} minutes or more.",
    entity="player_id",
    plan=_plan,
)
