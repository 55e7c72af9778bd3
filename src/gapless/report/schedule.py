"""The schedule as text: how the daily cleaning stands, and a line for each time it was due."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from gapless.verbs.check_schedule import Punctuality, ScheduleReport, shown
from gapless.verbs.schedule import Round, RoundOutcome
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
        took = "" if done.finished_at is None else f" in {done.finished_at - done.started_at}"
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


def round_line(done: Round) -> str:
    """Return what one look at the schedule came to, as a line."""
    after = f"next due {shown(done.daily, done.daily.next(done.at))}"
    when = shown(done.daily, done.at)
    if done.outcome is RoundOutcome.NOT_DUE:
        return f"{when}  ● nothing to do; {after}"
    if done.report is None:
        again = "it is tried again in a while" if done.retryable else after
        return f"{when}  ✗ not cleaned: {' '.join(done.undone)} ({again})"
    removed = f"{plural(done.report.deleted_rows, 'row')} removed"
    kept = f"{plural(len(done.report.kept), 'date')} kept"
    if done.outcome is RoundOutcome.CLEANED:
        return f"{when}  ● cleaned: {removed}, {kept}; {after}"
    return f"{when}  ✗ not all was cleaned: {removed}, {kept}; {'; '.join(done.undone)}; {after}"


def _standing(report: ScheduleReport) -> Text:
    words, style = PUNCTUALITY_MARKS[report.punctuality]
    parts: list[str | tuple[str, str]] = [(words, style), f"  {report.reason}"]
    if report.late:
        parts.append("  Clean now: gapless schedule --once")
    return Text.assemble(*parts, no_wrap=True)
