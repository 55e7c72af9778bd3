"""History windows: how far back before a date an input is read."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gapless.declare.calendar import DateFacts


class WindowKind(enum.StrEnum):
    """Where a window begins."""

    DAYS = "days"
    SEASON = "season"
    PREVIOUS_SEASON = "previous season"
    ALL = "all time"


@dataclass(frozen=True)
class Window:
    """The dates before D (D itself never belongs to it) that may influence the values of D."""

    kind: WindowKind
    days: int = 0

    def start(self, facts: DateFacts) -> date:
        """Return the first date of the window of the date that `facts` describe."""
        match self.kind:
            case WindowKind.DAYS:
                return facts.day - timedelta(days=self.days)
            case WindowKind.SEASON:
                return facts.season_start
            case WindowKind.PREVIOUS_SEASON:
                return facts.previous_season_start or facts.season_start
            case WindowKind.ALL:
                return date.min

    def __str__(self) -> str:
        return f"last {self.days} days" if self.kind is WindowKind.DAYS else str(self.kind)


def last_days(days: int) -> Window:
    """Return the window D−days … D−1, across seasons."""
    return Window(WindowKind.DAYS, days)


def season_to_date() -> Window:
    """Return the window from the first date of D's season to D−1."""
    return Window(WindowKind.SEASON)


def since_previous_season() -> Window:
    """Return the window from the first date of the season before D's to D−1."""
    return Window(WindowKind.PREVIOUS_SEASON)


def all_time() -> Window:
    """Return the window of everything before D."""
    return Window(WindowKind.ALL)
