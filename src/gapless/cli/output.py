"""Printing: JSON for programs, rich text for people; the only place that writes to stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

WIDEST = 110
NARROWEST = 100
"""Width of text that goes into a file or a pipe."""


def console() -> Console:
    """Return a console for stdout that wraps sentences, not tables, on narrow screens."""
    made = Console(highlight=False, soft_wrap=False)
    if not made.is_terminal:
        return Console(highlight=False, width=NARROWEST)
    if made.width > WIDEST:
        return Console(highlight=False, width=WIDEST)
    return made


def show(parts: Iterable[RenderableType]) -> None:
    """Print a report for people."""
    out = console()
    for part in parts:
        # Commands are marked no_wrap: broken lines could not be copied.
        out.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))


def show_json(data: Mapping[str, Any]) -> None:
    """Print a report for programs."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")
