"""Plays more or fewer games on the dates of a season, for leagues of another size.

The dates stay those of the calendar, and busy dates stay busy. What is too much is dropped, first
the games of teams that played most so far; what lacks is added between teams that are free on the
date, first those that played least. A team never plays twice on a date, hence 15 games at most.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from gapless_nba.simulate.matchups import Meeting
from gapless_nba.simulate.streams import shuffled
from gapless_nba.simulate.teams import TEAMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from gapless_nba.simulate.streams import Draw

    Planned = list[tuple[date, Meeting]]

FEWEST, MOST = 1, len(TEAMS) // 2  # games on a date


def resize(planned: Planned, games_a_day: float, draw: Draw) -> Planned:
    """Drop or add games until the mean over the dates is the one asked for.

    Args:
        planned: The usual games with their dates, by date.
        games_a_day: The mean, 1 to 15; the usual one (7.5) changes nothing.
        draw: A stream of its own.

    Returns:
        The games by date; every date has at least one.
    """
    usual: dict[date, list[Meeting]] = {}
    for day, meeting in planned:
        usual.setdefault(day, []).append(meeting)
    wanted = _wanted({day: len(games) for day, games in usual.items()}, games_a_day, draw)
    played = [0] * len(TEAMS)
    resized: Planned = []
    for day, games in usual.items():
        chosen = _choose(games, wanted[day], played, draw)
        for meeting in chosen:
            played[meeting.away] += 1
            played[meeting.home] += 1
        resized += [(day, meeting) for meeting in chosen]
    return resized


def _wanted(usual: Mapping[date, int], games_a_day: float, draw: Draw) -> dict[date, int]:
    """Say how many games each date gets: in proportion to the usual number, within 1..15."""
    factor = games_a_day / (sum(usual.values()) / len(usual))
    wanted = {day: min(max(int(n * factor + 0.5), FEWEST), MOST) for day, n in usual.items()}
    open_games = int(games_a_day * len(usual) + 0.5) - sum(wanted.values())
    step = 1 if open_games > 0 else -1
    for day in cycle(shuffled(draw, list(usual))):
        if not open_games:
            return wanted
        if FEWEST <= wanted[day] + step <= MOST:
            wanted[day] += step
            open_games -= step
    raise AssertionError("a cycle does not end")


def _choose(
    games: Sequence[Meeting], wanted: int, played: Sequence[int], draw: Draw
) -> Sequence[Meeting]:
    """Choose the games of one date, so that all teams play about equally often."""
    if wanted == len(games):
        return games
    if wanted < len(games):
        return sorted(games, key=lambda game: played[game.away] + played[game.home])[:wanted]
    busy = {team for game in games for team in game}
    free = shuffled(draw, [team.number for team in TEAMS if team.number not in busy])
    free.sort(key=played.__getitem__)
    pairs = list(zip(free[::2], free[1::2], strict=True))[: wanted - len(games)]
    return [*games, *(Meeting(away, home) for away, home in pairs)]
