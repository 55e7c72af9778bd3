"""What a run says of failures by key: those of its attempts, and the end of those it put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from gapless.declare.tables import Derived
from gapless.errors import GaplessError
from gapless.failures import (
    Catalog,
    Done,
    Rows,
    Sighting,
    failure,
    missing_keys,
    offers_of,
    resolved,
)
from gapless.ledger.interface import Category, Failure
from gapless.plan.build import Plan
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.run.chunk import Chunk, StagedChunk
from gapless.run.frame import RunFrame
from gapless.run.report import SUCCEEDED
from gapless.sql.binding import Bindings
from gapless.warehouse.interface import Warehouse

NO_SOURCE = "no source of its inputs is sufficient for the date"


def failures_of_refused(
    warehouse: Warehouse,
    frame: RunFrame,
    staged: StagedChunk,
    catalog: Catalog,
    days: Sequence[date],
) -> list[Failure]:
    """Name the missing keys of refused dates; one query, none where nothing is missing."""
    chunk, bindings = staged.chunk, staged.bindings
    if not days or bindings is None:
        return []
    rows = Rows(
        scope=bindings.scope,
        days=days,
        expected=staged.expected,
        candidate=staged.place,
        columns=staged.columns,
        offers=offers_of(chunk.table, chunk.path, catalog, bindings, staged.expected),
    )
    return _named(warehouse, frame, chunk, rows)


def failures_of_unfed(
    warehouse: Warehouse, frame: RunFrame, staged: StagedChunk, catalog: Catalog
) -> list[Failure]:
    """Name the keys of dates for which no source is sufficient; one query, none without such."""
    days = [
        day
        for day, made in staged.unfed.items()
        if not any(choice.nothing_expected for choice in made)
    ]
    if not days:
        return []
    chunk = staged.chunk
    scope = chunk.scope.within(days)
    rows = Rows(
        scope=scope,
        days=days,
        expected=staged.expected,
        candidate=None,
        offers=offers_of(chunk.table, chunk.path, catalog, Bindings(scope), staged.expected),
        left_out=dict.fromkeys(days, NO_SOURCE),
    )
    return _named(warehouse, frame, chunk, rows)


def failures_of_error(
    frame: RunFrame, chunk: Chunk, days: Sequence[date], reason: str
) -> list[Failure]:
    """Say that dates failed as a whole."""
    seen = _sighting(frame, chunk)
    return [failure(seen, day, Category.PROCESSING_ERROR, reason) for day in days]


def _named(warehouse: Warehouse, frame: RunFrame, chunk: Chunk, rows: Rows) -> list[Failure]:
    """Ask for the keys; that they cannot be named must not undo the verdict."""
    seen = _sighting(frame, chunk)
    try:
        return missing_keys(warehouse, seen, rows)
    except GaplessError as error:
        reason = f"refused; its missing keys cannot be named: {error.what}"
        return [failure(seen, day, Category.PROCESSING_ERROR, reason) for day in rows.days]


def _sighting(frame: RunFrame, chunk: Chunk) -> Sighting:
    return Sighting(chunk.table, chunk.path, frame.clock.now(), frame.run_id)


def end_failures(frame: RunFrame, plan: Plan, standings: Standings, now: datetime) -> None:
    """Record which failures the partitions of a plan have put right, whoever published them.

    One read of the ledger; a query for each table with open failures in partitions that are done.
    """
    span = plan.request.span
    days = [step.partition for step in plan.all_steps]
    first, last = min([span.first, *days]), max([span.last, *days])
    known = frame.ledger.failures(first=first, last=last, unresolved=True)
    if not known:
        return
    unsuccessful = {
        (attempt.table, attempt.partition)
        for attempt in frame.attempts
        if attempt.verdict not in SUCCEEDED
    }
    found = {
        (step.table, step.partition): standings.of(step.table, step.partition)
        for step in plan.all_steps
        if (step.table, step.partition) not in unsuccessful
    }
    picture = standings.picture
    done = done_ones(found)
    ended = resolved(
        frame.warehouse,
        existing(standings),
        picture.pipeline.partition,
        known,
        done,
        now,
    )
    frame.ledger.record_failures(ended)


def existing(standings: Standings) -> dict[str, Derived]:
    """Return the computed tables that exist in the warehouse, by name."""
    picture = standings.picture
    return {
        table.name: table
        for table in picture.pipeline.derived_tables
        if table.name in picture.catalog
    }


def done_ones(standings: Mapping[tuple[str, date], Standing]) -> dict[tuple[str, date], Done]:
    """Return the partitions that need nothing more, with what that means for their failures."""
    done: dict[tuple[str, date], Done] = {}
    for slot, found in standings.items():
        if found.state in (State.COMPLETE, State.WAIVED):
            whole = found.expected is not None and found.present == found.expected
            done[slot] = Done(whole=whole)
        elif found.state in (State.NOTHING_EXPECTED, State.WARM_UP):
            done[slot] = Done(whole=True, nothing_due=True)
    return done
