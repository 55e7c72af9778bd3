"""What a publication changes: the keys it gains, loses and changes, the first of each by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gapless.measure import Named
from gapless.run.chunk import StagedChunk
from gapless.sql.difference import CHANGED, GAINED, LOST, DifferenceRequest, difference_query
from gapless.warehouse.interface import Publication, Warehouse

NAMES_AT_MOST = 20
"""How many keys of a kind a publication names; the counts are always exact."""
EVIDENCE = "difference"
"""Where the evidence of a publication keeps it."""


@dataclass(frozen=True)
class Difference:
    """Keys of one partition before and after a publication, compared as sets."""

    gained: int = 0
    """Keys that were not there before."""
    lost: int = 0
    """Keys that are not there any more."""
    changed: int = 0
    """Keys whose rows have other values."""
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Kind → the first keys of it with their names; empty where nothing was there before."""

    def as_evidence(self) -> dict[str, Any]:
        """Return what the publication keeps."""
        counts = {GAINED: self.gained, LOST: self.lost, CHANGED: self.changed}
        names = {kind: list(found) for kind, found in self.names.items()}
        return {**counts, "names": names} if names else counts

    @classmethod
    def of(cls, publication: Publication) -> Difference | None:
        """Read it from a publication; None for one that was made before this was kept."""
        kept = publication.evidence.get(EVIDENCE)
        if kept is None:
            return None
        return cls(kept[GAINED], kept[LOST], kept[CHANGED], kept.get("names", {}))


def differences(
    warehouse: Warehouse,
    staged: StagedChunk,
    live: Mapping[str, str],
    compared: Sequence[date],
    new: Sequence[date],
) -> dict[date, Difference]:
    """Say what publishing would change; one query, and none where no rows were there before.

    Args:
        warehouse: Where the published rows still are those from before.
        staged: What is to be published.
        live: Columns of the published table with their types; empty when there is none.
        compared: Dates whose rows are replaced by others.
        new: Dates that had no rows before.

    Returns:
        Nothing for dates that could not be compared.
    """
    found = measure_differences(warehouse, staged, live, compared) if compared else {}
    for day in new:
        coverage = staged.audited[day].coverage
        found[day] = Difference(gained=coverage.rows - coverage.duplicates)
    return found


def measure_differences(
    warehouse: Warehouse, staged: StagedChunk, live: Mapping[str, str], days: Sequence[date]
) -> dict[date, Difference]:
    """Compare the published rows of some dates with the staged ones, in one query.

    Empty where the columns do not fit, and hashes could not be compared.
    """
    table, expected = staged.chunk.table, staged.chunk.expected
    fitting = {name for name, kind in staged.columns.items() if live.get(name, kind) == kind}
    if not set(staged.columns) <= fitting or not {*table.key} <= set(live):
        return {}
    request = DifferenceRequest(
        table=table.name,
        staged=staged.place,
        partition=staged.chunk.scope.partition,
        key=table.key,
        columns=staged.columns,
        live_columns=tuple(live),
        days=days,
        label=table.label,
        expected=staged.expected,
        expected_label=expected.label,
    )
    counts: dict[date, dict[str, int]] = {}
    names: dict[date, dict[str, list[str]]] = {}
    for day, kind, count, key, label in warehouse.fetch(difference_query(request, NAMES_AT_MOST)):
        counts.setdefault(day, {})[kind] = count
        names.setdefault(day, {}).setdefault(kind, []).append(str(Named(key, label)))
    return {day: Difference(**counts.get(day, {}), names=names.get(day, {})) for day in days}
