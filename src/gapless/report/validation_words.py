"""Words and marks that every rendering of a validation shares."""

from __future__ import annotations

from gapless.coverage import percent
from gapless.findings import Severity
from gapless.plan.states import State
from gapless.validate.model import (
    Consequence,
    LimitationFound,
    Reach,
    SeasonSummary,
    Tally,
    Trust,
    ValidationReport,
)
from gapless.wording import plural

TRUST_MARKS: dict[Trust, tuple[str, str]] = {
    Trust.SOUND: ("●", "green"),
    Trust.LIMITED: ("◍", "green"),
    Trust.ATTENTION: ("✗", "red"),
    Trust.UNKNOWN: ("?", "red"),
}
NOT_DUE = (State.WARM_UP, State.NOTHING_EXPECTED)


def due(tally: Tally) -> int:
    """Return how many partitions of a table were due."""
    return tally.cells - sum(tally.states.get(state, 0) for state in NOT_DUE)


def sound(tally: Tally) -> int:
    """Return how many of the partitions that were due do not fail."""
    return due(tally) - tally.failing


def counted(tally: Tally) -> str:
    """Return `151/151  100 %`, or a dash where nothing was due."""
    if not due(tally):
        return "·"
    return f"{sound(tally)}/{due(tally)}  {percent(tally.coverage)}"


def apart(tally: Tally) -> str:
    """Say what is apart from sound and due, as in the legend: `✗2 ◍88 !1`."""
    marked = {
        "✗": tally.failing,
        "◍": tally.limited,
        "!": tally.warned,
        "w": tally.states.get(State.WAIVED, 0),
    }
    return " ".join(f"{mark}{count}" for mark, count in marked.items() if count)


LEGEND = (
    "dates sound/due, coverage; ✗ failing  ◍ within a known limitation  ! with a warning  w waived"
)


def starts(report: ValidationReport, table: str) -> str:
    """Say from which day of a season on a table has anything, where it starts late by design."""
    days = report.warm_up.get(table)
    return f"from day {days}" if days else ""


def answer(season: SeasonSummary, unit: str) -> str:
    """Answer in a sentence whether a season can be trusted."""
    return (
        f"{season.season}: {status_of(season)}; {plural(season.dates, 'date')}, "
        f"{plural(season.units, unit)}"
    )


def status_of(season: SeasonSummary) -> str:
    """Return what can be said of a season, with its late start where it has one."""
    late = f" (loaded from day {season.begins} on)" if season.begins else ""
    return season.trust.value + late


def reach_text(reach: Reach) -> str:
    """Return `player_composite_factors 2023-02-24 … 2023-04-09 (45 dates)`."""
    name = reach.table.rsplit(".", maxsplit=1)[-1]
    return f"{name} {reach.span} ({plural(reach.partitions, 'date')})"


def limitation_text(found: LimitationFound) -> str:
    """Say what a known limitation is, where it holds, and why."""
    first = ", ".join(found.first[:3])
    return (
        f"{found.table}, {found.check}: {found.entities:,} known on "
        f"{plural(found.partitions, 'date')}, {found.span} (first {first}): {found.reason}"
    )


def consequence_text(found: Consequence) -> str:
    """Say how many rows of a downstream table lack a value because of a limitation."""
    elsewhere = ""
    if found.elsewhere is not None:
        elsewhere = f"; elsewhere {_share(found.elsewhere)}"
    return (
        f"{found.table}: {found.rows:,} of {found.of_rows:,} rows ({_share(found.share)}) lack a "
        f"value because of it, {found.span}, {plural(len(found.days), 'date')}{elsewhere}"
    )


def conclusion(report: ValidationReport) -> str:
    """Sum a validation up in one line."""
    errors = report.count(Severity.ERROR)
    warnings = plural(report.count(Severity.WARNING), "warning")
    if report.beyond_calendar:
        day, why = next(iter(report.beyond_calendar.items()))
        beyond = plural(len(report.beyond_calendar), "date")
        return f"Nothing can be said about {beyond}, first {day}: {why}"
    if not report.cells and report.nothing_due:
        day, why = next(iter(report.nothing_due.items()))
        return f"Nothing was due on {plural(len(report.nothing_due), 'date')}, first {day}: {why}"
    if not report.cells:
        return "Nothing was validated: no selected date is on the calendar."
    if errors:
        return f"{plural(errors, 'finding')} against what is published, {warnings}"
    if report.exit_code:
        return f"Some partitions fail or are unknown, {warnings}"
    return f"Everything selected can be trusted, {warnings}"


def _share(share: float) -> str:
    return "0 %" if share <= 0 else percent(share)
