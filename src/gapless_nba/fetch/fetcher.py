"""The fetcher of the NBA pipeline: what `gapless fetch` calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from gapless.errors import UsageError
from gapless.fetch import FetchReport, FetchRequest, Listener
from gapless_nba.fetch.asked import asked_by
from gapless_nba.fetch.rhythm import Rhythm


@dataclass(frozen=True)
class NbaFetcher:
    """Gets the three raw tables from stats.nba.com."""

    rhythm: Rhythm = field(default_factory=Rhythm)

    def fetch(self, request: FetchRequest, listen: Listener) -> FetchReport:
        """Fetch what is missing, and write the files of everything that is kept in the folder.

        Raises:
            UsageError: there is no such season, or the extra is not installed.
            FolderBusy: another process fetches into the folder.
            FetchFailed: there is no usable schedule or game log.
        """
        asked = asked_by(request)
        try:
            # Here, so that every other command can do without the extra.
            from gapless_nba.fetch.gather import gather  # noqa: PLC0415 - see above
        except ImportError as error:
            package = (error.name or "nba_api").partition(".")[0]
            if package.startswith("gapless"):
                raise
            raise UsageError(
                f"Fetching from NBA.com needs {package}, which is not installed.",
                untouched="Nothing was asked for.",
                advice='Install it: pip install "gapless[nba]"',
            ) from error
        return gather(request, asked, self.rhythm, listen)


fetcher = NbaFetcher()
