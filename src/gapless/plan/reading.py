"""Reading the picture: what the warehouse holds now, in a handful of queries whatever the dates.

One query each for the calendar, the catalog and the publications, one for the contents of each
table, one for each check of a source that has something new to examine. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from gapless.declare.calendar import Calendar
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived, Table
from gapless.declare.windows import Window
from gapless.errors import PreflightRefused
from gapless.partitions import DateRange, Path
from gapless.plan.contents import Contents, Held
from gapless.plan.picture import Picture
from gapless.plan.source_checks import Known, check_source
from gapless.plan.waivers import Waivers
from gapless.sql.contents import contents_query
from gapless.sql.literals import identifier, relation
from gapless.warehouse.interface import Warehouse

READERS = 2
"""Tables that are read at once; a season fits into the rows that DuckDB gives to one thread."""


def read_calendar(warehouse: Warehouse, pipeline: Pipeline, known: Iterable[str]) -> Calendar:
    """Read the calendar from its trusted table in one query.

    Raises:
        PreflightRefused: the table does not exist or is empty.
    """
    declared = pipeline.calendar_declaration
    table, day = declared.table.name, identifier(pipeline.partition)
    rows = []
    if table in set(known):
        rows = warehouse.fetch(
            f"SELECT {day}::DATE, {identifier(declared.season)}, count(*) FROM {relation(table)} "
            "GROUP BY ALL ORDER BY ALL"
        )
    if not rows:
        raise PreflightRefused(
            f"The calendar table {table} holds nothing; no date can be expected or proved empty.",
            untouched="Nothing was started.",
            advice="Load it first: gapless load --data DIR",
        )
    if any(row[0] is None for row in rows):
        raise PreflightRefused(
            f"The calendar table {table} has rows without {pipeline.partition}.",
            untouched="Nothing was started.",
            advice=f"Correct {table}; what is expected on a date hangs on it.",
        )
    return Calendar.from_rows([(row[0], row[1], row[2]) for row in rows], declared)


def needed_dates(
    pipeline: Pipeline, calendar: Calendar, tables: Iterable[Table], span: DateRange
) -> dict[str, DateRange]:
    """Return for every table which dates the requested partitions depend on, directly or not."""
    needed = {table.name: span for table in tables}
    oldest: dict[tuple[Window, DateRange], date] = {}
    for name in reversed(pipeline.tables):
        table = pipeline.tables[name]
        if name not in needed or not isinstance(table, Derived):
            continue
        wanted = needed[name]
        days = calendar.between(wanted)
        if not days:
            continue
        for path in Path:
            for read in table.reads_on(path):
                first = wanted.first
                if read.window is not None:
                    slot = (read.window, wanted)
                    if slot not in oldest:
                        oldest[slot] = min(read.window.start(calendar.dates[day]) for day in days)
                    extent = calendar.extent
                    first = max(oldest[slot], extent.first) if extent else oldest[slot]
                known = needed.get(read.table.name, DateRange(wanted.first, wanted.last))
                needed[read.table.name] = DateRange(
                    min(first, known.first), max(wanted.last, known.last)
                )
    return needed


def read_picture(
    warehouse: Warehouse,
    pipeline: Pipeline,
    *,
    catalog: dict[str, dict[str, str]],
    calendar: Calendar,
    today: date,
    now: datetime,
    tables: Iterable[Table],
    span: DateRange,
    waivers: Waivers | None = None,
    known: Callable[[date, date], Known] | None = None,
) -> Picture:
    """Read what the given tables and dates depend on.

    Args:
        warehouse: Where to read.
        pipeline: The declarations.
        catalog: Tables and columns of the warehouse.
        calendar: The scheduled dates.
        today: By the pipeline's clock, or that of a plan that is gone on with.
        now: The moment, by the pipeline's clock.
        tables: The tables asked for.
        span: The dates asked for.
        waivers: What somebody permits.
        known: Tells what the checks of sources found before on the dates from … to.
    """
    needed = needed_dates(pipeline, calendar, tables, span)
    picture = Picture(
        pipeline=pipeline,
        today=today,
        now=now,
        calendar=calendar,
        catalog=catalog,
        publications={},
        contents={},
        checked={},
        needed=needed,
        waivers=waivers or Waivers(),
    )
    with ThreadPoolExecutor(READERS, "gapless-reader") as pool:
        reading = [pool.submit(_read_table, warehouse, picture, name) for name in needed]
        try:
            picture.publications.update(warehouse.publications())
            for read in reading:
                read.result()
        except BaseException:
            # Nobody waits for more than what is being read at this moment.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    checked = [s for s in pipeline.sources if s.name in needed and s.checks]
    if checked:
        spans = [needed[source.name] for source in checked]
        first, last = min(span.first for span in spans), max(span.last for span in spans)
        before = known(first, last) if known is not None else {}
        for source in checked:
            check_source(warehouse, picture, source, before)
    return picture


def _read_table(warehouse: Warehouse, picture: Picture, name: str) -> None:
    """Read the contents of a table on a session of its own."""
    pipeline, catalog, dates = picture.pipeline, picture.catalog, picture.needed[name]
    session = warehouse.session()
    try:
        picture.contents[name] = read_contents(session, pipeline, catalog, name, dates)
        read_projections(session, picture, name, dates)
    finally:
        session.close()


def read_projections(warehouse: Warehouse, picture: Picture, name: str, dates: DateRange) -> None:
    """Read a table again as those readers see it that see only some of its columns.

    A score that arrives after the games must not make stale what was computed from who plays whom.
    One query for each set of columns that is declared.
    """
    pipeline = picture.pipeline
    for columns in _projections(pipeline, name):
        slot = (name, columns)
        seen = (*pipeline.tables[name].key, *columns)
        found = read_contents(warehouse, pipeline, picture.catalog, name, dates, seen)
        known = picture.projected.setdefault(slot, found)
        if known is not found:
            gone = {day: Held(0, 0) for day in known.held if day in dates}
            known.update(gone | found.held)


def _projections(pipeline: Pipeline, name: str) -> list[tuple[str, ...]]:
    found = {
        read.columns: None
        for table in pipeline.derived_tables
        for path in Path
        for read in table.reads_on(path)
        if read.table.name == name and read.columns is not None
    }
    return [columns for columns in found if columns is not None]


def read_contents(
    warehouse: Warehouse,
    pipeline: Pipeline,
    catalog: Mapping[str, Mapping[str, str]],
    name: str,
    dates: DateRange,
    seen: Sequence[str] | None = None,
) -> Contents:
    """Read rows and fingerprints of one table by date, in one query.

    Args:
        warehouse: Where to read.
        pipeline: The declarations.
        catalog: Tables and columns of the warehouse.
        name: The table.
        dates: Which dates.
        seen: The columns to fingerprint; all when None.
    """
    contents = Contents(name)
    columns = catalog.get(name)
    if columns is not None:
        kind = columns.get(pipeline.partition)
        if kind != "DATE":
            found = f"is {kind}, not DATE" if kind else "is not there"
            raise PreflightRefused(
                f"{name}: its partition column {pipeline.partition} {found}.",
                untouched="Nothing was started.",
                advice=f"A partition is a date; change the column's type in {name}.",
            )
        names = tuple(name for name in columns if seen is None or name in seen)
        query = contents_query(name, names, pipeline.partition, dates.first, dates.last)
        contents.update({row[0]: Held(row[1], int(row[2])) for row in warehouse.fetch(query)})
    return contents
