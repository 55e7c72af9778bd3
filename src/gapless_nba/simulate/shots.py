"""The field-goal attempts of one game, one by one."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from gapless_nba.simulate.player_lines import PlayerLine
from gapless_nba.simulate.shot_places import POOL_SIZE, shot_pools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gapless_nba.simulate.streams import Draw

Shot = tuple[float, PlayerLine, str]
"""When (share of the game that has passed, 0 <= share < 1), who, and the end of the row."""


def take_shots(lines: Sequence[PlayerLine], draw: Draw) -> list[Shot]:
    """Give every attempt of a box score a time and a place.

    Args:
        lines: The players of both teams.
        draw: The stream of the game.

    Returns:
        As many shots of each player as he has attempts, made ones and threes included, by time.
    """
    pools = shot_pools()
    shots: list[Shot] = []
    for line in lines:
        if line.fga:
            kind = line.player.shooting.two_point_kind
            threes_missed = line.fg3a - line.fg3m
            for pool, number in (
                (pools.two_made[kind], line.fgm - line.fg3m),
                (pools.two_missed[kind], line.fga - line.fgm - threes_missed),
                (pools.three_made, line.fg3m),
                (pools.three_missed, threes_missed),
            ):
                shots += [(draw(), line, pool[int(draw() * POOL_SIZE)]) for _ in range(number)]
    shots.sort(key=itemgetter(0))
    return shots
