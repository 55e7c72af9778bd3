"""`gapless demo`: replay an incident and see it fail safe, in about a screen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from gapless.cli.init import TEMPLATE
from gapless.cli.output import console
from gapless.cli.progress import ProgressListener
from gapless.config.settings import CONFIG_FILE, load_settings
from gapless.coverage import percent
from gapless.demo import ENTRY_POINTS, Incident
from gapless.errors import UsageError, nearest
from gapless.plan.reading import read_calendar
from gapless.report.marks import short
from gapless.report.preflight import finding_text
from gapless.report.run import fallback_lines
from gapless.report.status import status_text
from gapless.verbs.backfill import BackfillOptions, BackfillOutcome, backfill, preflight
from gapless.verbs.load import load
from gapless.verbs.selection import Selection
from gapless.verbs.status import status
from gapless.verbs.workspace import Workspace
from gapless.wiring import open_workspace
from gapless.wording import plural

FOLDER = "gapless-demo"


def demo(
    *,
    pipeline: str = "nba",
    data: Path | None = None,
    folder: Annotated[Path | None, Parameter(name="--folder")] = None,
) -> int:
    """Replay an incident on an embedded warehouse in a fresh folder, and see it fail safe.

    Parameters
    ----------
    pipeline
        Whose incident.
    data
        Real files to replay it on, as for `gapless load`; a simulated season when not given.
    folder
        Where to put everything; a new folder gapless-demo when not given.
    """
    incident = _incident(pipeline)
    place = _fresh_folder(folder)
    out = console()
    out.print(Padding(Text(incident.story, style="italic"), (1, 0)))
    described = f"files of {data}" if data is not None else incident.simulate(place / "data")
    (place / CONFIG_FILE).write_text(
        TEMPLATE.format(pipeline=pipeline, name=pipeline), encoding="utf-8"
    )
    with _open(place, incident.pipeline) as workspace:
        load(workspace, data or place / "data")
        _backfill(workspace, Selection(tables=incident.upstream))
        days = _dates(workspace, incident)
        out.print(
            f"In [bold]{place}[/bold]: {described}; {plural(len(incident.upstream), 'table')} "
            "backfilled."
        )
        _naive(out, workspace, incident, days)
    with _open(place, incident.trusting) as trusting:
        _gate(out, trusting, incident, days)
    with _open(place, incident.pipeline) as workspace:
        _preflight(out, workspace, incident, days)
        _fallback(out, workspace, incident)
        _status(out, workspace, incident, days)
    _further(out, place, incident, days)
    return 0


def _incident(pipeline: str) -> Incident:
    known = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if pipeline not in known:
        raise UsageError(f"{pipeline!r} offers no demonstration. {nearest(pipeline, known)}")
    incident = known[pipeline].load()
    if not isinstance(incident, Incident):
        raise UsageError(f"The demonstration of {pipeline!r} is no gapless.demo.Incident.")
    return incident


def _fresh_folder(folder: Path | None) -> Path:
    if folder is None:
        number, folder = 1, Path(FOLDER)
        while folder.exists():
            number += 1
            folder = Path(f"{FOLDER}-{number}")
    elif folder.exists() and any(folder.iterdir()):
        raise UsageError(
            f"The folder {folder} is not empty.",
            untouched="Nothing was written.",
            advice="Name a new one with --folder.",
        )
    (folder / "data").mkdir(parents=True)
    return folder


def _open(place: Path, pipeline: str) -> AbstractContextManager[Workspace]:
    settings = load_settings({"pipeline": pipeline}, environment={}, folder=place)
    return open_workspace(settings, write=True)


def _dates(workspace: Workspace, incident: Incident) -> list[date]:
    """Return the incident's dates, or two dates in the second half of the calendar."""
    warehouse = workspace.warehouse
    calendar = read_calendar(warehouse, workspace.pipeline, warehouse.catalog())
    if all(day in calendar.dates for day in incident.dates):
        return list(incident.dates)
    place = len(calendar.ordered) * 3 // 4
    return calendar.ordered[place : place + 2]


def _backfill(workspace: Workspace, selection: Selection) -> BackfillOutcome:
    with ProgressListener() as progress:
        return backfill(workspace, selection, BackfillOptions(command="gapless demo"), progress)


def _naive(out: Console, workspace: Workspace, incident: Incident, days: Sequence[date]) -> None:
    for statement in incident.plant(days):
        workspace.warehouse.execute(statement)
    _heading(out, "What a naive backfill would have written")
    for day, written, expected in workspace.warehouse.fetch(incident.naive(days)):
        line = Text(f"  {day}  {written} of {expected} {incident.entity}s ")
        line.append(f"({percent(written / expected)})", style="red")
        line.append("  exit 0, date marked done", style="dim")
        out.print(line)


def _gate(out: Console, trusting: Workspace, incident: Incident, days: Sequence[date]) -> None:
    _heading(out, "The same with a gate, and still no better source: refused, nothing touched")
    outcome = _backfill(trusting, Selection(tables=[incident.table], dates=days))
    for result in outcome.report.results:
        attempt = result.attempt
        if attempt is None:
            continue
        gate, named = attempt.evidence["gate"][0], attempt.evidence["named"]["missing"]
        out.print(
            Text.assemble(
                ("  ✗ ", "red"),
                f"{result.partition}  {attempt.present} of {attempt.expected}, ",
                (f"{gate['expected'].removesuffix(' of the expected keys')} asked for; ", "dim"),
                (f"first missing: {named[0]}", "dim"),
            )
        )
    out.print(f"  exit {outcome.report.exit_code}, rows kept in quarantine", style="dim")


def _preflight(
    out: Console, workspace: Workspace, incident: Incident, days: Sequence[date]
) -> None:
    _heading(out, "What preflight finds before anything is started")
    found = preflight(workspace, Selection(tables=[incident.table], dates=days))
    for finding in found.findings:
        if finding.code == "source_partial":
            for part in finding_text(finding, with_remedies=False):
                out.print(Padding(part, (0, 0, 0, 2)))


def _fallback(out: Console, workspace: Workspace, incident: Incident) -> None:
    _heading(out, "The backfill, with the complete source declared as a fallback")
    outcome = _backfill(workspace, Selection(tables=[incident.table]))
    for line in fallback_lines(outcome.report.results):
        out.print(Padding(line, (0, 0, 0, 2)))
    report = outcome.report
    out.print(
        f"  {plural(report.counts.get('published', 0), 'date')} published through the coverage "
        f"gate in {report.seconds:.1f} s, {plural(report.statements, 'statement')}; "
        f"exit {report.exit_code}",
        style="dim",
    )
    rest = _backfill(workspace, Selection()).report.counts.get("published", 0)
    if rest:
        behind = plural(rest, "partition")
        out.print(f"  and {behind} of the tables that read it", style="dim")


def _status(out: Console, workspace: Workspace, incident: Incident, days: Sequence[date]) -> None:
    _heading(out, "Which dates are done")
    selection = Selection(tables=[incident.table], start_date=days[0], end_date=days[-1])
    for part in status_text(status(workspace, selection)):
        out.print(Padding(part, (0, 0, 0, 2)) if not isinstance(part, str) else part)


def _further(out: Console, place: Path, incident: Incident, days: Sequence[date]) -> None:
    _heading(out, "Look further")
    table = short(incident.table)
    for command in (
        f"cd {place}",
        "gapless status",
        f"gapless explain {table} {days[0]}",
        f"gapless preflight {table} --dates {','.join(str(day) for day in days)}",
        "gapless backfill          # nothing left to do: a second and a handful of queries",
    ):
        out.print(Text(f"  {command}", style="bold", no_wrap=True), soft_wrap=True)


def _heading(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, style="bold cyan"))
