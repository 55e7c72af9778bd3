"""A player's correction did not reach his team."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.raw_files import RawFiles

_SCORERS = """
SELECT game_date, game_id, player_id FROM player_box_scores
WHERE played AND pts > 0 AND (fga - fgm) - (fg3a - fg3m) > 0
QUALIFY row_number() OVER (PARTITION BY game_id, team ORDER BY pts DESC, player_id) = 1
ORDER BY ALL
"""  # who missed a two-pointer that can be counted as made: fgm stays within fga


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Give one player a basket more."""
    chosen = occasion.pick_rows(files.rows(_SCORERS), files.dates_after_warm_up())
    keys = ", ".join(f"('{game}', {player})" for _, game, player in chosen)
    files.change(
        "player_box_scores",
        f"(game_id, CAST(player_id AS BIGINT)) IN ({keys})",
        {"fgm": "CAST(fgm AS SMALLINT) + 1", "pts": "CAST(pts AS SMALLINT) + 2"},
    )
    days = tuple(day for day, *_ in chosen)
    return Injected(occasion.name, days, tuple(str(player) for *_, player in chosen))


TEAM_NOT_SUM = FileIncident(
    name="team_not_sum",
    story="A basket is credited to a player after the game and his line is corrected, two points "
    "and a made field goal more, but not the score: the team's players no longer add up to it.",
    entity="player_id",
    change=_change,
)
