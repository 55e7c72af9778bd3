"""Rebounds, assists, steals, blocks, turnovers, fouls and plus-minus of one game."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gapless_nba.simulate.streams import bell, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gapless_nba.simulate.player_lines import PlayerLine
    from gapless_nba.simulate.streams import Draw

    Lines = Sequence[PlayerLine]

_FOUL_LIMIT = 6
_PLUS_MINUS_SPREAD = 42.0  # points, four times that of a player with half of the game


def fill_in(away: Lines, home: Lines, pace: float, draw: Draw) -> None:
    """Fill in what depends on the shots of both teams.

    Args:
        away: Those of the visitors who played, with their shots.
        home: The same of the other team.
        pace: Factor on what happens in a game.
        draw: The stream of the game.
    """
    turnovers = [max(3, int(pace * (13.9 + 3.6 * bell(draw)))) for _ in range(2)]
    for own, other, own_turnovers, other_turnovers in (
        (away, home, turnovers[0], turnovers[1]),
        (home, away, turnovers[1], turnovers[0]),
    ):
        makes, misses = sum(line.fgm for line in own), sum(line.fga - line.fgm for line in own)
        regained = misses * (0.238 + 0.06 * bell(draw))
        _hand_out(own, "oreb", regained, draw)
        _hand_out(other, "dreb", min(misses * (0.724 + 0.04 * bell(draw)), misses - regained), draw)
        _hand_out(own, "ast", makes * (0.617 + 0.07 * bell(draw)), draw)
        _hand_out(own, "tov", own_turnovers, draw)
        _hand_out(own, "stl", other_turnovers * (0.58 + 0.12 * bell(draw)), draw)
        _hand_out(other, "blk", misses * (0.113 + 0.045 * bell(draw)), draw)
        _hand_out(own, "pf", pace * (20.6 + 3.6 * bell(draw)), draw)
        for line in own:
            line.pf = min(line.pf, _FOUL_LIMIT)


def plus_minus(lines: Lines, margin: int, seconds: int, draw: Draw) -> None:
    """Fill in plus-minus; over the team it adds up to five times the margin.

    Args:
        lines: Those who played.
        margin: Points by which the team won, negative when it lost.
        seconds: Length of the game, overtime included.
        draw: The stream of the game.
    """
    parts = [line.seconds / seconds for line in lines]
    rooms = [part * (1 - part) for part in parts]  # nothing for who played always or never
    noises = [_PLUS_MINUS_SPREAD * bell(draw) * room for room in rooms]
    all_noise = all_room = 0.0
    for noise, room in zip(noises, rooms, strict=True):
        all_noise += noise
        all_room += room
    noise_per_room = all_noise / all_room
    exact, given = 0.0, 0
    for line, part, noise, room in zip(lines, parts, noises, rooms, strict=True):
        exact += margin * part + noise - noise_per_room * room
        line.plus_minus = round(exact) - given
        given += line.plus_minus


def _hand_out(lines: Lines, statistic: str, total: float, draw: Draw) -> None:
    """Hand out a team's total of one statistic, rounded down, to its players."""
    weights = [line.seconds * getattr(line.player.tendencies, statistic) for line in lines]
    for line, count in zip(lines, shares(draw, weights, int(total)), strict=True):
        setattr(line, statistic, count)
