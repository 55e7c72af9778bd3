"""How the daily cleaning stands, as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from gapless.verbs.check_schedule import Punctuality, ScheduleReport, shown
from gapless.wording import plural

PUNCTUALITY_MARKS = {
    Punctuality.ON_TIME: ("● on time", "green"),
    Punctuality.DUE: ("… due", "dim"),
    Punctuality.FAILED: ("✗ failed", "red"),
    Punctuality.OVERDUE: ("✗ overdue", "red"),
}


def schedule_text(report: ScheduleReport) -> Iterator[RenderableType]:
    """Say whether the daily cleaning ran, and what was unusual."""
    following = shown(report.daily, report.next_due)
    yield f"Cleaning is due every day at {report.daily}; next {following}"
    done = report.succeeded
    if done is not None:
        ended = done.finished_at
        took = "" if ended is None else f" in {(ended - done.started_at).total_seconds():,.1f} s"
        yield (
            f"Last done {shown(report.daily, done.started_at)} by {done.actor}: "
            f"{plural(done.deleted_rows, 'row')} removed, {done.kept_rows:,} kept, "
            f"{done.bytes:,} bytes saved{took}"
        )
    yield from warnings_text(report)
    yield _standing(report)


def warnings_text(report: ScheduleReport) -> Iterator[RenderableType]:
    """Say what was unusual about the newest cleaning."""
    for warning in report.warnings:
        yield Text.assemble(
            ("! unusual", "yellow"), f"  {warning}.  Look: gapless backups", no_wrap=True
        )


def late_text(report: ScheduleReport | None) -> Iterator[RenderableType]:
    """Say only what somebody has to know: a cleaning that is late, or was unusual."""
    if report is None:
        return
    yield from warnings_text(report)
    if report.late:
        yield _standing(report)


def _standing(report: ScheduleReport) -> Text:
    words, style = PUNCTUALITY_MARKS[report.punctuality]
    parts: list[str | tuple[str, str]] = [(words, style), f"  {report.reason}"]
    if report.late:
        parts.append("  Clean now: gapless schedule --once")
    return Text.assemble(*parts, no_wrap=True)
