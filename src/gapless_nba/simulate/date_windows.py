"""Cuts a season's dates into windows and says how many games each date gets.

A window holds one round, so that every team plays once in it: mostly two dates, three before the
last day, and the last day alone, on which all teams play.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from gapless_nba.simulate.streams import bell

if TYPE_CHECKING:
    from gapless_nba.simulate.season_calendar import SeasonCalendar
    from gapless_nba.simulate.streams import Draw

_GAMES_PER_ROUND = 15
_USUAL_LENGTH, _LAST_LENGTHS = 2, (3, 1)  # dates in a window; in the last two
_USUAL_GAMES = (8.2, 5.5, 10.0, 4.4, 9.7, 7.0, 7.4)  # games a date, Monday to Sunday
_NOISE = 1.7  # games
_OPENING_GAMES = 2
_CHRISTMAS_GAMES = 5
_AFTER_BREAK_GAMES = (9, 8)  # on the first two dates after the All-Star break


@dataclass(frozen=True, slots=True)
class DateWindow:
    """The dates of one round and how many of its 15 games each of them gets."""

    dates: tuple[date, ...]
    games: tuple[int, ...]


def date_windows(calendar: SeasonCalendar, draw: Draw) -> list[DateWindow]:
    """Cut the dates of a season into 82 windows.

    Args:
        calendar: The season's dates.
        draw: The stream that varies the games per date.

    Returns:
        The windows in order; every date is in exactly one and has at least one game.
    """
    fixed = _fixed_games(calendar)
    dates = calendar.dates
    windows: list[DateWindow] = []
    start = 0
    pairs_end = len(dates) - sum(_LAST_LENGTHS)
    for length in [_USUAL_LENGTH] * (pairs_end // _USUAL_LENGTH) + list(_LAST_LENGTHS):
        inside = dates[start : start + length]
        windows.append(DateWindow(inside, _games(inside, fixed, draw)))
        start += length
    return windows


def _fixed_games(calendar: SeasonCalendar) -> dict[date, int]:
    """Name the dates whose number of games is not left to chance."""
    after_break = calendar.dates.index(calendar.first_date_after_break)
    first, second = calendar.dates[after_break : after_break + 2]
    fixed = {
        calendar.dates[0]: _OPENING_GAMES,
        date(calendar.year, 12, 25): _CHRISTMAS_GAMES,
        first: _AFTER_BREAK_GAMES[0],
    }
    if (
        after_break % _USUAL_LENGTH == 1
    ):  # else both dates share one window, and the second gets what is left
        fixed[second] = _AFTER_BREAK_GAMES[1]
    return fixed


def _games(dates: tuple[date, ...], fixed: dict[date, int], draw: Draw) -> tuple[int, ...]:
    """Split one round over the dates of its window."""
    noise = bell(draw) * _NOISE
    if len(dates) == 1:
        return (_GAMES_PER_ROUND,)
    if len(dates) > _USUAL_LENGTH:  # the one long window is shared out evenly
        return (_GAMES_PER_ROUND // len(dates),) * len(dates)
    first, second = dates
    if first in fixed:
        games = fixed[first]
    elif second in fixed:
        games = _GAMES_PER_ROUND - fixed[second]
    else:
        usual, next_usual = _USUAL_GAMES[first.weekday()], _USUAL_GAMES[second.weekday()]
        games = int(_GAMES_PER_ROUND * usual / (usual + next_usual) + noise + 0.5)
        games = min(max(games, 1), _GAMES_PER_ROUND - 1)
    return games, _GAMES_PER_ROUND - games
