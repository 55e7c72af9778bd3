"""Leaks: proving that what is computed for D does not hang on rows of D or later; reads only."""

from __future__ import annotations

import bisect
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gapless.declare.look_ahead import exists_before, facts_read
from gapless.declare.tables import Derived
from gapless.errors import UsageError
from gapless.leaks.proof import DateTrial
from gapless.leaks.report import DateProof, LeakReport, TableProof
from gapless.leaks.stand_ins import PoisonCabinet, StandIns
from gapless.partitions import path_of
from gapless.plan.computable import in_the_way, nothing_due
from gapless.plan.standings import Standings
from gapless.verbs.selection import Selection, look
from gapless.verbs.workspace import Workspace

SAMPLES = 12
"""How many dates of a table are examined when nothing else is said."""


@dataclass(frozen=True)
class Examinable:
    """The selected dates of a table: those that can be computed now, and why others cannot."""

    days: tuple[date, ...]
    """Oldest first."""
    held_up: tuple[str, ...]
    """For each date that something stands in the way of: date and reason."""
    quiet: str
    """Why the first date on which nothing is due has none; empty when there is none."""

    @property
    def why_none(self) -> str:
        """Why no date can be examined."""
        if self.held_up:
            return f"no date can be computed; {self.held_up[0]}"
        return f"nothing is due; {self.quiet}" if self.quiet else "no date was selected"


def leaks(
    workspace: Workspace, selection: Selection, *, samples: int | None = SAMPLES
) -> LeakReport:
    """Prove for the selected tables that nothing of D hangs on rows of D or later.

    Args:
        workspace: Opened for reading.
        selection: Tables and dates.
        samples: How many dates of each table, spread evenly from the first to the last; None: all.

    Raises:
        UsageError: no date is to be examined.
        DeclarationError: a table is unknown or a source.
    """
    if samples is not None and samples < 1:
        raise UsageError(
            f"--samples {samples}: a proof takes at least one date; use --all for all."
        )
    began = time.monotonic()
    standings, request = look(workspace, selection)
    examinable = {
        table.name: _examinable(standings, table, request.dates) for table in request.tables
    }
    scheduled = [day for day in request.dates if day in standings.picture.calendar.dates]
    chosen = {
        name: found.days if samples is None else near(spread(scheduled, samples), found.days)
        for name, found in examinable.items()
    }
    dates = _examined(workspace, standings, request.tables, chosen)
    return LeakReport(
        tuple(
            TableProof(
                table=table.name,
                facts=facts_read(table, workspace.pipeline.tables),
                exists_before=exists_before(table),
                dates=tuple(dates[table.name]),
                held_up=examinable[table.name].held_up,
                reason="" if chosen[table.name] else examinable[table.name].why_none,
            )
            for table in request.tables
        ),
        seconds=time.monotonic() - began,
    )


def spread(days: Sequence[date], samples: int) -> tuple[date, ...]:
    """Pick dates evenly, the first and the last among them; the same ones every time."""
    if len(days) <= samples:
        return tuple(days)
    if samples == 1:
        return (days[-1],)
    step = (len(days) - 1) / (samples - 1)
    return tuple(days[round(step * number)] for number in range(samples))


def near(wanted: Sequence[date], days: Sequence[date]) -> tuple[date, ...]:
    """Return for each wanted date the nearest of `days`, so that tables share what they can."""
    found = set()
    for day in wanted:
        place = bisect.bisect_left(days, day)
        around = days[max(0, place - 1) : place + 1]
        if around:
            found.add(min(around, key=lambda other: (abs(other - day), other)))
    return tuple(sorted(found))


def _examined(
    workspace: Workspace,
    standings: Standings,
    tables: Sequence[Derived],
    chosen: Mapping[str, Sequence[date]],
) -> dict[str, list[DateProof]]:
    """Work by date: tables that read the same histories share their stand-ins."""
    picture = standings.picture
    cabinet = PoisonCabinet(workspace.warehouse, workspace.pipeline, picture.catalog)
    found: dict[str, list[DateProof]] = {table.name: [] for table in tables}
    for day in sorted({day for days in chosen.values() for day in days}):
        facts, path = picture.calendar.dates[day], path_of(day, picture.today)
        due = [table for table in tables if day in chosen[table.name]]
        stand_ins = StandIns(cabinet, facts, [r for table in due for r in table.reads_on(path)])
        try:
            for table in due:
                expected = table.expected_on(path)
                if expected is not None:
                    trial = DateTrial(
                        workspace.warehouse, standings, stand_ins, table, path, expected, facts
                    )
                    found[table.name].append(trial.run())
        finally:
            stand_ins.clear()
    return found


def _examinable(standings: Standings, table: Derived, days: Sequence[date]) -> Examinable:
    calendar = standings.picture.calendar
    able: list[date] = []
    held_up: list[str] = []
    quiet = ""
    for day in days:
        facts = calendar.dates.get(day)
        nothing = nothing_due(standings, table, facts) if facts else calendar.why_empty(day)
        if facts is None or nothing:
            quiet = quiet or f"{day}: {nothing}"
        elif reason := in_the_way(standings, table, facts):
            held_up.append(f"{day}: {reason}")
        else:
            able.append(day)
    return Examinable(tuple(able), tuple(held_up), quiet)
