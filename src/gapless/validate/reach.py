"""Reach: which later partitions were computed from a bad one, by the windows that are declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from gapless.declare.calendar import DateFacts
from gapless.declare.tables import Derived
from gapless.declare.windows import Window
from gapless.partitions import DateRange, Path, path_of
from gapless.plan.contents import Unsettled
from gapless.plan.picture import Picture
from gapless.validate.model import Reach

Reached = dict[str, set[date]]
"""Table → partitions."""


def reached_from(picture: Picture, table: str, days: Iterable[date]) -> Reached:
    """Follow bad partitions downstream, through windows and same-date inputs.

    Returns:
        Every other table's partitions on the calendar whose inputs hold a bad partition, or one
        reached by it. Whether they were published is not asked.
    """
    bad: dict[str, Unsettled] = {table: Unsettled(days)}
    reached: Reached = {}
    for reader in picture.pipeline.derived_tables:
        if reader.name == table:
            continue
        reads = {path: _reads_of_bad(reader, path, bad) for path in Path}
        found = {
            facts.day
            for facts in picture.calendar.dates.values()
            if not (reader.warm_up is not None and reader.warm_up.holds(facts))
            and any(
                _holds_bad(window, known, facts)
                for window, known in reads[path_of(facts.day, picture.today)]
            )
        }
        if found:
            reached[reader.name] = found
            bad[reader.name] = Unsettled(found)
    return reached


def _reads_of_bad(
    reader: Derived, path: Path, bad: Mapping[str, Unsettled]
) -> list[tuple[Window | None, Unsettled]]:
    return [
        (read.window, bad[read.table.name])
        for read in reader.reads_on(path)
        if read.table.name in bad
    ]


def _holds_bad(window: Window | None, known: Unsettled, facts: DateFacts) -> bool:
    first, last = facts.day, facts.day
    if window is not None:
        first, last = window.start(facts), facts.day - timedelta(days=1)
    return known.first_in(first, last) is not None


def published_reach(picture: Picture, reached: Reached) -> tuple[Reach, ...]:
    """Sum up by table which of the reached partitions hold rows."""
    found = []
    for table, days in reached.items():
        contents = picture.contents.get(table)
        held = sorted(day for day in days if contents is not None and contents.on(day) is not None)
        if held:
            found.append(Reach(table, DateRange(held[0], held[-1]), len(held)))
    return tuple(found)
