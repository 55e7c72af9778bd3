"""Neighbours: dates whose share of NULLs or mean falls out of the dates before, by table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gapless.coverage import percent
from gapless.declare.calendar import DateFacts
from gapless.declare.tables import Table
from gapless.partitions import DateRange
from gapless.plan.picture import Picture
from gapless.sql.literals import rows_relation
from gapless.sql.validation import NeighbourRequest, neighbours_query
from gapless.warehouse.interface import Warehouse

TRAILING = 30
"""Dates before a date, of the same season, that are its neighbours."""
LEAST = 20
"""With fewer of them nothing can be said."""
DEVIATIONS = 8.0
"""Standard deviations from the neighbours' median beyond which a date is unlike."""
LEAST_NULLS = 0.10
"""Difference between shares of NULLs that is never unlike, however alike the neighbours are."""
LEAST_ROWS = 3
"""So few rows with a NULL more than usual are never unlike, whatever share they are."""
LEAST_CHANGE = 0.25
"""Difference between means, in standard deviations of the rows, that is never unlike."""

_NUMERIC = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(.*\))$")


@dataclass(frozen=True)
class Unlike:
    """One column of one date that is unlike the dates before."""

    day: date
    column: str
    measure: str
    """`nulls` or `mean`."""
    found: float
    usual: float
    neighbours: int

    def __str__(self) -> str:
        usual = f"over the {self.neighbours} dates before"
        if self.measure == "nulls":
            shares = f"{_share(self.found)} NULL, {_share(self.usual)} {usual}"
            return f"{self.column}: {shares}"
        return f"{self.column}: mean {self.found:.4g}, {self.usual:.4g} {usual}"


def _share(share: float) -> str:
    return "0 %" if share <= 0 else percent(share)


def unlike_neighbours(
    warehouse: Warehouse, picture: Picture, table: Table, selected: Sequence[DateFacts]
) -> list[Unlike]:
    """Compare every date of a table with the dates before it, in one query.

    Args:
        warehouse: Where to ask.
        picture: Knows the columns.
        table: The table.
        selected: The dates to compare. Their neighbours are taken from the calendar, whether they
            are selected or not; a season begins without any.
    """
    dates = _with_neighbours(picture, selected)
    known = picture.catalog.get(table.name, {})
    partition = picture.pipeline.partition
    left_out = {partition, *table.key}
    filled = tuple(name for name in known if name not in left_out)
    numeric = tuple(name for name in filled if _NUMERIC.match(known[name]))
    if not filled or not dates:
        return []
    request = NeighbourRequest(
        table=table.name,
        partition=partition,
        seasons=rows_relation(
            {partition: "DATE", "season": "VARCHAR"}, [(f.day, f.season) for f in dates]
        ),
        filled=filled,
        numeric=numeric,
        trailing=TRAILING,
        least=LEAST,
        deviations=DEVIATIONS,
        least_nulls=LEAST_NULLS,
        least_rows=LEAST_ROWS,
        least_change=LEAST_CHANGE,
    )
    wanted = {facts.day for facts in selected}
    found = (Unlike(*row) for row in warehouse.fetch(neighbours_query(request)))
    return [unlike for unlike in found if unlike.day in wanted]


def _with_neighbours(picture: Picture, selected: Sequence[DateFacts]) -> list[DateFacts]:
    if not selected:
        return []
    days = [facts.day for facts in selected]
    span = DateRange(min(facts.season_start for facts in selected), max(days))
    ordered = picture.calendar.between(span)
    before = [day for day in ordered if day < days[0]][-TRAILING:]
    within = [day for day in ordered if day >= days[0]]
    return [picture.calendar.dates[day] for day in (*before, *within)]
