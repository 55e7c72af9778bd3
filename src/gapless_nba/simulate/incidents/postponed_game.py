"""A game was not played."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.played import PLAYED
from gapless_nba.simulate.incidents.raw_files import RawFiles
from gapless_nba.simulate.literals import listed


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Take scores, box scores and shots of a game away."""
    chosen = occasion.pick_rows(files.rows(PLAYED), files.dates_after_warm_up())
    games = tuple(game for _, game in chosen)
    where = f"game_id IN ({listed(games)})"
    files.change("schedule", where, {"home_score": "NULL", "away_score": "NULL"})
    for table in ("player_box_scores", "shots"):
        files.drop(table, where)
    return Injected(occasion.name, tuple(day for day, _ in chosen), games)


POSTPONED_GAME = FileIncident(
    name="postponed_game",
    story="A game is postponed and the schedule still shows it on its old date, without scores: "
    "it has not been played, and there are no box scores and shots of it.",
    entity="game_id",
    change=_change,
)
