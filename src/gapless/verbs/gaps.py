"""Gaps: every partition that is not as it should be, beneath the gap that explains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from gapless.declare.calendar import DayKind
from gapless.declare.pipeline import Pipeline
from gapless.declare.tables import Derived, Source, Table
from gapless.ledger.interface import Attempt, Ledger
from gapless.partitions import DateRange, spans
from gapless.plan.giving_up import (
    NO_TRIES,
    GivenUp,
    Patience,
    Tries,
    attempts_at,
    earlier_tries,
    reckon,
)
from gapless.plan.standings import Standings
from gapless.plan.states import Standing, State
from gapless.verbs.selection import Selection, look_at
from gapless.verbs.status import last_known_causes, last_known_status
from gapless.verbs.workspace import Workspace
from gapless.warehouse.interface import Publication

Slot = tuple[str, date]


@dataclass(frozen=True)
class GapDate:
    """One partition that is not as it should be, with what is known of its past."""

    standing: Standing
    tries: Tries = NO_TRIES
    given_up: GivenUp | None = None
    published_at: datetime | None = None
    """When what is published there was; None when nothing is, or nobody knows."""
    published_by: str | None = None
    """The run that published it."""

    @property
    def partition(self) -> date:
        """Its date."""
        return self.standing.partition

    @property
    def root(self) -> Slot:
        """The partition that explains it: itself, or what it is blocked by."""
        return self.standing.cause or (self.standing.table, self.standing.partition)

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        standing, last = self.standing, self.tries.last
        return {
            "date": self.partition.isoformat(),
            "state": standing.state.value,
            "reason": standing.reason,
            "expected": standing.expected,
            "present": standing.present,
            "version": standing.version,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "published_by": self.published_by,
            "attempts": self.tries.total,
            "last_attempt": None if last is None else _attempt_data(last),
            "given_up": None if self.given_up is None else self.given_up.reason,
        }


@dataclass(frozen=True)
class Explained:
    """Partitions of one table that are not complete because of a gap further up."""

    table: str
    dates: tuple[GapDate, ...]
    spans: tuple[DateRange, ...]


@dataclass(frozen=True)
class Gap:
    """Consecutive dates of one table that nothing further up explains, with what they explain."""

    table: str
    state: State
    span: DateRange
    dates: tuple[GapDate, ...]
    explains: tuple[Explained, ...] = ()
    is_source: bool = False
    """Whether its rows have to be loaded, not computed."""

    @property
    def reason(self) -> str:
        """Of its oldest date."""
        return self.dates[0].standing.reason

    @property
    def keys_missing(self) -> int | None:
        """Expected keys that are not there; None when it is not known what is expected."""
        known = [d.standing for d in self.dates if d.standing.expected is not None]
        if not known:
            return None
        return sum((found.expected or 0) - (found.present or 0) for found in known)

    @property
    def given_up(self) -> GivenUp | None:
        """Why it is not tried again; all of its dates are given up on, or none."""
        return self.dates[0].given_up

    @property
    def last_attempt(self) -> Attempt | None:
        """The newest attempt at any of its dates."""
        made = [found.tries.last for found in self.dates if found.tries.last is not None]
        return max(made, key=lambda attempt: attempt.started_at, default=None)

    @property
    def last_published(self) -> GapDate | None:
        """The date whose publication is the newest."""
        known = [(d.published_at, d) for d in self.dates if d.published_at is not None]
        return max(known, key=lambda pair: pair[0])[1] if known else None

    @property
    def partitions(self) -> int:
        """How many partitions it accounts for, those it explains among them."""
        return len(self.dates) + sum(len(found.dates) for found in self.explains)

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "table": self.table,
            "state": self.state.value,
            "first": self.span.first.isoformat(),
            "last": self.span.last.isoformat(),
            "reason": self.reason,
            "keys_missing": self.keys_missing,
            "is_source": self.is_source,
            "given_up": self.given_up is not None,
            "dates": [found.as_data() for found in self.dates],
            "explains": [
                {
                    "table": found.table,
                    "partitions": len(found.dates),
                    "ranges": [[str(span.first), str(span.last)] for span in found.spans],
                    "dates": [one.as_data() for one in found.dates],
                }
                for found in self.explains
            ],
        }


@dataclass(frozen=True)
class GapReport:
    """Every gap of a selection, grouped by what explains it."""

    gaps: tuple[Gap, ...]
    selection: Selection
    scheduled: tuple[date, ...]
    """Dates with anything on the calendar."""
    measured_at: datetime | None = None
    """None: measured just now; else when the ledger's newest entry was."""

    @cached_property
    def counts(self) -> Counter[tuple[str, State]]:
        """Count the partitions by table and state."""
        found = [d.standing for gap in self.gaps for d in _all_dates(gap)]
        return Counter((standing.table, standing.state) for standing in found)

    @property
    def partitions(self) -> int:
        """How many partitions are not as they should be."""
        return sum(self.counts.values())

    @property
    def exit_code(self) -> int:
        """0: no gaps; 4: something is unknown; 1: there are gaps."""
        if any(state is State.UNKNOWN for _, state in self.counts):
            return 4
        return 1 if self.gaps else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        counts: dict[str, dict[str, int]] = {}
        for (table, state), count in self.counts.items():
            counts.setdefault(table, {})[state.value] = count
        return {
            "exit_code": self.exit_code,
            "measured_at": self.measured_at.isoformat() if self.measured_at else None,
            "partitions": self.partitions,
            "counts": counts,
            "gaps": [gap.as_data() for gap in self.gaps],
        }


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
    found = find_gaps(workspace, standings, tables, days, patience or Patience())
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
) -> list[GapDate]:
    """Return every partition of the tables and dates that is not settled, and what explains it.

    Args:
        workspace: Whose ledger to ask for earlier attempts, in one query.
        standings: Of everything the tables and dates depend on.
        tables: The tables.
        days: Civil dates.
        patience: How often the same thing is tried.
    """
    found = _unsettled(standings, tables, days)
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
        for day in sorted(wanted & known.keys()):
            if not known[day].settled:
                found[table.name, day] = known[day]
        for day in outside:
            # What the calendar does not know is the calendar's gap, not one of every table.
            cause = None if table.name == root else (root, day)
            found[table.name, day] = replace(standings.of(table.name, day), cause=cause)
    return found


def grouped(found: Iterable[GapDate], pipeline: Pipeline, scheduled: Sequence[date]) -> list[Gap]:
    """Join partitions into ranges, each beneath the gap that explains it, oldest first."""
    dates = {(d.standing.table, d.partition): d for d in found}
    explained: dict[Slot, list[GapDate]] = {}
    alike: dict[tuple[str, State, bool], dict[date, GapDate]] = {}
    for slot, one in dates.items():
        root = _root_of(slot, dates)
        if root != slot:
            explained.setdefault(root, []).append(one)
        else:
            kind = (slot[0], one.standing.state, one.given_up is not None)
            alike.setdefault(kind, {})[slot[1]] = one
    order = {name: place for place, name in enumerate(pipeline.tables)}
    gaps = []
    for (table, state, _), roots in alike.items():
        for span in spans(list(roots), step=scheduled):
            of_span = [roots[day] for day in sorted(roots) if day in span]
            beneath = [d for root in of_span for d in explained.get((table, root.partition), ())]
            gaps.append(
                Gap(
                    table=table,
                    state=state,
                    span=span,
                    dates=tuple(of_span),
                    explains=_by_table(beneath, order, scheduled),
                    is_source=isinstance(pipeline.tables[table], Source),
                )
            )
    return sorted(gaps, key=lambda gap: (gap.span.first, order[gap.table]))


def last_known_gaps(
    pipeline: Pipeline, ledger: Ledger, selection: Selection, *, newest_first: bool = False
) -> GapReport:
    """Return the gaps the ledger last knew, for when another process owns the warehouse.

    Whether something is given up on is told as if nothing had changed since the last attempt.
    """
    derived = [t.name for t in looked_at(pipeline, selection.tables) if isinstance(t, Derived)]
    known = last_known_status(pipeline, ledger, replace(selection, tables=derived))
    found = {(s.table, s.partition): s for s in known.standings if not s.settled}
    for slot, standing in last_known_causes(ledger).items():
        if any(other.cause == slot for other in found.values()):
            found.setdefault(slot, standing)
    attempts = attempts_at(ledger, found.keys())
    now = known.measured_at
    dates = []
    for slot, standing in found.items():
        made = attempts.get(slot, [])
        tries = reckon(made, made[-1].fingerprint if made else "")
        given_up = Patience().given_up(tries, now) if now is not None else None
        dates.append(GapDate(standing, tries, given_up))
    gaps = grouped(dates, pipeline, known.scheduled)
    return GapReport(
        gaps=_sorted(gaps, newest_first=newest_first),
        selection=selection,
        scheduled=known.scheduled,
        measured_at=known.measured_at,
    )


def _root_of(slot: Slot, dates: Mapping[Slot, GapDate]) -> Slot:
    """Follow causes to the most upstream gap."""
    seen = {slot}
    while (above := dates[slot].root) in dates and above not in seen:
        seen.add(above)
        slot = above
    return slot


def _sorted(found: list[Gap], *, newest_first: bool) -> tuple[Gap, ...]:
    if newest_first:
        found = sorted(found, key=lambda gap: gap.span.last, reverse=True)
    return tuple(found)


def _by_table(
    beneath: Sequence[GapDate], order: Mapping[str, int], scheduled: Sequence[date]
) -> tuple[Explained, ...]:
    tables: dict[str, list[GapDate]] = {}
    for one in beneath:
        tables.setdefault(one.standing.table, []).append(one)
    explained = []
    for table in sorted(tables, key=order.__getitem__):
        dates = tuple(sorted(tables[table], key=lambda one: one.partition))
        ranges = spans([one.partition for one in dates], step=scheduled)
        explained.append(Explained(table, dates, tuple(ranges)))
    return tuple(explained)


def _with_publication(found: GapDate, publications: Mapping[Slot, Publication]) -> GapDate:
    publication = publications.get((found.standing.table, found.partition))
    if publication is None:
        return found
    return replace(found, published_at=publication.published_at, published_by=publication.run_id)


def _all_dates(gap: Gap) -> list[GapDate]:
    return [*gap.dates, *(one for found in gap.explains for one in found.dates)]


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "run_id": attempt.run_id,
        "verdict": attempt.verdict.value,
        "retry": attempt.retry.value,
        "finished_at": attempt.finished_at.isoformat(),
        "reason": attempt.reason,
    }
