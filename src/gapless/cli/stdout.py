"""Finished texts go to stdout here, whether or not anybody still reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def show_plain(text: str) -> None:
    """Print a finished text as it is; nowhere, where stdout was closed."""
    if sys.stdout is None:
        return
    with reader_may_leave():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Go on when nobody reads stdout any more: the exit code is still worth something."""
    try:
        yield
    except BrokenPipeError:
        # Python flushes stdout once more at the end; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
