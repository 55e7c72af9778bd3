"""The right number of rows, but not the right players."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import (
    Fetch,
    Injected,
    Occasion,
    WarehouseIncident,
)
from gapless_nba.simulate.incidents.published import dates_after_warm_up
from gapless_nba.simulate.literals import listed

FACTORS = "precompute.player_composite_factors"
SUMMARY = "analytics.player_game_summary"
_ROWS = 10


def _plan(fetch: Fetch, occasion: Occasion) -> Injected:
    """Give published rows the ids and names of players who did not play."""
    days = occasion.pick_dates(dates_after_warm_up(fetch, FACTORS))
    statements: list[str] = []
    players: list[str] = []
    for day in days:
        right = fetch(
            f"SELECT player_id FROM {FACTORS} WHERE game_date = DATE '{day}' "
            f"ORDER BY player_id LIMIT {_ROWS}"
        )
        wrong = fetch(
            f"SELECT player_id, max(player_lookup) FROM {SUMMARY} WHERE season IN ("
            f"SELECT season FROM {FACTORS} WHERE game_date = DATE '{day}') AND player_id NOT IN ("
            f"SELECT player_id FROM {SUMMARY} WHERE game_date = DATE '{day}' UNION ALL "
            f"SELECT player_id FROM {FACTORS} WHERE game_date = DATE '{day}') "
            f"GROUP BY player_id ORDER BY player_id LIMIT {_ROWS}"
        )
        if len(right) < _ROWS or len(wrong) < _ROWS:
            raise ValueError(
                f"{occasion.name} cannot happen on {day}: it needs {_ROWS} published rows and as "
                f"many players who did not play, and found {len(right)} and {len(wrong)}"
            )
        statements += [
            f"UPDATE {FACTORS} SET player_id = {other}, player_lookup = {listed([lookup])} "
            f"WHERE game_date = DATE '{day}' AND player_id = {player}"
            for (player,), (other, lookup) in zip(right, wrong, strict=True)
        ]
        players += [str(player) for player, _ in wrong]
    return Injected(occasion.name, tuple(days), tuple(players), tuple(statements))


WRONG_PLAYERS = WarehouseIncident(
    name="wrong_players",
    story=f"A job joined on a wrong column: {_ROWS} published rows of a date carry players who did "
    "not play, and as many who did are missing, so the count is right.",
    entity="player_id",
    plan=_plan,
)
