"""Strays: rows on dates on which a table can have none: proved empty, unknown, or yet to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gapless.declare.tables import Derived, Source, Table
from gapless.findings import Severity
from gapless.partitions import DateRange, Path
from gapless.plan.standings import Standings
from gapless.sql.validation import stray_query
from gapless.validate.notebook import Notebook
from gapless.warehouse.interface import Warehouse
from gapless.wording import plural

OFF_CALENDAR = "off_calendar_rows"
FUTURE = "future_rows"
OUTSIDE = "outside_calendar_rows"
STRAY_CODES = (OFF_CALENDAR, FUTURE, OUTSIDE)


def note_strays(
    notebook: Notebook,
    warehouse: Warehouse,
    standings: Standings,
    tables: Sequence[Table],
    span: DateRange,
    *,
    beyond: bool,
) -> None:
    """Note rows that no date can account for, in one query over all tables."""
    picture = standings.picture
    extent = picture.calendar.extent
    for table in tables:
        for day, standing in standings.by_table.get(table.name, {}).items():
            if day not in picture.calendar.dates and standing.rows and (beyond or day in span):
                note = (table.name, day, standing.reason)
                notebook.note(Severity.ERROR, OFF_CALENDAR, *note)
    limits = [
        (table.name, extent.first, _last_possible(table, extent.last, picture.today))
        for table in tables
        if extent is not None and table.name in picture.catalog and not _is_trusted(table)
    ]
    if not limits:
        return
    for name, day, rows in warehouse.fetch(stray_query(limits, picture.pipeline.partition)):
        if not beyond and day not in span:
            continue
        held = plural(rows, "row")
        if day > picture.today:
            text = f"{held} of a date that has not been played out; today is {picture.today}"
            notebook.note(Severity.ERROR, FUTURE, name, day, text)
        else:
            text = f"{held}, but {picture.calendar.why_empty(day)}"
            notebook.note(Severity.ERROR, OUTSIDE, name, day, text)


def _is_trusted(table: Table) -> bool:
    return isinstance(table, Source) and table.trusted


def _last_possible(table: Table, last: date, today: date) -> date:
    """Return the last date with rows by right; today may be being filled just now."""
    if isinstance(table, Derived) and table.expected_on(Path.UPCOMING) is not None:
        return last
    return min(last, today)
