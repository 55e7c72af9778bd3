"""Output: JSON for programs, rich text for people, files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from gapless.cli.stdout import reader_may_leave, show_plain
from gapless.errors import UsageError

WIDEST = 110
NARROWEST = 100
"""Width of text that goes into a file or a pipe."""


class ReadersConsole(Console):
    """A console whose reader may have seen enough, e.g. `| head`."""

    def on_broken_pipe(self) -> NoReturn:
        """Leave the end of the program to the program."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console for stdout that wraps sentences, not tables, on narrow screens."""
    made = ReadersConsole(highlight=False, soft_wrap=False)
    if not made.is_terminal:
        return ReadersConsole(highlight=False, width=NARROWEST)
    if made.width > WIDEST:
        return ReadersConsole(highlight=False, width=WIDEST)
    return made


def show(parts: Iterable[RenderableType]) -> None:
    """Print a report for people."""
    with reader_may_leave():
        out = console()
        for part in parts:
            # Commands are marked no_wrap: broken lines could not be copied.
            out.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
        sys.stdout.flush()


def show_json(data: Mapping[str, Any]) -> None:
    """Print a report for programs."""
    show_plain(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")


@contextmanager
def file_to_come(file: Path, *, where: str) -> Iterator[TextIO]:
    """Open a file beside another, which it replaces once everything went well.

    Raises:
        UsageError: the file cannot be written there; nothing has been done yet.
    """
    with (
        path_to_come(file, where=where) as beside,
        beside.open("w", encoding="utf-8", newline="\n") as opened,
    ):
        yield opened


@contextmanager
def path_to_come(file: Path, *, where: str) -> Iterator[Path]:
    """Name a file beside another, which it replaces once everything went well.

    Raises:
        UsageError: the file cannot be written there; nothing has been done yet.
    """
    try:
        # Through links, so that the file they lead to is replaced and not the link.
        file = file.resolve()
        if file.is_dir():
            raise UsageError(f"{where}: {file} is a folder; name a file in it.")
        if file.exists() and not file.is_file():
            raise UsageError(f"{where}: {file} is a device, not a file; name a file.")
        if not file.parent.is_dir():
            raise UsageError(f"{where}: there is no folder {file.parent} to write {file.name} to.")
        beside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        # Whether it can be written is known before anything is done.
        beside.touch()
    except OSError as error:
        said = error.strerror or error
        raise UsageError(f"{where}: {file} cannot be written: {said}.") from error
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
