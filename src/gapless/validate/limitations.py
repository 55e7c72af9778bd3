"""Known limitations as the data shows them, with their consequences counted downstream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from gapless.declare.gates import CHECK_MISSING
from gapless.declare.limitations import Limitation
from gapless.partitions import DateRange
from gapless.plan.picture import Picture
from gapless.sql.validation import affected_query
from gapless.validate.checks import Checked
from gapless.validate.model import Consequence, LimitationFound
from gapless.validate.reach import reached_from
from gapless.warehouse.interface import Warehouse

NAMED_AT_MOST = 5


def limitations_found(
    warehouse: Warehouse,
    picture: Picture,
    checked: Mapping[str, Sequence[Checked]],
    missing: Mapping[str, Sequence[date]],
    days: Sequence[date],
) -> tuple[LimitationFound, ...]:
    """Return every declared limitation that explains something in the selected dates.

    Args:
        warehouse: Where consequences are counted, in one query for each downstream table.
        picture: The declarations and what is there.
        checked: Table → its checks as they were run.
        missing: Limitation → dates without rows that it explains.
        days: The validated dates, oldest first.
    """
    found = []
    for limitation in picture.pipeline.limitations:
        by_date: dict[date, int] = {}
        first: list[str] = []
        if limitation.check == CHECK_MISSING:
            by_date = dict.fromkeys(missing.get(limitation.name, ()), 1)
        for check in checked.get(limitation.table.name, ()):
            for day, violations in check.by_date.items():
                if count := violations.known.get(limitation.name):
                    by_date[day] = by_date.get(day, 0) + count
                    first += violations.known_first[limitation.name]
        if by_date:
            found.append(_found(warehouse, picture, limitation, by_date, first, days))
    return tuple(found)


def _found(
    warehouse: Warehouse,
    picture: Picture,
    limitation: Limitation,
    by_date: Mapping[date, int],
    first: Sequence[str],
    days: Sequence[date],
) -> LimitationFound:
    table = limitation.table.name
    reached = reached_from(picture, table, by_date)
    reached[table] = set(by_date)
    consequences = [
        _consequence(
            warehouse, picture, name, predicate, _within(picture, limitation, reached, name), days
        )
        for name, predicate in limitation.consequences.items()
        if name in picture.catalog
    ]
    return LimitationFound(
        name=limitation.name,
        table=table,
        check=limitation.check,
        reason=limitation.reason,
        span=DateRange(min(by_date), max(by_date)),
        partitions=len(by_date),
        entities=sum(by_date.values()),
        first=tuple(sorted(first)[:NAMED_AT_MOST]),
        consequences=tuple(c for c in consequences if c is not None),
    )


def _within(
    picture: Picture, limitation: Limitation, reached: Mapping[str, set[date]], table: str
) -> set[date]:
    """Return what is within reach; of a season's limitation only that season's dates."""
    days = reached.get(table, set())
    if limitation.season is None:
        return days
    return {day for day in days if picture.calendar.dates[day].season == limitation.season}


def _consequence(
    warehouse: Warehouse,
    picture: Picture,
    table: str,
    predicate: str,
    reached: set[date],
    days: Sequence[date],
) -> Consequence | None:
    validated = set(days)
    query = affected_query(table, predicate, picture.pipeline.partition, days[0], days[-1])
    rows = [row for row in warehouse.fetch(query) if row[0] in validated]
    within = [row for row in rows if row[0] in reached]
    beyond = [row for row in rows if row[0] not in reached]
    affected = [row for row in within if row[2]]
    if not affected:
        return None
    others = sum(row[1] for row in beyond)
    return Consequence(
        table=table,
        predicate=predicate,
        span=DateRange(affected[0][0], affected[-1][0]),
        days=frozenset(row[0] for row in affected),
        rows=sum(row[2] for row in affected),
        of_rows=sum(row[1] for row in within),
        elsewhere=sum(row[2] for row in beyond) / others if others else None,
    )
