"""Write docs/nba/incidents.md: each incident is injected, and noted is what validation says.

`python docs/incidents.py` writes the page; `--check` fails when it is out of date.
"""  # noqa: INP001 - a script beside the page it writes, no package

from __future__ import annotations

import difflib
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from gapless.config.settings import Settings, load_settings
from gapless.findings import Severity
from gapless.partitions import spans
from gapless.validate.model import ValidationFinding, ValidationReport
from gapless.verbs.backfill import BackfillOptions, backfill
from gapless.verbs.load import load
from gapless.verbs.selection import Selection
from gapless.verbs.validate import validate
from gapless.wiring import open_workspace
from gapless_nba.simulate import simulate_league
from gapless_nba.simulate.incidents import INCIDENTS, WAREHOUSE, Incident, Injected

PAGE = Path(__file__).parent / "nba" / "incidents.md"
GAMES_A_DAY = 5
AFTER_THE_SEASON = datetime(2023, 6, 1, 12, tzinfo=UTC)
TODAY = date(2023, 3, 1)
"""For the incident that needs games which have not been played."""
CONSEQUENCES = ("blocked", "missing", "unlike_neighbours", "stale")
"""What follows from an incident, or is no finding of it."""

HEAD = """\
# Incidents, and what finds them

<!-- Written by docs/incidents.py, which injects every incident of the simulator into a season of
820 games, loads and backfills it, and validates it. -->

Every incident that the [simulator](../how-to/simulate-a-league.md) can inject is injected into a
season of its own. Those in the files are there when the season is loaded; those in the warehouse
happen afterwards, behind the back of Gapless. The last column is what
[`gapless validate`](../how-to/trust-a-season.md) then says of it: the finding's code, its table,
its dates. What merely follows (dates that are blocked, tables that are not built because of it) is
left out.

| incident | happens | what the backfill did | `gapless validate` names it |
| --- | --- | --- | --- |
"""
FOOT = """
An incident in the raw files never reaches a table that speaks of its date: the date is blocked, and
so is every later one that would have read it. Rows of today are never called rows of the future,
since today may be being filled. The season without an incident has no finding at all.
"""


@dataclass(frozen=True)
class Noticed:
    """One incident, and what came of it."""

    incident: Incident | None
    injected: Injected | None
    published: int
    open: int
    report: ValidationReport

    @property
    def findings(self) -> list[ValidationFinding]:
        """The findings that name it."""
        return [
            finding
            for finding in self.report.findings
            if finding.severity in (Severity.ERROR, Severity.WARNING)
            and finding.code not in CONSEQUENCES
        ]


def notice_all(folder: Path) -> list[Noticed]:
    """Inject every incident into a copy of one season, and validate it; first comes none at all.

    Args:
        folder: An empty folder to work in.
    """
    simulate_league(folder / "raw", games_a_day=GAMES_A_DAY)
    clean = folder / "clean"
    shutil.copytree(folder / "raw", clean / "data")
    noticed = [_built(clean, None, None, AFTER_THE_SEASON)]
    for incident in INCIDENTS.values():
        place = folder / incident.name
        if incident.where == WAREHOUSE:
            shutil.copytree(clean, place)
            injected = incident.inject(place / "nba.duckdb")
            report = _validated(place, AFTER_THE_SEASON)
            noticed.append(Noticed(incident, injected, 0, 0, report))
        else:
            shutil.copytree(folder / "raw", place / "data")
            coming = incident.name == "poisoned_future"
            injected = incident.inject(place / "data", today=TODAY if coming else None)
            noon = datetime(TODAY.year, TODAY.month, TODAY.day, 17, tzinfo=UTC)
            now = noon if coming else AFTER_THE_SEASON
            noticed.append(_built(place, incident, injected, now))
        shutil.rmtree(place)
    return noticed


def _built(
    place: Path, incident: Incident | None, injected: Injected | None, now: datetime
) -> Noticed:
    """Load and backfill a folder of files, then validate."""
    with open_workspace(_settings(place, now), write=True) as workspace:
        load(workspace, place / "data")
        made = backfill(workspace, Selection(), BackfillOptions(command="docs/incidents.py")).report
    published = sum(result.outcome == "published" for result in made.results)
    return Noticed(
        incident,
        injected,
        published,
        sum(not r.succeeded for r in made.results),
        _validated(place, now),
    )


def _validated(place: Path, now: datetime) -> ValidationReport:
    with open_workspace(_settings(place, now), write=False) as workspace:
        return validate(workspace, Selection())


def _settings(place: Path, now: datetime) -> Settings:
    flags = {
        "pipeline": "nba",
        "warehouse": f"duckdb:///{place / 'nba.duckdb'}",
        "ledger": f"sqlite:///{place / 'ledger.sqlite'}",
        "now": now,
    }
    return load_settings(flags, environment={}, folder=place)


def page(noticed: list[Noticed]) -> str:
    """Return the page."""
    rows = [_row(one) for one in noticed if one.incident is not None]
    return HEAD + "\n".join(rows) + "\n" + FOOT


def _row(noticed: Noticed) -> str:
    incident, injected = noticed.incident, noticed.injected
    if incident is None or injected is None:
        raise ValueError("a season without an incident has no row")
    did = "it was done before"
    if incident.where != WAREHOUSE:
        did = f"published {noticed.published:,} partitions, left {noticed.open:,} open"
    named = "<br>".join(
        f"`{finding.code}` in {finding.table}: {_dates(finding.dates)}"
        for finding in noticed.findings
    )
    where = f"{_dates(injected.dates)}, in the {incident.where}"
    story = incident.story.replace("|", "\\|")
    return f"| **{incident.name}**: {story} | {where} | {did} | {named} |"


def _dates(days: list[date] | tuple[date, ...]) -> str:
    ranges = spans(list(days))
    if len(ranges) <= 2:  # noqa: PLR2004 - more than two are summed up
        return ", ".join(str(span) for span in ranges)
    return f"{len(set(days))} dates, {min(days)} … {max(days)}"


def main() -> int:
    """Write the page, or check it."""
    with tempfile.TemporaryDirectory() as folder:
        text = page(notice_all(Path(folder)))
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    known = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    sys.stderr.writelines(
        difflib.unified_diff(known.splitlines(True), text.splitlines(True), "page", "found")
    )
    return int(known != text)


if __name__ == "__main__":
    sys.exit(main())
