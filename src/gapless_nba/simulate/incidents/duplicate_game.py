"""A game came twice."""

from __future__ import annotations

from gapless_nba.simulate.incidents.interface import FileIncident, Injected, Occasion
from gapless_nba.simulate.incidents.raw_files import RawFiles

_LAST_IDS = "SELECT season, max(game_id) FROM schedule GROUP BY ALL"
_PLAYED = (
    "SELECT game_date, game_id, season FROM schedule WHERE home_score IS NOT NULL "
    "AND game_id IN (SELECT game_id FROM player_box_scores WHERE played) ORDER BY ALL"
)


def _change(files: RawFiles, occasion: Occasion) -> Injected:
    """Repeat a game under the next free id of its season."""
    chosen = occasion.pick_rows(files.rows(_PLAYED), files.dates_after_warm_up())
    last_ids: dict[str, str] = dict(files.rows(_LAST_IDS))
    entities: list[str] = []
    for _, game, season in chosen:
        last_ids[season] = second = f"{int(last_ids[season]) + 1:010d}"
        for table in ("schedule", "player_box_scores", "shots"):
            files.repeat(table, f"game_id = '{game}'", {"game_id": f"'{second}'"})
        entities += [game, second]
    return Injected(occasion.name, tuple(day for day, *_ in chosen), tuple(entities))


DUPLICATE_GAME = FileIncident(
    name="duplicate_game",
    story="A second feed numbers its games differently, so that one game is there a second time "
    "under another id, with the same teams on the same date.",
    entity="game_id",
    change=_change,
)
