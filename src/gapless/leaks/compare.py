"""Comparing computations of a date: by fingerprints, and value by value where these differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gapless.leaks.report import Difference, Moved
from gapless.sql.comparison import (
    Comparison,
    Held,
    contents_query,
    examples_query,
    summary_query,
)
from gapless.warehouse.interface import Warehouse

EXAMPLES = 5
"""How many differences are named; the counts are always exact."""


Contents = dict[Held, tuple[int, int]]
"""Rows and fingerprint of what relations hold on a date."""


def read_contents(warehouse: Warehouse, held: Sequence[Held], partition: str) -> Contents:
    """Read rows and fingerprints of several relations in one query."""
    found = warehouse.fetch(contents_query(held, partition))
    return {held[number]: (rows, int(content)) for number, rows, content in found}


def compare(warehouse: Warehouse, compared: Comparison, examples: int = EXAMPLES) -> Difference:
    """Count what differs between two relations on a date, and name the first differences."""
    [(rows, gone, new, changed, *by_column)] = warehouse.fetch(summary_query(compared))
    names = tuple(name for name, count in zip(compared.values, by_column, strict=True) if count)
    found = Difference(rows, gone, new, changed, names)
    if not found or not examples:
        return found
    rows_named = warehouse.fetch(examples_query(compared, names, examples))
    return replace(found, examples=tuple(Moved(*row) for row in rows_named))
