"""A fetch as text and data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from gapless.fetch import FetchedUnit, FetchOutcome, FetchReport
from gapless.wording import plural

SHOWN = 10
"""Units named in text; --json names all."""


def fetch_text(report: FetchReport, folder: Path) -> Iterator[RenderableType]:
    """Say what is there now, what is not, and what to do about it."""
    counts = ", ".join(
        f"{len(report.of(outcome)):,} {outcome.value}"
        for outcome in FetchOutcome
        if report.of(outcome)
    )
    asked = plural(len(report.units), report.unit)
    yield f"{asked}: {counts or 'nothing was scheduled'}; {plural(report.requests, 'request')}"
    for name, rows in report.files.items():
        yield f"  {escape(name)}  {plural(rows, 'row')}"
    yield from _named("[yellow]![/yellow]", report.facts)
    yield from _named("[dim]…[/dim]", report.of(FetchOutcome.WAITING)[:1])
    failed = report.of(FetchOutcome.FAILED)
    yield from _named("[red]✗[/red]", failed)
    if failed:
        yield (
            f"\n{plural(len(failed), report.unit)} not whole. Everything else is kept: the same "
            "command asks for the rest only."
        )
    if report.files:
        yield Text(f"\nNext: gapless load --data {folder}", no_wrap=True)


def fetch_data(report: FetchReport, folder: Path) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "exit_code": report.exit_code,
        "folder": str(folder),
        "unit": report.unit,
        "asked": len(report.units),
        **{outcome.value: len(report.of(outcome)) for outcome in FetchOutcome},
        "requests": report.requests,
        "files": dict(report.files),
        "units": [
            {"name": unit.name, "outcome": unit.outcome.value, "reason": unit.reason}
            for unit in report.units
        ],
    }


def _named(mark: str, units: Sequence[FetchedUnit]) -> Iterator[RenderableType]:
    for unit in units[:SHOWN]:
        yield f"{mark} {escape(unit.name)}: {escape(unit.reason)}"
    if len(units) > SHOWN:
        yield f"  and {len(units) - SHOWN:,} more; --json names them all"
