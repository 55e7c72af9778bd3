"""Marks: how states, verdicts, dates and counts look; distinguishable without colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.text import Text

from gapless.coverage import percent
from gapless.partitions import spans
from gapless.plan.states import NOT_YET, State
from gapless.plan.waivers import WaiverUse

STATE_MARKS: dict[str, tuple[str, str]] = {
    State.COMPLETE: ("●", "green"),
    State.PARTIAL: ("◐", "red"),
    State.MISSING: ("○", "red"),
    State.STALE: ("↻", "yellow"),
    State.WAIVED: ("!", "magenta"),
    State.WARM_UP: ("w", "dim"),
    State.NOTHING_EXPECTED: ("·", "dim"),
    State.BLOCKED: ("x", "yellow"),
    State.UNKNOWN: ("?", "red"),
    "published": ("●", "green"),
    "recovered": ("●", "green"),
    "unchanged": ("=", "green"),
    "refused": ("✗", "red"),
    "failed": ("✗", "red"),
    "done": ("●", "dim green"),
    NOT_YET: ("…", "dim"),
    "given_up": ("✗", "magenta"),
    "repaired": ("●", "green"),
    "renewed": ("=", "green"),
    "to_load": ("○", "red"),
}
STATE_WORDS = {
    State.WARM_UP: "warm-up",
    State.NOTHING_EXPECTED: "nothing expected",
    NOT_YET: "not yet",
    "given_up": "given up",
    "to_load": "to be loaded",
}


def mark(state: str) -> Text:
    """Return a state as symbol and word."""
    symbol, style = STATE_MARKS.get(state, ("?", "red"))
    return Text(f"{symbol} {word(state)}", style=style)


def waiver_mark(use: WaiverUse) -> Text:
    """Return how a waiver stands as symbol and word."""
    if use.needs_attention:
        return Text(f"✗ {use.how}", style="red")
    if use.in_use:
        return Text("! waived", style="magenta")
    return Text(f"· {use.how}", style="dim")


def word(state: str) -> str:
    """Return a state in words."""
    for known, words in STATE_WORDS.items():
        if state == known:
            return words
    return state


def short(table: str) -> str:
    """Return a table's name without its schema."""
    return table.rsplit(".", maxsplit=1)[-1]


def covered(present: int | None, expected: int | None) -> str:
    """Return `187/187  100 %`."""
    if expected is None or present is None:
        return "–"
    ratio = present / expected if expected else None
    return f"{present}/{expected}  {percent(ratio)}"


def dates_text(days: Sequence[date], step: Sequence[date] = (), most: int = 4) -> str:
    """Return dates as ranges, the first few of them."""
    found = spans(list(days), step=step)
    shown = ", ".join(str(span) for span in found[:most])
    more = len(found) - most
    return f"{shown} and {more} more" if more > 0 else shown
