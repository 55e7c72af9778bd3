"""The failures view: which keys were found missing, why, and when they were there again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.ledger.interface import Category, Failure, Ledger
from gapless.verbs.flagging import Flagged
from gapless.verbs.history import wanted_dates
from gapless.verbs.selection import Selection, chosen_tables

FAILURE_COLUMNS = {
    "table": "VARCHAR",
    "date": "DATE",
    "entity": "VARCHAR",
    "name": "VARCHAR",
    "category": "VARCHAR",
    "correctable": "BOOLEAN",
    "reason": "VARCHAR",
    "first_seen": "TIMESTAMP",
    "last_seen": "TIMESTAMP",
    "run_id": "VARCHAR",
    "resolved_at": "TIMESTAMP",
}
"""Column → type of exported failures; one row for each key, moments in UTC."""


def is_open(found: Failure) -> bool:
    """Tell whether a key is still missing; one that is excluded is not due, so it never is."""
    return found.resolved_at is None and found.category is not Category.EXCLUDED


@dataclass(frozen=True)
class FailureGroup:
    """The failures of one partition in one category that ended together, or are open."""

    table: str
    partition: date
    category: Category
    resolved_at: datetime | None
    failures: tuple[Failure, ...]
    """By entity."""

    @property
    def open(self) -> int:
        """Keys that are still missing."""
        return sum(map(is_open, self.failures))


@dataclass(frozen=True)
class FailuresReport:
    """The failures of the selected partitions."""

    failures: tuple[Failure, ...]
    """By table in dependency order, then by date and entity."""
    since: datetime | None
    """Those last seen before it are left out; None where all open ones are meant."""
    only_open: bool = False
    is_known: bool = True
    """False: there is no ledger that could be read."""
    flagged: Flagged | None = None

    @property
    def exit_code(self) -> int:
        """4: nothing can be read; 1: flagging found something incomplete; else 0."""
        if not self.is_known:
            return 4
        return self.flagged.exit_code if self.flagged is not None else 0

    def groups(self) -> list[FailureGroup]:
        """Return the failures by partition, category and end, those with most open ones first."""
        grouped: dict[tuple[str, date, Category, datetime | None], list[Failure]] = {}
        for found in self.failures:
            slot = (found.table, found.partition, found.category, found.resolved_at)
            grouped.setdefault(slot, []).append(found)
        groups = [FailureGroup(*slot, tuple(found)) for slot, found in grouped.items()]
        return sorted(groups, key=lambda group: (-group.open, -len(group.failures)))

    def counts(self) -> Counter[Category]:
        """Count by category."""
        return Counter(found.category for found in self.failures)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each failure, see `FAILURE_COLUMNS`."""
        return [
            {
                "table": found.table,
                "date": found.partition,
                "entity": found.entity,
                "name": found.label or None,
                "category": found.category.value,
                "correctable": found.correctable,
                "reason": found.reason,
                "first_seen": found.first_seen,
                "last_seen": found.last_seen,
                "run_id": found.run_id,
                "resolved_at": found.resolved_at,
            }
            for found in self.failures
        ]

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "since": self.since.isoformat() if self.since is not None else None,
            "open": sum(map(is_open, self.failures)),
            "categories": {category.value: n for category, n in self.counts().items()},
            "failures": [
                {
                    name: value.isoformat() if isinstance(value, date) else value
                    for name, value in row.items()
                }
                for row in self.rows()
            ],
            "flagged": self.flagged.as_data() if self.flagged is not None else None,
        }


def failures(
    pipeline: Pipeline,
    ledger: Ledger | None,
    selection: Selection,
    *,
    since: datetime,
    only_open: bool = False,
    flagged: Flagged | None = None,
) -> FailuresReport:
    """Return the failures of the selected partitions, in one query of the ledger.

    Args:
        pipeline: The declarations.
        ledger: Where they are; None: there is none to read.
        selection: Which tables and dates; nothing given means all.
        since: Failures that were last seen, and ended, before it are left out.
        only_open: Leave out also those that are resolved and those of keys that are not due;
            however old the others are.
        flagged: What flagging has just recorded, to be reported along.

    Raises:
        UsageError: an unknown table or season, or dates that contradict each other.
    """
    names = [table.name for table in chosen_tables(pipeline, selection.tables)]
    wanted = wanted_dates(pipeline, selection)
    if ledger is None:
        return FailuresReport((), since, only_open, is_known=False, flagged=flagged)
    found = [
        one
        for one in ledger.failures(first=wanted.first, last=wanted.last, unresolved=only_open)
        if one.table in names and wanted.holds(one.partition)
    ]
    kept = _open_ones(found) if only_open else [one for one in found if _is_recent(one, since)]
    kept.sort(key=lambda one: (names.index(one.table), one.partition, one.entity))
    return FailuresReport(
        tuple(kept), None if only_open else since, only_open=only_open, flagged=flagged
    )


def _open_ones(found: Sequence[Failure]) -> list[Failure]:
    return [one for one in found if is_open(one)]


def _is_recent(one: Failure, since: datetime) -> bool:
    """Tell whether a failure was seen, or ended, or is still open, in the time asked for."""
    return is_open(one) or max(one.last_seen, one.resolved_at or one.last_seen) >= since
