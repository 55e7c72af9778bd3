"""Status: the state of every partition, measured now, or as the ledger last knew it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from gapless.declare.pipeline import Pipeline
from gapless.ledger.interface import Ledger, Waiver
from gapless.partitions import DateRange, spans
from gapless.plan.giving_up import Patience, earlier_tries
from gapless.plan.standings import Standings
from gapless.plan.states import NOT_YET, Standing, State
from gapless.plan.waivers import WaiverUse, waiver_uses
from gapless.verbs.check_schedule import ScheduleReport
from gapless.verbs.known import known_standings
from gapless.verbs.selection import Selection, chosen_tables, declared_season, look
from gapless.verbs.workspace import Workspace

NEEDS_ATTENTION = (State.PARTIAL, State.MISSING, State.STALE, State.BLOCKED, State.UNKNOWN)


@dataclass(frozen=True)
class Stretch:
    """Consecutive dates of one table in one state, for one reason."""

    table: str
    state: str
    """A state, or `not_yet`."""
    span: DateRange
    partitions: int
    reason: str
    """Of its oldest date."""


@dataclass(frozen=True)
class StatusReport:
    """The state of the selected partitions."""

    standings: tuple[Standing, ...]
    """By table in dependency order, then by date."""
    scheduled: tuple[date, ...]
    """Dates with anything on the calendar; empty when read from the ledger."""
    measured_at: datetime | None
    """None: measured just now; else when the ledger's newest entry was."""
    waivers: tuple[WaiverUse, ...] = ()
    """Those of the selected dates, also of sources; the ones that end soonest first."""
    tables: tuple[str, ...] = field(default=())
    sources: tuple[str, ...] = ()
    """Tables that are loaded, not computed."""
    given_up: frozenset[tuple[str, date]] = frozenset()
    """Partitions that a repair does not try again until something changes."""
    dates_named: bool = True
    """Whether these very dates were asked for; then one that is not closed yet is not done."""
    cleaning: ScheduleReport | None = None
    """How the daily cleaning stands; None where nobody cleans. It makes no date less done."""

    @property
    def open_ones(self) -> list[Standing]:
        """The partitions that need attention now."""
        return [
            standing
            for standing in self.standings
            if not standing.settled and (self.dates_named or not standing.not_yet)
        ]

    @property
    def exit_code(self) -> int:
        """0: everything is done; 4: something (or all) is unknown; 1: some needs attention."""
        states = {standing.state for standing in self.open_ones}
        if State.UNKNOWN in states or not self.standings:
            return 4
        return 1 if states else 0

    def counts(self, table: str) -> Counter[str]:
        """Count the scheduled partitions of a table by state, those not closed yet apart."""
        days = set(self.scheduled)
        return Counter(
            standing.shown
            for standing in self.standings
            if standing.table == table and (not days or standing.partition in days)
        )

    def stretches(self) -> list[Stretch]:
        """Join what needs attention, or is waived, into ranges."""
        found: list[Stretch] = []
        for table in self.tables:
            for state in (*NEEDS_ATTENTION, NOT_YET, State.WAIVED):
                standings = {
                    s.partition: s for s in self.standings if s.table == table and s.shown == state
                }
                found += [
                    Stretch(
                        table,
                        state,
                        span,
                        sum(day in span for day in standings),
                        standings[span.first].reason,
                    )
                    for span in spans(list(standings), step=self.scheduled)
                ]
        return found

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "measured_at": self.measured_at.isoformat() if self.measured_at else None,
            "tables": {name: dict(self.counts(name)) for name in self.tables},
            "partitions": [
                {
                    "table": standing.table,
                    "date": standing.partition.isoformat(),
                    "state": standing.state.value,
                    "reason": standing.reason,
                    "due_at": standing.due_at.isoformat() if standing.due_at else None,
                    "expected": standing.expected,
                    "present": standing.present,
                    "rows": standing.rows,
                    "version": standing.version,
                    "given_up": (standing.table, standing.partition) in self.given_up,
                }
                for standing in self.standings
            ],
            "waivers": [use.as_data() for use in self.waivers],
            "cleaning": self.cleaning.as_data() if self.cleaning is not None else None,
        }


def status(workspace: Workspace, selection: Selection) -> StatusReport:
    """Measure the state of the selected partitions; reads only."""
    standings, request = look(workspace, selection)
    names = tuple(table.name for table in request.tables)
    days = request.dates
    if not selection.names_dates:
        days = tuple(day for day in days if day in standings.picture.calendar.dates)
    sources = tuple(source.name for source in workspace.pipeline.sources)
    seen = [name for name in (*names, *sources) if name in standings.by_table]
    carrying = [standings.of(name, day) for name in seen for day in days]
    shown = tuple(standings.of(name, day) for name in names for day in days)
    return StatusReport(
        standings=shown,
        scheduled=tuple(day for day in days if day in standings.picture.calendar.dates),
        measured_at=None,
        waivers=_waivers(standings.picture.waivers.granted, carrying, standings.picture.now),
        tables=names,
        sources=sources,
        dates_named=request.dates_named,
        given_up=_given_up(workspace.ledger, standings, shown),
    )


def _given_up(
    ledger: Ledger | None, standings: Standings, shown: Sequence[Standing]
) -> frozenset[tuple[str, date]]:
    open_ones = [(s.table, s.partition) for s in shown if not s.settled]
    tries = earlier_tries(ledger, standings, open_ones)
    now, patience = standings.picture.now, Patience()
    return frozenset(slot for slot, made in tries.items() if patience.given_up(made, now))


def last_known_status(
    pipeline: Pipeline, ledger: Ledger, selection: Selection, now: datetime
) -> StatusReport:
    """Return the states the ledger last knew, for when another process owns the warehouse.

    A partition of which the ledger knows nothing is unknown, never done.
    """
    names = tuple(table.name for table in chosen_tables(pipeline, selection.tables))
    known = known_standings(ledger, now)
    days = _known_dates(ledger, pipeline, selection, {day for _, day in known})
    standings = []
    for name in names:
        for day in days:
            reason = "the warehouse is in use, and the ledger knows nothing of it"
            nothing = Standing(name, day, State.UNKNOWN, reason)
            standings.append(known.get((name, day), nothing))
    at = {(state.table, state.partition): state.measured_at for state in ledger.states()}
    measured = [at[s.table, s.partition] for s in standings if s.version is not None]
    return StatusReport(
        standings=tuple(standings),
        scheduled=tuple(days),
        measured_at=max(measured, default=datetime(1, 1, 1, tzinfo=UTC)),
        waivers=_waivers(ledger.waivers(), standings, now),
        tables=names,
    )


def _known_dates(
    ledger: Ledger, pipeline: Pipeline, selection: Selection, known: set[date]
) -> list[date]:
    """Return the selected dates; without the calendar only those the ledger has heard of."""
    if selection.dates:
        return sorted(set(selection.dates))
    planned = {
        date.fromisoformat(step["date"])
        for run in ledger.runs(limit=1)
        for step in run.plan.get("steps", ())
    }
    first, last = selection.start_date, selection.end_date
    if selection.season is not None:
        # Seasons stand in the calendar, which is out of reach; declared starts are enough here.
        named = declared_season(pipeline, selection.season, "The warehouse is in use")
        first, last = named.first, named.last
    return sorted(
        day
        for day in known | planned
        if (first is None or day >= first) and (last is None or day <= last)
    )


def _waivers(
    granted: Iterable[Waiver], standings: Sequence[Standing], now: datetime
) -> tuple[WaiverUse, ...]:
    wanted = {(standing.table, standing.partition) for standing in standings}
    chosen = [waiver for waiver in granted if (waiver.table, waiver.partition) in wanted]
    return waiver_uses(chosen, standings, now)
