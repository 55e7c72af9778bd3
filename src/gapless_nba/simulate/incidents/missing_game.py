"""A game never arrived."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.played import PLAYED
from gapless_nba.simulate.incidents.raw_files import RawFiles
from gapless_nba.simulate.literals import listed


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Drop the box scores and shots of a game."""
    chosen = occasion.pick_rows(files.rows(PLAYED), files.dates_after_warm_up())
    games = tuple(game for _, game in chosen)
    for table in ("player_box_scores", "shots"):
        files.drop(table, f"game_id IN ({listed(games)})")
    return Injected(occasion.name, tuple(day for day, _ in chosen), games)


MISSING_GAME = FileIncident(
    name="missing_game",
    story="The download of one game failed and was never tried again: the schedule shows its "
    "score, but there are no box scores and shots of it.",
    entity="game_id",
    change=_change,
)
