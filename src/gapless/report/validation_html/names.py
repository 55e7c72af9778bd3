"""Names and dates on narrow screens: where they may be broken, and where they may not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from htpy import Element, Node, code, span, time, wbr

from gapless.report.marks import short


def breakable(name: str) -> Iterator[Node]:
    """Let a long name be broken after its dots and underscores."""
    for place, part in enumerate(re.split(r"(?<=[._])", name)):
        if place:
            yield wbr
        yield part


def dated(text: str) -> Iterator[Node]:
    """Keep the dates of a text in one piece; a browser would break them at their hyphens."""
    for place, part in enumerate(re.split(r"(\d{4}-\d\d-\d\d)", text)):
        yield time[part] if place % 2 else part


def coded(name: str) -> Node:
    """Set a name as code that may be broken."""
    return code[breakable(name)]


def label(table: str) -> Element:
    """Set a table's short name beside its mark, where there is one."""
    return span(".label")[breakable(short(table))]
