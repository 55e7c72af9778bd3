"""The future is already in the box scores, and it is absurd."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.raw_files import RawFiles
from gapless_nba.simulate.incidents.statistics import STATISTICS

_POINTS = 300
_ABSURD = dict.fromkeys(STATISTICS, "0") | {
    "minutes": "48",
    "seconds_played": "2880",
    "minutes_rounded": "48",
    "fgm": str(_POINTS // 2),
    "fga": str(_POINTS // 2),
    "pts": str(_POINTS),
}
"""A line that contradicts nothing but common sense."""


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Take scores and shots of all coming games away and poison their box scores."""
    today = occasion.today or occasion.pick_dates(files.dates_after_warm_up())[0]
    coming = f"CAST(game_date AS DATE) >= DATE '{today}'"
    found = files.rows(f"SELECT game_date, game_id FROM schedule WHERE {coming} ORDER BY ALL")
    if not found:
        raise ValueError(f"{occasion.name} needs games on or after {today}; there are none")
    files.change("schedule", coming, {"home_score": "NULL", "away_score": "NULL"})
    files.change("player_box_scores", coming, {"team_score": "NULL", "opponent_score": "NULL"})
    files.change("player_box_scores", f"{coming} AND CAST(played AS BOOLEAN)", _ABSURD)
    files.drop("shots", coming)
    days = tuple(sorted({day for day, _ in found}))
    return Injected(occasion.name, days, tuple(game for _, game in found))


POISONED_FUTURE = FileIncident(
    name="poisoned_future",
    story="A test feed leaks into the data: from today on no game has been played and the schedule "
    f"has no scores, yet box scores are there, {_POINTS} points for everybody.",
    entity="game_id",
    change=_change,
)
