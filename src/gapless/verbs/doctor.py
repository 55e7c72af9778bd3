"""Doctor: whether the installation is sound, and whether every declared guard can fail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived, Source, Table
from gapless.doctor.bench import Bench, NothingToTry
from gapless.doctor.gate import tried_gate
from gapless.doctor.installation import Examination, Site
from gapless.doctor.model import DoctorReport, PartHealth, Status, TableTried
from gapless.doctor.source import tried_source
from gapless.errors import GaplessError, PreflightRefused
from gapless.partitions import Path
from gapless.plan.reading import read_calendar
from gapless.plan.standings import Standings
from gapless.verbs.selection import Selection, look
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import Warehouse


def doctor(site: Site, tables: Sequence[str] = ()) -> DoctorReport:
    """Look at every part of an installation, and feed every guard what it must refuse.

    The warehouse is only read; bad copies are staged beside it and dropped again.

    Args:
        site: The installation.
        tables: Whose guards to try, sources included; all when none is named.

    Raises:
        DeclarationError: a table is not declared.
    """
    began = time.monotonic()
    with ExitStack() as opened:
        examined = Examination(site, opened)
        examined.run()
        parts = tuple(examined.parts)
        if examined.pipeline is not None:
            chosen_guarded(examined.pipeline, tables)
        if examined.pipeline is None or examined.warehouse is None or examined.calendar is None:
            reason = _first_in_the_way(parts)
            return DoctorReport(parts, (), reason, time.monotonic() - began)
        workspace = Workspace(
            examined.pipeline,
            examined.warehouse,
            # It knows what is waived; nothing is written to it.
            ledger=examined.ledger,
            code_version="",
            clock=site.clock(),
        )
        found, untried = _tried(workspace, tables)
    return DoctorReport(parts, found, untried, time.monotonic() - began)


def _tried(workspace: Workspace, tables: Sequence[str]) -> tuple[tuple[TableTried, ...], str]:
    try:
        return try_guards(workspace, tables), ""
    except GaplessError as error:
        # What holds up the whole look, e.g. a partition column that is no date.
        return (), error.what


def _first_in_the_way(parts: Sequence[PartHealth]) -> str:
    for part in parts:
        if part.status in (Status.FAIL, Status.UNKNOWN):
            return f"{part.name}: {part.text}"
    return ""


def try_guards(workspace: Workspace, tables: Sequence[str] = ()) -> tuple[TableTried, ...]:
    """Feed every guard of some tables bad copies of real partitions.

    Args:
        workspace: Opened for reading.
        tables: Whose guards to try, sources included; all when none is named.

    Raises:
        DeclarationError: a table is not declared.
        PreflightRefused: the calendar holds nothing.
    """
    chosen = chosen_guarded(workspace.pipeline, tables)
    standings = _look(workspace, chosen)
    return tuple(
        found for table in chosen for found in _tried_table(workspace.warehouse, standings, table)
    )


def chosen_guarded(pipeline: Pipeline, names: Sequence[str]) -> list[Table]:
    """Return the named tables in the order of their declaration; all of them when none is named.

    Raises:
        DeclarationError: a name is unknown.
    """
    wanted = {pipeline.table(name).name for name in names} or set(pipeline.tables)
    return [table for name, table in pipeline.tables.items() if name in wanted]


def _look(workspace: Workspace, tables: Sequence[Table]) -> Standings:
    """Read the state of everything up to the last date of the calendar, those to come included."""
    warehouse, pipeline = workspace.warehouse, workspace.pipeline
    extent = read_calendar(warehouse, pipeline, warehouse.catalog()).extent
    if extent is None:
        raise PreflightRefused("The calendar holds nothing.")
    names = [table.name for table in tables if isinstance(table, Derived)]
    selection = Selection(tables=names, start_date=extent.first, end_date=extent.last)
    return look(workspace, selection)[0]


def _tried_table(warehouse: Warehouse, standings: Standings, table: Table) -> Iterator[TableTried]:
    if isinstance(table, Source):
        yield tried_source(warehouse, standings, table)
    elif isinstance(table, Derived):
        for path in Path:
            if table.expected_on(path) is not None:
                yield _tried_path(warehouse, standings, table, path)


def _tried_path(
    warehouse: Warehouse, standings: Standings, table: Derived, path: Path
) -> TableTried:
    expected = table.expected_on(path)
    assert expected is not None  # noqa: S101 - narrows the type; asked before
    bench = Bench(warehouse, standings, table, path, expected)
    try:
        bench.set_up()
        guards = tried_gate(bench)
    except NothingToTry as nothing:
        return TableTried(table.name, path, reason=str(nothing))
    except GaplessError as error:
        return TableTried(table.name, path, reason=error.what)
    finally:
        bench.clear()
    return TableTried(table.name, path, bench.days, bench.basis, guards)
