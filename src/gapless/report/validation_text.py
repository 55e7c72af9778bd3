"""A validation as text: seasons by layer, tables by season, limitations, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapless.coverage import percent
from gapless.findings import Severity
from gapless.report.preflight import finding_text
from gapless.report.validation_words import (
    LEGEND,
    TRUST_MARKS,
    apart,
    conclusion,
    consequence_text,
    counted,
    limitation_text,
    reach_text,
    starts,
    status_of,
)
from gapless.validate.model import (
    LimitationFound,
    SeasonSummary,
    Trust,
    ValidationFinding,
    ValidationReport,
)

SEASONS_ABREAST = 2
"""Seasons shown beside each other, so that lines fit a terminal."""
REACHED_AT_MOST = 3


def validation_text(report: ValidationReport) -> Iterator[RenderableType]:
    """Say which seasons can be trusted, and what stands against the others."""
    yield (f"[bold]Validation[/bold] of {report.pipeline}, {report.span}; today is {report.today}")
    yield ""
    yield _season_table(report)
    seasons = report.seasons
    for start in range(0, len(seasons), SEASONS_ABREAST):
        yield ""
        yield _table_table(report, seasons[start : start + SEASONS_ABREAST])
    yield Text(LEGEND, style="dim")
    for limitation in report.limitations:
        yield ""
        yield from _limitation(limitation)
    for finding in report.findings:
        if finding.severity is not Severity.INFO:
            yield ""
            yield from _finding(finding)
    yield ""
    yield _conclusion(report)


def _season_table(report: ValidationReport) -> Table:
    layers = list(dict.fromkeys(report.layers.values()))
    table = Table(box=None, pad_edge=False)
    table.add_column("season", no_wrap=True)
    for name in ("dates", f"{report.unit}s", *layers):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for season in report.seasons:
        shares = [percent(season.layers[layer].coverage) for layer in layers]
        table.add_row(
            season.season,
            f"{season.dates:,}",
            f"{season.units:,}",
            *shares,
            _trust(season.trust, status_of(season)),
        )
    return table


def _table_table(report: ValidationReport, seasons: Sequence[SeasonSummary]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("table", no_wrap=True)
    table.add_column("", style="dim", no_wrap=True)
    for season in seasons:
        table.add_column(season.season, no_wrap=True)
    for name in report.layers:
        cells = []
        for season in seasons:
            tally = season.tables[name]
            cell = _trust(tally.trust, counted(tally))
            if notes := apart(tally):
                cell.append(f"  {notes}", style="dim")
            cells.append(cell)
        table.add_row(name.rsplit(".", maxsplit=1)[-1], starts(report, name), *cells)
    return table


def _trust(trust: Trust, text: str) -> Text:
    mark, style = TRUST_MARKS[trust]
    if text == "·":
        return Text("·", style="dim")
    return Text.assemble((f"{mark} ", style), text)


def _limitation(found: LimitationFound) -> Iterator[RenderableType]:
    yield Text.assemble(("◍ known limitation  ", "green"), (found.name, "bold"))
    yield Padding(limitation_text(found), (0, 0, 0, 4))
    for consequence in found.consequences:
        yield Padding(Text(consequence_text(consequence), style="dim"), (0, 0, 0, 6))


def _finding(finding: ValidationFinding) -> Iterator[RenderableType]:
    code = Text(f"{finding.code}  ", style="bold")
    lines = list(finding_text(finding, with_remedies=False))
    head = lines[0]
    assert isinstance(head, Text)  # noqa: S101 - the first line of a finding is its sentence
    place = len(head.plain.split("  ", maxsplit=1)[0]) + 2
    yield head[:place] + code + head[place:]
    yield from lines[1:]
    if finding.reach:
        reached = "; ".join(reach_text(reach) for reach in finding.reach[:REACHED_AT_MOST])
        more = len(finding.reach) - REACHED_AT_MOST
        reached += f"; and {more} more tables" if more > 0 else ""
        yield Padding(Text(f"used by {reached}", style="dim"), (0, 0, 0, 4))
    for remedy in finding.remedies:
        parts = ((f"    → {remedy.what}: ", "cyan"), (remedy.command, "bold"))
        yield Text.assemble(*parts, no_wrap=True)


def _conclusion(report: ValidationReport) -> Text:
    said = conclusion(report)
    mark, style = ("●", "green") if report.exit_code == 0 else ("✗", "red")
    return Text(f"{mark} {said}", style=style)
