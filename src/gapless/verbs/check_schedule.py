"""Checking the schedule: did the daily cleaning run when it was due, and was it like the others?

Nothing is stored for it. A cleaning that is due and has not succeeded is found by its absence, so
a scheduler that was never installed, or that died, raises the alarm too.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gapless.declare.pipeline import Pipeline
from gapless.due import Daily
from gapless.errors import UsageError
from gapless.ledger.cleanings import Cleaning, Purpose
from gapless.ledger.interface import Ledger
from gapless.wording import plural

GRACE = timedelta(hours=2)
"""How long a cleaning may take, or be late, before it is overdue."""
LOOKED_AT = 2000
"""The newest cleanings and restores that are looked at."""
COMPARED = 30
"""Earlier cleanings that say what is usual."""
COMPARED_AT_LEAST = 5
UNUSUAL = 3
"""So many times the most of the earlier ones is unusual."""


class Punctuality(enum.StrEnum):
    """How the daily cleaning stands."""

    ON_TIME = "on_time"
    """One has succeeded since it was last due."""
    DUE = "due"
    """It was due a short while ago, and has not ended yet."""
    FAILED = "failed"
    """One has run since, and something that should have been done was not."""
    OVERDUE = "overdue"
    """None has succeeded since, and its grace is over."""


@dataclass(frozen=True)
class ScheduleReport:
    """How the daily cleaning stands, with the cleanings that say so."""

    daily: Daily
    now: datetime
    due: datetime
    """When it was last due."""
    punctuality: Punctuality
    reason: str
    """One sentence."""
    newest: Cleaning | None = None
    """The newest cleaning of all tables with a retention, however it ended."""
    succeeded: Cleaning | None = None
    """The newest one that did everything."""
    warnings: tuple[str, ...] = ()
    """What was unusual about the newest one."""

    @property
    def late(self) -> bool:
        """Tell whether somebody has to look."""
        return self.punctuality in (Punctuality.FAILED, Punctuality.OVERDUE)

    @property
    def needed(self) -> bool:
        """Tell whether a cleaning is to run now: none has succeeded since it was due."""
        return self.succeeded is None or self.succeeded.started_at < self.due

    @property
    def next_due(self) -> datetime:
        """When it is due next."""
        return self.daily.next(self.now)

    @property
    def exit_code(self) -> int:
        """0: it ran, or still may; 1: it failed or is overdue."""
        return 1 if self.late else 0

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "exit_code": self.exit_code,
            "schedule": str(self.daily),
            "punctuality": self.punctuality.value,
            "reason": self.reason,
            "due": self.due.isoformat(),
            "next_due": self.next_due.isoformat(),
            "newest": _cleaning_data(self.newest),
            "succeeded": _cleaning_data(self.succeeded),
            "warnings": list(self.warnings),
        }


def check_schedule(
    pipeline: Pipeline,
    ledger: Ledger | None,
    daily: Daily,
    now: datetime,
    *,
    grace: timedelta = GRACE,
) -> ScheduleReport:
    """Say whether the daily cleaning ran when it was due; one query, and none of the warehouse.

    Args:
        pipeline: Whose tables have a retention.
        ledger: Where cleanings are recorded; None when nothing has been run yet.
        daily: When a cleaning is due.
        now: The moment to judge by.
        grace: How long a cleaning may take, or be late.

    Raises:
        UsageError: no table has a retention, so that nothing would ever be found late.
    """
    require_retention(pipeline)
    due = daily.last(now)
    whole = _cleanings(pipeline, ledger, now)
    newest = next(iter(whole), None)
    succeeded = next((one for one in whole if one.exit_code == 0), None)
    punctuality, reason = _judged(daily, now, grace, newest, succeeded)
    return ScheduleReport(
        daily, now, due, punctuality, reason, newest, succeeded, tuple(_unusual(whole))
    )


def cleaning_in_use(
    pipeline: Pipeline, ledger: Ledger | None, daily: Daily, now: datetime
) -> ScheduleReport | None:
    """Say how the daily cleaning stands where somebody has to know.

    That is where everything was cleaned before, or where the ledger knows of rows that outlived
    their retention by more than a day: a cleanup that was never deployed. None elsewhere.
    """
    if ledger is None or not pipeline.retentions:
        return None
    report = check_schedule(pipeline, ledger, daily, now)
    if report.newest is not None or _outlived(pipeline, ledger, daily.day_of(now)):
        return report
    return None


def _outlived(pipeline: Pipeline, ledger: Ledger, today: date) -> bool:
    for name, retention in pipeline.retentions.items():
        last = retention.first_kept(today) - timedelta(days=2)
        if any(state.present for state in ledger.states(table=name, last=last)):
            return True
    return False


def require_retention(pipeline: Pipeline) -> None:
    """Refuse to watch over, or wait for, a cleaning that has nothing to do.

    Raises:
        UsageError: no table has a retention.
    """
    if not pipeline.retentions:
        raise UsageError(
            f"No table of the pipeline {pipeline.name} has a retention, so there is nothing to "
            "clean and no schedule to keep.",
            untouched="Nothing was checked.",
            advice="Declare one with pipeline.retain(TABLE, days=7).",
        )


def shown(daily: Daily, moment: datetime) -> str:
    """Return a moment as the clocks of the pipeline show it."""
    return f"{moment.astimezone(ZoneInfo(daily.timezone)):%Y-%m-%d %H:%M %Z}"


def _cleanings(pipeline: Pipeline, ledger: Ledger | None, now: datetime) -> list[Cleaning]:
    """Return the cleanings of everything that has a retention, newest first.

    One from the future (a replay, a wrong clock) would keep the alarm silent until then.
    """
    found = ledger.cleanings(limit=LOOKED_AT) if ledger is not None else []
    return [
        one
        for one in found
        if one.purpose is Purpose.CLEAN
        and one.pipeline == pipeline.name
        and one.started_at <= now
        and set(pipeline.retentions) <= set(one.covered)
    ]


def _judged(
    daily: Daily,
    now: datetime,
    grace: timedelta,
    newest: Cleaning | None,
    succeeded: Cleaning | None,
) -> tuple[Punctuality, str]:
    due = daily.last(now)
    before = daily.last(due - timedelta(microseconds=1))
    if succeeded is not None and succeeded.started_at >= due:
        return Punctuality.ON_TIME, f"the cleaning due {shown(daily, due)} was done"
    if newest is not None and newest.started_at >= due and newest.exit_code is not None:
        what = (
            newest.problems[0].strip() if newest.problems else f"it ended with {newest.exit_code}"
        )
        return (
            Punctuality.FAILED,
            f"the cleaning of {shown(daily, newest.started_at)} did not do everything: {what}",
        )
    since = (
        "none has ever succeeded"
        if succeeded is None
        else f"the last that succeeded began {shown(daily, succeeded.started_at)}"
    )
    began = newest is not None and newest.started_at >= due
    doing = f"began and has not ended; {since}" if began else f"has not begun; {since}"
    told = f"the cleaning due {shown(daily, due)} {doing}"
    kept_up = succeeded is not None and succeeded.started_at >= before
    late = now - due > grace or not (kept_up or began)
    return (Punctuality.OVERDUE if late else Punctuality.DUE), told


def _unusual(whole: Sequence[Cleaning]) -> list[str]:
    """Compare the newest cleaning with earlier ones, itself left out.

    Too few is no warning: out of season there is nothing to remove. A cleaning that finds the rows
    and does not remove them shows by what it keeps. One that was refused or broke off says neither.
    """
    ended = [one for one in whole if one.exit_code in (0, 1)]
    if not ended:
        return []
    newest, *earlier = ended
    warnings = []
    removing = [one.deleted_rows for one in earlier if one.deleted_rows][:COMPARED]
    if len(removing) >= COMPARED_AT_LEAST and newest.deleted_rows > UNUSUAL * max(removing):
        warnings.append(
            f"the newest cleaning removed {newest.deleted_rows:,} rows; the "
            f"{plural(len(removing), 'earlier one')} at most {max(removing):,}"
        )
    keeping = [one.kept_rows for one in earlier][:COMPARED]
    if len(keeping) >= COMPARED_AT_LEAST and newest.kept_rows > UNUSUAL * max(keeping):
        most = f"at most {max(keeping):,}" if max(keeping) else "none"
        warnings.append(
            f"the newest cleaning kept {plural(newest.kept_rows, 'row')} past their retention; the "
            f"{plural(len(keeping), 'earlier one')} {most}"
        )
    return warnings


def _cleaning_data(cleaning: Cleaning | None) -> dict[str, Any] | None:
    if cleaning is None:
        return None
    ended = cleaning.finished_at
    return {
        "cleaning": cleaning.cleaning_id,
        "started_at": cleaning.started_at.isoformat(),
        "finished_at": ended.isoformat() if ended is not None else None,
        "exit_code": cleaning.exit_code,
        "deleted_rows": cleaning.deleted_rows,
        "kept_rows": cleaning.kept_rows,
        "bytes": cleaning.bytes,
        "actor": cleaning.actor,
        "problems": list(cleaning.problems),
    }
