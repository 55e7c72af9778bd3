"""Which games of the files were played."""

from __future__ import annotations

PLAYED = (
    "SELECT game_date, game_id FROM schedule WHERE home_score IS NOT NULL "
    "AND game_id IN (SELECT game_id FROM player_box_scores WHERE played) ORDER BY ALL"
)
"""Date and id of every game that has a score and box scores."""
