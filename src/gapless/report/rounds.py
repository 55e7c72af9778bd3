"""What a look at the schedule came to, as a line."""

from __future__ import annotations

from gapless.verbs.check_schedule import shown
from gapless.verbs.schedule import Round, RoundOutcome
from gapless.wording import plural


def round_line(done: Round) -> str:
    """Return what one look at the schedule came to, as a line."""
    after = f"next due {shown(done.daily, done.daily.next(done.at))}"
    when = shown(done.daily, done.at)
    if done.outcome is RoundOutcome.NOT_DUE:
        return f"{when}  ● nothing to do; {after}"
    if done.report is None:
        return f"{when}  ✗ not cleaned: {' '.join(done.undone)}"
    removed = f"{plural(done.report.deleted_rows, 'row')} removed"
    kept = f"{plural(len(done.report.kept), 'date')} kept"
    if done.outcome is RoundOutcome.CLEANED:
        return f"{when}  ● cleaned: {removed}, {kept}; {after}"
    return f"{when}  ✗ not all was cleaned: {removed}, {kept}; {'; '.join(done.undone)}"
