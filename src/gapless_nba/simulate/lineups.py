"""Who is listed, starts and plays in one game, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gapless_nba.simulate.player_lines import PlayerLine
from gapless_nba.simulate.streams import between, pick

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gapless_nba.simulate.players import SeasonPlayer
    from gapless_nba.simulate.streams import Draw

_PLAYERS_ON_COURT = 5
_APPEARING = (8,) + (9,) * 9 + (10,) * 14 + (11,) * 7 + (12,) * 5 + (13,) * 4  # players a game
_LISTED = (11,) * 4 + (12,) * 7 + (13,) * 6 + (14,) * 5 + (15,) * 3  # players a game
_USUAL_MINUTES = (32.5, 31.5, 30.5, 29.5, 28.0, 24.0, 20.5, 16.5, 12.5, 8.5, 5.5, 4.5, 4.0)
_FEWEST_HEALTHY = 9
_LATE_FOR_THE_LAST_SECOND = 0.001  # probability that somebody appears for no second
_INJURED = 0.026  # probability a game
_COACH, _INJURY, _AWAY = "DNP - Coach's Decision", "DND - Injury/Illness", "NWT - Not With Team"
_INJURED_LISTED, _AWAY_LISTED = 0.2, 0.004  # probabilities a team and game
_POSITIONS = ("G", "G", "F", "F", "C")  # of the starters, smallest first


def choose_lineup(
    squad: Sequence[SeasonPlayer], day: date, seconds: int, draw: Draw
) -> list[PlayerLine]:
    """Choose who plays; some of them get hurt and miss the following games.

    Args:
        squad: The players of the team on that date.
        day: The date of the game.
        seconds: Length of the game, overtime included.
        draw: The stream of the game.

    Returns:
        One line per listed player, by player id: the 5 starters with a position, everyone who
        plays with his seconds (five times `seconds` in total), the others with a comment.
    """
    ranked, hurt = _rank(squad, day, draw)
    appearing = min(pick(draw, _APPEARING), len(ranked))
    listed = max(appearing, min(pick(draw, _LISTED), len(ranked)))
    lines = [PlayerLine(player) for player in ranked[:appearing]]
    for line, share in zip(lines, _seconds(ranked[:appearing], seconds, draw), strict=True):
        line.seconds = share
    starters = sorted(lines[:_PLAYERS_ON_COURT], key=lambda line: line.player.size)
    for line, position in zip(starters, _POSITIONS, strict=True):
        line.start_position = position
    lines += [PlayerLine(player, dnp_comment=_COACH) for player in ranked[appearing:listed]]
    if lines[-1].dnp_comment and draw() < _AWAY_LISTED:
        lines[-1].dnp_comment = _AWAY
    one_more = draw() < _INJURED_LISTED and len(lines) < _LISTED[-1]
    injured = max(_LISTED[0] - len(lines), int(one_more))
    lines += [PlayerLine(player, dnp_comment=_INJURY) for player in hurt[:injured]]
    _hurt_some(ranked[:appearing], day, draw)
    lines.sort(key=lambda line: line.player.player_id)
    return lines


def _rank(
    squad: Sequence[SeasonPlayer], day: date, draw: Draw
) -> tuple[list[SeasonPlayer], list[SeasonPlayer]]:
    """Order the healthy players by today's standing, and the others by their return."""
    today = day.toordinal()
    standing: list[tuple[float, int, SeasonPlayer]] = []
    hurt: list[SeasonPlayer] = []
    for player in squad:
        certain = day in player.certain_dates
        if certain or player.returns_on <= today:
            value = 100.0 * certain + player.ability + 0.9 * draw()
            standing.append((-value, player.player_id, player))
        else:
            hurt.append(player)
    standing.sort()
    ranked = [player for _, _, player in standing]
    hurt.sort(key=lambda player: (player.returns_on, player.player_id))
    while len(ranked) < _FEWEST_HEALTHY:
        ranked.append(hurt.pop(0))
    return ranked, hurt


def _seconds(players: Sequence[SeasonPlayer], seconds: int, draw: Draw) -> list[int]:
    """Share out the seconds of the five places on the court."""
    weights = [
        int(
            1_000 * player.stamina * (minutes + min(0.12 * minutes + 4, minutes) * (2 * draw() - 1))
        )
        for minutes, player in zip(_USUAL_MINUTES, players, strict=False)
    ]
    if draw() < _LATE_FOR_THE_LAST_SECOND:
        weights[-1] = 0
    total = sum(weights)
    everything = seconds * _PLAYERS_ON_COURT
    shares = [min(weight * everything // total, seconds) for weight in weights]
    left = everything - sum(shares)
    for position, share in enumerate(shares):
        added = min(left, seconds - share)
        shares[position] += added
        left -= added
    return shares


def _hurt_some(players: Sequence[SeasonPlayer], day: date, draw: Draw) -> None:
    """Injure a few of those who played, mostly for days, rarely for months."""
    for player in players:
        if draw() < _INJURED:
            low, high = pick(draw, ((2, 7), (3, 9), (4, 12), (8, 30), (30, 110)))
            player.returns_on = day.toordinal() + between(draw, low, high)
