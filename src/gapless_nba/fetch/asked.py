"""What a request means in this league: its seasons, and which of their games."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gapless.errors import UsageError
from gapless.fetch import FetchRequest
from gapless_nba.fetch.schedule import Game
from gapless_nba.simulate.season_calendar import season_year

FIRST_SEASON = 1996
"""There are no shot charts of earlier seasons."""
_SEPTEMBER = 9
"""The regular season of 2019-20 lasted into August; none has started before October."""


@dataclass(frozen=True)
class Asked:
    """Seasons in full, or dates of some seasons."""

    seasons: tuple[str, ...]
    first: date = date.min
    last: date = date.max

    def holds(self, game: Game) -> bool:
        """Whether a game is asked for."""
        return game.season in self.seasons and self.first <= game.game_date <= self.last


def asked_by(request: FetchRequest) -> Asked:
    """Read a request.

    Raises:
        UsageError: there is no such season, or too early a one.
    """
    if request.season is not None:
        return Asked((_season(request.season),))
    if request.first is None or request.last is None:
        raise UsageError("A fetch needs a season or two dates.", untouched="Nothing was asked for.")
    years = range(_season_year(request.first), _season_year(request.last) + 1)
    return Asked(tuple(_season(label(year)) for year in years), request.first, request.last)


def label(year: int) -> str:
    """Name the season that starts in a year, e.g. `2022-23`."""
    return f"{year}-{(year + 1) % 100:02}"


def _season(text: str) -> str:
    try:
        year = season_year(text)
    except ValueError as error:
        raise UsageError(f"{error}.", untouched="Nothing was asked for.") from None
    if year < FIRST_SEASON:
        raise UsageError(
            f"The season {text} lies before {label(FIRST_SEASON)}, the first one with shot charts.",
            untouched="Nothing was asked for.",
        )
    return text


def _season_year(day: date) -> int:
    return day.year if day.month >= _SEPTEMBER else day.year - 1
