"""Which partitions rest on a changed one, counted out date by date from the declarations.

Shares nothing with the engine's planning: no digests, no bisections, no states. For every partition
it lists every date of every input and asks whether it is among the changed ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from gapless import Pipeline
from gapless.declare.windows import Window, WindowKind
from gapless.partitions import Path

Partition = tuple[str, date]


def resting_on(
    pipeline: Pipeline,
    seasons: Mapping[date, str],
    changed: set[Partition],
    published: Mapping[Partition, Sequence[str]],
) -> set[Partition]:
    """Return every published partition that reads a changed one, directly or not.

    Args:
        pipeline: Whose windows.
        seasons: Scheduled date → its season.
        changed: Where it begins: partitions of sources, or of redefined tables.
        published: Published partition → the computed sources that its choices were fed by.
    """
    bad = set(changed)
    for table in pipeline.derived_tables:
        for day in sorted(seasons):
            if (table.name, day) not in published:
                continue
            reads = [read for read in table.reads_on(Path.HISTORICAL) if read.required]
            dates = [(read.table.name, _dates(read.window, day, seasons)) for read in reads]
            dates += [(name, [day]) for name in published[table.name, day]]
            if any((name, one) in bad for name, days in dates for one in days):
                bad.add((table.name, day))
    return bad - changed


def _dates(window: Window | None, day: date, seasons: Mapping[date, str]) -> list[date]:
    if window is None:
        return [day]
    before = [one for one in seasons if one < day]
    match window.kind:
        case WindowKind.DAYS:
            return [one for one in before if one >= day - timedelta(days=window.days)]
        case WindowKind.SEASON:
            return [one for one in before if seasons[one] == seasons[day]]
        case WindowKind.PREVIOUS_SEASON:
            names = sorted(set(seasons.values()))
            known = names[max(0, names.index(seasons[day]) - 1) : names.index(seasons[day]) + 1]
            return [one for one in before if seasons[one] in known]
        case WindowKind.ALL:
            return before
