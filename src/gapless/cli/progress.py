"""Progress of a run: a bar with rate and time left on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from gapless.events import (
    AttemptFinished,
    BatchCleaned,
    ChunkStarted,
    Event,
    RunFinished,
    RunStarted,
)
from gapless.plan.build import Action
from gapless.report.marks import short

PLAIN_SECONDS = 2.0
"""At most one plain line in this time, besides the first and the last."""


class RateColumn(ProgressColumn):
    """Partitions a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing before there is one."""
        rate = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{rate:,.0f}/s" if rate else "", style="dim")


class Bar:
    """A bar on stderr while something is at work; none where stderr is no terminal.

    Args:
        first: What is done first.
        quiet: Whether nothing is to be shown at all.
        columns: Further columns, between the count and the time left.
    """

    def __init__(self, first: str, *, quiet: bool, columns: Sequence[ProgressColumn] = ()) -> None:
        self._quiet = quiet
        console = Console(stderr=True)
        self._bar = _bar(console, columns) if console.is_terminal and not quiet else None
        self._task = None if self._bar is None else self._bar.add_task(first, total=None)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def move(self, what: str, done: int, total: int | None) -> bool:
        """Move the bar, and tell whether there is one."""
        if self._bar is None or self._task is None:
            return False
        self._bar.update(self._task, description=what, completed=done, total=total)
        return True


def _bar(console: Console, columns: Sequence[ProgressColumn]) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class ProgressListener(Bar):
    """Shows the progress of one run on stderr."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__("planning", quiet=quiet, columns=[RateColumn()])
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0
        self._started = time.monotonic()
        self._printed = 0.0

    def __call__(self, event: Event) -> None:
        """Take one event; called from worker threads too."""
        with self._lock:
            match event:
                case RunStarted(plan=plan):
                    # A repair is several runs, one after another.
                    self._done = 0
                    self._total = plan.count(Action.COMPUTE, Action.RECHECK, Action.BLOCK)
                    self._update("starting")
                case ChunkStarted(table, partitions):
                    self._update(f"{short(table)} ({partitions})")
                case AttemptFinished(attempt):
                    self._done += 1
                    self._update(short(attempt.table))
                case RunFinished():
                    self._update("done", final=True)

    def _update(self, what: str, *, final: bool = False) -> None:
        # Partitions that turned out to be up to date have no attempt; at the end all are done.
        done = self._total if final else self._done
        if (
            not self.move(what, done, self._total)
            and not self._quiet
            and (final or self._is_time())
        ):
            self._plain(what)

    def _is_time(self) -> bool:
        return self._done > 0 and time.monotonic() - self._printed >= PLAIN_SECONDS

    def _plain(self, what: str) -> None:
        elapsed = time.monotonic() - self._started
        rate = self._done / elapsed if elapsed else 0.0
        sys.stderr.write(f"{self._done}/{self._total} partitions, {rate:,.0f}/s, {what}\n")
        self._printed = time.monotonic()


class CleaningProgress(Bar):
    """Shows the progress of a cleaning or a restore on stderr, one batch after another."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__("looking", quiet=quiet)
        self._hidden = quiet

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case BatchCleaned(table, rows, done, total):
                if not self.move(short(table), done, total) and not self._hidden and total > 1:
                    sys.stderr.write(f"{done}/{total}, {rows:,} rows, {short(table)}\n")
