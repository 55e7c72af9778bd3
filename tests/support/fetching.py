"""Fetching in this process: a folder, a stand-in, and a time that passes only by waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gapless.clock import Clock
from gapless.fetch import FetchProgress, FetchReport, FetchRequest
from gapless_nba.fetch.fetcher import NbaFetcher
from gapless_nba.fetch.rhythm import Rhythm
from support.nba_service import FakeStats

START = datetime(2023, 6, 1, tzinfo=UTC)


@dataclass
class Waits:
    """A time that stands still but for waits, which it remembers."""

    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.monotonic, self.sleep, self.now)


@dataclass
class Fetching:
    """Fetches into one folder, again and again."""

    folder: Path
    stats: FakeStats
    time: Waits
    progress: list[FetchProgress] = field(default_factory=list)
    moment: datetime = START

    def season(self, season: str = "2022-23", pause: float = 0.6) -> FetchReport:
        """Fetch a season."""
        return self._fetch(FetchRequest(self.folder, season=season, pause=pause))

    def dates(self, first: date, last: date) -> FetchReport:
        """Fetch a range of dates."""
        return self._fetch(FetchRequest(self.folder, first=first, last=last))

    def asked_by(self, fetch: Callable[[], FetchReport]) -> tuple[FetchReport, list[str]]:
        """Return a report, and what was asked for it: `endpoint about`."""
        before = len(self.stats.asked)
        report = fetch()
        return report, [" ".join(asked) for asked in self.stats.asked[before:]]

    def _fetch(self, request: FetchRequest) -> FetchReport:
        moved = Rhythm(self.time.monotonic, self.time.sleep, lambda: self.moment)
        request = replace(request, clock=Clock.fixed(self.moment))
        return NbaFetcher(moved).fetch(request, self.progress.append)
