"""The schedule: a cleaning when it is due, once; what was missed is caught up as soon as it can be.

What has been done is read from the ledger each time. Nothing else remembers it, so a scheduler may
die, be started twice, or be replaced by cron, and each due cleaning is still done once.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gapless.clock import Clock
from gapless.declare.pipeline import Pipeline
from gapless.due import Daily
from gapless.errors import GaplessError, UsageError
from gapless.events import Listener, ignore
from gapless.ledger.interface import Ledger
from gapless.verbs.check_schedule import ScheduleReport, check_schedule, require_retention
from gapless.verbs.clean import CleanOptions, CleanReport, clean
from gapless.verbs.workspace import Workspace

if TYPE_CHECKING:
    from apscheduler.schedulers.background import (  # type: ignore[import-untyped]
        BackgroundScheduler,
    )

RETRY = timedelta(minutes=5)
"""How long to wait after an error that a retry can help."""
AGAIN = timedelta(hours=1)
"""How long to wait when something else was left undone; somebody may have seen to it."""
LOOK = timedelta(minutes=1)
"""How often to compare with the clock: a machine that slept, or was set, does not oversleep."""


class RoundOutcome(enum.StrEnum):
    """What one look at the schedule came to."""

    NOT_DUE = "not_due"
    """Everything that was due has been done."""
    CLEANED = "cleaned"
    """A cleaning was due, and did everything."""
    LEFT = "left"
    """A cleaning was due, and left something undone."""
    NOT_CLEANED = "not_cleaned"
    """A cleaning was due, and an error stopped it."""


@dataclass(frozen=True)
class Round:
    """One look at the schedule, and what was done."""

    at: datetime
    daily: Daily
    outcome: RoundOutcome
    due: datetime | None = None
    """The moment that it was for; None where an error kept it from being known."""
    report: CleanReport | None = None
    error: GaplessError | None = None

    @property
    def retryable(self) -> bool:
        """Tell whether the same can succeed in a while."""
        return self.error is not None and self.error.retryable

    @property
    def exit_code(self) -> int:
        """0: nothing is left to do; else as of the cleaning or of the error."""
        if self.error is not None:
            return self.error.exit_code
        return self.report.exit_code if self.report is not None else 0

    @property
    def undone(self) -> list[str]:
        """What should have been done and was not, each as a sentence."""
        if self.error is not None:
            return [str(self.error)]
        problems = self.report.problems if self.report is not None else ()
        return [problem.strip() for problem in problems]

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "at": self.at.isoformat(),
            "outcome": self.outcome.value,
            "due": self.due.isoformat() if self.due is not None else None,
            "next_due": self.daily.next(self.at).isoformat(),
            "undone": self.undone,
            "retryable": self.retryable,
            "report": self.report.as_data() if self.report is not None else None,
            "exit_code": self.exit_code,
        }


@dataclass(frozen=True)
class DailyCleaning:
    """The daily cleaning of one pipeline: when it is due, and how to come by what it needs."""

    pipeline: Pipeline
    daily: Daily
    open_ledger: Callable[[], Ledger | None]
    """For reading; asked before the warehouse is, which others may be using."""
    open_workspace: Callable[[], AbstractContextManager[Workspace]]
    """For writing, with the turn; held only while a cleaning is at work."""
    options: CleanOptions
    clock: Clock
    listener: Listener = ignore

    def check(self) -> ScheduleReport:
        """Say how it stands."""
        ledger = self.open_ledger()
        try:
            return check_schedule(self.pipeline, ledger, self.daily, self.clock.now())
        finally:
            if ledger is not None:
                ledger.close()

    def round(self) -> Round:
        """Clean if that is due; an error becomes part of the answer."""
        at = self.clock.now()
        try:
            return self._round(at)
        except GaplessError as error:
            failed: GaplessError = error
        except Exception as error:  # noqa: BLE001 - the scheduler must outlive whatever happens
            failed = GaplessError(
                f"Something unforeseen went wrong: {type(error).__name__}: {error}",
                untouched="What was not saved was not removed.",
                advice="Set GAPLESS_DEBUG=1 to see where, and report it.",
            )
            failed.__cause__ = error
        due = self.daily.last(at)
        return Round(at, self.daily, RoundOutcome.NOT_CLEANED, due, error=failed)

    def _round(self, at: datetime) -> Round:
        if not self.check().needed:
            return Round(at, self.daily, RoundOutcome.NOT_DUE)
        with self.open_workspace() as workspace:
            # Again: whoever had the turn before may have done it.
            now = self.clock.now()
            standing = check_schedule(self.pipeline, workspace.open_ledger, self.daily, now)
            if not standing.needed:
                return Round(at, self.daily, RoundOutcome.NOT_DUE)
            report = clean(workspace, self.options, self.listener)
        outcome = RoundOutcome.CLEANED if report.ok else RoundOutcome.LEFT
        return Round(at, self.daily, outcome, standing.due, report)


def schedule(
    cleaning: DailyCleaning,
    tell: Callable[[Round], None],
    stop: threading.Event,
    *,
    retry: timedelta = RETRY,
) -> None:
    """Clean whenever it is due, until told to stop; what was missed is caught up at once.

    Args:
        cleaning: What is due when.
        tell: Is told what each round came to.
        stop: Ends it; a cleaning that is at work is finished first.
        retry: How long to wait after an error that a retry can help; other things that were left
            undone are tried every hour.

    Raises:
        UsageError: nothing has a retention, or the extra `schedule` is not installed.
    """
    require_retention(cleaning.pipeline)
    scheduler = _scheduler()
    # What it would say on stderr, `tell` is told.
    logging.getLogger("apscheduler").addHandler(logging.NullHandler())

    def clean_when_due() -> None:
        while not stop.is_set():
            done = cleaning.round()
            tell(done)
            if not done.exit_code:
                return
            stop.wait((retry if done.retryable else AGAIN).total_seconds())

    scheduler.add_job(
        clean_when_due,
        _trigger(cleaning.daily),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )
    # Every wake-up runs whatever is due by the clock on the wall.
    scheduler.add_job(lambda: None, "interval", seconds=LOOK.total_seconds(), coalesce=True)
    scheduler.start()
    try:
        stop.wait()
    finally:
        stop.set()
        scheduler.shutdown(wait=True)


def _scheduler() -> BackgroundScheduler:
    try:
        from apscheduler.schedulers.background import (  # noqa: PLC0415 - an extra
            BackgroundScheduler,
        )
    except ModuleNotFoundError as error:
        raise UsageError(
            "The scheduler is not installed.",
            untouched="Nothing was started.",
            advice="Install it: pip install 'gapless[schedule]', or let cron call "
            "gapless schedule --once every hour.",
        ) from error
    return BackgroundScheduler(timezone=UTC)


def _trigger(daily: Daily) -> object:
    """Return APScheduler's view of something daily.

    Its own cron trigger fires twice where clocks show the time twice.
    """
    from apscheduler.triggers.base import (  # type: ignore[import-untyped]  # noqa: PLC0415
        BaseTrigger,
    )

    class EveryDay(BaseTrigger):  # type: ignore[misc]
        """Fires whenever it is due."""

        def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
            """Return the moment after the previous one, also when that has passed already."""
            return daily.next(previous if previous is not None else now)

    return EveryDay()
