"""The pipeline's clock: what time it is, and which date "today" is where the pipeline lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def _system_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """A source of time that tests, replays and a user's `--now` can set."""

    read: Callable[[], datetime] = _system_now
    """Returns an aware timestamp."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self.read().astimezone(UTC)

    def today(self, timezone: str) -> date:
        """Return the current date in a time zone such as `America/New_York`."""
        return self.read().astimezone(ZoneInfo(timezone)).date()

    @classmethod
    def fixed(cls, moment: datetime) -> Clock:
        """Return a clock that stands still."""
        return cls(lambda: moment)
