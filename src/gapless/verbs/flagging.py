"""Flagging what is incomplete: looks at the warehouse and records in the ledger what is missing.

One query for each table and path that needs attention, whatever the dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gapless.declare.tables import Derived
from gapless.errors import QueryFailed
from gapless.failures import (
    Rows,
    Sighting,
    failure,
    missing_keys,
    offers_of,
    record,
    resolved,
)
from gapless.ledger.interface import Category, Failure
from gapless.measure import stage_expected
from gapless.partitions import Path, path_of
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.run.failing import done_ones, existing
from gapless.sql.binding import Bindings
from gapless.verbs.selection import Selection, look
from gapless.verbs.status import NEEDS_ATTENTION
from gapless.verbs.workspace import Workspace

STAGED = "flagged_expected"


@dataclass(frozen=True)
class Flagged:
    """What flagging found and recorded."""

    partitions: int
    """Partitions that were looked at."""
    incomplete: tuple[Standing, ...]
    """Those that need attention."""
    recorded: int
    """Failures that nobody knew of."""
    known: int
    """Failures that were open already and still are."""
    resolved: int
    """Failures whose keys are there again."""
    nothing_missing: tuple[Standing, ...] = ()
    """Partitions that need attention although no key of them is missing."""

    @property
    def exit_code(self) -> int:
        """0: nothing needs attention; 1: something does."""
        return 1 if self.incomplete else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "partitions": self.partitions,
            "incomplete": [_standing_data(one) for one in self.incomplete],
            "nothing_missing": [_standing_data(one) for one in self.nothing_missing],
            "recorded": self.recorded,
            "known": self.known,
            "resolved": self.resolved,
        }


def flag_incomplete(workspace: Workspace, selection: Selection) -> Flagged:
    """Record, key by key, what is missing in every selected partition that needs attention.

    Keys that are there again are recorded as resolved. The warehouse is only read.

    Raises:
        LedgerUnavailable: the ledger cannot be written.
    """
    standings, request = look(workspace, selection)
    calendar = standings.picture.calendar
    days = request.dates
    if not selection.names_dates:
        days = tuple(day for day in days if day in calendar.dates)
    looked_at = [standings.of(table.name, day) for table in request.tables for day in days]
    # A date that is not closed yet is no alarm.
    incomplete = [one for one in looked_at if one.state in NEEDS_ATTENTION and not one.not_yet]
    recorded = found = 0
    quiet: list[Standing] = []
    for table in request.tables:
        for path in Path:
            of_path = [
                one
                for one in incomplete
                if one.table == table.name
                and path_of(one.partition, standings.picture.today) is path
            ]
            if of_path:
                failures = _failures_of(workspace, standings, table, path, of_path)
                recorded += record(workspace.open_ledger, failures)
                found += len(failures)
                failed = {one.partition for one in failures if one.correctable}
                quiet += [one for one in of_path if one.partition not in failed]
    return Flagged(
        partitions=len(looked_at),
        incomplete=tuple(incomplete),
        recorded=recorded,
        known=found - recorded,
        resolved=_resolve(workspace, standings, looked_at),
        nothing_missing=tuple(quiet),
    )


def _failures_of(
    workspace: Workspace,
    standings: Standings,
    table: Derived,
    path: Path,
    incomplete: Sequence[Standing],
) -> list[Failure]:
    picture = standings.picture
    seen = Sighting(table, path, workspace.clock.now())
    by_day = {one.partition: one for one in incomplete if one.partition in picture.calendar.dates}
    days = list(by_day)
    expected = table.expected_on(path)
    references = {read.table.name for read in table.expected_reads_on(path)}
    found: list[Failure] = []
    if days and expected is not None and references <= set(picture.catalog):
        scope = picture.scope(days)
        try:
            place = stage_expected(workspace.warehouse, table, expected, scope, STAGED)
            offers = offers_of(table, path, picture.catalog, Bindings(scope), place)
            rows = Rows(
                scope=scope,
                days=days,
                expected=place,
                candidate=table.name if table.name in picture.catalog else None,
                columns=picture.catalog.get(table.name, {}),
                offers=offers,
                lost_on=[day for day in days if _was_whole(standings, table, day)],
                left_out={day: f"not computed: {one.reason}" for day, one in by_day.items()},
            )
            found = missing_keys(workspace.warehouse, seen, rows)
        except QueryFailed as error:
            reason = f"its missing keys cannot be named: {error.what}"
            return [failure(seen, day, Category.PROCESSING_ERROR, reason) for day in days]
        finally:
            workspace.warehouse.unstage([STAGED])
    named = {one.partition for one in found if one.correctable}
    # Why a key is not due is of interest where others are missing.
    return [one for one in found if one.partition in named] + [
        _as_a_whole(seen, one)
        for day, one in by_day.items()
        if day not in named and (not one.rows or one.state is State.UNKNOWN)
    ]


def _as_a_whole(seen: Sighting, standing: Standing) -> Failure:
    """Return the failure of a partition of which no expected key is known."""
    unknown = standing.state is State.UNKNOWN
    category = Category.PROCESSING_ERROR if unknown else Category.MISSING_UPSTREAM
    return failure(seen, standing.partition, category, standing.reason)


def _was_whole(standings: Standings, table: Derived, day: date) -> bool:
    """Tell whether rows are gone behind a publication that had every expected key."""
    publication = standings.picture.publications.get((table.name, day))
    if publication is None or standings.picture.holds(publication):
        return False
    return publication.present == publication.expected


def _resolve(workspace: Workspace, standings: Standings, looked_at: Sequence[Standing]) -> int:
    if not looked_at:
        return 0
    days = [one.partition for one in looked_at]
    ledger, picture = workspace.open_ledger, standings.picture
    known = ledger.failures(first=min(days), last=max(days), unresolved=True)
    ended = resolved(
        workspace.warehouse,
        existing(standings),
        picture.pipeline.partition,
        known,
        done_ones({(one.table, one.partition): one for one in looked_at}),
        workspace.clock.now(),
    )
    ledger.record_failures(ended)
    return len(ended)


def _standing_data(standing: Standing) -> dict[str, Any]:
    return {
        "table": standing.table,
        "date": standing.partition.isoformat(),
        "state": standing.state.value,
        "expected": standing.expected,
        "present": standing.present,
        "reason": standing.reason,
    }
