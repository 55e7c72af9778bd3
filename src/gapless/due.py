"""When something that happens once a day is due, also where clocks go forward and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Daily:
    """A time of day in a time zone; due exactly once on every date of that zone.

    Where clocks jump over it, it is due as long after midnight as on other days: 02:30 then shows
    as 03:30. Where they show it twice, the first one counts.
    """

    at: time
    timezone: str
    """Such as `America/New_York`."""

    def on(self, day: date) -> datetime:
        """Return the moment it is due on a date, in UTC."""
        at = self.at.replace(fold=0)
        return datetime.combine(day, at, tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    def last(self, now: datetime) -> datetime:
        """Return the newest moment it was due at, in UTC; `now` itself counts."""
        return max(due for due in self._around(now) if due <= now)

    def next(self, now: datetime) -> datetime:
        """Return the first moment after `now` it is due at, in UTC."""
        return min(due for due in self._around(now) if due > now)

    def day_of(self, due: datetime) -> date:
        """Return the date, where it is due, of a moment."""
        return due.astimezone(ZoneInfo(self.timezone)).date()

    def __str__(self) -> str:
        return f"{self.at:%H:%M}{f':{self.at:%S}' if self.at.second else ''} {self.timezone}"

    def _around(self, now: datetime) -> list[datetime]:
        """Return enough moments before and after `now`, also where a zone skipped a date."""
        here = now.astimezone(ZoneInfo(self.timezone)).date()
        return [self.on(here + timedelta(days=days)) for days in range(-3, 4)]
