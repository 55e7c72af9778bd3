"""A load as text and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from gapless.plan.states import Standing, State
from gapless.verbs.load import LoadReport
from gapless.wording import plural


def load_text(report: LoadReport) -> Iterator[RenderableType]:
    """Say what was loaded and how complete it is."""
    table = Table(box=None, pad_edge=False)
    for name in ("table", "rows", "dates", "new", "replaced", "unchanged"):
        table.add_column(name, justify="left" if name == "table" else "right")
    for result in report.results:
        numbers = (result.rows, result.dates, result.added, result.replaced, result.unchanged)
        table.add_row(result.table, *(f"{number:,}" for number in numbers))
    yield table
    yield ""
    for source, standings in _by_table(report).items():
        facts = [s for s in standings if s.reason.startswith("known fact")]
        wrong = [s for s in standings if not s.settled and not s.not_yet]
        open_ones = [s for s in standings if s.not_yet]
        if wrong:
            first = wrong[0]
            yield (
                f"[red]✗[/red] {source}: {plural(len(wrong), 'date')} of {len(standings)} not "
                f"complete, first {first.partition}: {first.reason}"
            )
        else:
            closed = len(standings) - len(open_ones)
            yield f"[green]●[/green] {source}: complete on {plural(closed, 'date')}"
        if open_ones:
            yield f"  {plural(len(open_ones), 'date')} {open_ones[0].reason}"
        if facts:
            yield (
                f"  {plural(len(facts), 'date')} with known holes, first {facts[0].partition}: "
                f"{facts[0].reason.removeprefix('known fact: ')}"
            )
    if report.incomplete:
        yield "\nDates that need these rows stay blocked until they are there."
    yield "\nNext: gapless preflight, then gapless backfill"


def load_data(report: LoadReport) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "exit_code": report.exit_code,
        "tables": [
            {
                "table": result.table,
                "rows": result.rows,
                "dates": result.dates,
                "added": result.added,
                "replaced": result.replaced,
                "unchanged": result.unchanged,
                "moved": result.moved,
            }
            for result in report.results
        ],
        "partitions": [
            {
                "table": standing.table,
                "date": standing.partition.isoformat(),
                "state": standing.state.value,
                "reason": standing.reason,
            }
            for standing in report.standings
            if standing.state is not State.COMPLETE or standing.reason.startswith("known fact")
        ],
    }


def _by_table(report: LoadReport) -> dict[str, list[Standing]]:
    grouped: dict[str, list[Standing]] = {}
    for standing in report.standings:
        grouped.setdefault(standing.table, []).append(standing)
    return grouped
