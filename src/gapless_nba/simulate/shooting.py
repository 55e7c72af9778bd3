"""Field goals and free throws of one team in one game, and additions to its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gapless_nba.simulate.streams import bell, picks, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gapless_nba.simulate.player_lines import PlayerLine
    from gapless_nba.simulate.streams import Draw

_ATTEMPTS, _ATTEMPTS_SPREAD = 87.4, 3.2  # a team and game of 48 minutes
_FREE_THROWS, _FREE_THROWS_SPREAD, _FEWEST_FREE_THROWS = 22.9, 6.0, 6
_REVERSION = 0.02  # how fast a cold team gets better shots; real teams vary less than coin tosses
_ACCURACY_PER_POINT = 0.0048  # probability per attempt that is worth one point a game


def shoot(lines: Sequence[PlayerLine], pace: float, advantage: float, draw: Draw) -> None:
    """Fill in the shots of a team.

    Args:
        lines: Those who played.
        pace: Factor on the number of shots; longer and faster games have more.
        advantage: Points a game by which the team is expected to score more than an average one.
        draw: The stream of the game.
    """
    _field_goals(lines, pace, advantage * _ACCURACY_PER_POINT, draw)
    _free_throws(lines, pace, draw)


def _field_goals(lines: Sequence[PlayerLine], pace: float, shift: float, draw: Draw) -> None:
    """Play the attempts of a team one after the other."""
    attempts = int(pace * (_ATTEMPTS + _ATTEMPTS_SPREAD * bell(draw)) + 0.5)
    more_threes = 1 + 0.05 * bell(draw)
    weights = [line.seconds * line.player.tendencies.fga for line in lines]
    owed = 0.0  # expected makes so far minus makes so far
    for position in picks(draw, weights, attempts):
        line = lines[position]
        shooting = line.player.shooting
        line.fga += 1
        three = draw() < shooting.three_share * more_threes
        chance = (shooting.three_accuracy if three else shooting.two_accuracy) + shift
        made = draw() < chance + _REVERSION * owed
        owed += chance - made
        if three:
            line.fg3a += 1
            line.fg3m += made
        line.fgm += made


def _free_throws(lines: Sequence[PlayerLine], pace: float, draw: Draw) -> None:
    """Play the free throws of a team."""
    attempts = int(pace * (_FREE_THROWS + _FREE_THROWS_SPREAD * bell(draw)) + 0.5)
    weights = [line.seconds * line.player.tendencies.fta for line in lines]
    thrown = shares(draw, weights, max(attempts, _FEWEST_FREE_THROWS))
    for line, number in zip(lines, thrown, strict=True):
        line.fta = number
        accuracy = line.player.shooting.free_throw_accuracy
        for _ in range(number):
            line.ftm += draw() < accuracy


def add_points(lines: Sequence[PlayerLine], points: int) -> None:
    """Turn misses into makes until the team has so many points more.

    Two points are a two-pointer. An odd point, or what no missed two-pointer is left for, comes
    from free throws, if need be additional ones.

    Args:
        lines: Those who played.
        points: Points to add, not negative.
    """
    for line in sorted(lines, key=lambda line: (-line.seconds, line.player.player_id)):
        missed = (line.fga - line.fgm) - (line.fg3a - line.fg3m)
        changed = min(missed, points // 2)
        line.fgm += changed
        points -= 2 * changed
    for _ in range(points):
        line = max(lines, key=lambda line: line.fta - line.ftm)
        line.fta += line.fta == line.ftm
        line.ftm += 1
