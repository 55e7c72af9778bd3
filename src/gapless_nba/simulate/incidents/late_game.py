"""A game that ended after midnight is filed under the next date."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.raw_files import RawFiles
from gapless_nba.simulate.literals import listed

_LATE = """
WITH appearances AS (
  SELECT game_date, unnest([home_team, away_team]) AS team FROM schedule
),
played AS (
  SELECT game_date, game_id, home_team, away_team FROM schedule
  WHERE home_score IS NOT NULL
  AND game_id IN (SELECT game_id FROM player_box_scores WHERE played)
)
SELECT game_date, game_id FROM played AS p
WHERE EXISTS (FROM schedule AS s WHERE s.game_date = p.game_date + 1)
AND NOT EXISTS (
  FROM appearances AS a
  WHERE a.game_date = p.game_date + 1 AND a.team IN (p.home_team, p.away_team)
)
ORDER BY ALL
"""  # games are played on the next date, too, but not by these two teams


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Move the box scores and shots of a game to the next date."""
    chosen = occasion.pick_rows(files.rows(_LATE), files.dates_after_warm_up())
    games = tuple(game for _, game in chosen)
    for table in ("player_box_scores", "shots"):
        files.change(
            table, f"game_id IN ({listed(games)})", {"game_date": "CAST(game_date AS DATE) + 1"}
        )
    return Injected(occasion.name, tuple(day for day, _ in chosen), games)


LATE_GAME = FileIncident(
    name="late_game",
    story="A game ends after midnight in New York, and its box scores and shots are filed under "
    "the next date, while the schedule keeps its date.",
    entity="game_id",
    change=_change,
)
