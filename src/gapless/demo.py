"""Demonstrations: what an installed pipeline tells `gapless demo` about the incident it replays.

A package offers one under the entry point group `gapless.demos`. The engine plays it; the incident
says only what is particular to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ENTRY_POINTS = "gapless.demos"


@dataclass(frozen=True)
class Incident:
    """An incident that can be replayed on any season of data."""

    story: str
    """What happened, in two or three lines."""
    pipeline: str
    """`module:attribute` of the pipeline as it is."""
    trusting: str
    """`module:attribute` of the pipeline as it was: it takes the bad source at its word."""
    simulate: Callable[[Path], str]
    """Writes files to load into a folder and says in a clause what they are."""
    upstream: tuple[str, ...]
    """Tables that are complete before the incident."""
    table: str
    """The table that went wrong."""
    source: str
    """The source that held too few rows."""
    dates: tuple[date, date]
    """Its dates; the calendar's middle is taken where they are not in it."""
    plant: Callable[[Sequence[date]], list[str]]
    """Statements that bring the source into the state of the incident."""
    naive: Callable[[Sequence[date]], str]
    """SELECT of (date, rows a naive job would have written, rows expected)."""
    entity: str
    """What a row stands for, e.g. `player`."""
