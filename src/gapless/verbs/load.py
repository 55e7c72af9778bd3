"""Loading: the source tables of a pipeline from a folder of files, then their completeness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Source
from gapless.errors import LoadError
from gapless.partitions import DateRange
from gapless.plan.reading import read_calendar, read_picture
from gapless.plan.source_standing import source_standing
from gapless.plan.states import Standing, State
from gapless.verbs.selection import known_examinations, known_waivers, remember_examined
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import LoadRequest, LoadResult
from gapless.wording import plural

SUFFIXES = ("parquet", "csv")


@dataclass(frozen=True)
class LoadReport:
    """What was loaded, and how complete the source tables are now."""

    results: tuple[LoadResult, ...]
    standings: tuple[Standing, ...]
    """Every scheduled date of every loaded table."""

    @property
    def incomplete(self) -> list[Standing]:
        """Partitions that are not complete, although their dates are closed."""
        return [
            standing for standing in self.standings if not standing.settled and not standing.not_yet
        ]

    @property
    def exit_code(self) -> int:
        """0: every loaded date is complete; 1: some are not."""
        return 1 if self.incomplete else 0


def load(workspace: Workspace, folder: Path) -> LoadReport:
    """Load every declared source table from `<table>.parquet` or `<table>.csv` in a folder.

    Loading the same files again changes nothing. Dates that are not in the files stay.

    Raises:
        LoadError: a file or column is missing, or a value does not fit its type; what was loaded
            before the offending file stays.
    """
    pipeline = workspace.pipeline
    files = find_files(pipeline, folder)
    sources = [source for source in pipeline.sources if source.name in files]
    results = tuple(_load_source(workspace, source, files[source.name]) for source in sources)
    catalog = workspace.warehouse.catalog()
    calendar = read_calendar(workspace.warehouse, pipeline, catalog)
    picture = read_picture(
        workspace.warehouse,
        pipeline,
        catalog=catalog,
        calendar=calendar,
        today=workspace.today,
        now=workspace.clock.now(),
        tables=sources,
        span=DateRange(date.min, date.max),
        waivers=known_waivers(workspace),
        known=partial(known_examinations, workspace),
    )
    remember_examined(workspace, picture)
    standings = [
        source_standing(picture, source, day) for source in sources for day in calendar.ordered
    ]
    for source in sources:
        for day, held in picture.contents[source.name].held.items():
            if day not in calendar.dates:
                reason = f"{plural(held.rows, 'row')}, but no {calendar.unit} is scheduled"
                standings.append(Standing(source.name, day, State.PARTIAL, reason, rows=held.rows))
    return LoadReport(results, tuple(standings))


def find_files(pipeline: Pipeline, folder: Path) -> dict[str, list[str]]:
    """Find the files of every source table that can be loaded.

    Raises:
        LoadError: there is no such folder, or a table has no file in it.
    """
    return {source.name: files_of(source, folder) for source in pipeline.sources if source.columns}


def _load_source(workspace: Workspace, source: Source, files: list[str]) -> LoadResult:
    result = workspace.warehouse.load_files(
        LoadRequest(
            table=source.name,
            partition=workspace.pipeline.partition,
            key=source.key,
            columns=source.columns,
            files=files,
            moves=source.moves,
        )
    )
    if not result.rows and not source.optional:
        raise LoadError(
            f"{Path(files[0]).name} holds no rows.",
            untouched=f"Nothing was loaded into {source.name}.",
            advice="An empty file is more likely a failed download than an empty season.",
        )
    return result


def files_of(source: Source, folder: Path) -> list[str]:
    """Find the files of a source table in a folder.

    Raises:
        LoadError: there are none.
    """
    if not folder.is_dir():
        what = f"{folder} is a file" if folder.exists() else f"There is no folder {folder}"
        raise LoadError(
            f"{what}.",
            untouched="Nothing was loaded.",
            advice=f"Name the folder that holds {source.short_name}.parquet or .csv.",
        )
    for suffix in SUFFIXES:
        found = sorted(folder.glob(f"{source.short_name}.{suffix}"))
        found += sorted(folder.glob(f"{source.short_name}_*.{suffix}"))
        if found:
            return [str(file) for file in found]
    raise LoadError(
        f"{folder} has no file for {source.name}: expected {source.short_name}.parquet or "
        f"{source.short_name}.csv.",
        untouched="Nothing was loaded.",
    )
