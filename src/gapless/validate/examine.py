"""Examining seasons: all layers and tables of the selected dates, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from gapless.declare.calendar import Calendar, DayKind
from gapless.declare.gates import CHECK_MISSING
from gapless.declare.tables import Derived, Source, Table
from gapless.findings import DatedFact, Severity
from gapless.partitions import DateRange, Path
from gapless.plan.standings import Standings
from gapless.plan.states import State
from gapless.validate.checks import Checked
from gapless.validate.judging import (
    RESTS_ON_STALE,
    explained,
    judge_rows,
    judge_source,
    judge_standing,
    measured_state,
)
from gapless.validate.limitations import limitations_found
from gapless.validate.measured import Measured, measure_source, measure_table
from gapless.validate.model import (
    Cell,
    LimitationFound,
    Reach,
    ValidationFinding,
    ValidationReport,
)
from gapless.validate.neighbours import unlike_neighbours
from gapless.validate.notebook import Notebook, Slot
from gapless.validate.reach import published_reach, reached_from
from gapless.validate.strays import STRAY_CODES, note_strays
from gapless.validate.summary import summarise
from gapless.validate.wordings import message_of, remedies_of
from gapless.warehouse.interface import Warehouse

UNLIKE = "unlike_neighbours"
SUSPECT = "computed_from_bad"
"""Code of a partition that passes, but was computed from one that fails."""
LONGEST_PAUSE = 4
"""Days from one date to the next; after more of them dates are unlike the others by right."""
UNLIKE_AT_MOST = 3
"""Columns of a date that are named."""


@dataclass
class _Examination:
    """What has been measured so far."""

    warehouse: Warehouse
    standings: Standings
    days: tuple[date, ...]
    """Scheduled dates, oldest first."""
    notebook: Notebook = field(default_factory=Notebook)
    measured: dict[str, Measured] = field(default_factory=dict)
    checked: dict[str, list[Checked]] = field(default_factory=dict)
    missing: dict[str, list[date]] = field(default_factory=dict)
    """Limitation → dates without rows that it explains."""
    limitations: tuple[LimitationFound, ...] = ()
    reached: dict[str, set[date]] = field(default_factory=dict)
    """Table → partitions that were computed from something that fails."""

    def limited_by(self, table: str, day: date) -> list[str]:
        """Return the limitations because of which rows of a partition lack a value."""
        return [
            found.name
            for found in self.limitations
            for consequence in found.consequences
            if consequence.table == table and day in consequence.days
        ]


def examine(
    warehouse: Warehouse,
    standings: Standings,
    tables: Sequence[Table],
    span: DateRange,
    days: Sequence[date],
    *,
    beyond: bool,
) -> ValidationReport:
    """Validate the published partitions of some tables and dates; reads only.

    Args:
        warehouse: Where to measure.
        standings: The states of all partitions concerned.
        tables: What to validate, sources included, in dependency order.
        span: The selected dates.
        days: Each of them, on the calendar or not, oldest first.
        beyond: Whether rows outside the selected dates are looked for, too.
    """
    picture = standings.picture
    calendar = picture.calendar
    work = _Examination(warehouse, standings, tuple(day for day in days if day in calendar.dates))
    for table in tables:
        _examine_table(work, table)
    note_strays(work.notebook, warehouse, standings, tables, span, beyond=beyond)
    work.limitations = limitations_found(warehouse, picture, work.checked, work.missing, work.days)
    for table in tables:
        _compare_with_neighbours(work, table)
    findings = tuple(_findings(work, [table.name for table in tables]))
    cells = tuple(cell for table in tables for cell in _cells(work, table))
    return ValidationReport(
        pipeline=picture.pipeline.name,
        today=picture.today,
        span=span,
        unit=calendar.unit,
        layers={table.name: picture.pipeline.layer_of(table) for table in tables},
        warm_up={
            table.name: table.warm_up.days
            for table in tables
            if isinstance(table, Derived) and table.warm_up is not None
        },
        seasons=summarise(picture, cells, work.days),
        cells=cells,
        findings=findings,
        limitations=work.limitations,
        calendar=calendar.seasons,
        nothing_due=_why_empty(calendar, days, DayKind.EMPTY),
        beyond_calendar=_why_empty(calendar, days, DayKind.OUTSIDE),
    )


def _why_empty(calendar: Calendar, days: Sequence[date], kind: DayKind) -> dict[date, str]:
    return {day: calendar.why_empty(day) for day in days if calendar.kind(day) is kind}


def _examine_table(work: _Examination, table: Table) -> None:
    picture = work.standings.picture
    if isinstance(table, Source):
        # What happens is not asked of a date to come; what is planned is.
        # Today may be being filled just now.
        of = work.standings.of
        asked = [
            day
            for day in work.days
            if table.trusted or (day < picture.today and not of(table.name, day).not_yet)
        ]
        work.checked[table.name] = measure_source(work.warehouse, work.standings, table, asked)
        judge_source(work.notebook, work.standings, table, work.checked[table.name])
    elif isinstance(table, Derived):
        # Who played is not known before a date is closed; what was published may be of before.
        closed = [d for d in work.days if not work.standings.of(table.name, d).not_yet]
        measured = measure_table(work.warehouse, work.standings, table, closed)
        work.measured[table.name] = measured
        work.checked[table.name] = measured.checked
        judge_rows(work.notebook, work.standings, table, measured)
    for day in work.days:
        standing = work.standings.of(table.name, day)
        limited = standing.state is State.MISSING and _is_known_missing(work, table, day)
        judge_standing(work.notebook, work.standings, table, standing, limited)


def _is_known_missing(work: _Examination, table: Table, day: date) -> bool:
    """Tell whether a limitation says that no rows can be had, and remember which."""
    picture = work.standings.picture
    for limitation in picture.pipeline.limitations:
        declared = limitation.table.name == table.name and limitation.check == CHECK_MISSING
        if declared and limitation.holds_on(picture.calendar.dates[day]):
            work.missing.setdefault(limitation.name, []).append(day)
            return True
    return False


def _compare_with_neighbours(work: _Examination, table: Table) -> None:
    picture = work.standings.picture
    if isinstance(table, Derived) and Path.HISTORICAL in table.on_request:
        return
    dates = [picture.calendar.dates[day] for day in work.days if day < picture.today]
    by_date: dict[date, list[str]] = {}
    for unlike in unlike_neighbours(work.warehouse, picture, table, dates):
        by_date.setdefault(unlike.day, []).append(str(unlike))
    for day, texts in by_date.items():
        text = "; ".join(texts[:UNLIKE_AT_MOST])
        if len(texts) > UNLIKE_AT_MOST:
            text += f"; and {len(texts) - UNLIKE_AT_MOST} more"
        known = work.limited_by(table.name, day)
        pause = _pause_before(picture.calendar, day)
        severity = Severity.WARNING
        if known:
            severity, text = Severity.INFO, f"{text}; within reach of {', '.join(known)}"
        elif pause > LONGEST_PAUSE:
            severity = Severity.INFO
            text += f"; within a week after a break of {pause - 1} days"
        work.notebook.note(severity, UNLIKE, table.name, day, text)


def _pause_before(calendar: Calendar, day: date) -> int:
    """Return the longest way from one date to the next that ended in the week up to a date."""
    week = calendar.between(DateRange(day - timedelta(days=6), day))
    return max((calendar.days_since_previous(one) or 0 for one in week), default=0)


def _cells(work: _Examination, table: Table) -> Iterator[Cell]:
    picture, notebook = work.standings.picture, work.notebook
    contents = picture.contents.get(table.name)
    measured = work.measured.get(table.name, Measured())
    checked = work.checked.get(table.name, [])
    known_missing = {day: name for name, days in work.missing.items() for day in days}
    for day in work.days:
        standing = work.standings.of(table.name, day)
        held = contents.on(day) if contents is not None else None
        failures = notebook.codes(table.name, day, Severity.ERROR)
        limited = [*explained(checked, day), *work.limited_by(table.name, day)]
        if standing.state is State.MISSING and day in known_missing:
            limited.append(known_missing[day])
        expected, present = _counted(table, measured, checked, day, held.rows if held else 0)
        if isinstance(table, Derived) and day not in measured.coverage and not held:
            expected, present = standing.expected or 0, 0
        if standing.state is State.NOTHING_EXPECTED:
            # Rows that nobody demands are no part of what a layer should hold.
            expected, present = 0, 0
        suspect = day in work.reached.get(table.name, ())
        yield Cell(
            table=table.name,
            partition=day,
            season=picture.calendar.dates[day].season,
            state=measured_state(standing, failures),
            rows=held.rows if held else 0,
            expected=expected,
            present=present,
            failures=failures,
            warnings=(
                *notebook.codes(table.name, day, Severity.WARNING),
                *((SUSPECT,) if held and suspect and not failures else ()),
            ),
            limitations=tuple(dict.fromkeys(limited)),
        )


def _counted(
    table: Table, measured: Measured, checked: Sequence[Checked], day: date, rows: int
) -> tuple[int, int]:
    """Return what was expected of a partition and what is right of it."""
    if isinstance(table, Derived):
        coverage = measured.coverage.get(day)
        return (coverage.expected, coverage.present) if coverage else (0, 0)
    first = next((found.by_date.get(day) for found in checked), None)
    return (first.examined, first.right) if first is not None else (rows, rows)


def _findings(work: _Examination, order: Sequence[str]) -> Iterator[ValidationFinding]:
    picture = work.standings.picture
    for slot, facts in work.notebook.findings(order):
        severity, code, table = slot
        days = sorted({fact.date for fact in facts})
        tampered = work.notebook.facts.get((Severity.ERROR, "tampered_rows", table), [])
        reach = _reach(work, slot, facts)
        last = max((reached.span.last for reached in reach), default=None)
        yield ValidationFinding(
            code=code,
            severity=severity,
            table=table,
            message=message_of(code, table),
            facts=facts,
            remedies=remedies_of(
                picture, code, picture.pipeline.tables[table], days, _days_of(tampered), last
            ),
            reach=reach,
        )


def _days_of(facts: Sequence[DatedFact]) -> frozenset[date]:
    return frozenset(fact.date for fact in facts)


def _reach(work: _Examination, slot: Slot, facts: Sequence[DatedFact]) -> tuple[Reach, ...]:
    """Follow what fails downstream, from where it begins."""
    severity, code, table = slot
    if severity is not Severity.ERROR or code in ("blocked", RESTS_ON_STALE, CHECK_MISSING):
        return ()
    picture = work.standings.picture
    days = {fact.date for fact in facts}
    if code in STRAY_CODES:
        days = {day for day in days if day <= picture.today}
    reached = reached_from(picture, table, days)
    for reader, reached_days in reached.items():
        work.reached.setdefault(reader, set()).update(reached_days)
    return published_reach(picture, reached)
