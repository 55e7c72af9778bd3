"""What a report says, without colours, on one line."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.console import Console, RenderableType


def spoken(parts: Iterable[RenderableType]) -> str:
    """Print a report on a wide screen and join its lines; spacing does not count."""
    printed = StringIO()
    screen = Console(file=printed, width=200, no_color=True, highlight=False)
    for part in parts:
        screen.print(part)
    return " ".join(printed.getvalue().split())
