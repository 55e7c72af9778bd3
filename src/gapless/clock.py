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
    replays: bool = False
    """Whether a user replays a moment with it, while what is made by it is made now."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self.read().astimezone(UTC)

    def ageing(self) -> datetime:
        """Return the time in UTC by which what was made ages: in a replay the system's, too.

        Else a replay of the past would make backups that are old at once, and one of the future
        would find all of them old.
        """
        return _system_now() if self.replays else self.now()

    def today(self, timezone: str) -> date:
        """Return the current date in a time zone such as `America/New_York`."""
        return self.read().astimezone(ZoneInfo(timezone)).date()

    @classmethod
    def fixed(cls, moment: datetime) -> Clock:
        """Return a clock that stands still."""
        return cls(lambda: moment)

    @classmethod
    def replay(cls, moment: datetime) -> Clock:
        """Return a clock that stands where a user said."""
        return cls(lambda: moment, replays=True)
