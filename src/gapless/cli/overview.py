"""What `gapless --help` prints: the commands with a sentence each.

People look at this most often, so it is made without the libraries that parse and draw.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Mapping

from gapless.cli.commands import COMMANDS, EXIT_CODES, PURPOSE

WIDEST = 110
NARROWEST = 60
USUAL = 80
"""Columns of a terminal nobody can be asked about."""
HOW_TO_GO_ON = {
    "--help, -h": "Say this; after a command, what that command takes.",
    "--version": "Say the version.",
}


def overview(width: int | None = None) -> str:
    """Return the page, for a terminal of so many columns."""
    columns = max(NARROWEST, min(WIDEST, width or _columns()))
    sentences = {name: said.partition("\n\n")[0] for name, said in COMMANDS.items()}
    parts = [
        "Usage: gapless COMMAND [ARGUMENTS] [OPTIONS]",
        textwrap.fill(PURPOSE, columns),
        "Commands:\n" + _table(sentences, columns),
        "Options:\n" + _table(HOW_TO_GO_ON, columns),
        textwrap.fill(EXIT_CODES, columns),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: Mapping[str, str], columns: int) -> str:
    margin = max(len(name) for name in {**COMMANDS, **HOW_TO_GO_ON}) + 4
    return "\n".join(
        textwrap.fill(
            said,
            columns,
            initial_indent=f"  {name}".ljust(margin),
            subsequent_indent=" " * margin,
        )
        for name, said in rows.items()
    )


def _columns() -> int:
    if sys.stdout is None:
        return USUAL
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        # It goes into a file or a pipe, or nowhere.
        return USUAL
