"""Look-ahead, as far as declarations decide it: which tables describe D itself.

A table describes D itself when a row of D may hold what became known on D: it reads rows of D,
whole, from a source, or from a table that describes D itself. A read that is cut to columns
(`same_date(table, columns=…)`) decides which rows exist and who they are about, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gapless.declare.inputs import Choice, PlainInput, Query, SameDate
from gapless.declare.tables import Derived, Table
from gapless.partitions import Path


@dataclass(frozen=True)
class FactsRead:
    """How a table comes to read what became known on D."""

    path: Path
    chain: tuple[str, ...]
    """The table itself, then each table whose rows of D are read whole, down to a source."""


def facts_read(table: Table, tables: Mapping[str, Table]) -> FactsRead | None:
    """Say how a table comes to describe D itself; None when it does not.

    Args:
        table: Whose rows of D are meant.
        tables: Those of the pipeline by name, as they are declared now.
    """
    if not isinstance(table, Derived):
        return None
    for path in Path:
        for given in table.inputs_on(path).values():
            for named in _read_whole(given):
                whole = tables.get(named.name, named)
                if not isinstance(whole, Derived):
                    return FactsRead(path, (table.name, whole.name))
                found = facts_read(whole, tables)
                if found is not None:
                    return FactsRead(path, (table.name, *found.chain))
    return None


def exists_before(table: Derived) -> bool:
    """Tell whether partitions of a table must exist before their date is played out."""
    return table.expected_on(Path.UPCOMING) is not None


def _read_whole(given: PlainInput) -> Iterator[Table]:
    """List the tables whose rows of D an input offers with all their columns."""
    match given:
        case SameDate(table, None):
            yield table
        case Choice(sources=sources):
            yield from sources
        case Query(inputs=inputs):
            for inner in inputs.values():
                yield from _read_whole(inner)
