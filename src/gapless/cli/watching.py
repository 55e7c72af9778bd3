"""Watching: what a run tells becomes log lines and progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gapless.cli.logs import LogListener, configure_logs
from gapless.cli.progress import ProgressListener
from gapless.events import Event, Listener


@contextmanager
def watched(log_level: str | None, *, quiet: bool) -> Iterator[Listener]:
    """Offer a listener that logs, and shows progress unless it is to be quiet."""
    configure_logs(log_level)
    logs = LogListener()
    with ProgressListener(quiet=quiet) as progress:

        def listen(event: Event) -> None:
            logs(event)
            progress(event)

        yield listen
