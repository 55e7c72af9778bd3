"""Gaps: every partition that is not as it should be, beneath the gap that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from gapless.declare.calendar import DayKind
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived, Source, Table
from gapless.ledger.interface import Ledger
from gapless.plan.giving_up import NO_TRIES, Patience, attempts_at, earlier_tries, reckon
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.validate.judging import is_required
from gapless.verbs.gap_report import Gap, GapDate, GapReport, Slot, grouped
from gapless.verbs.known import known_causes
from gapless.verbs.selection import Selection, look_at
from gapless.verbs.status import last_known_status
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import Publication


def gaps(
    workspace: Workspace,
    selection: Selection | None = None,
    *,
    newest_first: bool = False,
    patience: Patience | None = None,
) -> GapReport:
    """Find every partition that is not as it should be, over the whole history; reads only.

    Args:
        workspace: Where to look.
        selection: Tables, also loaded ones, and dates; everything up to yesterday when None.
        newest_first: Begin with the newest gap instead of the oldest.
        patience: How often the same thing is tried before it is given up on.

    Raises:
        UsageError: an unknown table or season, or dates that contradict each other.
        PreflightRefused: the calendar holds nothing.
    """
    selection = selection or Selection()
    tables = looked_at(workspace.pipeline, selection.tables)
    standings, days = look_at(workspace, tables, selection)
    found = find_gaps(
        workspace, standings, tables, days, patience or Patience(), not_yet=selection.dates_named
    )
    scheduled = standings.picture.calendar.ordered
    return GapReport(
        gaps=_sorted(grouped(found, workspace.pipeline, scheduled), newest_first=newest_first),
        selection=selection,
        scheduled=tuple(scheduled),
    )


def looked_at(pipeline: Pipeline, names: Sequence[str]) -> list[Table]:
    """Return the named tables, also loaded ones; all that there are when none is named.

    Raises:
        DeclarationError: there is no such table.
    """
    wanted = {pipeline.table(name).name for name in names} or set(pipeline.tables)
    return [table for name, table in pipeline.tables.items() if name in wanted]


def find_gaps(
    workspace: Workspace,
    standings: Standings,
    tables: Iterable[Table],
    days: Sequence[date],
    patience: Patience,
    *,
    not_yet: bool,
) -> list[GapDate]:
    """Return every partition of the tables and dates that is not settled, and what explains it.

    Args:
        workspace: Whose ledger to ask for earlier attempts, in one query.
        standings: Of everything the tables and dates depend on.
        tables: The tables.
        days: Civil dates.
        patience: How often the same thing is tried.
        not_yet: Whether what only waits for the end of a date is a gap; it is for whoever asks
            for that very date.
    """
    found = {
        slot: standing
        for slot, standing in _unsettled(standings, tables, days).items()
        if not_yet or not standing.not_yet
    }
    for cause in [standing.cause for standing in found.values()]:
        if cause is not None:
            found.setdefault(cause, standings.of(*cause))
    tries = earlier_tries(workspace.ledger, standings, found.keys())
    now = standings.picture.now
    dates = [
        GapDate(
            standing=standing,
            tries=tries.get(slot, NO_TRIES),
            given_up=patience.given_up(tries.get(slot, NO_TRIES), now),
        )
        for slot, standing in found.items()
    ]
    return [_with_publication(d, standings.picture.publications) for d in dates]


def _unsettled(
    standings: Standings, tables: Iterable[Table], days: Sequence[date]
) -> dict[Slot, Standing]:
    calendar = standings.picture.calendar
    root = standings.picture.pipeline.calendar_declaration.table.name
    wanted = set(days)
    outside = [day for day in days if calendar.kind(day) is DayKind.OUTSIDE]
    found = {}
    for table in tables:
        known = standings.by_table.get(table.name, {})
        # Where other sources do, one that offers nothing is no gap; too few rows are one.
        spared = isinstance(table, Source) and not is_required(standings, table)
        for day in sorted(wanted & known.keys()):
            standing = known[day]
            if not standing.settled and not (spared and standing.state is State.MISSING):
                found[table.name, day] = standing
        for day in outside:
            # What the calendar does not know is the calendar's gap, not one of every table.
            cause = None if table.name == root else (root, day)
            found[table.name, day] = replace(standings.of(table.name, day), cause=cause)
    return found


def last_known_gaps(
    pipeline: Pipeline,
    ledger: Ledger,
    selection: Selection,
    now: datetime,
    *,
    newest_first: bool = False,
) -> GapReport:
    """Return the gaps the ledger last knew, for when another process owns the warehouse.

    Whether something is given up on is told as if nothing had changed since the last attempt.
    """
    derived = [t.name for t in looked_at(pipeline, selection.tables) if isinstance(t, Derived)]
    known = last_known_status(pipeline, ledger, replace(selection, tables=derived), now)
    found = {
        (s.table, s.partition): s
        for s in known.standings
        if not s.settled and (selection.dates_named or not s.not_yet)
    }
    for slot, standing in known_causes(ledger).items():
        if any(other.cause == slot for other in found.values()):
            found.setdefault(slot, standing)
    attempts = attempts_at(ledger, found.keys())
    dates = []
    for slot, standing in found.items():
        made = attempts.get(slot, [])
        tries = reckon(made, made[-1].fingerprint if made else "")
        dates.append(GapDate(standing, tries, Patience().given_up(tries, now)))
    gaps = grouped(dates, pipeline, known.scheduled)
    return GapReport(
        gaps=_sorted(gaps, newest_first=newest_first),
        selection=selection,
        scheduled=known.scheduled,
        measured_at=known.measured_at,
    )


def _sorted(found: list[Gap], *, newest_first: bool) -> tuple[Gap, ...]:
    if newest_first:
        found = sorted(found, key=lambda gap: gap.span.last, reverse=True)
    return tuple(found)


def _with_publication(found: GapDate, publications: Mapping[Slot, Publication]) -> GapDate:
    publication = publications.get((found.standing.table, found.partition))
    if publication is None:
        return found
    return replace(found, published_at=publication.published_at, published_by=publication.run_id)
