"""Validation: can these seasons be trusted? Measured over all layers and tables; reads only."""

from __future__ import annotations

from gapless.declare.tables import Table
from gapless.validate.examine import examine
from gapless.validate.model import ValidationReport
from gapless.verbs.selection import Selection, look
from gapless.verbs.workspace import Workspace


def validate(workspace: Workspace, selection: Selection) -> ValidationReport:
    """Measure what is published on the selected dates against everything that is declared.

    Without tables every table is validated, sources included; with tables, they and the sources
    they depend on. Without dates: the whole calendar up to yesterday, and rows beyond it.

    Raises:
        UsageError: an unknown table or season, or dates that contradict each other.
        PreflightRefused: the calendar holds nothing.
    """
    standings, request = look(workspace, selection)
    pipeline = workspace.pipeline
    asked = {table.name for table in request.tables}
    upstream = {found.name for table in request.tables for found in pipeline.upstream_of(table)}
    sources = {source.name for source in pipeline.sources}
    chosen = asked | (upstream & sources if selection.tables else sources)
    tables: list[Table] = [table for name, table in pipeline.tables.items() if name in chosen]
    return examine(
        workspace.warehouse,
        standings,
        tables,
        request.span,
        request.dates,
        beyond=not selection.names_dates,
    )
