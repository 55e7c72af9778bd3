"""The job of the incident and Gapless, as systems beside the peers, in this environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from peers.peer import HERE, RAW, Peer, Plan, Spent
from peers.statements import LAST, TABLES, UPCOMING

_TRUSTING = "gapless_nba.trusting:pipeline"


class _Here(Peer):
    def __init__(self, environments: Path) -> None:
        super().__init__(environments)
        self._bin = Path(sys.executable).parent

    def install(self) -> None:
        """Do nothing: this environment has what is needed."""


class Naive(_Here):
    """A loop over the dates that marks each as done."""

    name = "naive"
    title = "the job of the incident: a loop over the dates"
    packages = ("duckdb",)

    def files(self, folder: Path, plan: Plan) -> Mapping[str, str]:
        """Need none."""
        del folder, plan
        return {}

    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Process the dates."""
        return self._job(folder, "fill", first, last)

    def again(self, folder: Path, day: str) -> Spent:
        """Process one date again."""
        return self._job(folder, "again", day)

    def later(self, folder: Path, day: str) -> Spent:
        """Go on after the last date that is marked."""
        return self._job(folder, "later", day)

    def shown(self, folder: Path, day: str) -> str:
        """Look whether the date is marked."""
        return str(self._job(folder, "shown", day)["said"]).strip()

    def _job(self, folder: Path, *given: str) -> Spent:
        return self.whole(folder, ["python", str(HERE / "naive_job.py"), *given])


class Gapless(_Here):
    """The pipeline with its fallback."""

    name = "gapless"
    title = "Gapless"
    packages = ("gapless", "duckdb")

    def __init__(self, environments: Path) -> None:
        super().__init__(environments)
        self._first = ""

    def files(self, folder: Path, plan: Plan) -> Mapping[str, str]:
        """Let it write its configuration; nothing is to be done by hand."""
        self._first = plan.first
        self.sql(folder, f"DROP TABLE {UPCOMING}")
        self.whole(folder, ["gapless", "init"])
        return {}

    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Backfill the last table and everything that it reads."""
        dates = ["--start-date", first, "--end-date", last]
        return self.whole(folder, ["gapless", "backfill", LAST, "--with-upstream", *dates])

    def again(self, folder: Path, day: str) -> Spent:
        """Backfill one date of the last table."""
        return self.whole(folder, ["gapless", "backfill", LAST, "--dates", day])

    def later(self, folder: Path, day: str) -> Spent:
        """Backfill what is not done."""
        return self.fill(folder, self._first, day)

    def shown(self, folder: Path, day: str) -> str:
        """Ask for the status."""
        return _status(self.whole(folder, ["gapless", "status", LAST, "--dates", day, "--json"]))


class Trusting(Gapless):
    """The pipeline as it was on the day of the incident: no fallback is declared."""

    name = "trusting"
    title = "Gapless, without a fallback"

    def fill(self, folder: Path, first: str, last: str) -> Spent:
        """Fill as with the fallback: those dates have no upcoming rows."""
        self._first = str(self._days_after(folder, last))
        return super().fill(folder, first, last)

    def again(self, folder: Path, day: str) -> Spent:
        """Backfill one date of the last table."""
        return self._last_table(folder, day, day)

    def later(self, folder: Path, day: str) -> Spent:
        """Backfill what the last table reads, and then it."""
        upstream = ["gapless", "backfill", *TABLES[:-1], "--end-date", day]
        self.whole(folder, [*upstream, "--start-date", self._first])
        return self._last_table(folder, self._first, day)

    def shown(self, folder: Path, day: str) -> str:
        """Ask for the status."""
        asked = ["gapless", "status", LAST, "--dates", day, "--json", "--pipeline", _TRUSTING]
        return _status(self.whole(folder, asked))

    def _last_table(self, folder: Path, first: str, last: str) -> Spent:
        dates = ["--start-date", first, "--end-date", last, "--pipeline", _TRUSTING]
        return self.whole(folder, ["gapless", "backfill", LAST, *dates])

    def _days_after(self, folder: Path, last: str) -> str:
        after = f"SELECT min(game_date) FROM {RAW[0]} WHERE game_date > '{last}'"
        return str(self.sql(folder, after)[0][0])


def _status(spent: Spent) -> str:
    said = str(spent["said"])
    found = json.loads(said[said.index("{") :])["partitions"][0]
    return f"{found['state']}: {found['reason']}"
