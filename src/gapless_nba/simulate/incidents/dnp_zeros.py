"""Who did not play comes with zeros."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.raw_files import RawFiles
from gapless_nba.simulate.incidents.statistics import STATISTICS
from gapless_nba.simulate.literals import listed

_MOST_DNP = """
WITH games AS (
  SELECT game_date, game_id, list(CAST(player_id AS VARCHAR) ORDER BY player_id) AS players
  FROM player_box_scores WHERE NOT played GROUP BY ALL
)
FROM games
QUALIFY row_number() OVER (PARTITION BY game_date ORDER BY len(players) DESC, game_id) = 1
ORDER BY game_date
"""


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Turn the DNP rows of a game into appearances."""
    chosen = occasion.pick_rows(files.rows(_MOST_DNP), files.dates_after_warm_up())
    games = listed([game for _, game, _ in chosen])
    files.change(
        "player_box_scores",
        f"game_id IN ({games}) AND NOT CAST(played AS BOOLEAN)",
        {"played": "TRUE"} | dict.fromkeys(STATISTICS, "0"),
    )
    players = tuple(player for *_, listed_players in chosen for player in listed_players)
    return Injected(occasion.name, tuple(day for day, *_ in chosen), players)


DNP_ZEROS = FileIncident(
    name="dnp_zeros",
    story="A new version of the feed writes zeros for players who were listed but did not play, as "
    "if they had played for no minute; it hits the game of the date with most of them.",
    entity="player_id",
    change=_change,
)
