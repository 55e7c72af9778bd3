"""The dates of one season: when it starts, which days are empty, the All-Star break."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

WARM_UP_DAYS = 14  # so many days of a season nothing is precomputed
_LABEL = re.compile(r"(\d{4})-(\d{2})")
_MONDAY, _TUESDAY, _THURSDAY, _SUNDAY = 0, 1, 3, 6
_LAST_DAY = 173  # days after the first game: a Sunday in the middle of April
_BREAK_LENGTH = 6  # days


@dataclass(frozen=True, slots=True)
class SeasonCalendar:
    """The dates of one season.

    Attributes:
        season: The label, for example `2022-23`.
        year: The year in which the season starts.
        dates: The 164 dates with games, ascending.
        break_start: First empty date of the All-Star break.
        break_end: Last empty date of the All-Star break.
        trade_deadline: The Thursday in early February after which no trade takes effect.
    """

    season: str
    year: int
    dates: tuple[date, ...]
    break_start: date
    break_end: date
    trade_deadline: date

    @property
    def first_date_after_break(self) -> date:
        """The first date with games after the All-Star break."""
        return self.break_end + timedelta(days=1)


def season_year(season: str) -> int:
    """Read the year in which a season starts.

    Args:
        season: A label of two consecutive years, for example `2022-23` or `1999-00`.

    Returns:
        The first of the two years, for example 2022.

    Raises:
        ValueError: The label is not of this form, or its years do not follow each other or do not
            exist.
    """
    match = _LABEL.fullmatch(season)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError(f"{season!r} is no season; write two consecutive years, as in '2022-23'")
    if not date.min.year <= int(match[1]) < date.max.year:
        raise ValueError(f"{season!r} is no season; its years are not in the calendar")
    return int(match[1])


def seasons_ending_with(season: str, number: int) -> tuple[str, ...]:
    """List consecutive seasons.

    Args:
        season: The label of the last one, for example `2022-23`.
        number: How many there are, at least 1.

    Returns:
        Their labels in order, for example `2021-22` and `2022-23`.
    """
    last = season_year(season)
    return tuple(
        f"{year:04d}-{(year + 1) % 100:02d}" for year in range(last - number + 1, last + 1)
    )


def season_calendar(season: str) -> SeasonCalendar:
    """Work out the dates of a season.

    Args:
        season: A label, for example `2022-23`.

    Returns:
        Its calendar. The first game is on the Tuesday from 18 to 24 October, the last on a Sunday.
    """
    year = season_year(season)
    first = _weekday_from(date(year, 10, 18), _TUESDAY)
    last = first + timedelta(days=_LAST_DAY)
    all_star_sunday = _weekday_from(date(year + 1, 2, 15), _SUNDAY)
    break_start = all_star_sunday - timedelta(days=2)
    empty = {break_start + timedelta(days=day) for day in range(_BREAK_LENGTH)}
    empty.add(_weekday_from(date(year, 11, 1), _MONDAY) + timedelta(days=1))  # election day
    empty.add(_weekday_from(date(year, 11, 22), _THURSDAY))  # Thanksgiving
    empty.add(date(year, 12, 24))
    empty.add(last - timedelta(days=6))  # the college final
    every_day = (first + timedelta(days=day) for day in range(_LAST_DAY + 1))
    return SeasonCalendar(
        season=season,
        year=year,
        dates=tuple(day for day in every_day if day not in empty),
        break_start=break_start,
        break_end=break_start + timedelta(days=_BREAK_LENGTH - 1),
        trade_deadline=all_star_sunday - timedelta(days=10),
    )


def _weekday_from(start: date, weekday: int) -> date:
    """Return the first date with this weekday (Monday is 0) on or after `start`."""
    return start + timedelta(days=(weekday - start.weekday()) % 7)
